"""One connection's life: subscribe, take in frames without allocating, ask anew for a book that lost its proof."""

from array import array
from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

from firmware.feeds import spot_v2
from firmware.kernels.render import render

# A book's header, the counters and the words, as spot_v2.py and buffers.py have them.
_KIND_OTHER = const(0)
_B_STATE = const(0)
_B_REASON = const(1)
_B_TIME_HI = const(8)
_B_SHOWN_HI = const(14)
_SIG_SIDE = const(0)
_SKIPPED = const(3)
_RESYNC = const(6)
_OUT = const(7)
_LIVE = const(1)
_STALE = const(2)
_WHY_DISCONNECT = const(8)
_WHY_REFUSED = const(9)
_WHY_LOST = const(10)
_T_STALE = const(3)
# Their places among the buffers.
_BOOKS = const(2)
_COUNTERS = const(10)
_OUT_BUFFER = const(11)
# The events and state of the WebSocket, as wsframe.py has them.
_NEED_MORE = const(0)
_TEXT = const(1)
_BINARY = const(2)
_TOO_LARGE = const(3)
_START = const(4)
_END = const(5)

_IDLE_MS = const(10)  # how long to wait for bytes before the serial line is served again
_LOOK_MS = const(1000)  # how often to look after books that are not LIVE
# Seconds until a pair may be asked for (again): after a subscription, between two tries, refused.
_FIRST_WAIT_S = const(10)
_LEAST_WAIT_S = const(5)
_MOST_WAIT_S = const(60)


class Session:
    """Feeds one WebSocket's frames to the buffers. Serves one connection after another."""

    def __init__(self, ws, buffers, telemetry, settings):
        self.ws = ws
        self.buffers = buffers
        self.telemetry = telemetry
        self.pairs = settings["pairs"]
        self.settings = settings
        # For each pair: seconds to wait, then the wait that the last try was given.
        self._waits = array("i", [0, 0] * len(self.pairs))

    async def run(self):
        """Subscribe and receive until the connection ends; returns why it did, in words."""
        for pair in range(len(self.pairs)):
            self._waits[2 * pair] = _FIRST_WAIT_S
        await self.ws.send_text(spot_v2.subscribe(self.pairs, self.settings["depth"]))
        try:
            return await self._receive()
        finally:
            self._all_stale(_WHY_DISCONNECT)

    async def _receive(self):
        # Locals, because this loop is the per-message path.
        ws = self.ws
        buf = ws.buf
        state = ws.state
        telemetry = self.telemetry
        on_frame = spot_v2.on_frame
        buffers = self.buffers
        counters = buffers[_COUNTERS]
        out = buffers[_OUT_BUFFER]
        silence_ms = self.settings["silence_ms"]
        look_at = ticks_add(ticks_ms(), _LOOK_MS)
        while True:
            if not ws.wait(0):
                telemetry.drain()
                ws.wait(_IDLE_MS)
            n = ws.fill()
            now_ms = ticks_ms()
            while True:
                event = ws.next()
                if event == _TEXT:
                    kind = on_frame(buf, state[_START], state[_END], now_ms, buffers)
                    if counters[_OUT]:
                        telemetry.put(out, counters[_OUT])
                    if kind < 0:  # what it would have changed, nobody knows
                        self._all_stale(_WHY_LOST)
                    elif kind == _KIND_OTHER:
                        self._control(state[_START], state[_END])
                elif event == _NEED_MORE:
                    break
                elif event == _TOO_LARGE:
                    counters[_SKIPPED] += 1
                    self._all_stale(_WHY_LOST)
                elif event != _BINARY:
                    self._all_stale(_WHY_DISCONNECT)
                    await ws.close()
                    return "closed by the exchange" if event > 0 else "protocol error"
            if n < 0:
                return "connection lost"
            if n == 0 and ticks_diff(now_ms, ws.last_rx_ms) > silence_ms:
                return "silent, no heartbeat"
            if ticks_diff(now_ms, look_at) >= 0:
                look_at = ticks_add(now_ms, _LOOK_MS)
                self._count_down()
                counters[_RESYNC] = 1
            if counters[_RESYNC]:
                counters[_RESYNC] = 0
                for pair in range(len(self.pairs)):
                    if self._may_ask(pair):
                        await self._ask_anew(pair)
            telemetry.drain()
            await sleep_ms(0)

    def _state(self, pair):
        return self.buffers[_BOOKS][pair][_B_STATE]

    def _may_ask(self, pair):
        """Whether it is time to ask for a fresh snapshot: at once for the first lost proof, then ever later."""
        book = self.buffers[_BOOKS][pair]
        if book[_B_STATE] == _LIVE:
            return False
        if self._waits[2 * pair] == 0:
            return True
        lost = book[_B_STATE] == _STALE and book[_B_REASON] not in (_WHY_DISCONNECT, _WHY_REFUSED)
        return lost and self._waits[2 * pair + 1] == 0

    def _count_down(self):
        """A second has passed; a book that was LIVE throughout its wait has a clean record again."""
        waits = self._waits
        for pair in range(len(self.pairs)):
            if waits[2 * pair]:
                waits[2 * pair] -= 1
            elif self._state(pair) == _LIVE:
                waits[2 * pair + 1] = 0

    async def _ask_anew(self, pair):
        """Unsubscribe and subscribe one pair: the answer is a fresh snapshot. The next try waits longer."""
        wait_s = min(max(2 * self._waits[2 * pair + 1], _LEAST_WAIT_S), _MOST_WAIT_S)
        self._waits[2 * pair] = self._waits[2 * pair + 1] = wait_s
        name = [self.pairs[pair]]
        await self.ws.send_text(spot_v2.unsubscribe(name, self.settings["depth"]))
        await self.ws.send_text(spot_v2.subscribe(name, self.settings["depth"]))

    def _control(self, start, end):
        # Most control frames need no answer, and a status with its maintenance plans would not
        # fit the heap as objects. Kraken prints them without spaces.
        buf = self.ws.buf
        if buf.find(b'"success":false', start, end) < 0:
            return
        refused = spot_v2.refusal(bytes(buf[start:end]))
        if refused is None:
            return
        symbol, words = refused
        self.telemetry.say(k="error", why=words)
        for pair, name in enumerate(self.pairs):
            # A refusal without a symbol (a wrong depth) is meant for all that still wait.
            if name == symbol or (symbol is None and self._state(pair) != _LIVE):
                self._waits[2 * pair] = _MOST_WAIT_S
                self._stale(pair, _WHY_REFUSED)

    def _all_stale(self, why):
        for pair in range(len(self.pairs)):
            if self._state(pair) == _LIVE:
                self._stale(pair, why)

    def _stale(self, pair, why):
        _, symbols, books, _, _, sigs, _, _, templates, words, counters, out = self.buffers
        book = books[pair]
        book[_B_STATE] = _STALE
        book[_B_REASON] = why
        book[_B_SHOWN_HI] = -1
        sigs[pair][_SIG_SIDE] = 0
        counters[_RESYNC] = 1
        count = render(out, 0, templates[_T_STALE], book, _B_TIME_HI, symbols, pair, words, why)
        self.telemetry.put(out, count)
