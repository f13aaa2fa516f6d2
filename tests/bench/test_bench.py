"""The bench runs, its table is whole, and its references do the same job. Nothing here looks at times."""

import json

import pytest

from host import cli
from host.bench import cpython_reference, feed, replay

ROWS = [
    "board: decode, apply, prove, features",
    "board: on_frame (signal, records)",
    "board: on_frame",
    "board: decode alone",
    "board: apply alone",
    "board: prove alone",
    "board: features alone",
    "board: on_frame allocates",
    "board: on_frame allocates",
    "board: checksums proved",
    "host: replay from file to records",
    "host: checksums proved",
    "monitor: live view, 11.5 kB/s of records",
    "monitor: plain lines, 11.5 kB/s of records",
]
TIMED = [0, 1, 2, 10]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Frames of the local Kraken's three pairs, as a machine without the real captures measures them."""
    folder = tmp_path_factory.mktemp("bench")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed, "REAL_CAPTURE", folder / "none")
        return feed.real_or_recorded(folder)


def test_quick_run_prints_every_row_as_json(board_model, capsys):
    assert cli.main(["bench", "--quick", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    rows = printed["rows"]
    assert [row["what"] for row in rows] == ROWS
    for place in TIMED:
        low, high = rows[place]["ratio_quartiles"]
        assert 0 < low <= rows[place]["ratio"] <= high
    by_name = {row["what"]: row for row in rows}
    assert by_name["board: on_frame allocates"]["ours"] == 0
    assert by_name["board: checksums proved"]["ok"]
    assert by_name["host: checksums proved"]["ok"]
    assert printed["machine"]["MicroPython"].startswith("1.")
    assert len(printed["notes"]) == 5


def test_plain_table_has_a_line_for_every_row(board_model, capsys):
    assert cli.main(["bench", "--quick"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("what ") and lines[0].endswith("ok?")
    for what, line in zip(ROWS, lines[1:], strict=False):
        assert line.startswith(what)


def test_reference_proves_what_ours_proves_on_a_recording_of_three_pairs(recorded, tmp_path):
    measured = replay.measure(recorded, 2, 1, tmp_path)
    assert len(recorded.decimals) == 3
    assert measured.proved == measured.proved_reference == measured.messages
    assert measured.messages == 2 * len(recorded.frames)


def test_reference_sees_a_wrong_checksum(recorded, tmp_path):
    path = tmp_path / "frames.jsonl"
    count = recorded.write(path)
    text = path.read_bytes()
    path.write_bytes(text.replace(b'"checksum":', b'"checksum":1', 1))
    wrong = cpython_reference.replay(path, recorded.decimals, recorded.depth)
    assert wrong == (count, count - 1)


def test_real_capture_proves_whole(feeds, tmp_path):
    real = feed.real_or_recorded(tmp_path)
    path = tmp_path / "frames.jsonl"
    assert real.write(path) == 510
    assert cpython_reference.replay(path, real.decimals, real.depth) == (510, 510)
    assert real.decimals == {"BTC/USD": (1, 8)}
