"""The leak watch: a floor that sinks for an hour is told, everything else is not; on every runtime."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs.floor_cases import play
from runtimes import on_board

from firmware.kernels.floor import sink
from host.runtimes.checked import checked

_CHECKED = checked(sink)
_EVERY_MS = 10_000
_SPELL = 60  # readings in ten minutes
_HOUR = 6 * _SPELL
_FREE = 7000


@pytest.fixture(scope="session", params=["checked", "native", "board"])
def run(request):
    """`run(free bytes, ...)` on each runtime in turn, a reading every ten seconds; what each is answered."""
    if request.param == "board":
        request.getfixturevalue("board_model")
        return lambda readings: json.loads(
            *on_board("floor_cases.py", [json.dumps(_story(readings))])
        )
    kernel = _CHECKED if request.param == "checked" else sink
    return lambda readings: play(kernel, _story(readings))


def _story(readings):
    return [[free, _EVERY_MS] for free in readings]


def _dips(floors):
    """Ten minutes for each of `floors`, which is reached once in them."""
    return [floor if n == 7 else floor + 900 for floor in floors for n in range(_SPELL)]


def test_a_leak_is_told_once_an_hour_with_what_it_took(run):
    said = run([_FREE - n for n in range(2 * _HOUR + _SPELL)])
    told = {n + 1: lost for n, lost in enumerate(said) if lost}
    # The first ten minutes are what the others are held against.
    assert told == {_HOUR + _SPELL: _HOUR, 2 * _HOUR + _SPELL: _HOUR}


def test_a_floor_that_rises_once_within_the_hour_is_no_leak(run):
    sinking = [_FREE - 100 * n for n in range(6)]
    assert not any(run(_dips([*sinking, sinking[-1] + 1, *sinking])))


def test_a_floor_that_stays_is_no_leak(run):
    assert not any(run(_dips([_FREE] * 20)))


def test_it_is_the_floor_that_counts(run):
    """What is free most of the time may rise."""
    readings = _dips([_FREE - 10 * n for n in range(7)])
    highs = [free if free <= _FREE else free + n for n, free in enumerate(readings)]
    assert [lost for lost in run(highs) if lost] == [60]


def test_readings_that_come_late_count_as_long_as_they_took(run):
    story = [[_FREE - n, 600_000] for n in range(8)]
    assert play(_CHECKED, story) == [0] * 6 + [6, 0]


@settings(max_examples=200)
@given(st.lists(st.integers(1, 56 * 1024), min_size=7, max_size=40))
def test_told_if_and_only_if_seven_floors_in_a_row_sink(floors):
    said = play(_CHECKED, [[floor, 600_000] for floor in floors])
    expected, run = [], 0
    for n, floor in enumerate(floors):
        run = run + 1 if n and floor < floors[n - 1] else 0
        if run == 6:
            run = 0
            expected.append(floors[n - 6] - floor)
        else:
            expected.append(0)
    assert said == expected
