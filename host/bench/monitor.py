"""Measures what `inkling monitor` takes of a core while a port says as much as 115200 baud can carry."""

import os
import statistics
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from host.bench.feed import Feed
from host.bench.table import Figure, Part, Row, Target
from host.replay.engine import Engine

_LINE_BYTES_PER_S = 11_520  # 115200 baud, ten bits a byte
_PIECE_S = 0.01
_START_S = 3.0  # Python and its imports are not the line's doing
_TERMINAL = {"COLUMNS": "140", "LINES": "40", "TERM": "xterm-256color"}
_CHUNK_BYTES = 4096

_SHARE = Target(5)
_PERCENT = "% of a core"
_READER_NAME = "bare reader"

# The least that anyone can do with a port in Python.
_READER = """
import sys, serial
with serial.Serial(sys.argv[1], 115200) as port:
    while True:
        port.readline()
"""


@dataclass
class MonitorLoad:
    """CPU time by wall time of each process, one number a round."""

    live: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)


def measure(feed: Feed, rounds: int, seconds: float) -> MonitorLoad:
    """Records of this feed at full line rate: to the live view, to plain lines, to a bare reader."""
    records = _records(feed)
    inkling = [sys.executable, "-m", "host.cli", "monitor", "--port"]
    load = MonitorLoad()
    for _ in range(rounds):
        load.live.append(_share(lambda port: _on_terminal([*inkling, port]), records, seconds))
        load.plain.append(
            _share(lambda port: _quiet([*inkling, port, "--plain"]), records, seconds)
        )
        load.reference.append(
            _share(lambda port: _quiet([sys.executable, "-c", _READER, port]), records, seconds)
        )
    return load


def _records(feed: Feed) -> bytes:
    frames = b"".join(frame + b"\n" for frame in feed.frames)
    return b"".join(bytes(some) for some in Engine().feed(frames))


def _share(start: Callable[[str], subprocess.Popen], records: bytes, seconds: float) -> float:
    """CPU time by wall time of the process that `start` makes to read a port."""
    board, device = os.openpty()
    tty.setraw(device)
    over = threading.Event()
    line = threading.Thread(target=_talk, args=(board, records, over), daemon=True)
    process = start(os.ttyname(device))
    try:
        line.start()
        time.sleep(_START_S)
        cpu_s, begin_s = _cpu_s(process), time.monotonic()
        time.sleep(seconds)
        return (_cpu_s(process) - cpu_s) / (time.monotonic() - begin_s)
    finally:
        over.set()
        process.kill()
        process.wait()
        line.join()
        os.close(device)
        os.close(board)


def _talk(board: int, records: bytes, over: threading.Event) -> None:
    size = round(_LINE_BYTES_PER_S * _PIECE_S)
    os.set_blocking(board, False)
    at = 0
    begin_s = time.monotonic()
    sent = 0
    while not over.wait(max(0.0, begin_s + sent / _LINE_BYTES_PER_S - time.monotonic())):
        piece = records[at : at + size]
        at = (at + len(piece)) % len(records)
        sent += len(piece)
        with suppress(BlockingIOError):  # nobody reads yet
            os.write(board, piece)


def _cpu_s(process: subprocess.Popen) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _quiet(command: list[str]) -> subprocess.Popen:
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _on_terminal(command: list[str]) -> subprocess.Popen:
    """With a terminal that swallows what is drawn on it."""
    screen, terminal = os.openpty()
    process = subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, env={**os.environ, **_TERMINAL}
    )
    os.close(terminal)

    def swallow() -> None:
        try:
            while os.read(screen, _CHUNK_BYTES):
                pass
        except OSError:  # the process has ended
            os.close(screen)

    threading.Thread(target=swallow, daemon=True).start()
    return process


def part(feed: Feed, rounds: int, seconds: float) -> Part:
    """What watching a board costs the PC."""
    measured = measure(feed, rounds, seconds)
    reference = Figure(100 * statistics.median(measured.reference), _PERCENT, _READER_NAME)
    rows = [
        Row(
            f"monitor: {what}, 11.5 kB/s of records",
            Figure(100 * statistics.median(ours), _PERCENT),
            reference,
            targets=(_SHARE,),
        )
        for what, ours in (("live view", measured.live), ("plain lines", measured.plain))
    ]
    return Part(
        rows,
        [
            "monitor: CPU time by wall time of `inkling monitor` on a pseudo-terminal that says as much as "
            "115200 baud can carry, nothing but records; the bare reader is a pyserial readline loop."
        ],
    )
