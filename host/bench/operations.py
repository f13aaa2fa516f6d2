"""Counts what the application's bytecode does for a frame over TLS, and its allocations, by the counting model."""

import itertools
import struct
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from host.bench import wire
from host.bench.counting_model import cached, counting_model
from host.bench.restamp import HEARTBEAT, Frames
from host.bench.serial_ear import Ear
from host.bench.table import Figure, Part, Row, Target
from host.boardmodel import flash_folder, model
from host.boardmodel.errors import ModelUnavailable
from host.errors import UserError
from host.progress import Progress

_LINE = struct.Struct("iII")  # as counting.c writes it
_COUNTED = "counted"
_UNKNOWN = -1
_BOOKS = 3
_BEAT_EVERY = 30
_BURSTS = (1, 2, 3, 4)
_PAUSE_S = 0.025  # all is idle long before the next burst comes

_NO_RECORDS_MS = 60_000
_PER_FRAME = Target(40)
_LESS = Target(1, is_ratio=True)
_NOTHING = Target(0)
_OPERATIONS = "operations"
_LABELS = (
    "TLS: bytecode of a frame that comes alone",
    "TLS: bytecode of one frame more in a read",
    f"TLS: turn with {_BURSTS[-1]} frames in a read, each",
    "TLS: bytecode of a record more",
    "TLS: a frame more allocates",
    "TLS: a record more allocates",
)
_NOTE = (
    "TLS: the whole application on the board model over TLS, main thread; an interpreter that counts every "
    "bytecode operation and allocation (compiled once more for that), read off at every read from TLS. A "
    "turn is from one read of the receive loop to the next; "
    "of all turns alike the one that a fifth is below, for in some other things are due as well, every 20 ms "
    "those that no message asks for, with asyncio's turn. "
    "What MicroPython allocates for the frame of a larger function, until it returns, is counted, too."
)


@dataclass(frozen=True)
class Turn:
    """A turn of the receive loop: the bytes that its read gave, and what was done up to the next one."""

    got: int
    operations: int
    allocations: int


def turns(counted: bytes) -> list[Turn]:
    """What counting.c wrote; of the last turn nobody knows the end.

    The stream asks TLS until it has nothing more, so a read of ours is one of TLS or several.
    """
    found = []
    got = 0
    lines = list(_LINE.iter_unpack(counted[: len(counted) // _LINE.size * _LINE.size]))
    for before, after in itertools.pairwise(lines):
        got += max(0, before[0])
        if after[1] != before[1]:
            found.append(Turn(got, after[1] - before[1], after[2] - before[2]))
            got = 0
    return found


def measure(bursts: int, binary: Path, **settings: object) -> dict[int, list[Turn]]:
    """Turns whose read gave nothing (0), or so many book updates, each in one record of TLS; `bursts` of each kind."""
    frames = Frames()
    sent: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as folder, wire.wire() as server:
        flash_folder.write(Path(folder), wire.settings(server, **settings), server.ca_der)
        board = model.start(Path(folder), binary=binary)
        try:
            ear = Ear(board)
            server.accept()
            server.send(*frames.greeting)
            for _ in range(_BOOKS):
                server.send(frames.next())
            ear.until_live(_BOOKS)
            counted = Path(folder) / _COUNTED
            begin = counted.stat().st_size
            # In no order, or the same ones would always meet what is due every 100 ms.
            counts = [*_BURSTS] * bursts
            Random(bursts).shuffle(counts)
            for n, count in enumerate(counts):
                burst = [frames.next() for _ in range(count)]
                size = sum(len(wire.framed(frame)) for frame in burst)
                # A size that tells nothing, since bursts of two kinds have it, is not counted.
                sent[size] = count if sent.get(size, count) == count else _UNKNOWN
                server.send(*burst)
                time.sleep(_PAUSE_S)
                if n % _BEAT_EVERY == 0:
                    server.send(HEARTBEAT)
                    time.sleep(_PAUSE_S)
            found = turns(counted.read_bytes()[begin:])
        finally:
            model.stop(board)
    by_count: dict[int, list[Turn]] = {count: [] for count in (0, *_BURSTS)}
    for turn in found:
        count = sent.get(turn.got, _UNKNOWN) if turn.got else 0
        if count != _UNKNOWN:
            by_count[count].append(turn)
    return by_count


def part(bursts: int, may_build: bool, progress: Progress) -> Part:
    """The rows of a turn, of a frame and of a record; what they are not, if the counting model is missing."""
    try:
        binary = counting_model(progress) if may_build else cached()
    except ModelUnavailable as error:
        return _missing(str(error))
    if binary is None:
        return _missing("its model is not built: inkling bench operations")
    plain = measure(bursts, binary, book_interval_ms=_NO_RECORDS_MS)
    telling = measure(bursts, binary)
    most = _BURSTS[-1]
    idle, one, many = (_typical(plain[count]) for count in (0, 1, most))
    told = _typical(telling[1])
    further = (many.operations - one.operations) / (most - 1)
    each = Figure(many.operations / most, _OPERATIONS)
    one_turn = Figure(one.operations, _OPERATIONS, "one alone")
    return Part(
        [
            Row(
                _LABELS[0],
                Figure(one.operations - idle.operations, _OPERATIONS),
                Figure(idle.operations, _OPERATIONS, "turn without"),
                targets=(_PER_FRAME,),
            ),
            Row(
                _LABELS[1],
                Figure(further, _OPERATIONS),
                Figure(one.operations, _OPERATIONS, "turn with one"),
                targets=(_PER_FRAME,),
            ),
            Row(_LABELS[2], each, one_turn, [each.value / one_turn.value], (_LESS,)),
            Row(
                _LABELS[3],
                Figure(told.operations - one.operations, _OPERATIONS),
                one_turn,
            ),
            Row(
                _LABELS[4],
                Figure((many.allocations - one.allocations) / (most - 1), "allocations"),
                Figure(idle.allocations, "allocations", "turn without"),
                targets=(_NOTHING,),
            ),
            Row(
                _LABELS[5],
                Figure(told.allocations - one.allocations, "allocations"),
                targets=(_NOTHING,),
            ),
        ],
        [_NOTE],
    )


def _typical(found: list[Turn]) -> Turn:
    """The one with fewer operations than four fifths have: in many, something else happens that is due."""
    if not found:
        raise UserError("the counting model read nothing that was sent to it in one piece")
    return sorted(found, key=lambda turn: turn.operations)[len(found) // 5]


def _missing(why: str) -> Part:
    return Part([Row(label, why=why) for label in _LABELS])
