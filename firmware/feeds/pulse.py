"""What looks across pairs and time: every 100 ms of the exchange's time, so that a replay does it alike."""

import micropython
from micropython import const

from firmware.kernels.correlate import correlate
from firmware.kernels.depth import tell
from firmware.kernels.lay import lay_link, lay_series
from firmware.kernels.render import render
from firmware.kernels.series import sample
from firmware.signals.adapt import adapt
from firmware.signals.contagion import contagion

# The pulse: when the next sample is due, the pair whose links are next to be looked at (0: none of
# this sample), which record comes next, the setting of the depth, and how many pairs take part.
_DUE_HI = const(0)
_DUE_LO = const(1)
_STAGE = const(2)
_TURN = const(3)
_DEPTH_BPS = const(4)
_PAIRS = const(5)

_SAMPLE_MS = const(100)
_LATE_MS = const(200)  # with so much to make up for, all is done at once

_B_STATE = const(0)
_LIVE = const(1)

_SET_LEVELS = const(0)
_L_LAG = const(3)
_L_WORDS = const(36)
_V_LO = const(1)
_V_DECIMALS = const(2)
_V_SIGN = const(3)
_RECORDS = const(8)
_T_VOLATILITY = const(5)
_T_LINK = const(6)
_T_CONTAGION = const(7)
_T_FLOW = const(8)
_T_DEPTH = const(9)
_BILLION = const(1_000_000_000)
_TIME = const(24)  # behind the values of `tell`
_LAG = const(12)  # among those of `lay_link`
_SCALE = const(20)  # behind those of `lay_series`
_MOOD_SCALE = const(0)  # as adapt.py has it
_CALM = const(256)
_HUNDRED = const(100)
_ROOM = const(120)  # where in `out` the last of its records may begin


@micropython.native
def pulse(hi, lo, behind, buffers):
    """Sample what is due before a message of the exchange's time hi * 10**9 + lo ms; returns the bytes of its records.

    `behind` is for how many ms a sample has been due, -1 if only work of the last one is left (see overdue.py).
    One slice a message (all samples, or one pair's links), all at once if that falls behind.
    A conductor, see take_book.py. A record a sample, in rotation: a pair's volatility, two pairs'
    correlation, a pair's flow and depth, of books that are LIVE; and those of contagion when it begins or ends.
    """
    (
        _,
        symbols,
        books,
        _,
        pubs,
        _,
        settings,
        _,
        templates,
        words,
        counters,
        out,
        _,
        _,
        _,
        beat,
        series,
        links,
        flows,
        moods,
        values,
    ) = buffers
    pos = 0
    pairs = beat[_PAIRS]
    last_link = pairs * (pairs - 1) // 2
    while beat[_STAGE] > 0 or behind >= 0:
        pair = beat[_STAGE]
        values[0] = hi
        values[_V_LO] = lo
        values[_V_DECIMALS] = 0
        values[_V_SIGN] = 0
        if pair:
            correlate(series, links, pair)
            while pos < _ROOM:  # what finds no room is told with the next sample
                other = contagion(series, links, pair) - 1
                if other < 0:
                    break
                link = (pair * (pair - 1) // 2 + other) * _L_WORDS
                lay_link(values, links, link, _SAMPLE_MS)
                leader = other
                led = pair
                if links[link + _L_LAG] < 0:
                    leader = pair
                    led = other
                values[_LAG + _V_SIGN] = 0  # the leader is named
                counters[_RECORDS] += 1
                template = templates[_T_CONTAGION]
                pos = render(out, pos, template, values, 0, symbols, leader, words, led)
            pair += 1
        else:
            n = 0
            while n < pairs:
                sample(series, pubs[n], books[n], n)
                n += 1
            behind -= _SAMPLE_MS
            beat[_DUE_LO] += _SAMPLE_MS
            if beat[_DUE_LO] >= _BILLION:
                beat[_DUE_LO] -= _BILLION
                beat[_DUE_HI] += 1
            pair = 1
        if pair < pairs:
            beat[_STAGE] = pair
        else:
            beat[_STAGE] = 0
            n = 0
            while n < pairs:
                adapt(moods[n], series, links, n, pairs)
                n += 1
            turn = beat[_TURN]
            beat[_TURN] = turn + 1 if turn + 1 < 2 * pairs + last_link else 0
            link = turn - 2 * pairs
            n = turn if turn < pairs else turn - pairs
            other = n
            if link >= 0:
                n = 1
                other = link
                while other >= n:
                    other -= n
                    n += 1
            if pos < _ROOM and books[n][_B_STATE] == _LIVE and books[other][_B_STATE] == _LIVE:
                counters[_RECORDS] += 1
                if turn < pairs:
                    lay_series(values, series, n)
                    values[_SCALE] = 0
                    values[_SCALE + _V_LO] = moods[n][_MOOD_SCALE] * _HUNDRED // _CALM
                    values[_SCALE + _V_DECIMALS] = 2
                    values[_SCALE + _V_SIGN] = 0
                    template = templates[_T_VOLATILITY]
                    pos = render(out, pos, template, values, 0, symbols, n, words, 0)
                elif link < 0:
                    tell(values, flows[n], books[n], settings[_SET_LEVELS], beat[_DEPTH_BPS])
                    values[_TIME] = hi
                    values[_TIME + _V_LO] = lo
                    values[_TIME + _V_DECIMALS] = 0
                    pos = render(out, pos, templates[_T_FLOW], values, 0, symbols, n, words, 0)
                    counters[_RECORDS] += 1
                    pos = render(out, pos, templates[_T_DEPTH], values, 0, symbols, n, words, 0)
                else:
                    lay_link(values, links, link * _L_WORDS, _SAMPLE_MS)
                    pos = render(out, pos, templates[_T_LINK], values, 0, symbols, other, words, n)
        if behind < _LATE_MS:
            break
    return pos
