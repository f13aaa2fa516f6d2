"""Runs the application as a board would, against a local Kraken, and reads its serial line."""

import json
import queue
import threading
import time
from contextlib import contextmanager, suppress

from host.boardmodel import flash_folder, model

MARKET_KINDS = ("book", "signal", "state", "vol", "corr", "contagion", "flow", "depth")


class Board:
    """The lines a running board says, read by a thread so that no test waits for ever."""

    def __init__(self, process):
        self.process = process
        self.lines = []
        self._queue = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with suppress(ValueError, OSError):  # the line was closed: the test is over
            for line in self.process.stdout:
                self._queue.put(line)
        self._queue.put(None)

    def until(self, wanted, timeout_s=30):
        """Read on until `wanted(record)` is true of a line's record, and return that record."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                line = self._queue.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(
                    f"not said within {timeout_s} s; last: {self.lines[-8:]}"
                ) from None
            if line is None:
                raise AssertionError(f"the board ended; last: {self.lines[-8:]}")
            self.lines.append(line)
            if line.startswith(b"{"):
                record = json.loads(line)
                if wanted(record):
                    return record

    def until_live(self, pairs):
        waiting = set(pairs)

        def all_live(record):
            if record.get("k") == "state" and record["st"] == "LIVE":
                waiting.discard(record["p"])
            return not waiting

        self.until(all_live)

    def records(self, *kinds):
        """All records of these kinds so far."""
        found = (json.loads(line) for line in self.lines if line.startswith(b"{"))
        return [record for record in found if record["k"] in kinds]

    def market_lines(self):
        """The lines that follow from the feed alone, as bytes."""
        return [
            line
            for line in self.lines
            if line.startswith(tuple(b'{"k":"%s"' % k.encode() for k in MARKET_KINDS))
        ]


@contextmanager
def board(folder, exchange, ca_der=None, on_cpython=False, **settings):
    """The firmware in `folder`, connected to `exchange`, its settings changed by `settings`."""
    config = {
        "host": "localhost",
        "port": exchange.port,
        "health_interval_ms": 1000,
        "backoff_min_ms": 200,
        "serial_bytes_per_s": 0,
        **settings,
    }
    ca_der = ca_der or exchange.ca_der
    if on_cpython:
        flash_folder.write_settings(folder, config, ca_der)
        process = model.start_cpython(folder)
    else:
        flash_folder.write(folder, config, ca_der)
        process = model.start(folder)
    try:
        yield Board(process)
    finally:
        model.stop(process)
