"""The mood of a pair: how wild it is, what is linked with it and who leads it, held against a model in floats."""

from array import array

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware.signals.adapt import adapt
from host.runtimes.checked import checked

_CHECKED = checked(adapt)
_WINDOW, _ROWS, _RETURNS, _LINK_WORDS = 20, 4, 25, 36
_VOLATILITY, _SLOW = 18, 22
_LAG, _ALERT = 3, 4
_LEAST_USUAL = 256
CALM, WILDEST = 256, 512

volatilities = st.tuples(st.integers(0, 2**31 - 1) | st.integers(0, 3000), st.sampled_from([6, 9]))
moods = st.integers(2, 8).flatmap(
    lambda pairs: st.tuples(
        st.lists(st.tuples(volatilities, volatilities), min_size=pairs, max_size=pairs),
        st.lists(
            st.tuples(st.booleans(), st.integers(-3, 3)),
            min_size=pairs * (pairs - 1) // 2,
            max_size=pairs * (pairs - 1) // 2,
        ),
    )
)


@settings(max_examples=150, deadline=None)
@example(([((2**31 - 1, 6), (256, 9)), ((0, 9), (2**31 - 1, 6))], [(True, 3)]))
@example(([((150, 9), (100, 9)), ((1500, 9), (1000, 9))], [(True, 0)]))
@given(moods)
def test_it_is_as_wild_as_it_says(told):
    rows, links = told
    pairs = len(rows)
    series = array("i", bytes(4 * (_ROWS + pairs * (_RETURNS + 1 + _WINDOW))))
    series[0] = _WINDOW
    for n, (now, usual) in enumerate(rows):
        at = _ROWS + n * (_RETURNS + 1 + _WINDOW)
        series[at + _VOLATILITY], series[at + _VOLATILITY + 1] = now
        series[at + _SLOW], series[at + _SLOW + 1] = usual
    buffer = array("i", bytes(4 * _LINK_WORDS * len(links)))
    for n, (alert, lag) in enumerate(links):
        buffer[n * _LINK_WORDS + _LAG], buffer[n * _LINK_WORDS + _ALERT] = lag, alert
    for pair in range(pairs):
        mood, same = array("i", [0, 0]), array("i", [0, 0])
        scale = _CHECKED(mood, series, buffer, pair, pairs)
        assert adapt(same, series, buffer, pair, pairs) == scale and mood == same
        assert mood[0] == scale
        wanted, leaders = model(rows, links, pair)
        # Cut off three times on the way: the coarser one of the two, the quotient, the quarter more.
        assert scale == pytest.approx(wanted, abs=3, rel=0.004)
        assert mood[1] - 1 in leaders if leaders else mood[1] == 0


def model(rows, links, pair):
    """The scale, and which pairs may be told to lead."""
    (now, decimals), (usual, usual_decimals) = rows[pair]
    scale = float(CALM)
    if usual // (1000 if usual_decimals > decimals else 1) >= _LEAST_USUAL and usual:
        ratio = (now / 10**decimals) / (usual / 10**usual_decimals)
        scale = min(max(CALM * ratio, CALM), WILDEST)
    leaders, linked = set(), False
    names = [(other, one) for one in range(len(rows)) for other in range(one)]
    for (other, one), (alert, lag) in zip(names, links, strict=True):
        if alert and pair in (other, one):
            linked = True
            # At a lag above 0 the pair with the lower number leads.
            if lag > 0 and pair == one:
                leaders.add(other)
            if lag < 0 and pair == other:
                leaders.add(one)
    if linked:
        scale = min(scale * 1.25, WILDEST)
    return scale, leaders
