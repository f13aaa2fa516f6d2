"""`inkling fuzz` by its door: exit status, JSON, one-line errors, playing what was found."""

import importlib.util
import json

import pytest

from host.cli import main


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def capture(tmp_path):
    """One that adds hardly anything to the corpus."""
    file = tmp_path / "capture.jsonl"
    file.write_text('{"channel":"heartbeat"}\n')
    return file


def test_a_short_run(tmp_path, capsys, capture):
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("no atheris here")
    run = ["fuzz", "--net", "guided", "--runtime", "plain", "--executions", "300", "--json"]
    status = main([*run, "--corpus", str(tmp_path / "corpus"), "--captures", str(capture)])
    found = json.loads(capsys.readouterr().out)["guided"]
    assert status == 0 and found["executions"] == 300 and found["findings"] == []
    assert found["corpus"] == len(list((tmp_path / "corpus").iterdir()))
    decode = found["reached"]["firmware/kernels/decode_v2.py: decode"]
    assert 200 < decode["seen"] <= decode["marks"]


def test_a_run_on_the_board(tmp_path, capsys, capture, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")  # where the board model is
    run = ["fuzz", "--net", "board", "--no-valgrind", "--mutants", "50", "--json"]
    status = main([*run, "--corpus", str(tmp_path / "corpus"), "--captures", str(capture)])
    catches = json.loads(capsys.readouterr().out)["board"]
    assert status == 0 and len(catches) == 3
    inputs = len(list((tmp_path / "corpus").iterdir())) + 50
    for catch in catches:
        assert (catch["inputs"], catch["findings"]) == (inputs, [])
        assert catch["frames"] == sum(catch["kinds"].values()) >= inputs
        assert catch["kinds"] == catches[0]["kinds"]


def test_playing_an_input(tmp_path, capsys):
    file = tmp_path / "input"
    file.write_bytes(b'\0{"channel":"heartbeat"}\x1e{')
    assert main(["fuzz", "--play", str(file)]) == 0
    assert "is [1, -2]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--play", "nowhere"], "--play nowhere: No such file"),
        (["--captures", "nowhere"], "nowhere: no such file"),
        (["--corpus", "/dev/null/x"], "--corpus /dev/null/x: Not a directory"),
    ],
)
def test_errors_are_one_line(capsys, args, told):
    assert main(["fuzz", *args]) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1
