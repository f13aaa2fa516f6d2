"""`inkling demo`: it shows a living board, ends by itself, and says in one line what is wrong."""

import json
import subprocess
import sys

import pytest


def demo(*args, timeout_s=60):
    return subprocess.run(
        [sys.executable, "-m", "host.cli", "demo", *args],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def test_without_a_terminal_it_prints_plain_lines_and_a_summary(board_model):
    done = demo("--seconds", "6")
    assert done.returncode == 0, done.stderr
    for word in ("BTC/USD", "ETH/USD", "BTC/EUR", "LIVE", "spread", "micro", "imbalance", "lag"):
        assert word in done.stdout
    assert "heap free" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "board model" in done.stderr


def test_json_is_the_boards_own_records(board_model):
    done = demo("--seconds", "4", "--json")
    assert done.returncode == 0, done.stderr
    kinds = {json.loads(line)["k"] for line in done.stdout.splitlines()}
    assert {"boot", "net", "state", "book", "signal", "pair"} <= kinds


def test_where_no_model_can_be_built_the_same_files_run_on_cpython():
    done = demo("--seconds", "8", "--cpython")
    assert done.returncode == 0, done.stderr
    assert "CPython" in done.stdout
    assert "LIVE" in done.stdout


def test_settings_that_cannot_be_used_are_one_line_and_status_2(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"pairs": ["BTC-USD"]}')
    done = demo("--seconds", "4", "--config", str(path))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("pairs must be names such as BTC/USD")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--seconds", "0"), "above 0"),
        (("--seconds", "nan"), "above 0"),
        (("--seconds", "inf"), "above 0"),
        (("--picture", "/no/such/folder/view.svg"), "its folder is missing"),
        (("--capture", "/no/such/file"), "no such file"),
        (("--config", "/no/such/file"), "cannot be read"),
    ],
)
def test_bad_arguments_are_one_line_before_anything_else(args, says):
    done = demo(*args)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and says in done.stderr


def test_a_recording_is_what_was_served_and_can_be_played_again(tmp_path):
    feed = tmp_path / "feed.zst"
    done = demo("--seconds", "6", "--cpython", "--record", str(feed))
    assert done.returncode == 0, done.stderr
    assert f"frames in {feed}" in done.stderr
    assert all(len(line) < 80 for line in done.stderr.splitlines()[:2])
    assert "3 books" in done.stderr
    again = demo("--seconds", "4", "--cpython", "--capture", str(feed))
    assert again.returncode == 0, again.stderr
    assert "LIVE" in again.stdout


def test_a_pair_that_the_local_kraken_does_not_have_is_named(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"pairs": ["BTC/USD", "FOO/BAR"]}')
    done = demo("--seconds", "4", "--config", str(path))
    assert done.returncode == 2
    assert "FOO/BAR" in done.stderr.splitlines()[-1]
