"""The bench runs, its rows are all there, and its references do the same job. Nothing here looks at times."""

import contextlib
import io
import json

import pytest

from host import cli
from host.bench import cpython_reference, feed, replay, table

ROWS = """\
board: decode, apply, prove, features
board: features with order flow
board: on_frame (pulse, signal, records)
board: on_frame
board: decode alone
board: apply alone
board: prove alone
board: features alone
board: order flow alone
board: on_frame allocates
board: on_frame allocates
board: checksums proved
v2: 3-level update, to the signal
v2: 3-level update, to the signal
v2: 3-level update, on_frame
v2: on_frame allocates
v2: frames proved
v1: 3-level update, to the signal
v1: 3-level update, to the signal
v1: 3-level update, on_frame
v1: on_frame allocates
v1: frames proved
futures: 1-level update, to the signal
futures: 1-level update, to the signal
futures: 1-level update, on_frame
futures: on_frame allocates
futures: frames proved
board: pulse, a pass over 8 pairs
board: the longest of its 8 slices
TLS: bytecode of a frame that comes alone
TLS: bytecode of one frame more in a read
TLS: turn with 4 frames in a read, each
TLS: bytecode of a record more
TLS: a frame more allocates
TLS: a record more allocates
latency: socket to record, median
latency: socket to record, 99th percentile
latency: socket to record, largest
latency: longest stall of our own
latency: updates later than 5 ms
latency: updates told of
start: inkling --help
start: inkling replay, small file
start: board, power-on to LIVE
size: flash, all files of a chip
size: heap to spare, default, 56 KiB
size: heap to spare, all on, 110 KiB
host: replay from file to records
host: replay from file to records
host: replay of a pack
host: checksums proved
monitor: live view, 11.5 kB/s of records
monitor: plain lines, 11.5 kB/s of records""".splitlines()
KEYS = {
    "what",
    "ours",
    "unit",
    "reference",
    "reference_is",
    "ratio",
    "ratio_quartiles",
    "targets",
    "ok",
    "why",
}
WIDEST = 160


@pytest.fixture(scope="module")
def quick(board_model):
    """What a quick run prints as JSON, parsed, and as a plain table."""
    both = {}

    def print_both(part, machine):
        with contextlib.redirect_stdout(io.StringIO()) as plain:
            table.print_table(part, machine)
        both["plain"] = plain.getvalue()
        as_json(part, machine)

    as_json = table.print_json
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.setattr(table, "print_json", print_both)
        assert cli.main(["bench", "--quick", "--json"]) == 0
    return json.loads(out.getvalue()), both["plain"]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Frames of the local Kraken's three pairs, as a machine without the real captures measures them."""
    folder = tmp_path_factory.mktemp("bench")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed, "REAL_CAPTURE", folder / "none")
        return feed.real_or_recorded(folder)


def test_quick_run_has_every_row_with_every_key(quick):
    printed, _ = quick
    assert [row["what"] for row in printed["rows"]] == ROWS
    assert all(row.keys() == KEYS for row in printed["rows"])
    assert printed["machine"]["MicroPython"].startswith("1.")
    assert all(row["ours"] is not None or row["why"] for row in printed["rows"])


def test_every_row_with_a_target_says_whether_it_is_met(quick):
    for row in quick[0]["rows"]:
        met = []
        for target in row["targets"]:
            value = row["ratio"] if target["is_ratio"] else row["ours"]
            if value is not None:
                bound = target["bound"]
                met.append(value >= bound if target["is_least"] else value <= bound)
        assert row["ok"] == (all(met) if met else None)


def test_no_frame_costs_heap_and_all_are_proved(quick):
    counted = [
        row for row in quick[0]["rows"] if row["what"].endswith(("on_frame allocates", "proved"))
    ]
    assert len(counted) == 10
    assert all(row["ok"] for row in counted)


def test_usual_programs_keep_the_same_books(quick):
    proved = {row["what"]: row for row in quick[0]["rows"] if "frames proved" in row["what"]}
    # Single floats are too short for the checksums of v2, which come with numbers.
    for dialect in ("v1", "futures"):
        row = proved[f"{dialect}: frames proved"]
        assert row["reference"] == row["ours"] > 600


def test_modules_are_all_there_with_their_machine_code(quick):
    from host.boardmodel import flash_folder

    modules = quick[0]["modules"]
    assert [line["module"] for line in modules[:-1]] == list(flash_folder.modules())
    sizes = flash_folder.sizes()
    for line in modules[:-1]:
        assert line["mpy, B"] == sizes[line["module"]]
        assert 0 <= line["native on the chip, B"] < line["mpy, B"]
    assert modules[-1]["mpy, B"] == sum(sizes.values())
    core = next(line for line in modules if line["module"] == "firmware/core.mpy")
    assert core["native on the chip, B"] > core["mpy, B"] / 2
    assert core["heap on the model, B"] > 10_000


def test_plain_table_has_a_line_for_every_row_and_fits_a_screen(quick):
    lines = quick[1].splitlines()
    assert lines[0].startswith("what ") and lines[0].endswith("ok?")
    for what, line in zip(ROWS, lines[1:], strict=False):
        assert line.startswith(what)
        assert len(line) <= WIDEST


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nothing"], "nothing is no part of the bench; there are kernels, "),
        (["--keep", "--quick"], "--keep keeps whole runs"),
        (["--keep", "sizes"], "--keep keeps whole runs"),
    ],
    ids=["unknown part", "quick", "part"],
)
def test_what_cannot_be_measured_is_one_line(arguments, why, capsys):
    assert cli.main(["bench", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"inkling bench: {why}") and said.count("\n") == 1


def test_references_prove_what_ours_proves_on_a_recording_of_three_pairs(recorded, tmp_path):
    measured = replay.measure(recorded, 2, 1, tmp_path)
    assert len(recorded.decimals) == 3
    assert measured.proved == measured.proved_short == measured.messages
    assert measured.messages == 2 * len(recorded.frames)


def test_reference_sees_a_wrong_checksum(recorded, tmp_path):
    path = tmp_path / "frames.jsonl"
    count = recorded.write(path)
    text = path.read_bytes()
    path.write_bytes(text.replace(b'"checksum":', b'"checksum":1', 1))
    wrong = cpython_reference.replay(path, recorded.decimals, recorded.depth)
    assert wrong == (count, count - 1)


def test_cryptofeed_takes_every_frame_and_no_wrong_checksum(recorded):
    pytest.importorskip("cryptofeed", reason="cryptofeed is not installed")
    from cryptofeed.exceptions import BadChecksum

    from host.bench.cryptofeed_reference import Books, in_v1

    frames = [told for frame in recorded.frames for told in in_v1(frame)]
    books = Books(list(recorded.decimals), recorded.depth)
    books.play(frames)
    assert books.heard == len(recorded.frames)
    with pytest.raises(BadChecksum):
        books.play([frames[-1].replace('"c":"', '"c":"1')])


def test_without_cryptofeed_the_row_says_so(recorded, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "host.bench.cryptofeed_reference", None)
    row = replay.part(recorded, 1, 1, tmp_path).rows[1]
    assert row.ours is None and row.ok is None
    assert "pip install" in row.why


def test_real_capture_proves_whole(feeds, tmp_path):
    real = feed.real_or_recorded(tmp_path)
    path = tmp_path / "frames.jsonl"
    assert real.write(path) == 510
    assert cpython_reference.replay(path, real.decimals, real.depth) == (510, 510)
    assert real.decimals == {"BTC/USD": (1, 8)}
