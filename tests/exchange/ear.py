"""A client without a socket: what an engine says to it in one dialect, as fast as it can."""

import json

from host.exchange.engine import Engine
from host.exchange.market import Market

START_S = 1_790_000_000


class Ear:
    """One session of an engine (a seeded market's unless given); `heard` is (time, frame)."""

    def __init__(self, dialect="spot_v2", engine=None, symbols=("BTC/USD", "ETH/USD"), seed=5):
        self.engine = engine or Engine(Market(symbols, seed, START_S))
        self.heard = []
        self.session = self.engine.open(
            lambda time_us, frame: self.heard.append((time_us, frame)), self.now_us, dialect
        )

    @property
    def now_us(self):
        return self.engine.next_us()

    def ask(self, request):
        """Send a request (JSON value or text) and return what is answered at once."""
        before = len(self.heard)
        text = request if isinstance(request, str) else json.dumps(request)
        self.engine.request(self.session, text, self.now_us)
        return [frame for _, frame in self.heard[before:]]

    def listen(self, seconds):
        """Let exchange time pass; return the frames heard meanwhile."""
        before, end_us = len(self.heard), self.now_us + int(seconds * 1_000_000)
        while self.now_us <= end_us:
            self.engine.step()
        return [frame for _, frame in self.heard[before:]]
