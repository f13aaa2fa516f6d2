"""Prove a book: the CRC-32 of its ten best levels a side, asks first, against what the exchange says."""

import micropython
from micropython import const

_CHECKED_LEVELS = const(10)

_B_CAPACITY = const(3)
_B_COUNT = const(4)
_B_DIRTY = const(12)
# A side's CRC register after 0..10 levels: bids, then asks. Behind the former the bids' text length
# after 0..10 levels, behind the latter the last product: asks' register, bids' length, what came of it.
_B_PREFIX = const(16)
_PREFIX_STRIDE = const(22)
_PREFIX_LENGTH = const(11)
_B_PRODUCT = const(49)
_B_ORDER = const(64)
_SLOT_STRIDE = const(4)
# Behind the slots, for each: the length of its text, and the CRC register after that text alone.
_TEXT_STRIDE = const(2)

# The CRC buffer: what a byte's lower and its upper half make of a register over eight bits (their
# sum is the byte's, and all 256 would be 1 KB of heap); x**(64 * n) modulo the polynomial; a mask
# of 31 ones; the length of a text that a table is wanted for; where there is room for one, and
# where that ends; a work area; where `apply` finds what each digit makes of a register that so many
# digits follow, or 0; for each length where its table is, or 0; the tables.
_UPPER = const(16)
_POWERS = const(32)
_MASK31 = const(78)  # _POWERS + 10 levels of 36 digits / 8 + 1
_WANTED = const(79)
_TABLES_FREE = const(80)
_TABLES_END = const(81)
_MULTIPLES = const(82)
_TABLE_OF = const(99)
_HALF_BYTES = const(8)
_HALF_VALUES = const(16)
_TABLE_WORDS = const(128)  # _HALF_BYTES * _HALF_VALUES
_POLYNOMIAL = const(24)  # its place in the table: that of 128


@micropython.viper
def prove(crc: ptr32, book: ptr32, high: int, low: int) -> int:
    """1 if the checksum of `book` is `high << 16 | low`, else 0.

    Each level has its own text's register, so a side is their sum, each moved on by the texts
    behind it (crc(A + B) = crc(A) * x**(8 * len(B)) + crc(B), as zlib's crc32_combine). A side
    remembers its register after every level, so only what stands behind the first changed level is
    run again. The move over a text is eight looks into a table of its length (see `learn`), or a
    byte at a time; that of the asks' register over all bids is one multiplication, unless it is the last
    one again.
    """
    capacity = book[_B_CAPACITY]
    texts = _B_ORDER + 2 * capacity * (1 + _SLOT_STRIDE)
    side = 0
    while side < 2:
        n = book[_B_COUNT + side]
        if n > _CHECKED_LEVELS:
            n = _CHECKED_LEVELS
        k = book[_B_DIRTY + side]
        prefix = _B_PREFIX + side * _PREFIX_STRIDE
        if k <= n:
            register = book[prefix + k]
            total = book[_B_PREFIX + _PREFIX_LENGTH + k]
            if k == 0:
                register = 0 - side  # the asks begin with all ones, the bids with zero
                total = 0
                book[prefix] = register
            order = _B_ORDER + side * capacity
            while k < n:
                text = texts + book[order + k] * _TEXT_STRIDE
                length = book[text]
                total += length
                at = crc[_TABLE_OF + length]
                if at > 0:
                    register = (
                        crc[at + (register & 15)]
                        ^ crc[at + 16 + ((register >> 4) & 15)]
                        ^ crc[at + 32 + ((register >> 8) & 15)]
                        ^ crc[at + 48 + ((register >> 12) & 15)]
                        ^ crc[at + 64 + ((register >> 16) & 15)]
                        ^ crc[at + 80 + ((register >> 20) & 15)]
                        ^ crc[at + 96 + ((register >> 24) & 15)]
                        ^ crc[at + 112 + ((register >> 28) & 15)]
                    )
                else:
                    if crc[_TABLES_FREE] < crc[_TABLES_END]:
                        crc[_WANTED] = length
                    while length > 0:
                        at = register
                        register = (register >> 8) & 0xFFFFFF
                        register ^= crc[at & 15] ^ crc[_UPPER + ((at >> 4) & 15)]
                        length -= 1
                register ^= book[text + 1]
                k += 1
                book[prefix + k] = register
                if side == 0:
                    book[_B_PREFIX + _PREFIX_LENGTH + k] = total
        book[_B_DIRTY + side] = n
        side += 1

    n = book[_B_COUNT]
    if n > _CHECKED_LEVELS:
        n = _CHECKED_LEVELS
    register = book[_B_PREFIX + n]
    total = book[_B_PREFIX + _PREFIX_LENGTH + n]
    n = book[_B_COUNT + 1]
    if n > _CHECKED_LEVELS:
        n = _CHECKED_LEVELS
    asks = book[_B_PREFIX + _PREFIX_STRIDE + n]
    if book[_B_PRODUCT] != asks or book[_B_PRODUCT + 1] != total:
        book[_B_PRODUCT] = asks
        book[_B_PRODUCT + 1] = total
        power = crc[_POWERS + (total >> 3)]
        total &= 7
        while total > 0:  # the bytes that are no eight together
            at = power
            power = (power >> 8) & 0xFFFFFF
            power ^= crc[at & 15] ^ crc[_UPPER + ((at >> 4) & 15)]
            total -= 1
        # Four bits at a time: the power times each half byte, then Horner's rule.
        mask = crc[_MASK31]
        at = _HALF_VALUES >> 1
        while at > 0:
            crc[_MULTIPLES + at] = power
            k = at + at
            while k < _HALF_VALUES:
                crc[_MULTIPLES + at + k] = power ^ crc[_MULTIPLES + k]
                k += at + at
            n = power & 1
            power = (power >> 1) & mask
            if n:
                power ^= crc[_POLYNOMIAL]
            at = at >> 1
        power = 0
        k = 0
        while k < _HALF_BYTES:
            n = power & 15
            power = ((power >> 4) & 0xFFFFFFF) ^ crc[_UPPER + n] ^ crc[_MULTIPLES + (asks & 15)]
            asks = asks >> 4
            k += 1
        book[_B_PRODUCT + 2] = power
    register ^= book[_B_PRODUCT + 2] ^ -1
    if (register >> 16) & 0xFFFF == high and register & 0xFFFF == low:
        return 1
    return 0


@micropython.viper
def learn(crc: ptr32) -> int:
    """Make the table for the length that `prove` wanted, if there is room for one more; 1 if so."""
    length = crc[_WANTED]
    crc[_WANTED] = 0
    table = crc[_TABLES_FREE]
    if length == 0 or crc[_TABLE_OF + length] or table >= crc[_TABLES_END]:
        return 0
    crc[_TABLE_OF + length] = table
    crc[_TABLES_FREE] = table + _TABLE_WORDS
    power = crc[_POWERS + (length >> 3)]
    length &= 7
    while length > 0:
        at = power
        power = (power >> 8) & 0xFFFFFF
        power ^= crc[at & 15] ^ crc[_UPPER + ((at >> 4) & 15)]
        length -= 1
    # The last bit of a register is that of the highest power, so the last half byte comes first.
    table += _TABLE_WORDS
    n = _HALF_BYTES
    while n > 0:
        n -= 1
        table -= _HALF_VALUES
        crc[table] = 0
        at = _HALF_VALUES >> 1
        while at > 0:
            crc[table + at] = power
            k = at + at
            while k < _HALF_VALUES:
                crc[table + at + k] = power ^ crc[table + k]
                k += at + at
            k = power & 1
            power = (power >> 1) & crc[_MASK31]
            if k:
                power ^= crc[_POLYNOMIAL]
            at = at >> 1
    return 1
