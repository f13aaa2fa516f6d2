"""From frames to meaning: what the feed keeps and publishes is what these kernels look at."""

import json
from array import array
from fractions import Fraction

import meaning_reference as reference
import pytest
from flow_reference import Reference, assert_value, told
from programs import flow_cases, meaning_cases

from firmware import config
from firmware.feeds import buffers
from firmware.feeds.spot_v2 import on_frame
from firmware.kernels.depth import tell
from firmware.kernels.flow import touch
from firmware.kernels.series import sample
from host import captures
from host.exchange.recording import record_market

_DEPTH = 10
_LEVELS, _BPS = 5, 10
_BOOKS, _PUBS = 2, 4  # places among the buffers
_TELL_EVERY = 25


@pytest.fixture(scope="module", params=["real", "recorded"])
def messages(request, tmp_path_factory):
    """(frame, what it says) of the books of a capture, numbers as fractions."""
    if request.param == "real":
        file = request.getfixturevalue("feeds") / "python-kraken-sdk" / "orderbook-v2.jsonl"
    else:
        file = tmp_path_factory.mktemp("meaning") / "market.jsonl"
        record_market(file, seconds=5, depth=_DEPTH)
    found = [
        (frame, json.loads(frame, parse_float=Fraction)) for _, frame in captures.frames(file)
    ]
    return [(frame, said) for frame, said in found if said.get("channel") == "book"]


class Book:
    """The best levels of a pair, as Kraken has them."""

    def __init__(self):
        self.sides = ({}, {})

    def take(self, data, snapshot):
        if snapshot:
            self.sides = ({}, {})
        for side, name, best in ((0, "bids", max), (1, "asks", min)):
            levels = self.sides[side]
            for level in data[name]:
                levels[level["price"]] = level["qty"]
                if not level["qty"]:
                    del levels[level["price"]]
            while len(levels) > _DEPTH:
                del levels[min(levels) if best is max else max(levels)]
        return sorted(self.sides[0].items(), reverse=True), sorted(self.sides[1].items())


def test_flow_and_returns_of_frames(messages):
    pairs = sorted({data["symbol"] for _, said in messages for data in said["data"]})
    made = buffers.make(config.check({"pairs": pairs, "depth": _DEPTH}))
    series = meaning_cases.make(20, 8500, 20, len(pairs))[0]
    flows = [array("i", bytes(4 * flow_cases.FLOW_WORDS)) for _ in pairs]
    work = array("i", bytes(4 * flow_cases.WORK_WORDS))
    books = [Book() for _ in pairs]
    truths = [Reference(_LEVELS, _BPS) for _ in pairs]
    mids = [None] * len(pairs)
    for number, (frame, said) in enumerate(messages):
        on_frame(frame, 0, len(frame), number, made)
        (data,) = said["data"]
        pair = pairs.index(data["symbol"])
        snapshot = said["type"] == "snapshot"
        sides = books[pair].take(data, snapshot)
        known = truths[pair].take_sides(sides, snapshot)
        assert touch(flows[pair], made[_BOOKS][pair], int(snapshot)) == known

        mid = (sides[0][0][0] + sides[1][0][0]) / 2
        found = sample(series, made[_PUBS][pair], made[_BOOKS][pair], pair)
        assert found == (mids[pair] is not None)
        row = meaning_cases.ROWS + pair * (meaning_cases.RETURNS + 21)
        units = series[row + meaning_cases.RETURNS + series[row + meaning_cases.AT]]
        if found:
            wanted = float((mid / mids[pair]) - 1) / reference.UNIT
            assert units == pytest.approx(wanted, rel=1e-3, abs=1.5)
        mids[pair] = mid

        if number % _TELL_EVERY == 0:
            tell(work, flows[pair], made[_BOOKS][pair], _LEVELS, _BPS)
            answer = told([work[4 * n : 4 * n + 4] for n in range(flow_cases.VALUES)])
            for name, value in truths[pair].tell().items():
                assert_value(name, answer[name], value)
