"""Measures how long an update takes from the socket to the serial line, in the whole application under load."""

import json
import statistics
import tempfile
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from host.bench import picture, wire
from host.bench.cpu_clock import clock_of
from host.bench.restamp import HEARTBEAT, Frames, Known
from host.bench.serial_ear import Ear
from host.bench.table import Figure, Part, Row, Target
from host.boardmodel import flash_folder, model
from host.errors import UserError

PICTURE = "latency.svg"

_BOOKS = 3
_PER_S = 2000
_BEAT_S = 1.0
# Updates are known by their millisecond, so the first one's must not be that of a snapshot.
_APART_S = 0.002
_LAST_S = 1.0  # for the records of the last updates
_STALL_MS = 5.0
_KINDS = (b'{"k":"book"', b'{"k":"signal"')

_BOOK = "book"
_CPU = "own CPU time"
_LEAST = 100
_MOST_TOGETHER = 20
Sent = tuple[Known, int, int]
"""An update, and nanoseconds on the clock and the board's CPU clock just before it was sent."""

_NO_STALL = Target(_STALL_MS)


@dataclass
class Latency:
    """Of each update that was told of the milliseconds that passed; and what the board model worked meanwhile."""

    wall_ms: list[float] = field(default_factory=list)
    own_ms: list[float] = field(default_factory=list)
    """Of its CPU time, from the later of the sending and the record before; see `own_work_ms`."""
    sent: int = 0
    seconds: float = 0.0
    busy_s: float = 0.0
    """CPU time of the board model altogether."""


def measure(updates: int) -> Latency:
    """Send so many updates at an even rate, each as soon as its time has come, whatever the board does."""
    frames = Frames()
    with tempfile.TemporaryDirectory() as folder, wire.wire() as server:
        flash_folder.write(Path(folder), wire.settings(server), server.ca_der)
        board = model.start(Path(folder))
        try:
            ear = Ear(board)
            server.accept()
            server.send(*frames.greeting)
            for _ in range(_BOOKS):
                server.send(frames.next())
            ear.until_live(_BOOKS)
            time.sleep(_APART_S)
            clock = clock_of(board.pid)
            begin_s, begin_cpu_ns = time.monotonic(), time.clock_gettime_ns(clock)
            sent = _send(server, frames, updates, clock)
            found = Latency(sent=updates, seconds=time.monotonic() - begin_s)
            found.busy_s = (time.clock_gettime_ns(clock) - begin_cpu_ns) / 1e9
            time.sleep(_LAST_S)
            _match(found, sent, ear)
        except OSError as error:  # its clock went with it
            raise UserError(f"the board model ended: {error}") from None
        finally:
            model.stop(board)
    return found


def _send(server: wire.Wire, frames: Frames, updates: int, clock: int) -> list[Sent]:
    """What was sent, in order."""
    sent: list[Sent] = []
    begin_s = time.monotonic()
    beat_s = begin_s
    for n in range(updates):
        ahead_s = begin_s + n / _PER_S - time.monotonic()
        if ahead_s > 0:
            time.sleep(ahead_s)
        frame, known = frames.next_known()
        sent.append((known, time.monotonic_ns(), time.clock_gettime_ns(clock)))
        server.send(frame)
        if time.monotonic() - beat_s > _BEAT_S:
            beat_s = time.monotonic()
            server.send(HEARTBEAT)
    return sent


def _match(found: Latency, sent: list[Sent], ear: Ear) -> None:
    """Of each update the last record of its book and signal: both are handed over in one go."""
    # Some come in the same millisecond; then in their order.
    told: dict[Known, deque[list[int]]] = defaultdict(deque)
    for now_ns, cpu_ns, line in ear.lines():
        if line.startswith(_KINDS):
            record = json.loads(line)
            known = record["p"], record["t"]
            if record["k"] == _BOOK:
                told[known].append([now_ns, cpu_ns])
            elif told[known]:
                told[known][-1] = [now_ns, cpu_ns]
    heard = []
    for known, sent_ns, sent_cpu_ns in sent:
        if told[known]:
            now_ns, cpu_ns = told[known].popleft()
            found.wall_ms.append((now_ns - sent_ns) / 1e6)
            heard.append((now_ns, cpu_ns, sent_cpu_ns))
    found.own_ms = own_work_ms(heard)


def own_work_ms(heard: list[tuple[int, int, int]]) -> list[float]:
    """What the board model worked for some records.

    Of each: when it was heard, by the clock and by the CPU clock; when its update was sent, by the latter.

    Of records that were heard together, each but the first is taken to have cost what one usually
    does. When many were, it was the ear that came late: of them nobody knows. After a stall of the
    board's own they come one after the other.
    """
    together = [list(some) for _, some in groupby(sorted(heard), key=itemgetter(0))]
    work = []
    before_ns = 0
    for some in together:
        cpu_ns = some[0][1]
        work.append((cpu_ns - max(before_ns, min(sent_ns for _, _, sent_ns in some)), len(some)))
        before_ns = cpu_ns
    alone = [ns for ns, count in work if count == 1]
    usual_ns = statistics.median(alone) if alone else 0.0
    return [(ns - (count - 1) * usual_ns) / 1e6 for ns, count in work if count <= _MOST_TOGETHER]


def part(updates: int) -> tuple[Part, Latency]:
    """Median, 99th percentile and largest, on both clocks; what they were made of, for the picture."""
    found = measure(updates)
    if len(found.wall_ms) < _LEAST or not found.own_ms:
        raise UserError("the board model told of hardly any update")
    rows = [
        Row(
            f"latency: socket to record, {name}",
            Figure(pick(found.wall_ms), "ms"),
            Figure(pick(found.own_ms), "ms", _CPU),
        )
        for name, pick in (
            ("median", statistics.median),
            ("99th percentile", _p99),
            ("largest", max),
        )
    ]
    late = sum(each > _STALL_MS for each in found.wall_ms)
    rows += [
        Row(
            "latency: longest stall of our own",
            Figure(max(found.own_ms), "ms"),
            targets=(_NO_STALL,),
        ),
        Row("latency: updates later than 5 ms", Figure(late, f"of {len(found.wall_ms):,}")),
        Row(
            "latency: updates told of",
            Figure(len(found.wall_ms), f"of {updates:,}"),
            targets=(Target(updates, is_least=True),),
        ),
    ]
    share = 100 * found.busy_s / found.seconds
    note = (
        f"latency: {updates:,} updates of three pairs at {updates / found.seconds:,.0f} a second over TLS, the "
        f"board model {share:.0f} % busy, both threads running, each update making a record: from just before the "
        "sender encrypts it to the arrival of its last record at the other end of the serial line's pipe. By the "
        "clock, whatever this PC does in between counts as well. Our own CPU time is the board model's (all "
        "threads, garbage collection) since the sending or the record before, so that a stall of ours shows in "
        "it, and a queue behind somebody else's does not."
    )
    return Part(rows, [note]), found


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def drawing(found: Latency) -> str:
    """The histogram of a run."""
    marks = [("median", statistics.median), ("99 %", _p99), ("largest", max)]
    return picture.latencies(
        found.wall_ms,
        [(f"{name} {pick(found.wall_ms):.3g} ms", pick(found.wall_ms)) for name, pick in marks],
        _STALL_MS,
        f"{len(found.wall_ms):,} updates, socket to record; longest stall of our own {max(found.own_ms):.2g} ms",
    )
