"""A futures book is LIVE only while its messages are counted without a gap and its best levels are known."""

import random
from decimal import Decimal
from itertools import pairwise

import pytest
from futures_reference import FullBook, assert_best, delta, read, snapshot
from hypothesis import example, given, settings
from hypothesis import strategies as st
from runtimes import BOOK, player

PRODUCT = "PI_XBTUSD"


def levels(start, step, count, qty="100.0"):
    return [(f"{Decimal(start) + n * Decimal(step)}", qty) for n in range(count)]


BIDS, ASKS = levels("99.5", "-0.5", 30), levels("100.5", "0.5", 30)
FULL = snapshot(PRODUCT, 500, BIDS, ASKS)


def run(play, frames, depth=10, product=PRODUCT, **given):
    return play(frames, pairs=[product], depth=depth, dialect="futures_v1", **given)


def said(step):
    return step.books[0].state, step.books[0].why


def test_the_next_number_is_the_only_right_one(play):
    d = [delta(PRODUCT, 501 + n, "buy", "99.0", f"{n}.0") for n in range(6)]
    stale = ("STALE", "sequence")
    for frames, last in [
        ([FULL, *d], ("LIVE", None)),
        ([FULL, d[0], d[2], d[3]], stale),  # one is missing
        ([FULL, d[1]], stale),  # the first is missing
        ([FULL, d[0], d[2], d[1]], stale),  # two change places
        ([FULL, d[0], d[0], d[1]], ("LIVE", None)),  # one comes twice in a row: nothing is wrong
        ([FULL, d[0], d[1], d[0]], stale),  # an older one: has the exchange begun anew?
        ([FULL, delta(PRODUCT, 1, "buy", "99.0", "1.0")], stale),
        ([FULL, FULL, d[0]], ("LIVE", None)),
        ([FULL, d[2], FULL, d[0]], ("LIVE", None)),
        ([d[0], d[1]], ("SYNCING", None)),
    ]:
        steps = run(play, frames)
        assert said(steps[-1]) == last
        assert [step.kind for step in steps] == [BOOK] * len(frames)
        if last == stale:
            assert steps[-1].counters["bad"] == 1
            told = [record for step in steps for record in step.records if record["k"] == "state"]
            assert [record.get("why") for record in told] == [None, "sequence"]
            assert {record["t"] for record in told} <= {1626994925378, 1626994927744}


def test_the_same_message_twice_changes_nothing(play):
    d = delta(PRODUCT, 501, "sell", "100.0", "7.0")
    steps = run(play, [FULL, d, d, delta(PRODUCT, 501, "sell", "100.0", "8.0")])
    assert len({(*map(tuple, step.books[0].asks[:3]),) for step in steps[1:]}) == 1
    assert said(steps[-1]) == ("LIVE", None)


@pytest.mark.parametrize("first", [999_999_998, 10**17 - 2, 2**53 - 1, 123_456_789_999_999_998])
def test_large_numbers(play, first):
    frames = [snapshot(PRODUCT, first, BIDS, ASKS)]
    frames += [delta(PRODUCT, first + n, "buy", "99.0", f"{n}.0") for n in range(1, 5)]
    steps = run(play, frames)
    assert [said(step) for step in steps] == [("LIVE", None)] * 5
    for jump in (2, 10**9, 10**9 + 1, -(10**9) + 1):
        step = run(play, [*frames, delta(PRODUCT, first + 4 + jump, "buy", "99.0", "1.0")])[-1]
        assert said(step) == ("STALE", "sequence"), jump


@pytest.mark.parametrize("mirrored", [False, True])
def test_what_was_cut_off_is_not_known(play, mirrored):
    """The book of depth 10 keeps 15 levels a side; of the 16th the price is known, of all behind it nothing."""

    def price(text):
        return f"{200 - Decimal(text)}" if mirrored else text

    best, bound = BIDS[0][0], BIDS[15][0]
    side = "sell" if mirrored else "buy"
    levels = [
        (best, "0.0"),  # now there would be room for the 16th
        ("91.9", "5.0"),
        ("3.0", "5.0"),
        (bound, "5.0"),  # there is nothing better that is not known
        ("92.20", "5.0"),  # and here all is known, but now the 16th is cut off once more
        ("92.1", "5.0"),
        (bound, "0.0"),
        ("92.2", "0.0"),
        (bound, "5.0"),
        ("92.1", "6.0"),
    ]
    frames = [
        delta(PRODUCT, 501 + n, side, price(where), qty) for n, (where, qty) in enumerate(levels)
    ]
    sides = (
        [(price(where), qty) for where, qty in BIDS],
        [(price(where), qty) for where, qty in ASKS],
    )
    full = snapshot(PRODUCT, 500, *(sides[::-1] if mirrored else sides))
    steps = run(play, [full, *frames])
    assert {said(step) for step in steps} == {("LIVE", None)}
    kept = [
        [
            (2000 - units if mirrored else units, qty)
            for units, qty in (book.asks if mirrored else book.bids)
        ]
        for book in (step.books[0] for step in steps)
    ]
    known = [(995 - 5 * n, 1000) for n in range(15)]
    assert kept[0] == known
    assert kept[1] == kept[2] == kept[3] == known[1:]
    assert kept[4] == [*known[1:], (920, 50)]
    assert kept[5] == kept[6] == kept[7] == [*known[1:], (922, 50)]
    # The bound is 92.1 by now: it came and found no room, and 92.0 is behind it.
    assert kept[8] == kept[9] == known[1:]
    assert kept[10] == [*known[1:], (921, 60)]


def test_thin_where_levels_were_cut_off(play):
    """Five are needed by the default of `levels`; where nothing was cut off even none is the truth."""
    deletes = [delta(PRODUCT, 501 + n, "buy", price, "0.0") for n, (price, _) in enumerate(BIDS)]
    steps = run(play, [FULL, *deletes[:11]])
    assert [said(step)[0] for step in steps] == ["LIVE"] * 11 + ["STALE"]
    assert said(steps[-1]) == ("STALE", "thin") and steps[-1].records[-1]["why"] == "thin"
    again = run(play, [FULL, *deletes[:12], FULL.replace(b":500,", b":512,"), deletes[12]])
    assert [said(step) for step in again[-3:]] == [("STALE", "thin")] + [("LIVE", None)] * 2
    short = run(play, [snapshot(PRODUCT, 500, BIDS[:14], ASKS[:3]), *deletes[:14]])
    assert {said(step) for step in short} == {("LIVE", None)} and short[-1].books[0].bids == []
    one = run(play, [FULL, *deletes[:14]], levels=1)
    assert {said(step) for step in one} == {("LIVE", None)}


def test_a_snapshot_out_of_order(play):
    """If nothing was left out its order does not matter; else the wrong levels may have been kept."""
    for count, last in ((15, ("LIVE", None)), (16, ("STALE", "sequence"))):
        bids = BIDS[:count][::-1]
        steps = run(play, [snapshot(PRODUCT, 500, bids, ASKS)])
        assert said(steps[0]) == last
    twice = snapshot(PRODUCT, 500, BIDS, [ASKS[0], *ASKS])
    gone = snapshot(PRODUCT, 500, BIDS, [("100.4", "0.0"), *ASKS])
    assert [said(step) for step in run(play, [twice, gone])] == [("STALE", "sequence")] * 2


def test_a_size_with_more_decimals_is_honest(play):
    """Futures print no more decimals than they need: the book gets a size's when they come."""
    frames = [
        FULL,
        delta(PRODUCT, 501, "sell", "100.2", "0.125"),
        delta(PRODUCT, 502, "sell", "100.200000", "1e-3"),
        delta(PRODUCT, 503, "sell", "100.3", "0.0"),  # not there: nothing to delete
        delta(PRODUCT, 504, "buy", "99.5", "0.0"),
        delta(PRODUCT, 505, "buy", "91.9", "1.0"),  # behind the bound of 92.0
        delta(PRODUCT, 506, "sell", "108.0", "1.0"),  # behind the other one of 107.5
        delta(PRODUCT, 507, "buy", "92.0", "1.0"),
    ]
    steps = run(play, frames)
    books = [step.books[0] for step in steps]
    assert {said(step) for step in steps} == {("LIVE", None)}
    assert [book.decimals for book in books] == [(1, 1)] + [(1, 3)] * 7
    assert books[1].asks[:2] == [(1002, 125), (1005, 100_000)]
    assert books[2].asks[:2] == [(1002, 1), (1005, 100_000)]
    assert books[-2].bids[0] == (990, 100_000) and len(books[-2].bids) == 14
    assert books[-1].bids == [*books[-2].bids, (920, 1000)]
    assert books[-1].asks == books[3].asks


@pytest.mark.parametrize("price", ["100.25", "99.9999999", "91.975", "1e-3"])
def test_a_price_with_more_decimals_than_the_snapshots_is_not_believed(play, price):
    """Nothing else would tell a digit that is wrong; and if it is the tick, the next snapshot shows it."""
    side = "sell" if price == "100.25" else "buy"
    steps = run(play, [FULL, delta(PRODUCT, 501, side, price, "1.0"), FULL])
    if price in ("91.975", "1e-3"):  # behind the bound, where it is not looked at
        assert [said(step) for step in steps] == [("LIVE", None)] * 3
    else:
        assert [said(step)[0] for step in steps] == ["LIVE", "STALE", "LIVE"]
        assert said(steps[1])[1] == "precision"
    assert {step.books[0].decimals for step in steps} == {(1, 1)}


def test_more_decimals_than_there_is_room_for(play):
    """18 digits are what a number has; what would need more is not rounded away."""
    wide = snapshot(PRODUCT, 500, [("123456789012345.5", "1.0")], [("123456789012346.5", "1.0")])
    for price, last in (
        ("123456789012345.25", ("STALE", "precision")),
        ("123456789012345.20", ("LIVE", None)),
        ("1e-19", ("STALE", "precision")),
        ("1e99", ("STALE", "precision")),
    ):
        step = run(play, [wide, delta(PRODUCT, 501, "buy", price, "1.0")])[-1]
        assert said(step) == last, price


def walk(rng, count, deep):
    """A deep book that changes everywhere, prices and sizes in any spelling of any decimals."""
    product, seq, middle, ticks = PRODUCT, rng.randrange(10**10), 5000, rng.choice([1, 5])

    def price(side, away):
        units = middle + (-away if side == "buy" else away) * ticks
        text = f"{Decimal(units).scaleb(-2).normalize():f}"
        return rng.choice([text, text + ("0" if "." in text else ".0"), f"{units}e-2"])

    def qty():
        if rng.random() < 0.4:
            return rng.choice(["0.0", "0", "0.00", "0e3"])
        return rng.choice(
            [f"{rng.randrange(1, 9999)}.0", f"{rng.randrange(1, 999)}e-{rng.randrange(4)}"]
        )

    sides = []
    for side in ("buy", "sell"):
        known = {}
        for away in sorted(rng.sample(range(1, 2 * deep + 2), rng.randrange(deep + 1))):
            known[away] = (price(side, away), f"{rng.randrange(1, 500)}.0")
        sides.append(list(known.values()))
    frames = [snapshot(product, seq, *sides)]
    for _ in range(count):
        seq += 1
        side = rng.choice(["buy", "sell"])
        far = rng.choice([3, 3, 8, 2 * deep])
        frames.append(
            delta(product, seq, side, price(side, rng.randrange(1, far + 1)), qty(), 10**12 + seq)
        )
        middle += rng.choice([0, 0, 0, 1, -1]) * ticks
    return frames


def finer(frame, snapshot):
    """Whether the price of a delta has more decimals than all of the snapshot's, which hardly has any then."""
    told = read(snapshot)
    prices = [level["price"] for side in ("bids", "asks") for level in told[side]]
    return decimals(read(frame)["price"]) > max(map(decimals, prices), default=-1)


def decimals(price):
    return max(0, -Decimal(str(price)).normalize().as_tuple().exponent)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([3, 15, 16, 17, 40]), st.integers(1, 10))
def test_never_a_wrong_level(seed, deep, wanted):
    """However the market moves: a book that is LIVE has the best levels, and enough of them."""
    frames = walk(random.Random(seed), 120, deep)
    truth = FullBook()
    for frame, step in zip(frames, run(player("native"), frames, levels=wanted), strict=True):
        truth.take(read(frame))
        if said(step) == ("STALE", "thin"):
            break
        if said(step) == ("STALE", "precision"):
            assert finer(frame, frames[0])
            break
        assert said(step) == ("LIVE", None)
        assert_best(step.books[0], truth, wanted)


@pytest.mark.parametrize("seed", range(4))
def test_never_a_wrong_level_anywhere(play, seed):
    """The same on all runtimes."""
    frames = walk(random.Random(seed), 80, 40)
    truth = FullBook()
    live = 0
    for frame, step in zip(frames, run(play, frames), strict=True):
        truth.take(read(frame))
        if step.books[0].state == "LIVE":
            assert_best(step.books[0], truth)
            live += 1
    assert live > 10


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 59), st.sampled_from(["lost", "twice", "swapped"]))
@example(0, 0, "swapped")
def test_what_is_lost_is_never_survived_by_a_wrong_book(seed, at, fault):
    frames = walk(random.Random(seed), 60, 20)
    truth = FullBook()
    best = []
    for frame in frames:
        truth.take(read(frame))
        best.append((sorted(truth.bids.items(), reverse=True), sorted(truth.asks.items())))
    numbers = list(range(len(frames)))
    if fault == "lost":
        del numbers[at + 1]
    elif fault == "twice":
        numbers.insert(at + 1, numbers[at])
    else:
        numbers[at : at + 2] = numbers[at : at + 2][::-1]
    steps = run(player("native"), [frames[n] for n in numbers])
    for n, step in zip(numbers, steps, strict=True):
        book = step.books[0]
        if book.state == "LIVE":
            for got, side in zip((book.bids, book.asks), best[n], strict=True):
                prices = [Decimal(price).scaleb(-book.decimals[0]) for price, _ in got]
                assert prices == [price for price, _ in side[: len(got)]]
    if fault == "twice":
        assert "sequence" not in {step.books[0].why for step in steps}
    states = [step.books[0].state for step in steps]
    if numbers[0] == 0:
        assert ("STALE", "LIVE") not in pairwise(states)
