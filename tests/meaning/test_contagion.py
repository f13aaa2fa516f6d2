"""The contagion signal: the known case, when it begins and ends, and what it takes no notice of."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meaning_feeds import CALM, LAG, SHOCK, planted, walks
from meaning_run import LEAST, THRESHOLD, on_board, player, story

GAP = 0
PAIR, OTHER = 1, 0


def alerts(steps):
    """`(round, (pair, other), begun)` of every change."""
    return [
        (n, link, steps[n].links[link].alert)
        for n, step in enumerate(steps)
        for link in step.changed
    ]


def test_the_known_case(run):
    """A planted correlation of 0.95 that comes 300 ms late raises one alert, and clears it."""
    steps = run(story(planted()))
    (begin, link, begun), (end, same, ended) = alerts(steps)
    assert (link, begun, same, ended) == ((PAIR, OTHER), True, (PAIR, OTHER), False)
    assert 300 < begin < 400 and 500 < end < 620
    told = steps[begin].links[link]
    assert told.lag == LAG  # the first pair leads, by 300 ms
    assert 0.85 <= told.led <= 1
    assert abs(told.correlation) < 0.5
    assert not any(link.alert for link in steps[-1].links.values())


@pytest.mark.parametrize("lag", [-3, -1, 0, 2])
@pytest.mark.parametrize("sign", [1, -1])
def test_whoever_leads_and_either_way(run_native, lag, sign):
    steps = run_native(story(planted(lag=lag, sign=sign)))
    assert [change[1:] for change in alerts(steps)] == [((1, 0), True), ((1, 0), False)]
    told = steps[alerts(steps)[0][0]].links[1, 0]
    assert told.lag == lag
    assert told.led * sign >= 0.85


@pytest.mark.parametrize("seed", range(8))
def test_noise_is_no_contagion(run_native, seed):
    assert alerts(run_native(story(walks(seed, 1500, (CALM, SHOCK, CALM))))) == []


@pytest.mark.parametrize("seed", range(8))
def test_one_alert_whatever_the_noise(run_native, seed):
    steps = run_native(story(planted(before=600, seed=seed)))
    assert [begun for _, _, begun in alerts(steps)] == [True, False]


def test_who_always_goes_together_needs_a_jump_besides(run_native):
    together = planted(before=300, shock=900, after=0, wilder=1)
    assert alerts(run_native(story(together))) == []
    assert run_native(story(together))[-1].links[1, 0].led > 0.9


def test_a_jump_alone_is_not_enough(run_native):
    def mix(noise):
        return [
            [value * (5 if 300 <= n < 500 else 1) for n, value in enumerate(row)] for row in noise
        ]

    alone = run_native(story(walks(3, 700, (CALM, CALM, CALM), mix)))
    assert alone[380].pairs[0].volatility > 1.5 * alone[380].pairs[0].slow
    assert alerts(alone) == []


def test_what_lasts_becomes_usual(run_native):
    """A market that stays wild is not in shock for ever, though its pairs still go together."""
    steps = run_native(story(planted(shock=1500, after=0)))
    assert [begun for _, _, begun in alerts(steps)] == [True, False]
    assert steps[-1].links[1, 0].led > 0.9


def test_a_gap_ends_it_and_enough_returns_begin_it_again(run_native):
    rounds = planted(before=600, after=0)
    rounds[660][PAIR] = GAP
    steps = run_native(story(rounds))
    (first, _, _), (gap, _, ended), (again, _, begun) = alerts(steps)
    assert first < 660 and gap == 660 and not ended and begun
    assert 661 + LEAST <= again < 700


def test_the_least_number_of_returns_counts_those_that_moved(run_native):
    """A price that hardly ever moves, and then with another one, is not enough to tell anything."""

    def rare(noise):
        moves = [50.0 if n % 40 == 7 and n > 300 else 0.0 for n in range(len(noise[0]))]
        return [moves, moves, noise[2]]

    rounds = walks(2, 600, (CALM, CALM, CALM), rare)
    assert alerts(run_native(story(rounds))) == []
    assert [c[1] for c in alerts(run_native(story(rounds, least=2)))][:1] == [(1, 0)]


def test_the_threshold_is_the_users(run_native):
    rounds = planted(before=600, wilder=2.5)
    assert alerts(run_native(story(rounds, threshold=9900))) == []
    (low, *_), (high, *_) = (
        alerts(run_native(story(rounds, threshold=threshold))) for threshold in (6000, 9000)
    )
    assert low[0] < high[0]


def test_every_link_of_a_crowd_is_told(run_native):
    """One shock that eight pairs have together: 28 alerts, each told once, and once that it is over."""

    def mix(noise):
        shared = noise[0]
        for n in range(300, 500):
            for row in noise[1:]:
                row[n] = 0.98 * shared[n] + 0.2 * row[n]
        return [
            [value * (5 if 300 <= n < 500 else 1) for n, value in enumerate(row)] for row in noise
        ]

    starts, decimals = [100.0] * 8, [6] * 8
    steps = run_native(story(walks(4, 900, [CALM] * 8, mix, starts, decimals)))
    told = alerts(steps)
    links = {link for _, link, _ in told}
    assert links == {(pair, other) for pair in range(8) for other in range(pair)}
    assert sorted(begun for *_, begun in told) == [False] * 28 + [True] * 28


def model(steps, threshold=THRESHOLD, least=LEAST):
    """Which links are alerts after every round, by what the docstring says of the numbers that were told."""
    now, found = set(), []
    for step in steps:
        for (pair, other), link in step.links.items():
            on = (pair, other) in now
            limit = threshold - threshold // 8 if on else threshold
            both = step.pairs[pair], step.pairs[other]
            jump = 1.25 if on else 1.5
            if (
                round(abs(link.led) * 10_000) >= limit
                and min(link.count, both[0].moves, both[1].moves) >= least
                and any(one.volatility >= jump * one.slow - 1e-8 for one in both)
            ):
                now.add((pair, other))
            else:
                now.discard((pair, other))
        found.append(set(now))
    return found


@st.composite
def moods(draw):
    """Rounds of ever other moods: how wild, how much together, with gaps."""
    spells = draw(
        st.lists(
            st.tuples(st.sampled_from([1, 1, 3, 20]), st.integers(0, 100)), min_size=2, max_size=8
        )
    )

    def mix(noise):
        first, second = noise
        for n in range(len(first)):
            wild, together = spells[n * len(spells) // len(first)]
            share = together / 100
            second[n] = wild * (share * first[n] + math.sqrt(1 - share**2) * second[n])
            first[n] *= wild
        return [first, second]

    rounds = walks(draw(st.integers(0, 10**6)), 60 * len(spells), (CALM, CALM), mix)
    for at in draw(st.lists(st.integers(1, len(rounds) - 1), max_size=2)):
        rounds[at][draw(st.integers(0, 1))] = GAP
    return rounds


@settings(max_examples=60, deadline=None)
@given(moods(), st.integers(4000, 9500), st.integers(8, 40))
def test_it_is_what_it_says_it_is(rounds, threshold, least):
    steps = player("native")(story(rounds, 40, threshold, least))
    told = [{name for name, link in step.links.items() if link.alert} for step in steps]
    assert told == model(steps, threshold, least)
    before = set()
    for step, now in zip(steps, told, strict=True):
        assert set(step.changed) == before ^ now
        before = now


def test_the_board_says_what_the_host_says(board_model, tmp_path):
    drawn = []

    @settings(max_examples=12, deadline=None, database=None, derandomize=True)
    @given(moods())
    def draw(rounds):
        drawn.append(story(rounds, 40))

    draw()
    wanted = [step for told in drawn for step in player("native")(told)]
    assert on_board(drawn, tmp_path) == wanted
    checked = [step for told in drawn[:3] for step in player("checked")(told)]
    assert checked == wanted[: len(checked)]
