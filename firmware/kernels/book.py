"""Keep a fixed-depth book: apply the levels of one decoded data element, best level first on each side."""

import micropython
from micropython import const

_ERR_PRECISION = const(-8)

# The update buffer, as decode_v2 fills it.
_UPD_TYPE = const(1)
_UPD_PROOF = const(5)
_G_FIRST = const(1)
_G_LAST = const(2)
_G_TIME_HI = const(5)
_G_TIME_LO = const(6)
_LEVEL_STRIDE = const(11)
_L_SIDE = const(0)
_L_PRICE = const(1)
_L_QTY = const(6)
_N_HI = const(0)
_N_LO = const(1)
_N_FRAC = const(2)
_N_POS = const(3)
_N_LEN = const(4)
_TYPE_SNAPSHOT = const(1)
_PROOF_SEQUENCE = const(2)  # no checksum, no texts
_SIDE_ASK = const(1)

# The book buffer: a header, the checksum's running values, the order of the slots, the slots.
_B_DEPTH = const(2)  # levels a side that are subscribed to
_B_CAPACITY = const(3)  # slots a side; the spare ones hold a message's insertions until it is cut
_B_COUNT = const(4)  # levels: bids, then asks
_B_DECIMALS = const(6)  # of prices, then of quantities; -1 until the first levels tell
_B_TIME_HI = const(8)
_B_TIME_LO = const(9)
_B_NEAREST = const(62)  # the first level of either side that the last message changed
# The first level that changed since the checksum was last computed: bids, then asks.
_B_DIRTY = const(12)
# Slot numbers from the best level on: bids, then asks; behind the count, free slots.
_B_ORDER = const(64)
_SLOT_STRIDE = const(4)
_S_PRICE_HI = const(0)
_S_PRICE_LO = const(1)
_S_QTY_HI = const(2)
_S_QTY_LO = const(3)
# Behind the slots, for each: the length of its checksum text, and the CRC register after that alone.
_TEXT_STRIDE = const(2)
# The CRC buffer, as checksum.py has it.
_UPPER = const(16)
_DIGIT_SUMS = const(98)
_DIGIT_VALUES = const(10)

_HUNDRED_MILLION = const(100000000)
_MAX_DIGITS = const(18)


@micropython.viper
def apply(book: ptr32, upd: ptr32, group: int, frame: ptr8, crc: ptr32) -> int:
    """Apply data element `group` (its position in `upd`) of `frame` to `book` and cut it to its depth.

    Of each slot's checksum text, price and quantity as digits without dot and leading zeros, the
    book keeps what `prove` wants; not so if it has a sequence instead of checksums. Returns 0, or
    an _ERR_ code with the book as it was.
    """
    first = upd[group + _G_FIRST]
    last = upd[group + _G_LAST]
    checked = upd[_UPD_PROOF] - _PROOF_SEQUENCE
    snapshot = 0
    if upd[_UPD_TYPE] == _TYPE_SNAPSHOT:
        snapshot = 1

    # Before the book is touched, bring every number to the book's decimals.
    price_decimals = 0
    qty_decimals = 0
    kind = 0
    while kind < 2:
        at = _L_PRICE if kind == 0 else _L_QTY
        decimals = book[_B_DECIMALS + kind]
        if snapshot or decimals < 0:
            decimals = 0
            level = first
            while level < last:
                if upd[level + at + _N_FRAC] > decimals:
                    decimals = upd[level + at + _N_FRAC]
                level += _LEVEL_STRIDE
            if decimals > _MAX_DIGITS:
                return _ERR_PRECISION
        level = first
        while level < last:
            n = level + at
            # What is missing becomes zeros behind the digits, what is too much must be zeros.
            zeros = decimals - upd[n + _N_FRAC]
            if zeros != 0 and upd[n + _N_LEN] > 0:
                if upd[n + _N_LEN] + zeros > _MAX_DIGITS:
                    return _ERR_PRECISION
                hi = upd[n + _N_HI]
                lo = upd[n + _N_LO]
                while zeros > 0:
                    c = lo // _HUNDRED_MILLION
                    lo = (lo - c * _HUNDRED_MILLION) * 10
                    hi = hi * 10 + c
                    zeros -= 1
                while zeros < 0:
                    c = lo // 10
                    if c * 10 != lo:
                        return _ERR_PRECISION
                    lo = c
                    c = hi // 10
                    lo += (hi - c * 10) * _HUNDRED_MILLION
                    hi = c
                    zeros += 1
                upd[n + _N_HI] = hi
                upd[n + _N_LO] = lo
            level += _LEVEL_STRIDE
        if kind == 0:
            price_decimals = decimals
        else:
            qty_decimals = decimals
        kind += 1
    if last > first:  # an empty snapshot tells nothing of the decimals
        book[_B_DECIMALS] = price_decimals
        book[_B_DECIMALS + 1] = qty_decimals
    if snapshot:
        book[_B_COUNT] = 0
        book[_B_COUNT + 1] = 0
        book[_B_DIRTY] = 0
        book[_B_DIRTY + 1] = 0
    if upd[group + _G_TIME_HI] > 0:
        book[_B_TIME_HI] = upd[group + _G_TIME_HI]
        book[_B_TIME_LO] = upd[group + _G_TIME_LO]

    capacity = book[_B_CAPACITY]
    slots = _B_ORDER + 2 * capacity
    texts = slots + 2 * capacity * _SLOT_STRIDE
    nearest = capacity
    if snapshot:
        nearest = 0
    level = first
    while level < last:
        side = upd[level + _L_SIDE]
        order = _B_ORDER + side * capacity
        count = book[_B_COUNT + side]
        hi = upd[level + _L_PRICE + _N_HI]
        lo = upd[level + _L_PRICE + _N_LO]
        # Binary search: `at` becomes the first place that is not better than the price.
        at = 0
        end = count
        found = 0
        while at < end:
            k = (at + end) >> 1
            slot = slots + book[order + k] * _SLOT_STRIDE
            c = hi - book[slot + _S_PRICE_HI]
            if c == 0:
                c = lo - book[slot + _S_PRICE_LO]
                if c == 0:
                    found = 1
                    at = k
                    break
            if side != _SIDE_ASK:
                c = 0 - c
            if c > 0:
                at = k + 1
            else:
                end = k
        slot = -1
        if upd[level + _L_QTY + _N_LEN] == 0:  # quantity 0 deletes
            if found:
                slot = book[order + at]
                count -= 1
                k = at
                while k < count:
                    book[order + k] = book[order + k + 1]
                    k += 1
                book[order + count] = slot
                book[_B_COUNT + side] = count
                if at < book[_B_DIRTY + side]:
                    book[_B_DIRTY + side] = at
                if at < nearest:
                    nearest = at
            slot = -1
        elif found:
            slot = book[order + at]
        elif at < capacity:
            if count == capacity:  # no room: the worst level makes it
                count -= 1
            slot = book[order + count]
            k = count
            while k > at:
                book[order + k] = book[order + k - 1]
                k -= 1
            book[order + at] = slot
            book[_B_COUNT + side] = count + 1
        if slot >= 0:
            if at < book[_B_DIRTY + side]:
                book[_B_DIRTY + side] = at
            if at < nearest:
                nearest = at
            text = texts + slot * _TEXT_STRIDE
            slot = slots + slot * _SLOT_STRIDE
            book[slot + _S_PRICE_HI] = hi
            book[slot + _S_PRICE_LO] = lo
            book[slot + _S_QTY_HI] = upd[level + _L_QTY + _N_HI]
            book[slot + _S_QTY_LO] = upd[level + _L_QTY + _N_LO]
            # The text: the digits as they stand in the frame, made as long as the decimals ask.
            length = 0
            if upd[level + _L_PRICE + _N_LEN] > 0:
                length = upd[level + _L_PRICE + _N_LEN] + price_decimals
                length -= upd[level + _L_PRICE + _N_FRAC]
            length += upd[level + _L_QTY + _N_LEN] + qty_decimals - upd[level + _L_QTY + _N_FRAC]
            register = 0
            row = 0
            if checked:
                row = crc[_DIGIT_SUMS]
            if row > 0:
                row += length * _DIGIT_VALUES - 48
            n = level + _L_PRICE
            zeros = price_decimals - upd[n + _N_FRAC]
            while checked != 0:
                at = upd[n + _N_POS]
                k = upd[n + _N_LEN]
                if k > 0:
                    k += zeros
                while k > 0:
                    c = 48
                    if k > zeros:
                        c = frame[at]
                        at += 1
                        if c == 46:
                            continue
                    k -= 1
                    if row > 0:
                        row -= _DIGIT_VALUES
                        register ^= crc[row + c]
                        continue
                    c = c ^ register
                    register = (register >> 8) & 0xFFFFFF
                    register ^= crc[c & 15] ^ crc[_UPPER + ((c >> 4) & 15)]
                if n == level + _L_QTY:
                    break
                n = level + _L_QTY
                zeros = qty_decimals - upd[n + _N_FRAC]
            if checked:
                book[text] = length
                book[text + 1] = register
        level += _LEVEL_STRIDE
    book[_B_NEAREST] = nearest

    count = 0
    while count < 2:
        if book[_B_COUNT + count] > book[_B_DEPTH]:
            book[_B_COUNT + count] = book[_B_DEPTH]
        count += 1
    return 0
