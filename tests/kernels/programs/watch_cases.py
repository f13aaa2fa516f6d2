"""Plays looks through the kernel of watch.py; on the board, from a file of JSON stories, one a line."""

import json
import sys
from array import array

LIVE = 1
MOVED, THRESHOLD, COOLDOWN_MS, MARKET = 4, 5, 6, 9
DECIMALS, PRICE, WORDS = 11, 12, 13
_PLACE = 3  # of the last price, in a market of one pair
_PUB_WORDS, _SLOT, _SLOT_STRIDE, _MID = 80, 4, 36, 28


def play(watch, story):
    """For every look what it returned, its price and decimals, and where it was too far the price before.

    A story is `[threshold, cooldown_ms, channels, looks]`; a look `[now, state, mid, last]`, both
    prices `[hi, lo, decimals]` or None when nothing new was published.
    """
    threshold, cooldown_ms, channels, looks = story
    row = array("i", bytes(4 * WORDS))
    row[THRESHOLD], row[COOLDOWN_MS] = threshold, cooldown_ms
    row[MARKET] = _PLACE if channels else 0
    pub = array("i", bytes(4 * _PUB_WORDS))
    book = array("i", bytes(4 * 64))
    market = array("i", bytes(4 * (_PLACE + 4 if channels else 1)))
    said = []
    for now, book[0], mid, last in looks:
        if mid is not None:
            at = _SLOT + ((pub[0] + 1) & 1) * _SLOT_STRIDE + _MID
            pub[at], pub[at + 1], pub[at + 2] = mid
            pub[0] += 1
        if last is not None and channels:
            for n in range(3):
                market[_PLACE + n] = last[n]
            market[_PLACE + 3] = 1
        moved = watch(row, pub, book, market, now)
        before = [row[n] for n in range(4)] if moved else None
        said.append([moved, row[PRICE], row[DECIMALS], row[MOVED], before])
    return said


if __name__ == "__main__":
    from firmware.kernels.watch import watch

    with open(sys.argv[1]) as file:
        for line in file:
            print(json.dumps(play(watch, json.loads(line))))
