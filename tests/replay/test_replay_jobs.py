"""`inkling replay --jobs`: several cores, and nothing in the result that depends on how many."""

import gzip
import itertools
import json
import signal
import subprocess
import sys
import threading
import time

import pytest
import zstandard
from in_process import inkling

from host import captures
from host.exchange.recording import record_market
from host.replay import ahead
from host.replay.dialects import DIALECTS

SECONDS = 60


def replay(*args):
    return inkling("replay", *args)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """One feed in four files, each kept in another way; the second one begins with updates."""
    folder = tmp_path_factory.mktemp("parts")
    record_market(folder / "whole.feed", seconds=SECONDS, channels=("book", "trade"))
    lines = (folder / "whole.feed").read_bytes().splitlines(keepends=True)
    cuts = [0, len(lines) // 4, len(lines) // 2, 3 * len(lines) // 4, len(lines)]
    some = [b"".join(lines[a:b]) for a, b in itertools.pairwise(cuts)]
    (folder / "a.feed").write_bytes(some[0])
    (folder / "b.feed.gz").write_bytes(gzip.compress(some[1]))
    (folder / "c.feed.zst").write_bytes(zstandard.compress(some[2]))
    (folder / "d.feed").write_bytes(some[3])
    assert inkling("pack", folder / "d.feed").returncode == 0
    return [folder / name for name in ("a.feed", "b.feed.gz", "c.feed.zst", "d.feed.parquet")]


def without_speed(summary):
    told = json.loads(summary)
    return {
        name: value
        for name, value in told.items()
        if "second" not in name and "_per_s" not in name
    }


@pytest.mark.parametrize("more", [(), ("--channels", "trade"), ("--pairs", "ETH/USD")])
def test_records_and_results_are_the_same(parts, more):
    one = replay(*parts, "--records", "--json", "--jobs", 1, *more)
    assert one.returncode == 0, one.stderr
    assert len(one.stdout.splitlines()) > 100
    for jobs in (2, 5):
        many = replay(*parts, "--records", "--json", "--jobs", jobs, *more)
        assert many.stdout == one.stdout
        assert without_speed(many.stderr) == without_speed(one.stderr)


def test_what_is_wrong_is_said_in_the_same_words(parts, tmp_path):
    lines = parts[0].read_bytes().splitlines(keepends=True)
    bad = tmp_path / "bad.feed"
    bad.write_bytes(
        b"".join([*lines[:40], b"hello\n", b'{"channel":"book",x}\n', *lines[40:]])[:-9]
    )
    for feed in ([bad], [bad, parts[1]], [parts[0], tmp_path / "none.feed"], [parts[1]]):
        one, many = (replay(*feed, "--jobs", jobs) for jobs in (1, 3))
        assert (many.returncode, many.stderr) == (one.returncode, one.stderr)
        assert one.returncode == 2 and len(one.stderr.splitlines()) == 1


def test_a_number_of_cores_that_is_none(parts):
    for jobs in ("0", "-1", "two", "1000"):
        done = replay(parts[0], "--jobs", jobs)
        assert done.returncode == 2
        assert "a number from 1 to 64" in done.stderr and len(done.stderr.splitlines()) == 1


def test_ctrl_c_ends_it_without_a_word(parts):
    """While it waits for somebody who does not take its records, and the other cores for it."""
    running = subprocess.Popen(
        [sys.executable, "-m", "host.cli", "replay", "--records", "--jobs", "3"]
        + 200 * [str(parts[0])],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert running.stdout.read(1) == b"{"
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    finally:
        running.kill()
        running.wait()
    lines = [line for line in said.splitlines() if not line.startswith(b"inkling: compiling")]
    assert (running.returncode, lines) == (130, [])


def test_who_has_had_enough_of_it_leaves_no_thread_behind(parts):
    before = threads()
    feed = [captures.open_feed(path) for path in parts]
    for _ in ahead.parts(feed, DIALECTS["spot_v2"], 3):
        break
    deadline = time.monotonic() + 10
    while threads() != before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threads() == before


def threads():
    return {thread.name for thread in threading.enumerate()}
