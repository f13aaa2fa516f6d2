"""A defect planted in a copy of the kernels is caught by every net; the kernels as they are by none."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys

import pytest

import host
from host.fuzz import board_net, samples
from host.fuzz.fenced_model import fenced_model
from host.progress import Quiet

DECODER = "firmware/kernels/decode_v2.py"
ONE_LEVEL_MORE = ("if level >= levels_end:", "if level > levels_end:")
SKIPS_A_KEY = "if c == 92:\n                    i += 1\n                if i {} end:"
ONE_BYTE_MORE = (SKIPS_A_KEY.format(">="), SKIPS_A_KEY.format(">"))
FULL = b"\0" + samples.V2_FULL
TOO_FULL = FULL.replace(b'"bids":[', b'"bids":[{"price":1,"qty":1},')
ENDLESS_KEY = b'\0{"key}'

GUIDED = """
import json, sys
from pathlib import Path
from host.fuzz import corpus, guided_net

folder = Path(sys.argv[1])
corpus.write(folder, (data for data in corpus.own() if data[0] == 0))
catch = guided_net.cast(folder, sys.argv[2], int(sys.argv[3]), 60, 1, seed=1)
print(json.dumps([catch.executions, catch.findings]))
"""
BOARD = """
import json, sys
from pathlib import Path
from host.fuzz import board_net

inputs = [bytes.fromhex(data) for data in sys.argv[4:]]
catch = board_net.cast(Path(sys.argv[1]), inputs, int(sys.argv[2]), sys.argv[3] == "valgrind")
print(json.dumps([catch.frames, catch.findings]))
"""


@pytest.fixture
def plant(tmp_path):
    """`plant((old, new))`: a copy of the project in which the decoder is changed in that one place."""

    def planted(defect):
        for folder in ("firmware", "lib", "host"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(host.ROOT / folder, tmp_path / folder, ignore=ignored)
        text = (tmp_path / DECODER).read_text()
        assert text.count(defect[0]) == 1
        (tmp_path / DECODER).write_text(text.replace(*defect))
        return tmp_path

    return planted


@pytest.fixture
def atheris():
    """The package, which has no wheel for every Python."""
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("no atheris here")


@pytest.fixture(scope="session")
def binary():
    """The board model with fences."""
    return fenced_model(Quiet())


def cast(root, program, *args):
    """What the program prints that is run with the sources below `root`."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, args)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.usefixtures("atheris")
@pytest.mark.parametrize(("runtime", "executions"), [("plain", 1500), ("compiled", 3000)])
def test_the_guided_net_catches_a_level_too_many(plant, tmp_path, runtime, executions):
    (tmp_path / "corpus").mkdir()
    done, findings = cast(plant(ONE_LEVEL_MORE), GUIDED, tmp_path / "corpus", runtime, executions)
    assert done == executions
    assert findings, "not caught"
    assert {finding["place"].partition(":")[0] for finding in findings} == {DECODER}
    # The store that is the first one beyond the buffer's 32 + 24 * 11 words.
    assert all("296 of 296" in finding["text"] for finding in findings)


@pytest.mark.usefixtures("atheris")
def test_the_guided_net_is_quiet_about_the_kernels_as_they_are(tmp_path):
    (tmp_path / "corpus").mkdir()
    done, findings = cast(host.ROOT, GUIDED, tmp_path / "corpus", "compiled", 5000)
    assert (done, findings) == (5000, [])
    assert len(list((tmp_path / "corpus").iterdir())) > 50, "the corpus did not grow"


def board(root, binary, place, *inputs, look="plainly"):
    return cast(root, BOARD, binary, place, look, *(data.hex() for data in inputs))


def test_every_fence_catches_a_level_too_many(plant, binary):
    root = plant(ONE_LEVEL_MORE)
    for place in board_net.PLACES:
        _, findings = board(root, binary, place, FULL, TOO_FULL)
        assert [bytes.fromhex(finding["input"]) for finding in findings] == [TOO_FULL]
    _, (finding,) = board(root, binary, board_net.WALL_BEHIND, TOO_FULL)
    assert finding["text"] == "an access at 1184 of 1184 bytes, buffer 1"


def test_the_wall_behind_catches_a_read_too_many(plant, binary):
    root = plant(ONE_BYTE_MORE)
    _, (finding,) = board(root, binary, board_net.WALL_BEHIND, ENDLESS_KEY)
    assert finding["text"] == "an access at 6 of 6 bytes, buffer 0"
    # Guard bytes tell of writes alone.
    assert board(root, binary, board_net.GUARDS, ENDLESS_KEY) == [1, []]


def test_valgrind_catches_both(plant, binary):
    if not board_net.has_valgrind():
        pytest.skip("no valgrind here")
    root = plant(ONE_BYTE_MORE)
    read = board(root, binary, board_net.GUARDS, ENDLESS_KEY, look="valgrind")
    assert read[1][0]["text"] == "frame 0: an access that valgrind saw (Invalid read of size 1)"
    (root / DECODER).write_text((host.ROOT / DECODER).read_text().replace(*ONE_LEVEL_MORE))
    write = board(root, binary, board_net.GUARDS, TOO_FULL, look="valgrind")
    assert "Invalid write of size 4" in write[1][0]["text"]


@pytest.mark.parametrize("place", board_net.PLACES)
def test_no_fence_is_touched_by_the_kernels_as_they_are(binary, place):
    frames, findings = board(host.ROOT, binary, place, FULL, TOO_FULL, ENDLESS_KEY)
    assert (frames, findings) == (3, [])
