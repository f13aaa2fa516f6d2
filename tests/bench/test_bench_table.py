"""The bench's table: ratios of the same round, NO exactly where a target is missed, and what is kept of it."""

import json
import statistics
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.bench import history
from host.bench.table import Figure, Part, Row, Target, compared, print_table, undisturbed
from host.errors import UserError

MACHINE = {"CPU": "one", "load": "0.1"}
numbers = st.floats(0.001, 1e6)


@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=20))
def test_a_ratio_is_of_the_same_round(rounds):
    ours, reference = ([pair[side] for pair in rounds] for side in (0, 1))
    row = compared("x", "us", ours, reference, "it")
    assert row.ratio == statistics.median([mine / theirs for mine, theirs in rounds])
    low, high = row.spread
    assert low <= row.ratio <= high
    assert (row.ours.value, row.reference.value) == tuple(
        map(statistics.median, (ours, reference))
    )


@given(numbers, numbers, st.booleans(), st.booleans())
def test_no_stands_exactly_where_a_target_is_missed(value, bound, is_ratio, is_least):
    target = Target(bound, is_ratio=is_ratio, is_least=is_least)
    row = Row("x", Figure(value, "us"), Figure(1.0, "us"), [value], (target,))
    missed = value < bound if is_least else value > bound
    assert row.cells()[-1] == ("NO" if missed else "yes")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (Row("x", Figure(1, "us")), ""),
        (Row("x", targets=(Target(1),), why="no tool"), ""),
        (Row("x", Figure(1, "us"), targets=(Target(2), Target(2, is_ratio=True))), ""),
        (Row("x", Figure(3, "us"), targets=(Target(2), Target(2, is_ratio=True))), "NO"),
        (Row("x", Figure(0, "B"), targets=(Target(0),)), "yes"),
        (Row("x", Figure(1, "B"), targets=(Target(0),)), "NO"),
        (Row("x", Figure(1, "us"), ratios=[3.0], targets=(Target(2), Target(2, True))), "NO"),
    ],
    ids=["no target", "unmeasured", "no ratio", "one of two", "nothing", "something", "ratio"],
)
def test_what_was_not_measured_is_neither_met_nor_missed(row, said):
    assert row.cells()[-1] == said


def test_an_unmeasured_row_says_why_in_full_below(capsys):
    why = "the tool that this would take is nowhere to be found on this machine"
    print_table(Part([Row("x", why=why)], ["a note"], {"more": [{"a": 1234, "b": "c"}]}), MACHINE)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("x     not measured  the tool that this would")
    assert lines[3:6] == ["more", "a      b", "1,234  c"]
    assert lines[-2:] == ["- a note", f"- x: {why}."]


@given(st.lists(st.integers(1, 50), min_size=10, max_size=90), st.integers(1000, 100_000))
def test_interruptions_do_not_count(times, long):
    interrupted = times + [long] * (len(times) // 10)
    assert undisturbed(interrupted) <= max(times)


def run_of(value, quiet=True):
    rows = [
        Row("fast", Figure(value, "us"), Figure(2.0, "us", "it"), [value / 2], (Target(1, True),)),
        Row("small", Figure(7, "B"), targets=(Target(9),)),
        Row("gone", targets=(Target(1),), why="not there"),
        Row("only told", Figure(1, "s")),
    ]
    return Part(rows), MACHINE | {"load": "0.1" if quiet else "3.0"}


def test_kept_runs_are_lines_and_a_picture(tmp_path):
    path = tmp_path / "history.jsonl"
    history.keep(path, *run_of(1.5), {"other.svg": "<svg/>"})
    history.keep(path, *run_of(3.0, quiet=False), {"other.svg": "<svg/>"})
    runs = [json.loads(line) for line in path.read_text().splitlines()]
    assert [run["quiet"] for run in runs] == [True, False]
    assert [run["rows"][0]["ratio"] for run in runs] == [0.75, 1.5]
    assert [run["rows"][0]["ok"] for run in runs] == [True, False]
    assert {each.name for each in tmp_path.iterdir()} == {path.name, "bench.svg", "other.svg"}
    svg = ET.parse(tmp_path / "bench.svg").getroot()
    dots = [each.get("fill") for each in svg.iter("{http://www.w3.org/2000/svg}circle")]
    assert sorted(dots) == ["var(--bad)", *["var(--good)"] * 3]
    texts = [each.text for each in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert "1.5 (target: ratio <= 1 to it)" in texts
    assert "7 B (target: <= 9)" in texts
    assert "not measured (target: <= 1)" in texts
    assert "only told" not in texts


def test_a_file_that_is_no_history_stays_as_it_is(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text("[1]\n")
    with pytest.raises(UserError, match="is not a history of the bench"):
        history.keep(path, *run_of(1.0), {})
    assert path.read_text() == "[1]\n"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_the_committed_history_can_be_drawn():
    runs = history.kept(history.HISTORY)
    assert runs
    ET.fromstring(history.drawing(runs))
