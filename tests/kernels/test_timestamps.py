"""Exchange time is what datetime makes of it, to the millisecond; what is no time leaves the last one."""

from datetime import UTC, datetime, timedelta

import spelling
from hypothesis import given, settings
from hypothesis import strategies as st
from runtimes import player

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def frame(timestamp):
    return spelling.Exchange(10).say("snapshot", "BTC/USD", [("1.0", "1.0")], [], timestamp)


def spelled(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def assert_told(play, moments):
    steps = play([frame(spelled(moment)) for moment in moments])
    found = [step.books[0].time_ms for step in steps]
    assert found == [(moment - _EPOCH) // timedelta(milliseconds=1) for moment in moments]


def test_every_day_of_eight_years(play):
    begin = datetime(2024, 1, 1, 23, 59, 59, 999_999, tzinfo=UTC)
    assert_told(play, [begin + timedelta(days=n) for n in range(0, 8 * 366)])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2999, 12, 31)), min_size=10))
def test_any_moment(moments):
    assert_told(player("native"), [moment.replace(tzinfo=UTC) for moment in moments])


def test_what_is_no_time_leaves_the_last_one(play):
    good = "2026-08-24T22:21:57.110183Z"
    wrong = ["", "soon", "2026-13-01T00:00:00Z", "2026-01-32T00:00:00Z", good[:-1], "26" + good]
    steps = play([frame(text) for text in [good, *wrong, good[:11] + "24:00:00Z"]])
    assert {step.books[0].time_ms for step in steps} == {1787610117110}
