"""Plays prices through the kernels of series, correlation and contagion; on the board, from a file of stories.

A story is `[window, threshold, least, rounds]`, one a line as JSON; a round has for each pair
`[hi, lo, decimals]` when a mid was published, None when nothing new was, 0 when the book became STALE.
"""

import json
import sys
from array import array

LIVE, STALE = 1, 2
ROWS, WINDOW, THRESHOLD, LEAST = 4, 0, 1, 2
AT, RUN, MOVES, VOLATILITY, MOMENTUM, RETURNS = 3, 4, 5, 18, 24, 25
LINK_WORDS = 36
_PUB_WORDS, _SLOT, _SLOT_STRIDE, _MID, _BOOK_WORDS = 76, 4, 36, 28, 64


def make(window, threshold, least, pairs):
    """The buffers `(series, links, pubs, books)` as whoever wires the kernels makes them."""
    series = array("i", bytes(4 * (ROWS + pairs * (RETURNS + 1 + window))))
    series[WINDOW], series[THRESHOLD], series[LEAST] = window, threshold, least
    links = array("i", bytes(4 * (LINK_WORDS * (pairs * (pairs - 1) // 2) or 1)))
    pubs = [array("i", bytes(4 * _PUB_WORDS)) for _ in range(pairs)]
    books = [array("i", bytes(4 * _BOOK_WORDS)) for _ in range(pairs)]
    return series, links, pubs, books


def publish(pub, book, price):
    """What the feed thread does between two rounds."""
    if price is not None:
        book[0] = LIVE if price else STALE
    if price:
        at = _SLOT + ((pub[0] + 1) & 1) * _SLOT_STRIDE + _MID
        pub[at], pub[at + 1], pub[at + 2] = price
        pub[0] += 1


def go_round(kernels, buffers):
    """What the second thread does every 100 ms; the links `(pair, other)` whose alert changed."""
    sample, correlate, contagion = kernels
    series, links, pubs, books = buffers
    changed = []
    for pair in range(len(pubs)):
        sample(series, pubs[pair], books[pair], pair)
    for pair in range(1, len(pubs)):
        correlate(series, links, pair)
        other = contagion(series, links, pair)
        while other:
            changed.append([pair, int(other) - 1])
            other = contagion(series, links, pair)
    return changed


def look(buffers):
    """`[pairs, links]`: of a pair return, run, moves, momentum, volatilities; of a link count to alert."""
    series, links, pubs, _ = buffers
    pairs = []
    for pair in range(len(pubs)):
        row = ROWS + pair * (RETURNS + 1 + series[WINDOW])
        last = series[row + RETURNS + series[row + AT]]
        volatilities = [series[row + word] for word in range(VOLATILITY, VOLATILITY + 6)]
        pairs.append(
            [last, series[row + RUN], series[row + MOVES], series[row + MOMENTUM]] + volatilities
        )
    found = len(pubs) * (len(pubs) - 1) // 2
    rows = [[links[LINK_WORDS * n + word] for word in range(5)] for n in range(found)]
    return [pairs, rows]


def play(kernels, story):
    """After every round `[pairs, links, changed]`."""
    window, threshold, least, rounds = story
    buffers = make(window, threshold, least, len(rounds[0]))
    said = []
    for prices in rounds:
        for pub, book, price in zip(buffers[2], buffers[3], prices):
            publish(pub, book, price)
        changed = go_round(kernels, buffers)
        said.append(look(buffers) + [changed])
    return said


if __name__ == "__main__":
    from firmware.kernels.correlate import correlate
    from firmware.kernels.series import sample
    from firmware.signals.contagion import contagion

    with open(sys.argv[1]) as file:
        for line in file:
            for step in play((sample, correlate, contagion), json.loads(line)):
                print(json.dumps(step))
