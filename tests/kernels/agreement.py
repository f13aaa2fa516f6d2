"""Holds what a runtime did against what the reference model says it must do."""

import json
from decimal import Decimal
from fractions import Fraction

import reference
from runtimes import BOOK, Book, Step, player

_ORDER = ["k", "p", "t", "b", "a", "s", "u", "i", "r"]
_SATURATED = 999_999_999
_WIDEST_EXACT = 10**5  # ticks of spread up to which the microprice is right to its last digit
_LARGEST_MIDDLE = 10**17  # prices up to which there are mid and microprice


def assert_same_book(got: Book, wanted: reference.Book, time: bool = True) -> None:
    """State, decimals, time, every level, and while LIVE the features, as they are published."""
    assert (got.state, got.why) == (wanted.state, wanted.why)
    assert got.decimals == wanted.decimals
    assert got.time_ms == wanted.time_ms or not time
    assert (got.bids, got.asks) == wanted.levels()
    if wanted.state == "LIVE":
        for key, value in wanted.features().items():
            assert_close(key, got.features[key], value, wanted)


def assert_close(key, got, wanted: Fraction | None, book: reference.Book) -> None:
    """A feature, (units, decimals) or None, is within one unit of the last digit of the truth.

    Spread, imbalance and ratio come from 8 significant digits of both operands, which is less
    than a unit up to 5 million units (a spread of 500 bps, a ratio of 5000); beyond that the
    relative error is what is promised. The microprice is right to its last digit while the spread
    is below 10**5 ticks, beyond that it errs by less than 4 * 10**-7 of the spread. It does not exist
    for a crossed book; neither it nor the mid for prices of more than 10**17 ticks.
    """
    if key in ("u", "mid") and wanted is not None:
        features = book.features()
        largest = max(features["b"], features["a"]) * 10 ** book.decimals[0]
        crossed = features["a"] < features["b"]
        if got is None:
            assert largest >= _LARGEST_MIDDLE or (key == "u" and crossed)
            return
    if wanted is None or got is None:
        assert got is None and wanted is None, (key, got, wanted)
        return
    units, decimals = got
    truth = wanted * 10**decimals
    if key in ("a", "b", "mid"):
        assert units == truth, (key, got, wanted)
        return
    slack = Fraction(1)
    if key == "u":
        ticks = (features["a"] - features["b"]) * 10 ** book.decimals[0]
        if ticks >= _WIDEST_EXACT:
            slack += ticks / 250_000
    elif abs(truth) >= 5_000_000:
        slack += abs(truth) / 5_000_000
        if abs(truth) >= _SATURATED - slack:
            assert abs(units) >= _SATURATED - slack, (key, got, wanted)
            return
    assert abs(units - truth) <= slack, (key, got, float(wanted), float(truth))


def assert_same_everywhere(frames: list[bytes], **settings) -> bytes:
    """Kinds, records, state and counters are the same on every runtime; all the records."""

    def run(name):
        steps = player(name)(frames, **settings)
        return [(step.kind, step.lines, step.state, step.counters) for step in steps]

    steps = run("checked")
    assert steps == run("native") == run("board")
    return b"".join(lines for _, lines, _, _ in steps)


class Follower:
    """Follows one run of frames with the reference and compares after each."""

    def __init__(self, pairs, depth: int, feed=reference.Feed) -> None:
        self.feed = feed(pairs, depth)
        self._signals = [reference.Signal() for _ in pairs]

    def assert_agrees(self, frame: bytes, step: Step) -> None:
        events = self.feed.take(frame)
        assert step.kind == BOOK
        for got, wanted in zip(step.books, self.feed.books, strict=True):
            assert_same_book(got, wanted)
        self._assert_records(events, step.lines)

    def _assert_records(self, events: list[reference.Event], lines: bytes) -> None:
        """With `book_interval_ms` 0: every proof gives a book record, every change its own."""
        records = []
        for line in lines.splitlines(keepends=True):
            assert len(line) <= 120 and line.endswith(b"\n"), line
            records.append(json.loads(line, parse_float=Decimal))
        records.reverse()
        for event in events:
            name = {"p": self.feed.pairs[event.pair]}
            signal = self._signals[event.pair]
            if not event.proved:
                record = records.pop()
                assert record.pop("t") is not None
                assert record == {"k": "state", **name, "st": "STALE", "why": event.why}
                signal.side = "FLAT"
                continue
            if not event.was_live:
                record = records.pop()
                del record["t"]
                assert record == {"k": "state", **name, "st": "LIVE"}
            signalled = records.pop() if records[-1]["k"] == "signal" else None
            record = records.pop()
            assert list(record) == _ORDER[: len(record)] and record["p"] == name["p"]
            for key, value in event.features.items():
                if key in record:
                    book = self.feed.books[event.pair]
                    if len(events) == 1:
                        assert_close(key, _units(record[key]), value, book)
            if "i" in record:
                changed = signal.take(record["i"], record["s"])
                assert (signalled is not None) == changed, (signalled, record)
            elif signalled:
                signal.side = signalled["side"]
            if signalled:
                assert_signal(signalled, signal.side, record)
        assert not records


def assert_signal(signalled: dict, side: str, book: dict) -> None:
    """A signal record says what the book record of the same moment says."""
    assert signalled["side"] == side and signalled["p"] == book["p"]
    price = {"BUY": "a", "SELL": "b"}.get(side)
    if "px" in signalled:
        assert signalled["px"] == (book[price] if price else None)
    for key in ("t", "i", "s"):
        if key in signalled and key in book:
            assert signalled[key] == book[key]
    if "c" in signalled:
        assert 0 <= signalled["c"] <= 100
        assert (signalled["c"] == 0) or side != "FLAT"


def _units(number) -> tuple[int, int] | None:
    if number is None:
        return None
    decimals = max(0, -Decimal(number).as_tuple().exponent)
    return int(Decimal(number).scaleb(decimals)), decimals
