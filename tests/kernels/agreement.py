"""Holds what a runtime did against what the reference model says it must do."""

import json
from decimal import Decimal
from fractions import Fraction

import reference
from runtimes import BOOK, PULSED, Book, Step, player

_ORDER = ["k", "p", "t", "b", "a", "s", "u", "i", "r"]
_SATURATED = 999_999_999
_WIDEST_EXACT = 10**5  # ticks of spread up to which the microprice is right to its last digit
_LARGEST_MIDDLE = 10**17  # prices up to which there are mid and microprice
_BOOK_ROOM = 360  # bytes that a message has said, behind which it tells of no book any more


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
        self._assert_records(events, step)

    def _assert_records(self, events: list[reference.Event], step: Step) -> None:
        """With `book_interval_ms` 0: every proof gives a book record while there is room, every change its own."""
        records = []
        for line in step.lines.splitlines(keepends=True):
            assert len(line) <= 120 and line.endswith(b"\n"), line
            records.append((json.loads(line, parse_float=Decimal), len(line)))
        records.reverse()
        said = 0  # bytes

        def told(*kinds, of=None):
            """The next record, if it is one of these kinds (and of this pair)."""
            nonlocal said
            if not records or records[-1][0]["k"] not in kinds:
                return None
            if of not in (None, records[-1][0]["p"]):
                return None
            record, count = records.pop()
            said += count
            return record

        while told(*PULSED):
            assert len(events) <= 1
        for event in events:
            name = {"p": self.feed.pairs[event.pair]}
            book = self.feed.books[event.pair]
            signal = self._signals[event.pair]
            if not event.proved:
                record = told("state")
                assert isinstance(record.pop("t"), int)  # milliseconds, whole ones
                assert record == {"k": "state", **name, "st": "STALE", "why": event.why}
                signal.side = "FLAT"
                continue
            if not event.was_live:
                record = told("state")
                assert isinstance(record.pop("t"), int)
                assert record == {"k": "state", **name, "st": "LIVE"}
            room = len(events) <= 1 or said < _BOOK_ROOM
            record = told("book")
            assert (record is not None) == room
            changed = told("signal", of=name["p"])
            if room:
                assert list(record) == _ORDER[: len(record)] and record["p"] == name["p"]
                for key, value in event.features.items():
                    if key in record and len(events) == 1:
                        assert_close(key, _units(record[key]), value, book)
            if room and "i" in record:
                scale = step.books[event.pair].scale
                expected = signal.take(record["i"], record["s"], record["t"], scale)
                assert (changed is not None) == expected, (changed, record)
            elif changed and changed["side"] != "FLAT":
                signal.began(changed["side"], changed["t"])
            elif changed:
                signal.side, signal.why = "FLAT", changed.get("why", signal.why)
            if changed:
                assert changed["p"] == name["p"]
                assert_signal(changed, signal, record if room else None)
                if len(events) == 1:
                    assert_quantity(changed, book)
        assert not records


def assert_signal(said: dict, signal: reference.Signal, book: dict | None) -> None:
    """A signal record says what the book record of the same moment says; its last keys may be cut off."""
    assert said["side"] == signal.side
    price = {"BUY": "a", "SELL": "b"}.get(signal.side)
    if book:
        assert said["t"] == book["t"]
        if "px" in said:
            assert said["px"] == (book[price] if price else None)
    if "c" in said:
        assert 0 <= said["c"] <= 100
        assert (said["c"] == 0) or price
    if "why" in said:
        assert said["why"] == signal.why


def assert_quantity(said: dict, book: reference.Book) -> None:
    """What is there at the best level that it would deal with."""
    if "q" in said and said["side"] == "FLAT":
        assert said["q"] is None
    elif "q" in said:
        side = min(book.asks.items()) if said["side"] == "BUY" else max(book.bids.items())
        assert (said["px"], said["q"]) == side


def _units(number) -> tuple[int, int] | None:
    if number is None:
        return None
    decimals = max(0, -Decimal(number).as_tuple().exponent)
    return int(Decimal(number).scaleb(decimals)), decimals
