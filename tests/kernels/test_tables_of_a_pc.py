"""The tables that only a PC has room for change nothing: the same books, bit for bit, and no look beyond them."""

from array import array

import spelling
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import config
from firmware.feeds import buffers
from firmware.feeds.spot_v2 import on_frame
from host.replay import room
from host.runtimes.checked import checked

_CRC, _BOOKS, _COUNTERS = 7, 2, 10
_PROVED = 1
_PAIR = "BTC/USD"
_SETTINGS = config.check({"pairs": [_PAIR], "depth": 10})

_units = st.integers(0, 8).flatmap(lambda n: st.integers(10**n, 10 ** (n + 1) - 1))
_level = st.tuples(_units, st.one_of(st.just(0), _units))


def _played(frames, crc):
    made = list(buffers.make(_SETTINGS))
    if crc is not None:
        made[_CRC] = crc
    run = checked(on_frame)
    for frame in frames:
        run(bytearray(frame), 0, len(frame), 0, tuple(made))
    return made


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.lists(_level, max_size=3)), min_size=1, max_size=12),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_books_and_proofs_are_the_same(told, price_decimals, quantity_decimals):
    exchange = spelling.Exchange(10)
    least = spelling.plain(1, price_decimals), spelling.plain(1, quantity_decimals)
    most = spelling.plain(10**9, price_decimals), least[1]
    frames = [exchange.say("snapshot", _PAIR, [least], [most], "2026-08-24T22:21:57.110183Z")]
    for ask, levels in told:
        side = [
            (spelling.plain(price, price_decimals), spelling.plain(size, quantity_decimals))
            for price, size in levels
        ]
        bids, asks = ([], side) if ask else (side, [])
        frames.append(exchange.say("update", _PAIR, bids, asks, "2026-08-24T22:21:59.110183Z"))
    on_pc = room.make(_PAIR, _PAIR, 10, _SETTINGS)[_CRC]
    mine = _played(frames, array("i", on_pc.tobytes()))
    board = _played(frames, None)
    assert len(mine[_CRC]) > len(board[_CRC])
    assert mine[_BOOKS] == board[_BOOKS]
    assert mine[_COUNTERS][_PROVED] == board[_COUNTERS][_PROVED] == len(frames)
