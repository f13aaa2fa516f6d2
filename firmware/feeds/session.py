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
_ASK_AGAIN_MS = const(10_000)
_RESYNC_COOLDOWN_MS = const(1000)


class Session:
    """Feeds one WebSocket's frames to the buffers. Serves one connection after another."""

    def __init__(self, ws, buffers, telemetry, settings):
        self._ws = ws
        self._buffers = buffers
        self._telemetry = telemetry
        self._pairs = settings["pairs"]
        self._settings = settings
        self._asked_at = array("i", [0] * len(self._pairs))

    async def run(self):
        """Subscribe and receive until the connection ends; returns why it did, in words."""
        for pair in range(len(self._pairs)):
            self._asked_at[pair] = ticks_ms()
        await self._ws.send_text(spot_v2.subscribe(self._pairs, self._settings["depth"]))
        try:
            return await self._receive()
        finally:
            self._all_stale()

    async def _receive(self):
        # Locals, because this loop is the per-message path.
        ws = self._ws
        buf = ws.buf
        state = ws.state
        telemetry = self._telemetry
        on_frame = spot_v2.on_frame
        buffers = self._buffers
        books = buffers[_BOOKS]
        counters = buffers[_COUNTERS]
        out = buffers[_OUT_BUFFER]
        silence_ms = self._settings["silence_ms"]
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
                    if kind == _KIND_OTHER:
                        self._control(bytes(buf[state[_START] : state[_END]]))
                elif event == _NEED_MORE:
                    break
                elif event == _TOO_LARGE:
                    counters[_SKIPPED] += 1
                elif event != _BINARY:
                    await ws.close()
                    return "closed by the exchange" if event > 0 else "protocol error"
            if n < 0:
                return "connection lost"
            if n == 0 and ticks_diff(now_ms, ws.last_rx_ms) > silence_ms:
                return "silent, no heartbeat"
            if counters[_RESYNC] or ticks_diff(now_ms, look_at) >= 0:
                counters[_RESYNC] = 0
                look_at = ticks_add(now_ms, _LOOK_MS)
                for pair in range(len(books)):
                    if self._wants_asking(pair, now_ms):
                        await self._ask_anew(pair, now_ms)
            telemetry.drain()
            await sleep_ms(0)

    def _wants_asking(self, pair, now_ms):
        """Whether its proof failed, or its snapshot is long in coming."""
        book = self._buffers[_BOOKS][pair]
        if book[_B_STATE] == _LIVE or book[_B_REASON] == _WHY_REFUSED:
            return False
        failed = book[_B_STATE] == _STALE and book[_B_REASON] != _WHY_DISCONNECT
        patience_ms = _RESYNC_COOLDOWN_MS if failed else _ASK_AGAIN_MS
        return ticks_diff(now_ms, self._asked_at[pair]) >= patience_ms

    async def _ask_anew(self, pair, now_ms):
        """Unsubscribe and subscribe one pair: the answer is a fresh snapshot."""
        self._asked_at[pair] = now_ms
        name = [self._pairs[pair]]
        await self._ws.send_text(spot_v2.unsubscribe(name, self._settings["depth"]))
        await self._ws.send_text(spot_v2.subscribe(name, self._settings["depth"]))

    def _control(self, frame):
        refused = spot_v2.refusal(frame)
        if refused is None:
            return
        symbol, words = refused
        self._telemetry.say(k="error", why=words[:80])
        for pair, name in enumerate(self._pairs):
            # A refusal without a symbol (a wrong depth) is meant for all that still wait.
            waits = self._buffers[_BOOKS][pair][_B_STATE] != _LIVE
            if name == symbol or (symbol is None and waits):
                self._stale(pair, _WHY_REFUSED)

    def _all_stale(self):
        for pair, book in enumerate(self._buffers[_BOOKS]):
            if book[_B_STATE] == _LIVE:
                self._stale(pair, _WHY_DISCONNECT)

    def _stale(self, pair, why):
        _, symbols, books, _, _, sigs, _, _, templates, words, _, out = self._buffers
        book = books[pair]
        book[_B_STATE] = _STALE
        book[_B_REASON] = why
        book[_B_SHOWN_HI] = -1
        sigs[pair][_SIG_SIDE] = 0
        count = render(out, 0, templates[_T_STALE], book, _B_TIME_HI, symbols, pair, words, why)
        self._telemetry.put(out, count)
