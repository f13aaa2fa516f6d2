"""What the buffers of a feed hold, as plain lists: the one reader of the tests, for CPython and the board alike."""

from binascii import crc32

# As firmware/kernels lay them out.
_STATE = 0
_REASON = 1
_CAPACITY = 3
_COUNT = 4
_DECIMALS = 6
_TIME = 8
_ORDER = 64
_SLOT_WORDS = 4
_SLOTS = 4
_SLOT_STRIDE = 36
# Where a published value begins in its slot, in the order of `features` below.
_VALUES = (0, 4, 8, 12, 16, 20, 24, 28)


def fingerprint(buffers):
    """A checksum over everything that lasts: books, published features, signals."""
    sum = 0
    for kind in (2, 4, 5):
        for buffer in buffers[kind]:
            sum = crc32(buffer, sum)
    return sum


def look(buffers):
    """Each pair's [state, reason, decimals, time, bids, asks, features, scale]; a number is [hi, lo, ...]."""
    return [_pair(*parts) for parts in zip(buffers[2], buffers[4], buffers[19])]


def _pair(book, pub, mood):
    slot = _SLOTS + (int(pub[0]) & 1) * _SLOT_STRIDE
    return [
        int(book[_STATE]),
        int(book[_REASON]),
        _words(book, _DECIMALS, 2),
        _words(book, _TIME, 2),
        _side(book, 0),
        _side(book, 1),
        [_words(pub, slot + at, 4) for at in _VALUES],
        int(mood[0]),
    ]


def _side(book, side):
    capacity = int(book[_CAPACITY])
    slots = _ORDER + 2 * capacity
    levels = []
    for at in range(int(book[_COUNT + side])):
        slot = int(book[_ORDER + side * capacity + at])
        levels.append(_words(book, slots + slot * _SLOT_WORDS, 4))
    return levels


def _words(buffer, at, count):
    return [int(buffer[at + k]) for k in range(count)]
