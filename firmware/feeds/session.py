"""One connection's life: subscribe, take in frames without allocating, end when it cannot be trusted."""

from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

import micropython
from micropython import const

from borrow import borrow, give_back
from firmware.board import guard
from firmware.feeds.proof import Proof
from wsframe import scan

# What a frame is, and the counters, as take_book.py has them.
_KIND_OTHER = const(0)
_KIND_HEARTBEAT = const(1)
_KIND_BOOK = const(2)
_KIND_MARKET = const(3)
_MESSAGES = const(0)
_SKIPPED = const(3)
_RESYNC = const(6)
_OUT = const(7)
_SNAPSHOTS = const(9)
_WHY_DISCONNECT = const(8)
_WHY_LOST = const(10)
_WHY_HEARTBEAT = const(12)
_WHY_LAG = const(13)
# Their places among the buffers.
_BOOKS = const(2)
_COUNTERS = const(10)
_OUT_BUFFER = const(11)
# The events and state of the WebSocket, as wsframe.py has them.
_NEED_MORE = const(0)
_TEXT = const(1)
_BINARY = const(2)
_TOO_LARGE = const(3)
_PIECE = const(4)
_PING = const(9)
_PONG = const(10)
_START = const(4)
_END = const(5)
_CLOSE_CODE = const(7)

# What `take_in` returns is an event, or of a text _FRAME + its kind, and that is above _NO_EVENT.
_FRAME = const(100)
_NO_EVENT = const(50)

_IDLE_MS = const(10)  # how long to wait for bytes before the serial line is served again
_ROUND_MS = const(20)  # so often more than messages is seen to; asyncio's turn comes with it
_LOOK_MS = const(1000)
_UNHEARD_S = const(60)  # more than a time server takes to answer, or not to
_PING_LOOKS = const(30)  # Kraken closes futures connections that say nothing for a minute
# After maintenance, and when the exchange says so, no faster than this.
_PATIENT_MS = const(5000)
_DUE_ASK = const(1)  # as proof.py has it
_SERVICE_RESTART = const(1012)
_TRY_LATER = const(1013)


@micropython.native
def take_in(words, state, buf, on_frame, market, now_ms, buffers):
    """Take in what was received, message by message, until one wants more; no bytecode comes to pass.

    Returns an event that is no text, _NEED_MORE after all, or _FRAME + the kind of a text that made
    records, or is neither of a book nor of the market. `market` takes in the latter, if it is not None.
    """
    counters = buffers[_COUNTERS]
    while True:
        event = scan(words, state, buf)
        if event != _TEXT:
            return event
        kind = on_frame(buf, state[_START], state[_END], now_ms, buffers)
        if kind == _KIND_MARKET and market:
            market(buf, state[_START], state[_END], buffers)
        if kind < _KIND_BOOK or counters[_OUT] > 0:
            return _FRAME + kind


class Session:
    """Feeds one WebSocket's frames to the buffers, by a dialect (see spot_v2.py). Serves one connection after another.

    `sick` says that only a restart of the board helps, `least_wait_ms` how long the exchange is to
    be left alone when `run` has returned.
    """

    def __init__(self, ws, dialect, buffers, telemetry, settings, health, listing):
        self.ws = ws
        self.dialect = dialect
        self.buffers = buffers
        self.telemetry = telemetry
        self.settings = settings
        self.health = health
        self.sick = False
        self.least_wait_ms = 0
        self._listing = listing
        self._snapshots = 0
        self._status = ""
        self._seen = 0
        self._looks = 0
        self._proof = Proof(buffers, telemetry, health.moves)
        self._words = None  # the dialect's talk, while it is needed

    async def run(self):
        """Subscribe and receive until the connection ends; returns why it did, in words."""
        self.least_wait_ms = 0
        self.health.since = ticks_ms()
        self._proof.begin()
        await self._say(self._talk().requests(self.settings))
        try:
            return await self._receive()
        finally:
            self.health.since = None
            self._proof.all_stale(_WHY_DISCONNECT)
            self._give_back_talk()

    async def _receive(self):
        # Locals, because this loop is the per-message path.
        ws = self.ws
        buf = ws.buf
        words = ws.words
        state = ws.state
        telemetry = self.telemetry
        dialect = self.dialect
        on_frame = dialect.on_frame
        in_pieces = hasattr(dialect, "take_piece")  # messages that are larger than the buffer
        market = None
        if self.settings["channels"]:
            market = borrow("firmware.feeds", "take_market").take_market
        buffers = self.buffers
        proof = self._proof
        counters = buffers[_COUNTERS]
        out = buffers[_OUT_BUFFER]
        pairs = len(self.settings["pairs"])
        silence_ms = self.settings["silence_ms"]
        beat_ms = ticks_ms()  # when the last heartbeat came
        look_at = ticks_add(beat_ms, _LOOK_MS)
        round_at = beat_ms
        if in_pieces:
            dialect.take_piece(buf, 0, 0, buffers)  # half a message of the connection before
        while True:
            ws.wait(_IDLE_MS)
            n = ws.fill()
            now_ms = ticks_ms()
            while True:
                event = take_in(words, state, buf, on_frame, market, now_ms, buffers)
                if event == _NEED_MORE:
                    break
                if event < _NO_EVENT:
                    ws.heed(event)
                    if event == _TOO_LARGE and in_pieces:
                        event = _FRAME + dialect.take_end(now_ms, buffers)
                if event > _NO_EVENT:
                    if counters[_OUT]:
                        telemetry.put(out, counters[_OUT])
                    if event == _FRAME + _KIND_HEARTBEAT:
                        beat_ms = now_ms
                    elif event < _FRAME:  # what it would have changed, nobody knows
                        proof.all_stale(_WHY_LOST)
                    elif event == _FRAME + _KIND_OTHER:
                        try:
                            self._control(state[_START], state[_END])
                        except MemoryError:  # a book that was refused will be asked for again
                            pass
                elif event == _TOO_LARGE or event == _BINARY:
                    counters[_SKIPPED] += 1
                    proof.all_stale(_WHY_LOST)
                elif event == _PIECE:
                    if in_pieces:
                        dialect.take_piece(buf, state[_START], state[_END], buffers)
                elif event != _PING and event != _PONG:
                    proof.all_stale(_WHY_DISCONNECT)
                    await ws.close()
                    return self._farewell() if event > 0 else "protocol error"
            if n < 0:
                return "connection lost"
            telemetry.drain()
            if ticks_diff(now_ms, round_at) < 0:
                continue
            round_at = ticks_add(now_ms, _ROUND_MS)
            if ticks_diff(now_ms, beat_ms) > silence_ms:
                proof.all_stale(_WHY_HEARTBEAT)
                return "silent, no heartbeat"
            if ticks_diff(now_ms, look_at) >= 0:
                look_at = ticks_add(now_ms, _LOOK_MS)
                why = self._look()
                if why:
                    return why
            if counters[_RESYNC]:
                counters[_RESYNC] = 0
                for pair in range(pairs):
                    due = proof.due(pair)
                    if due:
                        try:
                            await self._renew(pair, due, now_ms)
                        except MemoryError:  # the next look will try again
                            pass
            await sleep_ms(0)

    async def _renew(self, pair, due, now_ms):
        """Ask for a fresh snapshot of a pair, or tell that it came."""
        renew = borrow("firmware.feeds", "renew")
        if due == _DUE_ASK:
            renew.ask(self._proof, pair, now_ms)
        else:
            renew.tell(self._proof, pair, now_ms, 1)
        give_back("firmware.feeds", "renew")
        del renew  # or its code would stay while this waits
        if due == _DUE_ASK:
            await self._say(self._talk().renewal(self.settings, pair))

    async def _say(self, texts):
        for text in texts:
            await self.ws.send_text(text)

    def _talk(self):
        """The dialect's words; the next look gives them back."""
        if self._words is None:
            self._words = borrow("firmware.feeds", self.settings["dialect"] + "_talk")
        return self._words

    def _give_back_talk(self):
        if self._words:
            self._words = None
            give_back("firmware.feeds", self.settings["dialect"] + "_talk")

    def _look(self):
        """Once a second: feed the watchdog, keep the connection open; why it is to end, or None."""
        self._give_back_talk()
        counters = self.buffers[_COUNTERS]
        if counters[_MESSAGES] != self._seen:  # a loop that only goes round does not count
            self._seen = counters[_MESSAGES]
            guard.feed()
        self._looks += 1
        if self._looks == _PING_LOOKS:
            self._looks = 0
            self.ws.ping()
        self._proof.count_down()
        counters[_RESYNC] = 1
        if self._listing and counters[_SNAPSHOTS] != self._snapshots:
            try:
                self._compare()
                self._snapshots = counters[_SNAPSHOTS]
            except MemoryError:  # the next look will try again
                pass
        health = self.health
        health.unheard_s += 1
        if health.unheard_s > _UNHEARD_S:
            self.sick = True
            return "the second thread has stopped"
        if 0 <= health.low < self.settings["heap_floor"]:
            self.sick = True
            return "heap below its floor"
        lag_ms = health.lag_ms
        if lag_ms is not None and lag_ms > self.settings["max_lag_ms"] and health.clock.trusted:
            # The exchange queues for who reads too slowly; a new connection leaves the queue behind.
            self._proof.all_stale(_WHY_LAG)
            return "lag"
        return None

    def _compare(self):
        """What REST said of the pairs, with what their snapshots show; once for each of them."""
        precision = borrow("firmware.feeds", "precision")
        books = self.buffers[_BOOKS]
        if not precision.check(self.settings, self._listing, books, self.telemetry):
            self._listing = None
        give_back("firmware.feeds", "precision")

    def _farewell(self):
        """Why the exchange closed the connection."""
        code = self.ws.state[_CLOSE_CODE]
        if code in (_SERVICE_RESTART, _TRY_LATER):
            self.least_wait_ms = _PATIENT_MS
        why = borrow("", "closewhy").why(code)
        give_back("", "closewhy")
        return why

    def _control(self, start, end):
        told = self._talk().control(self.ws.buf, start, end)
        if told is None:
            return
        what, name, words = told
        if what == "status":
            self.least_wait_ms = 0 if words == "online" else _PATIENT_MS
            if words != self._status:
                self._status = words
                self.telemetry.say(k="status", st=words)
        elif what == "refused":
            renew = borrow("firmware.feeds", "renew")
            renew.refused(self._proof, self.settings["pairs"], self._talk(), name, words)
            give_back("firmware.feeds", "renew")
        else:
            self.telemetry.say(k="error", why=words)
