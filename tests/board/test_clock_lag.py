"""Lag and missing heartbeats, told as they are: on a line that delays, on one that stops, and on a quiet one."""

import socket
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress

import pytest
from running import board

from host.exchange.market import Market
from host.exchange.thread import exchange_in_thread

PAIRS = ["BTC/USD", "ETH/USD"]
_PATIENT = {"silence_ms": 20_000, "max_lag_ms": 60_000, "pairs": PAIRS}


class SlowLine:
    """Stands between a board and an exchange; what the exchange says arrives `delay_s` later."""

    def __init__(self, exchange):
        self.delay_s = 0.0
        self._exchange = exchange
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                board, _ = self._listener.accept()
                kraken = socket.create_connection(("localhost", self._exchange.port))
                threading.Thread(target=self._pass_on, args=[board, kraken], daemon=True).start()
                threading.Thread(target=self._delay, args=[kraken, board], daemon=True).start()

    def _pass_on(self, source, sink):
        with suppress(OSError):
            while data := source.recv(4096):
                sink.sendall(data)
        for side in (source, sink):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def _delay(self, source, sink):
        """One thread hears, this one says: nothing that came is late because of what came before."""
        heard = deque()

        def hear():
            with suppress(OSError):
                while data := source.recv(4096):
                    heard.append((time.monotonic(), data))
            heard.append((0.0, b""))

        threading.Thread(target=hear, daemon=True).start()
        with suppress(OSError):
            while True:
                if heard and time.monotonic() >= heard[0][0] + self.delay_s:
                    _, data = heard.popleft()
                    if not data:
                        break
                    sink.sendall(data)
                else:
                    time.sleep(0.005)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def slow_board(folder, on_cpython=False, **settings):
    """A board and the slow line that it hears the exchange by."""
    with exchange_in_thread(Market(PAIRS, seed=3)) as exchange:
        line = SlowLine(exchange)
        try:
            settings = {**_PATIENT, **settings, "port": line.port}
            with board(folder, exchange, on_cpython=on_cpython, **settings) as running:
                running.until_live(PAIRS)
                yield running, line
        finally:
            line.close()


def health(record):
    return record["k"] == "health"


@pytest.mark.parametrize("on_cpython", [False, True], ids=["board model", "cpython"])
def test_a_line_that_delays_is_a_lag_of_as_much(tmp_path, on_cpython):
    with slow_board(tmp_path, on_cpython) as (running, line):
        running.until(lambda r: health(r) and r["lag"] is not None and 0 <= r["lag"] < 700)
        line.delay_s = 2.0
        running.until(lambda r: health(r) and (r["lag"] or 0) >= 1500)
        for pair in PAIRS:
            told = running.until(
                lambda r, p=pair: r["k"] == "pair" and r["p"] == p and r["lag"] is not None
            )
            assert 1500 <= told["lag"] < 4000
        # The heartbeat that the delay held up was overdue, half a second after its time.
        assert max(r["hb"] for r in running.records("health")) >= 1
        assert all(r["off"] is not None for r in running.records("link")), "the clock was doubted"


def test_a_line_that_stops_has_heartbeats_missing_until_they_come(tmp_path):
    with slow_board(tmp_path) as (running, line):
        assert running.until(health)["hb"] == 0
        line.delay_s = 6
        assert running.until(lambda r: health(r) and r["hb"] >= 3)["hb"] >= 3
        line.delay_s = 0
        running.until(lambda r: health(r) and r["hb"] == 0)
        assert not [r for r in running.records("net") if r["st"] == "down"]


def test_a_quiet_second_tells_no_lag_and_every_record_fits_its_line(tmp_path):
    with slow_board(tmp_path, book_interval_ms=0) as (running, line):
        line.delay_s = 4
        running.until(lambda r: r["k"] == "pair" and r["st"] == "LIVE" and r["lag"] is None)
        assert max(map(len, running.lines)) <= 120
