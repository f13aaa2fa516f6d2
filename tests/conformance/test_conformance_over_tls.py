"""The conformance list over real connections of the board model: socket, TLS, upgrade, one for each case."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from both_runtimes import on_board
from conformance_list import all_cases
from conformance_peer import Peer, heard
from tls_peer import ca_file, server_context, serving, upgraded

# Large ones and all spellings of UTF-8 are for test_conformance.py; here is what a connection adds.
_PLAYED = ("1.", "2.", "3.", "4.", "5.", "6.1.", "6.2.", "6.3.", "6.4.", "7.")
CASES = [
    case
    for case in all_cases()
    if case.name.startswith(_PLAYED) and sum(map(len, case.frames)) < 1000
]
_SESSION = Path(__file__).parents[1] / "lib" / "programs" / "session.py"
_PAUSE_S = 0.002  # between frames, so that they come one by one
_SHORT = 40  # characters of a text that session.py says as it is


@pytest.fixture(scope="module")
def talked(board_model, tmp_path_factory):
    """What the client said of each case, and to its peer: (lines, bytes) in the order of CASES."""
    answers = []

    async def listen(reader, answer):
        with suppress(OSError):
            while part := await reader.read(2000):
                answer += part

    async def handler(reader, writer):
        case, answer = CASES[len(answers)], bytearray()
        answers.append(answer)
        await upgraded(reader, writer)
        listening = asyncio.create_task(listen(reader, answer))
        for frame in [*case.frames, *([] if _ends(case) else [Peer().close(1000)])]:
            writer.write(frame)
            await asyncio.sleep(_PAUSE_S)
        await listening

    ca = ca_file("good", tmp_path_factory.mktemp("certs"))
    with serving(handler, server_context()) as port:
        lines = on_board(board_model, _SESSION, port, ca, 2048, 4000, len(CASES))
    said = []
    for line in lines:
        if line == "open":
            said.append([])
        elif line != "pong" and not line.startswith("skipped"):
            said[-1].append(line)
    return dict(zip((case.name for case in CASES), zip(said, answers, strict=True), strict=True))


def _ends(case):
    return bool(case.wanted) and case.wanted[-1][0] in ("close", "fail")


def _line(name, what):
    if name == "binary":
        return f"BINARY {len(what)}"
    text = what.decode()
    return "TEXT " + (text if len(text) < _SHORT else f"{len(text)} {text[:3]}..{text[-3:]}")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_over_tls(talked, case):
    *told, end = talked[case.name][0]
    answers = heard(bytes(talked[case.name][1]))
    assert told == [_line(*wanted) for wanted in case.wanted if wanted[0] in ("text", "binary")]
    pongs = [wanted for wanted in case.wanted if wanted[0] == "pong"]
    last, code = case.wanted[-1] if _ends(case) else ("close", 1000)
    assert end.startswith("ERROR -") if last == "fail" else end == f"CLOSED {code}"
    assert answers == [*pongs, ("close", code)]
