"""Prove a futures book: its messages are counted without a gap, and its kept levels are the best there are."""

import micropython
from micropython import const

# The update buffer, as decode_futures fills it.
_UPD_TYPE = const(1)
_UPD_MAX_LEVELS = const(2)
_G_FIRST = const(1)
_G_LAST = const(2)
_G_SEQ_HI = const(3)
_G_SEQ_LO = const(4)
_LEVEL_STRIDE = const(11)
_L_SIDE = const(0)
_L_PRICE = const(1)
_L_QTY = const(6)
_N_HI = const(0)
_N_LO = const(1)
_N_FRAC = const(2)
_N_LEN = const(4)
_TYPE_SNAPSHOT = const(1)
_SIDE_ASK = const(1)

# The book buffer. A futures book has no checksum, so that the words of its running values are free.
_B_DEPTH = const(2)
_B_CAPACITY = const(3)
_B_COUNT = const(4)
_B_DECIMALS = const(6)
# For bids, then asks: 1 if levels were cut off since the snapshot, and the best price of them.
_B_BOUND = const(16)
_BOUND_STRIDE = const(3)
_B_SEQ_HI = const(22)
_B_SEQ_LO = const(23)
_B_ORDER = const(64)
_SLOT_STRIDE = const(4)
_S_QTY_HI = const(2)  # behind the two words of the price

_SET_LEVELS = const(0)

_MAX_DIGITS = const(18)
_WHY_SEQUENCE = const(11)
_WHY_THIN = const(15)
_BILLION = const(1000000000)
_HUNDRED_MILLION = const(100000000)


@micropython.viper
def follow(book: ptr32, upd: ptr32, group: int) -> int:
    """Before `apply`: 0 if data element `group` is the message that comes next, else why not.

    A snapshot begins the count. The last message once more counts as one without levels; any
    other number is a gap, also a smaller one, for the exchange may have begun anew. A level behind
    the best one that was ever cut off is taken out of the message: what else is there nobody knows.
    If a size has more decimals than the book, the whole book gets them, because futures print no
    more than they need. A price does not get them: a snapshot has so many prices that they show the
    tick, and nothing else can prove that a digit is wrong. `apply` refuses it, and where a thin book
    was mistaken the next snapshot tells.
    """
    hi = upd[group + _G_SEQ_HI]
    lo = upd[group + _G_SEQ_LO]
    if upd[_UPD_TYPE] == _TYPE_SNAPSHOT:
        book[_B_SEQ_HI] = hi
        book[_B_SEQ_LO] = lo
        book[_B_DEPTH] = book[_B_CAPACITY]  # `apply` may fill every slot, `cut` does the rest
        k = 0
        while k < 2 * _BOUND_STRIDE:
            book[_B_BOUND + k] = 0
            k += 1
        return 0
    c = lo - book[_B_SEQ_LO]
    if hi != book[_B_SEQ_HI]:
        if hi != book[_B_SEQ_HI] + 1:
            return _WHY_SEQUENCE
        c += _BILLION
    level = upd[group + _G_FIRST]
    if c == 0:
        upd[group + _G_LAST] = level
    elif c != 1:
        return _WHY_SEQUENCE
    book[_B_SEQ_HI] = hi
    book[_B_SEQ_LO] = lo
    if upd[group + _G_LAST] == level:
        return 0

    capacity = book[_B_CAPACITY]
    slots = _B_ORDER + 2 * capacity
    n = level + _L_QTY
    zeros = upd[n + _N_FRAC] - book[_B_DECIMALS + 1]
    if zeros > 0 and book[_B_DECIMALS + 1] >= 0 and upd[n + _N_LEN] > 0:
        hi = upd[n + _N_HI]
        lo = upd[n + _N_LO]
        while zeros > 0:  # zeros at the end are no decimals
            c = lo // 10
            if c * 10 != lo:
                break
            lo = c
            c = hi // 10
            lo += (hi - c * 10) * _HUNDRED_MILLION
            hi = c
            zeros -= 1
        while zeros > 0:
            # First see whether every size has room for one digit more, then give it to them.
            if book[_B_DECIMALS + 1] >= _MAX_DIGITS:
                return 0  # `apply` will refuse the message
            give = 0
            while give < 2:
                side = 0
                k = 0
                while side < 2:
                    if k == book[_B_COUNT + side]:
                        side += 1
                        k = 0
                        continue
                    at = slots + book[_B_ORDER + side * capacity + k] * _SLOT_STRIDE + _S_QTY_HI
                    hi = book[at]
                    if give:
                        lo = book[at + 1]
                        c = lo // _HUNDRED_MILLION
                        book[at] = hi * 10 + c
                        book[at + 1] = (lo - c * _HUNDRED_MILLION) * 10
                    elif hi >= _HUNDRED_MILLION:
                        return 0
                    k += 1
                give += 1
            book[_B_DECIMALS + 1] += 1
            zeros -= 1

    side = upd[level + _L_SIDE]
    at = _B_BOUND + side * _BOUND_STRIDE
    if book[at]:
        n = level + _L_PRICE
        hi = upd[n + _N_HI]
        lo = upd[n + _N_LO]
        zeros = book[_B_DECIMALS] - upd[n + _N_FRAC]
        if upd[n + _N_LEN] > 0 and upd[n + _N_LEN] + zeros > _MAX_DIGITS:
            return 0
        while zeros > 0:
            c = lo // _HUNDRED_MILLION
            lo = (lo - c * _HUNDRED_MILLION) * 10
            hi = hi * 10 + c
            zeros -= 1
        while zeros < 0:
            c = hi // 10
            lo = lo // 10 + (hi - c * 10) * _HUNDRED_MILLION
            hi = c
            zeros += 1
        c = hi - book[at + 1]
        if c == 0:
            c = lo - book[at + 2]
        if side != _SIDE_ASK:
            c = 0 - c
        if c > 0:
            upd[group + _G_LAST] = level
    return 0


@micropython.viper
def cut(book: ptr32, upd: ptr32, group: int, settings: ptr32) -> int:
    """After `apply`: 0 if the book can be used, else why not. Cuts each side to all its slots but one.

    The exchange does not send again what is cut off, so the best price of it is remembered. Where
    something was cut, a side may not have fewer levels than `settings` wants to sum. A snapshot
    that filled the decoder's room has to list the best levels first, or the wrong ones were kept.
    """
    capacity = book[_B_CAPACITY]
    most = capacity
    if upd[_UPD_TYPE] == _TYPE_SNAPSHOT and upd[_UPD_MAX_LEVELS] >> 1 < most:
        most = upd[_UPD_MAX_LEVELS] >> 1
    why = 0
    side = 0
    while side < 2:
        if upd[_UPD_TYPE] == _TYPE_SNAPSHOT:
            n = 0
            ordered = 1
            hi = 0
            lo = 0
            level = upd[group + _G_FIRST]
            while level < upd[group + _G_LAST]:
                if upd[level + _L_SIDE] == side:
                    c = upd[level + _L_PRICE + _N_HI] - hi
                    if c == 0:
                        c = upd[level + _L_PRICE + _N_LO] - lo
                    if side != _SIDE_ASK:
                        c = 0 - c
                    if (n > 0 and c <= 0) or upd[level + _L_QTY + _N_LEN] == 0:
                        ordered = 0
                    hi = upd[level + _L_PRICE + _N_HI]
                    lo = upd[level + _L_PRICE + _N_LO]
                    n += 1
                level += _LEVEL_STRIDE
            if n >= most and ordered == 0:
                return _WHY_SEQUENCE
        at = _B_BOUND + side * _BOUND_STRIDE
        n = book[_B_COUNT + side]
        if n >= most:
            n = most - 1
            book[_B_COUNT + side] = n
            level = book[_B_ORDER + side * capacity + n]
            level = _B_ORDER + 2 * capacity + level * _SLOT_STRIDE
            book[at] = 1
            book[at + 1] = book[level]
            book[at + 2] = book[level + 1]
        if book[at] and n < settings[_SET_LEVELS]:
            why = _WHY_THIN
        side += 1
    return why
