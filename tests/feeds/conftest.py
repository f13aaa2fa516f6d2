"""A dialect's words and REST calls, on the host and on the board model; tests/kernels and tests/lib help with both."""

import json
import sys
from pathlib import Path

import pytest

from host import ROOT
from host.boardmodel.model import run_script

sys.path.append(str(ROOT / "tests" / "kernels"))  # the frames
sys.path.append(str(ROOT / "tests" / "meaning"))  # the known case
sys.path.append(str(ROOT / "tests" / "lib"))  # the other end of the line

from programs.talk_calls import call
from rest_running import on_board, on_cpython

_TALK_CALLS = Path(__file__).parent / "programs" / "talk_calls.py"


@pytest.fixture(params=["host", "board"])
def ask(request, tmp_path):
    """`ask([name, *arguments], ...)`: what these functions of the module's DIALECT return."""
    dialect = request.module.DIALECT
    if request.param == "host":
        return lambda *calls: [json.loads(json.dumps(call(dialect, *each))) for each in calls]
    request.getfixturevalue("board_model")
    file = tmp_path / "calls"

    def ask_board(*calls):
        file.write_text("".join(json.dumps(each) + "\n" for each in calls))
        return [json.loads(line) for line in run_script(_TALK_CALLS, file, dialect).splitlines()]

    return ask_board


@pytest.fixture
def told(ask, request):
    """`told(frame, ...)`: each frame's meaning; what lies AROUND it in the buffer must not matter."""
    before, behind = request.module.AROUND

    def tell(*frames):
        ends = [(len(before), len(before + frame)) for frame in frames]
        texts = [before + frame + behind for frame in frames]
        return ask(*(["control", text, *at] for text, at in zip(texts, ends, strict=True)))

    return tell


@pytest.fixture(scope="module", params=["cpython", "board"])
def run(request, tmp_path_factory):
    """`run(program, *arguments)`: the JSON lines that a program about REST said."""
    if request.param == "cpython":
        return on_cpython
    request.getfixturevalue("board_model")
    return on_board(tmp_path_factory.mktemp("flash"))


@pytest.fixture(scope="session")
def certs(tmp_path_factory):
    """Where the certificates of the other end are."""
    return tmp_path_factory.mktemp("certs")
