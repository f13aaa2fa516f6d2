"""The WebSocket client does what each case of the conformance list wants, however its bytes are read."""

import json
import random
from binascii import crc32
from dataclasses import dataclass

import pytest
from conformance_list import all_cases
from conformance_peer import heard, understood

import wsframe

CASES = {case.name: case for case in all_cases()}
_MANY_WAYS = 1000  # bytes, of a case that is read in every way
_MOST_SENT = 504  # bytes of a text that the client can send back
_WHOLE = 1 << 20
_NO_CODE = 1005


@dataclass
class Played:
    """What came of a case, read in one way."""

    way: str
    kept: int
    """Bytes of the largest message that is not delivered in pieces."""
    lines: list[str]
    read: int
    written: bytes


@pytest.fixture(scope="module")
def played(runtime, tmp_path_factory):
    """All cases, played one after the other by one process: name -> the ways in which it was read."""
    folder = tmp_path_factory.mktemp("conformance")
    script, sent, written = (folder / name for name in ("cases", "sent", "written"))
    order = []
    with script.open("w") as lines, sent.open("wb") as data:
        for case in CASES.values():
            frames = case.frames
            at = data.tell()
            data.writelines(frames)
            size = data.tell() - at
            for way, buffer_bytes, reads in _ways(case, [len(frame) for frame in frames], size):
                plan = {"at": at, "size": size, "buffer": buffer_bytes, "reads": reads}
                lines.write(json.dumps(plan) + "\n")
                order.append((case.name, way, buffer_bytes))
    said = iter(runtime[1]("converse.py", script, sent, written))
    found = {}
    with written.open("rb") as answers:
        for name, way, buffer_bytes in order:
            lines = []
            while not (line := next(said)).startswith("END"):
                lines.append(line)
            _, read, size = line.split()
            kept = wsframe.rx_state(buffer_bytes)[wsframe._LIMIT]
            one = Played(way, kept, lines, int(read), answers.read(int(size)))
            found.setdefault(name, []).append(one)
    sent.unlink()
    return found


def _ways(case, sizes, total):
    """(name, buffer bytes, bytes of each read, again and again): 0 when there is nothing to read."""
    if case.chop:
        return [("chopped", 2048, [case.chop])]
    if total > _MANY_WAYS:
        return [("whole", 2048, [_WHOLE])]
    rng = random.Random(case.name)
    ragged = [rng.choice((0, 1, 2, 3, 4, 5, 7, 16, 60, 126)) for _ in range(20)] + [1]
    one_by_one = [n for size in sizes for n in (size, 0)]
    return [
        ("whole", 2048, [_WHOLE]),
        ("frames", 2048, one_by_one),
        ("bytes", 1024, [1]),
        ("ragged", 1000, ragged),
        ("small buffer", 512, ragged),
    ]


def _lines(case, kept):
    """What the client is to say it was told."""
    for name, what in case.wanted:
        if name in ("text", "binary"):
            name = name.upper() if len(what) <= kept else "PIECES"
            yield f"{name} {len(what)} {crc32(what):08x}"
        elif name == "close":
            yield f"CLOSED {what}"


def _answers(case, kept):
    """What it is to send."""
    code = 1000
    for name, what in case.wanted:
        if name == "pong" or (name == "text" and len(what) <= min(_MOST_SENT, kept)):
            yield name, what
        elif name in ("close", "fail"):
            code = what
    yield "close", code


@pytest.mark.parametrize("name", CASES)
def test_case(played, name):
    case = CASES[name]
    frames = case.frames
    for one in played[name]:
        told = one.lines
        if case.wanted and case.wanted[-1][0] == "fail":
            *told, error = told
            assert error.startswith("ERROR -"), one.way
        assert told == list(_lines(case, one.kept)), one.way
        assert heard(one.written) == list(_answers(case, one.kept)), one.way
        if case.by and (one.way in ("frames", "bytes") or case.chop == 1):
            assert one.read <= sum(map(len, frames[: case.by])), one.way


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.reference])
def test_the_reference_wants_the_same(name):
    case = CASES[name]
    answered = [("ping" if kind == "pong" else kind, what) for kind, what in case.wanted]
    told = [frame for frame in understood(b"".join(case.frames)) if frame[0] != "pong"]
    assert told == answered
