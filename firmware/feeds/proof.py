"""Which books are believed: takes belief away, and knows when to ask for a fresh snapshot."""

from array import array

from micropython import const

from firmware.kernels.render import render

# A book's header and the words, as take_book.py and buffers.py have them.
_B_STATE = const(0)
_B_REASON = const(1)
_B_TIME_HI = const(8)
_B_SHOWN_HI = const(14)
_SIG_SIDE = const(0)
_RESYNC = const(6)
_LIVE = const(1)
_STALE = const(2)
_WHY_DISCONNECT = const(8)
_WHY_REFUSED = const(9)
_WHY_MOVED = const(14)
_M_MOVED = const(4)  # of a pair's moves, as watch.py has them
_T_STALE = const(3)
# Their places among the buffers.
_SYMBOLS = const(1)
_BOOKS = const(2)
_SIGS = const(5)
_TEMPLATE_LIST = const(8)
_WORD_LIST = const(9)
_COUNTERS = const(10)
_OUT_BUFFER = const(11)

_FIRST_WAIT_S = const(10)  # after a subscription
# For each pair: seconds until it may be asked for (again), the wait that the last try was given, the
# word of what is being seen to (0: nothing); the rest is renew.py's.
_R_STRIDE = const(20)
_R_WAIT = const(0)
_R_LAST_WAIT = const(1)
_R_WHY = const(2)

_DUE_NOTHING = const(0)
_DUE_ASK = const(1)
_DUE_TELL = const(2)


class Proof:
    """One for all connections; `words` are the pairs' waits, `moves` what watches their prices, if anything does."""

    def __init__(self, buffers, telemetry, moves):
        self.buffers = buffers
        self.telemetry = telemetry
        self.moves = moves
        self.words = array("i", memoryview(bytes(_R_STRIDE * len(buffers[_BOOKS]))))

    def begin(self):
        """A new connection: every pair has been asked for."""
        for at in range(0, len(self.words), _R_STRIDE):
            self.words[at + _R_WAIT] = _FIRST_WAIT_S
            self.words[at + _R_LAST_WAIT] = 0
            self.words[at + _R_WHY] = 0
            # Whatever it is STALE for, that request sees to it.
            self.buffers[_BOOKS][at // _R_STRIDE][_B_REASON] = _WHY_DISCONNECT

    def count_down(self):
        """A second has passed; a book that was LIVE throughout its wait has a clean record again."""
        words = self.words
        for at in range(0, len(words), _R_STRIDE):
            if words[at + _R_WAIT]:
                words[at + _R_WAIT] -= 1
            elif self.buffers[_BOOKS][at // _R_STRIDE][_B_STATE] == _LIVE:
                words[at + _R_LAST_WAIT] = 0

    def due(self, pair):
        """_DUE_ASK for a snapshot (at once for the first lost proof, then later and later), _DUE_TELL that it came."""
        at = pair * _R_STRIDE
        words = self.words
        book = self.buffers[_BOOKS][pair]
        if book[_B_STATE] == _LIVE:
            if words[at + _R_WHY]:
                return _DUE_TELL
            if not self.moves or self.moves[pair][_M_MOVED] == 0:
                return _DUE_NOTHING
            self.moves[pair][_M_MOVED] = 0
            words[at + _R_LAST_WAIT] = 0  # a move is no fault that would have to wait ever longer
            self.stale(pair, _WHY_MOVED)
            return _DUE_ASK
        if words[at + _R_WAIT] == 0:
            return _DUE_ASK
        lost = book[_B_STATE] == _STALE and book[_B_REASON] not in (_WHY_DISCONNECT, _WHY_REFUSED)
        return _DUE_ASK if lost and words[at + _R_LAST_WAIT] == 0 else _DUE_NOTHING

    def all_stale(self, why):
        """Every LIVE book loses its proof."""
        for pair in range(len(self.buffers[_BOOKS])):
            if self.buffers[_BOOKS][pair][_B_STATE] == _LIVE:
                self.stale(pair, why)

    def stale(self, pair, why):
        """A book is not to be believed, for the word number `why`; its signal ends."""
        buffers = self.buffers
        out = buffers[_OUT_BUFFER]
        book = buffers[_BOOKS][pair]
        book[_B_STATE] = _STALE
        book[_B_REASON] = why
        book[_B_SHOWN_HI] = -1
        buffers[_SIGS][pair][_SIG_SIDE] = 0
        buffers[_COUNTERS][_RESYNC] = 1
        template = buffers[_TEMPLATE_LIST][_T_STALE]
        words = buffers[_WORD_LIST]
        symbols = buffers[_SYMBOLS]
        count = render(out, 0, template, book, _B_TIME_HI, symbols, pair, words, why)
        self.telemetry.put(out, count)
