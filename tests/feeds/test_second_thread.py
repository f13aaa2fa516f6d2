"""A second thread that has stopped is noticed by the first: only a restart of the board helps."""

import asyncio
from itertools import count
from types import SimpleNamespace

import pytest

import wsframe
from firmware import config
from firmware.feeds import buffers, session

HEARTBEAT = 1
EMPTY_TEXT = b"\x81\x00"
PATIENCE_S = 60


class Line:
    """A connection on which a heartbeat comes every second."""

    def __init__(self):
        self.buf, self.state = bytearray(512), wsframe.rx_state(512)
        self.words = self.state  # of which `scan` reads none
        self.sent = []

    def wait(self, timeout_ms):
        return True

    def fill(self):
        self.buf[:2] = EMPTY_TEXT
        self.state[wsframe._RD], self.state[wsframe._WR] = 0, 2
        return 2

    def ping(self):
        pass

    async def send_text(self, text):
        self.sent.append(text)


class Health:
    """As health.py has it; `runs` says whether its thread does."""

    def __init__(self, runs):
        self.since = self.lag_ms = None
        self.moves, self.low = [], -1
        self._runs, self._unheard_s = runs, 0

    @property
    def unheard_s(self):
        return self._unheard_s

    @unheard_s.setter
    def unheard_s(self, seconds):
        self._unheard_s = 0 if self._runs else seconds


@pytest.fixture
def ended(monkeypatch):
    """`ended(runs, seconds)`: why the session ended, the session, and after how many seconds."""

    def run(runs, seconds):
        settings = config.check({})
        ticks = count(0, 1000)
        last_ms = 0

        def ticks_ms():
            nonlocal last_ms
            last_ms = next(ticks)
            if last_ms > 1000 * seconds:
                raise OSError("long enough")
            return last_ms

        monkeypatch.setattr(session, "ticks_ms", ticks_ms)
        dialect = SimpleNamespace(on_frame=lambda *_: HEARTBEAT)
        made = buffers.make(settings)
        telemetry = SimpleNamespace(drain=lambda: None, put=lambda data, count: None)
        one = session.Session(Line(), dialect, made, telemetry, settings, Health(runs), None)
        try:
            why = asyncio.run(one.run())
        except OSError as error:
            why = str(error)
        return why, one, last_ms // 1000

    return run


def test_one_that_stopped_ends_the_session_and_asks_for_a_restart(ended):
    why, session, after_s = ended(runs=False, seconds=1000)
    assert why == "the second thread has stopped"
    assert session.sick
    assert PATIENCE_S < after_s <= PATIENCE_S + 5


def test_one_that_runs_does_not(ended):
    why, session, _ = ended(runs=True, seconds=10 * PATIENCE_S)
    assert why == "long enough"
    assert not session.sick
