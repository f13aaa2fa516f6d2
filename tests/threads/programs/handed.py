"""What is handed over in the tests of threads: books that tell by every number which publication they are of.

Publication n has a price of twelve digits, four of them three times over, and times that cross a limb
both ways; the lag that follows from a time and its arrival is the same for all. So whoever believes
parts of two publications says something that no publication says.
"""

import micropython
from micropython import const

from firmware import config
from firmware.feeds import buffers

_B_STATE = const(0)
_B_CAPACITY = const(3)
_B_COUNT = const(4)
_B_DECIMALS = const(6)
_B_TIME_HI = const(8)
_B_TIME_LO = const(9)
_B_ORDER = const(64)
_SLOT_STRIDE = const(4)
_S_QTY_HI = const(2)
_S_QTY_LO = const(3)
_LIVE = const(1)
_P_COUNT = const(0)
_P_SLOT = const(4)
_P_SLOT_STRIDE = const(36)

_BOOKS = const(2)
_PUBS = const(4)
_SETTINGS = const(6)

_BILLION = const(1000000000)
_CLOCK_TICKS = const(500000000)
_CLOCK_HI = const(1700)
_LAG_MS = const(700)
_MOST_LAG_MS = const(2000)
_TICKS_MASK = const(1073741823)
_TIMES = const(49999)
_TIME_STEP_MS = const(16001)
_TIMES_HALF_MS = const(400000000)
_PRICES = const(8999)
_LEAST_PRICE = const(1000)

# Defects for planting: a writer that counts before it has written, readers that do not look at the
# count again.
COUNT_FIRST = (
    (
        "    slot = _P_SLOT + ((pub[_P_COUNT] + 1) & 1) * _P_SLOT_STRIDE\n",
        "    pub[_P_COUNT] += 1\n    slot = _P_SLOT + (pub[_P_COUNT] & 1) * _P_SLOT_STRIDE\n",
    ),
    ("        pub[_P_COUNT] += 1\n        return", "        return"),
    ("    pub[_P_COUNT] += 1\n    return", "    return"),
)
UNCHECKED = (
    ("if count == pub[_P_COUNT]:", "if count == count:"),
    ("if count != pub[_P_COUNT]:", "if count != count:"),
)

SLOT_WORDS = 36
LAG_MS = 700
MOST_LAG_MS = 2000
LAG_ZERO = 100_000  # as kernels/lateness.py has it
AGREE = 1
W_MOST_LAG = 13
W_PAIR = 16
M_PRICE = 12  # as kernels/watch.py has it
M_WORDS = 16


@micropython.viper
def tell(book: ptr32, n: int) -> int:
    """Make `book` that of publication n; the ticks at which it arrived."""
    # Away from the clock's second, on both sides of it.
    away = n % _TIMES * _TIME_STEP_MS - _TIMES_HALF_MS
    book[_B_STATE] = _LIVE
    book[_B_TIME_HI] = _CLOCK_HI
    book[_B_TIME_LO] = away
    if away < 0:
        book[_B_TIME_HI] = _CLOCK_HI - 1
        book[_B_TIME_LO] = away + _BILLION
    digits = n % _PRICES + _LEAST_PRICE
    hi = digits // 10
    lo = (digits - hi * 10) * 100000000 + digits * 10001
    book[_B_DECIMALS] = 7
    book[_B_DECIMALS + 1] = 4
    capacity = book[_B_CAPACITY]
    side = 0
    while side < 2:
        book[_B_COUNT + side] = 1
        at = _B_ORDER + 2 * capacity + book[_B_ORDER + side * capacity] * _SLOT_STRIDE
        book[at] = hi
        book[at + 1] = lo - 1 + 2 * side  # their mid is the price
        book[at + _S_QTY_HI] = 0
        book[at + _S_QTY_LO] = digits + side * (n & 1023)
        side += 1
    return (_CLOCK_TICKS + away + _LAG_MS) & _TICKS_MASK


@micropython.viper
def take(pub: ptr32, out: ptr32) -> int:
    """The reading of a whole slot as features.py says: which publication is in `out`, or -1."""
    count = pub[_P_COUNT]
    slot = _P_SLOT + (count & 1) * _P_SLOT_STRIDE
    k = 0
    while k < _P_SLOT_STRIDE:
        out[k] = pub[slot + k]
        k += 1
    if count == pub[_P_COUNT]:
        return count
    return -1


def eight_digits(n):
    """The price of publication n as the delta watch keeps it."""
    return (n % 8999 + 1000) * 10001


def room():
    """A published buffer, the settings that `features` wants, and a book."""
    made = buffers.make(config.check({"pairs": ["BTC/USD"], "depth": 10}))
    return made[_PUBS][0], made[_SETTINGS], made[_BOOKS][0]


def clock():
    return (_CLOCK_TICKS, _CLOCK_HI, 0, 0, 0, 0)
