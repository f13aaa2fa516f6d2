"""What the records of the pulse must say: its timetable in plain milliseconds, the numbers by numpy and fractions."""

import math
from decimal import Decimal
from fractions import Fraction

import meaning_reference as reference
import pytest
from flow_reference import Reference, assert_value

_SAMPLE_MS = 100
_LATE_MS = 200
_MOST_BEHIND_MS = 10_000
_ROOM = 120  # bytes, behind which no record begins

_FEWEST = 8  # returns of which a correlation is told
_CLOSE = 0.001  # relative, of a volatility
_UNITS_BPS = 2 * reference.UNIT * 10_000  # what a moving average may be off besides
_CORRELATION_CLOSE = 0.002
_TIE = 0.0005  # lags that are so near to each other may be told either way
_SLOW_SHIFT, _FAST_SHIFT = 10, 4
_LEAST_USUAL_BPS = 256e-9
_CALM, _WILDEST, _LINKED = 1.0, 2.0, 1.25


class Timetable:
    """When a sample is taken, and when everything of it has been looked at."""

    def __init__(self, pairs):
        self.pairs = pairs
        self.due_ms = self.turn = self.stage = 0
        self.back = False  # a book is LIVE again

    def at(self, time_ms):
        """What a message of this time does: `"sample"`, `"link"`, and the numbers of records that are due."""
        behind = time_ms - self.due_ms
        if abs(behind) > _MOST_BEHIND_MS or (self.back and behind >= _LATE_MS):
            self.due_ms = time_ms // _SAMPLE_MS * _SAMPLE_MS
            behind = 0
        self.back = False
        while self.pairs and (self.stage or behind >= 0):
            if self.stage:
                yield "link"
                self.stage += 1
            else:
                yield "sample"
                self.due_ms += _SAMPLE_MS
                behind -= _SAMPLE_MS
                self.stage = 1
            if self.stage >= self.pairs:
                self.stage = 0
                yield self.turn
                self.turn = (self.turn + 1) % (self.pairs * (self.pairs + 3) // 2)
            if behind < _LATE_MS:
                return


class Pulse:
    """Is told what happened, and holds the records of the pulse against it."""

    def __init__(self, names, settings):
        self.names = list(names)
        self.settings = settings
        count = len(self.names)
        self.timetable = Timetable(count)
        self.live = [False] * count
        self.mids = [None] * count  # of LIVE books
        self.last = [None] * count  # sampled
        self.returns = [[] for _ in names]
        self.flows = [Reference(settings["levels"], settings["depth_bps"]) for _ in names]
        self.linked = set()
        self.checked = dict.fromkeys(("vol", "corr", "flow", "contagion"), 0)

    def lose(self, pair):
        """Its book is STALE."""
        self.live[pair] = False

    def take(self, pair, sides, snapshot):
        """Its book was proved: for each side its (price, size), the best first."""
        if not self.live[pair]:
            self.live[pair] = self.timetable.back = True
            self.last[pair] = None
        bids, asks = sides
        self.mids[pair] = (bids[0][0] + asks[0][0]) / 2 if bids and asks else None
        self.flows[pair].take_sides(sides, snapshot)

    def deal(self, pair, size, side):
        self.flows[pair].dealt[side] += size

    def assert_says(self, time_ms, lines):
        """The first of `lines`, (record, bytes), are what is due before a message of this time; they are taken away."""
        said = 0
        for step in self.timetable.at(time_ms):
            if step == "sample":
                for pair in range(len(self.names)):
                    self._sample(pair)
            elif step == "link":
                while said < _ROOM and lines and lines[0][0]["k"] == "contagion":
                    said += self._begin_or_end(time_ms, *lines.popleft())
            elif said < _ROOM and all(self.live[pair] for pair in self._of(step)):
                record, count = lines.popleft()
                said += count
                if record["k"] == "flow":
                    depth, count = lines.popleft()
                    said += count
                    assert (depth.pop("k"), depth["p"], depth["t"]) == (
                        "depth",
                        record["p"],
                        time_ms,
                    )
                    record |= depth
                self._assert_record(step, time_ms, record)

    def _of(self, turn):
        """The pairs of a record: one, or two of which the first has the lower number."""
        count = len(self.names)
        if turn < 2 * count:
            return (turn % count,)
        links = [(other, pair) for pair in range(count) for other in range(pair)]
        return links[turn - 2 * count]

    def _sample(self, pair):
        mid = self.mids[pair] if self.live[pair] else None
        last, self.last[pair] = self.last[pair], mid
        made = math.log1p(float(mid / last - 1)) if mid and last else math.nan
        self.returns[pair].append(max(min(made, reference.LONGEST), -reference.LONGEST))
        if math.isnan(made):
            self.returns[pair][-1] = math.nan

    def _window(self, *pairs):
        """The last returns that all of them have."""
        size = self.settings["correlation_window"]
        rows = [self.returns[pair][-size:] for pair in pairs]
        gaps = [n for n, values in enumerate(zip(*rows, strict=True)) if math.isnan(sum(values))]
        since = gaps[-1] + 1 if gaps else 0
        return [reference.np.array(row[since:]) for row in rows]

    def _begin_or_end(self, time_ms, record, count):
        assert record["t"] == time_ms
        link = frozenset((record["p"], record["q"]))
        assert (link in self.linked) == (record["on"] == 0)
        self.linked ^= {link}
        leader, led = self.names.index(record["p"]), self.names.index(record["q"])
        if record["on"]:
            self._assert_led(record["c"], record["lag"], *self._window(leader, led))
        self.checked["contagion"] += 1
        return count

    def _assert_record(self, turn, time_ms, record):
        pairs = self._of(turn)
        kind = "corr" if len(pairs) > 1 else "vol" if turn < len(self.names) else "flow"
        assert (record["k"], record["t"]) == (kind, time_ms)
        assert [record["p"], record.get("q")][: len(pairs)] == [self.names[n] for n in pairs]
        getattr(self, "_assert_" + kind)(record, *pairs)
        self.checked[kind] += 1

    def _assert_vol(self, record, pair):
        record = _in_floats(record)
        (inside,) = self._window(pair)
        now = reference.root_mean_square(inside) * 10_000
        fast, slow = (
            (reference.averages(self.returns[pair], shift) or [0.0])[-1] * 10_000
            for shift in (_FAST_SHIFT, _SLOW_SHIFT)
        )
        assert record["v"] == pytest.approx(now, rel=_CLOSE, abs=1e-9)
        assert record["f"] == pytest.approx(fast, rel=_CLOSE, abs=_UNITS_BPS)
        assert record["s"] == pytest.approx(slow, rel=_CLOSE, abs=_UNITS_BPS)
        whole, limit = inside.sum(), 2 * math.sqrt((inside**2).sum())
        if abs(abs(whole) - limit) > limit * _CLOSE or not limit:
            assert record["m"] == (math.copysign(1, whole) if limit and abs(whole) >= limit else 0)
        scale = _CALM
        if slow >= _LEAST_USUAL_BPS and now > slow:
            scale = min(now / slow, _WILDEST)
        if any(self.names[pair] in link for link in self.linked):
            scale = min(scale * _LINKED, _WILDEST)
        assert record["x"] == pytest.approx(scale, abs=0.02)

    def _assert_corr(self, record, pair, other):
        record = _in_floats(record)
        x, y = self._window(pair, other)
        if len(x) < _FEWEST:
            assert (record["c"], record["l"], record["lag"]) == (0, 0, 0)
            return
        wanted = reference.correlation(x, y)
        assert record["c"] == pytest.approx(wanted, abs=_CORRELATION_CLOSE)
        self._assert_led(record["l"], record["lag"], x, y)

    def _assert_led(self, led, lag_ms, x, y):
        led, lag = float(led), int(lag_ms) // _SAMPLE_MS
        every = reference.cross_correlation(x, y)
        per_product = every[lag] * len(x) / (len(x) - abs(lag))
        assert led == pytest.approx(max(-1, min(1, per_product)), abs=_CORRELATION_CLOSE)
        assert abs(every[lag]) >= max(map(abs, every.values())) - _TIE

    def _assert_flow(self, record, pair):
        told = self.flows[pair].tell()
        keys = {"o": "imbalance", "v": "volume", "x": "trades", "r": "ratio"}
        for key, name in (keys | {"sb": "bids", "sa": "asks"}).items():
            said = record[key]
            assert_value(name, None if said is None else Fraction(said), told[name])


def _in_floats(record):
    return {
        key: float(value) if isinstance(value, Decimal) else value for key, value in record.items()
    }
