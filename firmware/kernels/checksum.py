"""Prove a book: the CRC-32 of its ten best levels a side, asks first, against what the exchange says."""

import micropython
from micropython import const

_CHECKED_LEVELS = const(10)

_B_CAPACITY = const(3)
_B_COUNT = const(4)
_B_DIRTY = const(12)
# A side's CRC register after 0..10 levels, then its text length after 0..10 levels: bids, then asks.
_B_PREFIX = const(16)
_PREFIX_STRIDE = const(22)
_PREFIX_LENGTH = const(11)
_B_ORDER = const(64)
_SLOT_STRIDE = const(5)
_S_LENGTH = const(4)
_TEXT_STRIDE = const(36)

# The CRC buffer: the table of a byte's lower half, of its upper half (their sum is the byte's, and
# all 256 would be 1 KB of heap), x**(64 * n) modulo the polynomial, a mask of 31 ones.
_UPPER = const(16)
_POWERS = const(32)
_MASK31 = const(78)  # _POWERS + 10 levels of 36 digits / 8 + 1
_POLYNOMIAL = const(24)  # its place in the table: that of 128


@micropython.viper
def prove(text: ptr8, crc: ptr32, book: ptr32, high: int, low: int) -> int:
    """1 if the checksum of `book` is `high << 16 | low`, else 0.

    Each side remembers its register after every level, so only what stands behind the first
    changed level is run again. The asks' register then passes over the bids' text in one
    multiplication (crc(A + B) = crc(A) * x**(8 * len(B)) + crc(B), as zlib's crc32_combine).
    """
    capacity = book[_B_CAPACITY]
    side = 0
    while side < 2:
        n = book[_B_COUNT + side]
        if n > _CHECKED_LEVELS:
            n = _CHECKED_LEVELS
        k = book[_B_DIRTY + side]
        prefix = _B_PREFIX + side * _PREFIX_STRIDE
        if k <= n:
            register = book[prefix + k]
            total = book[prefix + _PREFIX_LENGTH + k]
            if k == 0:
                register = 0 - side  # the asks begin with all ones, the bids with zero
                total = 0
                book[prefix] = register
                book[prefix + _PREFIX_LENGTH] = 0
            while k < n:
                slot = book[_B_ORDER + side * capacity + k]
                at = slot * _TEXT_STRIDE
                length = book[_B_ORDER + (2 * capacity) + slot * _SLOT_STRIDE + _S_LENGTH]
                end = at + length
                while at < end:
                    byte = register ^ text[at]
                    register = (register >> 8) & 0xFFFFFF
                    register ^= crc[byte & 15] ^ crc[_UPPER + ((byte >> 4) & 15)]
                    at += 1
                total += length
                k += 1
                book[prefix + k] = register
                book[prefix + _PREFIX_LENGTH + k] = total
        book[_B_DIRTY + side] = n
        side += 1

    n = book[_B_COUNT]
    if n > _CHECKED_LEVELS:
        n = _CHECKED_LEVELS
    register = book[_B_PREFIX + n]
    total = book[_B_PREFIX + _PREFIX_LENGTH + n]
    power = crc[_POWERS + (total >> 3)]
    total &= 7
    while total > 0:  # the bytes that are no eight together
        byte = power
        power = (power >> 8) & 0xFFFFFF
        power ^= crc[byte & 15] ^ crc[_UPPER + ((byte >> 4) & 15)]
        total -= 1
    n = book[_B_COUNT + 1]
    if n > _CHECKED_LEVELS:
        n = _CHECKED_LEVELS
    asks = book[_B_PREFIX + _PREFIX_STRIDE + n]
    mask = crc[_MASK31]
    polynomial = crc[_POLYNOMIAL]
    k = 31
    while k >= 0:
        if (asks >> k) & 1:
            register ^= power
        if power & 1:
            power = ((power >> 1) & mask) ^ polynomial
        else:
            power = (power >> 1) & mask
        k -= 1
    register ^= -1
    if (register >> 16) & 0xFFFF == high and register & 0xFFFF == low:
        return 1
    return 0
