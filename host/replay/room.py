"""The board's own buffers as the native conductors take them, and how the pairs of a replay come to share them."""

import zlib
from functools import cache

import numpy as np

from firmware.feeds import buffers
from host.replay.lines import BOOKS, COUNTERS, UPDATE
from host.runtimes.kernel import as_native, as_rows

# Their places among the buffers of `buffers.make`.
_SYMBOLS, _PUBS, _SIGS, _CRC = 1, 4, 5, 7
_WIRE = 12
_PICK_WORDS = 13
_LAST_PRICE_WORDS = 4
_PULSE, _SERIES, _LINKS, _FLOWS, _MOODS = range(15, 20)
_PER_PAIR = (BOOKS, _PUBS, _SIGS, _FLOWS, _MOODS)
_OF_ANY_DEPTH = (_FLOWS, _MOODS)
_SERIES_HEAD_WORDS = 4
_X_AT = 3
_LINK_WORDS = 36
_BEAT_PAIRS = 5
# As firmware/kernels/checksum.py has them, and the lengths that a level's text may have.
_CRC_END = 81
_CRC_DIGITS = 98
_CRC_TABLE_WORDS = 128
_CRC_TABLES = 36
_ALL_ONES = 0xFFFFFFFF
_MOST_PAIRS_TOGETHER = 8  # as many as the board takes

Buffers = tuple[np.ndarray, ...]


def make(symbol: str, wire: str, depth: int, settings: dict) -> Buffers:
    """For one pair, which the exchange calls `wire`."""
    made = buffers.make({**settings, "pairs": [symbol], "depth": depth}, [wire])
    rooms = [as_native(buffer) for buffer in made]
    if len(rooms[_CRC]) > _CRC_DIGITS:
        rooms[_CRC] = _with_all_tables(rooms[_CRC])
    return tuple(rooms)


@cache
def _digits() -> np.ndarray:
    """What each digit makes of a CRC register that is 0, if so many bytes follow it: a row for each count."""
    rows = [
        zlib.crc32(bytes([ord("0") + digit]) + bytes(behind), _ALL_ONES) ^ _ALL_ONES
        for behind in range(_CRC_TABLES)
        for digit in range(10)
    ]
    return np.array(rows, np.uint32).view(np.int32)


def _with_all_tables(crc: np.ndarray) -> np.ndarray:
    """The board has memory for few tables, so only a PC has the digits', and one for every length there is."""
    room = np.zeros(_CRC_TABLES * _CRC_TABLE_WORDS, np.int32)
    crc = np.concatenate([crc, room, _digits()])
    crc[_CRC_DIGITS] = len(crc) - len(_digits())
    crc[_CRC_END] = crc[_CRC_DIGITS]
    return crc


def empty(depth: int, settings: dict) -> Buffers:
    """For no pair: the room of one that no name leads to."""
    made = make("", "", depth, settings)
    made[_SYMBOLS][0] = made[_WIRE][0] = made[_PULSE][_BEAT_PAIRS] = 0
    return made


def with_pair(old: Buffers, count: int, at: int, pair: Buffers) -> Buffers:
    """`old`, in which there are `count` pairs, with the room of `pair` at place `at`, in the place of what is there."""
    made = list(with_update_of(pair, old))
    made[COUNTERS] = old[COUNTERS]
    made[_CRC] = old[_CRC]  # with the tables that were made so far
    for place in (_SYMBOLS, _WIRE):
        row = pair[place][1:]
        rows = old[place][1 : 1 + count * len(row)]
        behind = rows[(at + 1) * len(row) :]
        made[place] = np.concatenate([pair[place][:1], rows[: at * len(row)], row, behind])
        made[place][0] = max(count, at + 1)
    for place in _PER_PAIR:
        table = list(old[place])
        if at == count or place not in _OF_ANY_DEPTH:  # what was dealt before the first book, say
            table[at : at + 1] = pair[place]
        made[place] = as_rows(table)
    if count:
        # Besides a work area, every pair's last price, if there are channels that have one.
        made[_PICK_WORDS] = old[_PICK_WORDS]
        if at == count and len(old[_PICK_WORDS]) > 1:
            last = np.zeros(_LAST_PRICE_WORDS, dtype=np.int32)
            made[_PICK_WORDS] = np.concatenate([old[_PICK_WORDS], last])
        # How pairs go together: with each of those before it, in their order.
        for place in (_PULSE, _SERIES, _LINKS):
            made[place] = old[place]
        if at == count:
            row = pair[_SERIES][_SERIES_HEAD_WORDS:].copy()
            row[_X_AT] = old[_SERIES][_SERIES_HEAD_WORDS + _X_AT]  # all rings turn as one
            made[_SERIES] = np.concatenate([old[_SERIES], row])
            links = old[_LINKS][: _LINK_WORDS * (count * (count - 1) // 2)]
            made[_LINKS] = np.concatenate([links, np.zeros(_LINK_WORDS * count, dtype=np.int32)])
    made[_PULSE][_BEAT_PAIRS] = min(max(count, at + 1), _MOST_PAIRS_TOGETHER)
    return tuple(made)


def with_update_of(old: Buffers, other: Buffers) -> Buffers:
    """`old` with the larger update buffer of the two."""
    return max(old[UPDATE], other[UPDATE], key=len), *old[1:]
