"""How late the feed is: lag of each book against the clock, heartbeats against their one a second; and that clock."""

import micropython
from micropython import const

# Ticks count to 2**30 and begin anew; the difference of two that are less than six days apart:
_TICKS_HALF = const(536870912)
_TICKS_MASK = const(1073741823)

# The clock, as firmware/board/clock.py has it: at _C_TICKS it was _C_HI * 10**9 + _C_LO ms.
_C_TICKS = const(0)
_C_HI = const(1)
_C_LO = const(2)
_C_DRIFT = const(3)  # of the ticks: 10**-8 ms a ms
_C_PARTS = const(4)  # what it has come to, less than a ms
_C_SPAN_MS = const(5)  # since a time server set the clock
_BILLION = const(1000000000)
_PARTS = const(100000000)
_LONGEST_MS = const(60000)  # that a drift is reckoned over at once

# The watch: what health.py keeps from look to look. A lag is kept with _LAG_ZERO added; 0 is none.
_W_SINCE = const(0)  # ticks at which the connection went up, -1 while it is down
_W_BEATS = const(1)  # heartbeats counted by then
_W_DUE = const(2)  # ticks at which the next is due
_W_BEAT_AT = const(3)  # ticks at which the last one came
_W_MISSING = const(4)
_W_LEAST_LATE = const(5)  # in these _PATIENCE rounds, ms; _TICKS_HALF while none came
_W_MOST = const(6)  # missing, since the last health record
_W_AGREED = const(7)  # whether clock and exchange have agreed on this connection
_W_SNAPSHOTS = const(8)  # counted before the look that was before this one, and before this one
_W_ROUNDS = const(10)
_W_LAG = const(11)  # the largest of this second
_W_WORST = const(12)  # the largest since the last health record
_W_MOST_LAG = const(13)  # that agreeing clocks may show
_W_PAIR = const(16)  # two words a pair: the largest lag of its second, publications seen
_W_PAIR_WORDS = const(2)
_LAG_ZERO = const(100000)
_MOST_LAG = const(99999)  # a record has no room for more, nor for less than the least
_LEAST_LAG = const(9999)  # minus this

_PATIENCE = const(300)  # rounds of 100 ms
_BEAT_MS = const(1000)
_JITTER_MS = const(500)

# As take_book.py and features.py have them.
_HEARTBEATS = const(5)
_SNAPSHOTS = const(9)
_B_STATE = const(0)
_LIVE = const(1)
_P_COUNT = const(0)
_P_SLOT = const(4)
_P_SLOT_STRIDE = const(36)
_F_ARRIVAL = const(32)

_TELLS_NOTHING = const(0)
_AGREE = const(1)
_DISAGREE = const(2)


@micropython.viper
def carry(clock: ptr32, now: int) -> int:
    """Move the clock's anchor to the ticks `now`, at least every minute; returns ms since the last time."""
    passed = ((now - clock[_C_TICKS] + _TICKS_HALF) & _TICKS_MASK) - _TICKS_HALF
    reckoned = passed
    if reckoned > _LONGEST_MS:
        reckoned = _LONGEST_MS
    if reckoned < 0:
        reckoned = 0
    parts = clock[_C_PARTS] + reckoned * clock[_C_DRIFT]
    drifted = 0
    while parts >= _PARTS:
        parts -= _PARTS
        drifted += 1
    while parts < 0:
        parts += _PARTS
        drifted -= 1
    clock[_C_PARTS] = parts
    if clock[_C_SPAN_MS] < _BILLION:
        clock[_C_SPAN_MS] += passed
    clock[_C_TICKS] = now
    lo = clock[_C_LO] + passed + drifted
    if lo >= _BILLION:
        lo -= _BILLION
        clock[_C_HI] += 1
    if lo < 0:
        lo += _BILLION
        clock[_C_HI] -= 1
    clock[_C_LO] = lo
    return passed


@micropython.viper
def listen(watch: ptr32, counters: ptr32, since: int, now: int) -> int:
    """How many heartbeats are overdue on the connection that is up since the ticks `since`, -1 for none.

    Half a second is given to each. One that stays missing though others come in time was never
    sent, and is forgotten in the end. Call this every 100 ms, before a round of `look`.
    """
    watch[_W_SNAPSHOTS] = watch[_W_SNAPSHOTS + 1]
    watch[_W_SNAPSHOTS + 1] = counters[_SNAPSHOTS]
    beats = counters[_HEARTBEATS]
    if since != watch[_W_SINCE]:
        watch[_W_SINCE] = since
        watch[_W_BEATS] = beats
        watch[_W_BEAT_AT] = now
        # The first one comes within a second of the subscription.
        watch[_W_DUE] = (now + _BEAT_MS + _BEAT_MS) & _TICKS_MASK
        watch[_W_ROUNDS] = 0
        watch[_W_LEAST_LATE] = _TICKS_HALF
        watch[_W_AGREED] = 0
        watch[_W_LAG] = 0
    missing = 0
    if since >= 0:
        due = watch[_W_DUE]
        came = beats - watch[_W_BEATS]
        if came > 0:
            # When the last of them was due. The exchange's second is not quite ours: whoever comes
            # early moves the grid, whoever comes a little late shifts it a little.
            due += (came - 1) * _BEAT_MS
            late = ((now - due + _TICKS_HALF) & _TICKS_MASK) - _TICKS_HALF
            if late < watch[_W_LEAST_LATE]:
                watch[_W_LEAST_LATE] = late
            if late < 0:
                due = now
            elif late < _JITTER_MS:
                due += late >> 3
            due = (due + _BEAT_MS) & _TICKS_MASK
            watch[_W_DUE] = due
            watch[_W_BEATS] = beats
            watch[_W_BEAT_AT] = now
        watch[_W_ROUNDS] += 1
        if watch[_W_ROUNDS] >= _PATIENCE:
            watch[_W_ROUNDS] = 0
            late = watch[_W_LEAST_LATE]
            if late >= _JITTER_MS and late < _TICKS_HALF:
                due = (due + late) & _TICKS_MASK
                watch[_W_DUE] = due
            watch[_W_LEAST_LATE] = _TICKS_HALF
        overdue = ((now - due + _TICKS_HALF) & _TICKS_MASK) - _TICKS_HALF + _JITTER_MS
        if overdue > 0:
            missing = overdue // _BEAT_MS
    watch[_W_MISSING] = missing
    if missing > watch[_W_MOST]:
        watch[_W_MOST] = missing
    return missing


@micropython.viper
def look(pub: ptr32, watch: ptr32, clock: ptr32, counters: ptr32, book: ptr32, pair: int) -> int:
    """Keep the largest lag; returns what the last publication of `pair` says of the two clocks.

    Two clocks that agree confirm each other. A connection that never was on time, though its
    heartbeats are, is not late: one of the clocks is wrong. So it is when the exchange seems to be
    ahead of us.
    """
    at = _W_PAIR + pair * _W_PAIR_WORDS
    count = pub[_P_COUNT]
    if count == watch[at + 1]:
        return _TELLS_NOTHING
    slot = _P_SLOT + (count & 1) * _P_SLOT_STRIDE
    limbs = clock[_C_HI] - pub[slot]
    lag = clock[_C_LO] - pub[slot + 1]
    arrival = pub[slot + _F_ARRIVAL]
    # Whoever publishes just now may have written there already: the next look sees what it is.
    if count != pub[_P_COUNT]:
        return _TELLS_NOTHING
    watch[at + 1] = count
    # A snapshot tells no time, or that of a change long ago.
    if counters[_SNAPSHOTS] != watch[_W_SNAPSHOTS] or book[_B_STATE] != _LIVE:
        return _TELLS_NOTHING
    # Further apart than 10**9 ms (eleven days) tells nothing.
    if limbs == 1 and lag < 0:
        lag += _BILLION
    elif limbs == 0 - 1 and lag > 0:
        lag -= _BILLION
    elif limbs != 0:
        return _TELLS_NOTHING
    lag += ((arrival - clock[_C_TICKS] + _TICKS_HALF) & _TICKS_MASK) - _TICKS_HALF
    verdict = _TELLS_NOTHING
    most = watch[_W_MOST_LAG]
    if lag <= most and 0 - lag <= most:
        verdict = _AGREE
        if watch[_W_AGREED] == 0:
            watch[_W_AGREED] = 1
            watch[_W_LAG] = 0  # what this second said before was believed by nobody
    elif lag < 0 or (watch[_W_AGREED] == 0 and watch[_W_MISSING] == 0):
        verdict = _DISAGREE
    if lag > _MOST_LAG:
        lag = _MOST_LAG
    if lag < 0 - _LEAST_LAG:
        lag = 0 - _LEAST_LAG
    lag += _LAG_ZERO
    if lag > watch[_W_LAG]:
        watch[_W_LAG] = lag
    if lag > watch[_W_WORST]:
        watch[_W_WORST] = lag
    if lag > watch[at]:
        watch[at] = lag
    return verdict
