"""Decode a futures v1 delta in the one spelling that Kraken uses, twice as fast as the general decoder."""

import micropython
from micropython import const

_KIND_BOOK = const(2)

# The update buffer and the table of names, as decode_futures.py has them.
_UPD_GROUPS = const(0)
_UPD_TYPE = const(1)
_UPD_MAX_LEVELS = const(2)
_UPD_PROOF = const(5)
_UPD_GROUP = const(8)
_G_PAIR = const(0)
_G_FIRST = const(1)
_G_LAST = const(2)
_G_SEQ_HI = const(3)
_G_SEQ_LO = const(4)
_G_TIME_HI = const(5)
_G_TIME_LO = const(6)
_UPD_LEVEL = const(32)
_LEVEL_STRIDE = const(11)
_L_PRICE = const(1)
_L_QTY = const(6)
_N_LO = const(1)
_N_FRAC = const(2)
_N_POS = const(3)
_N_LEN = const(4)
_TYPE_UPDATE = const(2)
_SIDE_BID = const(0)
_SIDE_ASK = const(1)
_BY_SEQUENCE = const(2)
_SYMBOL_STRIDE = const(20)

# Of all characters, `^ 48` makes only digits less than ten.
_DOT = const(30)  # 46 ^ 48
_CLOSING = const(77)  # 125 ^ 48


@micropython.viper
def swift(frame: ptr8, i: int, end: int, upd: ptr32, wire: ptr8) -> int:
    """_KIND_BOOK with `frame[i:end]` in `upd`, just as `decode` does it; 0 if only `decode` can tell what it is.

    Left to `decode` is any other order, space or exponent, and a number of more than nine digits or
    without a dot. Looking goes on only behind what was recognised, so it never passes the last brace.
    """
    if end <= i or frame[end - 1] != 125 or frame[i] != 123 or upd[_UPD_MAX_LEVELS] < 2:
        return 0
    # {"feed":"book","product_id":"
    if frame[i + 1] != 34 or frame[i + 2] != 102 or frame[i + 3] != 101 or frame[i + 4] != 101:
        return 0
    if frame[i + 5] != 100 or frame[i + 6] != 34 or frame[i + 7] != 58 or frame[i + 8] != 34:
        return 0
    if frame[i + 9] != 98 or frame[i + 10] != 111 or frame[i + 11] != 111:
        return 0
    if frame[i + 12] != 107 or frame[i + 13] != 34 or frame[i + 14] != 44:
        return 0
    if frame[i + 15] != 34 or frame[i + 16] != 112 or frame[i + 17] != 114:
        return 0
    if frame[i + 18] != 111 or frame[i + 19] != 100 or frame[i + 20] != 117:
        return 0
    if frame[i + 21] != 99 or frame[i + 22] != 116 or frame[i + 23] != 95:
        return 0
    if frame[i + 24] != 105 or frame[i + 25] != 100 or frame[i + 26] != 34:
        return 0
    if frame[i + 27] != 58 or frame[i + 28] != 34:
        return 0
    i += 29
    pair = wire[0]
    while pair > 0:
        k = 1 + (pair - 1) * _SYMBOL_STRIDE
        last = k + wire[k]
        at = i
        while k < last and wire[k + 1] == frame[at]:
            k += 1
            at += 1
        if k == last and frame[at] == 34:
            i = at
            break
        pair -= 1
    # Of a name that is none of ours, the rest.
    while frame[i] > 34 and frame[i] < 125 and frame[i] != 92:
        i += 1
    upd[_UPD_GROUP + _G_PAIR] = pair - 1
    # ","side":"
    if frame[i] != 34 or frame[i + 1] != 44 or frame[i + 2] != 34 or frame[i + 3] != 115:
        return 0
    if frame[i + 4] != 105 or frame[i + 5] != 100 or frame[i + 6] != 101:
        return 0
    if frame[i + 7] != 34 or frame[i + 8] != 58 or frame[i + 9] != 34:
        return 0
    i += 10
    if frame[i] == 115:
        upd[_UPD_LEVEL] = _SIDE_ASK
        if frame[i + 1] != 101 or frame[i + 2] != 108 or frame[i + 3] != 108:
            return 0
        i += 4
    else:
        upd[_UPD_LEVEL] = _SIDE_BID
        if frame[i] != 98 or frame[i + 1] != 117 or frame[i + 2] != 121:
            return 0
        i += 3
    # ","seq":
    if frame[i] != 34 or frame[i + 1] != 44 or frame[i + 2] != 34 or frame[i + 3] != 115:
        return 0
    if frame[i + 4] != 101 or frame[i + 5] != 113 or frame[i + 6] != 34 or frame[i + 7] != 58:
        return 0
    i += 8
    room = i + 9
    lo = 0
    c = frame[i] ^ 48
    if c == 0:
        return 0
    while c < 10 and i < room:
        lo = lo * 10 + c
        i += 1
        c = frame[i] ^ 48
    upd[_UPD_GROUP + _G_SEQ_HI] = 0
    upd[_UPD_GROUP + _G_SEQ_LO] = lo
    # ,"price":
    if lo == 0 or frame[i] != 44 or frame[i + 1] != 34 or frame[i + 2] != 112:
        return 0
    if frame[i + 3] != 114 or frame[i + 4] != 105 or frame[i + 5] != 99:
        return 0
    if frame[i + 6] != 101 or frame[i + 7] != 34 or frame[i + 8] != 58:
        return 0
    i += 9
    at = _UPD_LEVEL + _L_PRICE
    while at < _UPD_LEVEL + _LEVEL_STRIDE:
        # A number of up to nine digits with a dot.
        first = i
        dot = 0
        dots = 0  # among the digits
        lo = 0
        c = frame[i] ^ 48
        if c == 0:
            if frame[i + 1] != 46:
                return 0
            i += 2
            dot = i
            while frame[i] == 48:
                i += 1
            first = i
            room = i + 9
        else:
            room = i + 9
            while c < 10 and i < room:
                lo = lo * 10 + c
                i += 1
                c = frame[i] ^ 48
            if c != _DOT or i == first:
                return 0
            i += 1
            dot = i
            dots = 1
            room += 1
        c = frame[i] ^ 48
        while c < 10 and i < room:
            lo = lo * 10 + c
            i += 1
            c = frame[i] ^ 48
        if i == dot:
            return 0
        upd[at] = 0
        upd[at + _N_LO] = lo
        upd[at + _N_FRAC] = i - dot
        upd[at + _N_POS] = first
        upd[at + _N_LEN] = i - first - dots
        at += _L_QTY - _L_PRICE
        if at == _UPD_LEVEL + _L_QTY:
            # ,"qty":
            if frame[i] != 44 or frame[i + 1] != 34 or frame[i + 2] != 113:
                return 0
            if frame[i + 3] != 116 or frame[i + 4] != 121 or frame[i + 5] != 34:
                return 0
            if frame[i + 6] != 58:
                return 0
            i += 7
    # ,"timestamp":
    if frame[i] != 44 or frame[i + 1] != 34 or frame[i + 2] != 116:
        return 0
    if frame[i + 3] != 105 or frame[i + 4] != 109:
        return 0
    if frame[i + 5] != 101 or frame[i + 6] != 115 or frame[i + 7] != 116:
        return 0
    if frame[i + 8] != 97 or frame[i + 9] != 109 or frame[i + 10] != 112:
        return 0
    if frame[i + 11] != 34 or frame[i + 12] != 58 or i + 27 != end:
        return 0
    i += 13
    hi = 0
    lo = 0
    room = i + 4
    c = frame[i] ^ 48
    if c == 0:
        return 0
    while c < 10 and i < room:
        hi = hi * 10 + c
        i += 1
        c = frame[i] ^ 48
    while c < 10:
        lo = lo * 10 + c
        i += 1
        c = frame[i] ^ 48
    if c != _CLOSING or i + 1 != end:
        return 0
    upd[_UPD_GROUP + _G_TIME_HI] = hi
    upd[_UPD_GROUP + _G_TIME_LO] = lo
    upd[_UPD_GROUP + _G_FIRST] = _UPD_LEVEL
    upd[_UPD_GROUP + _G_LAST] = _UPD_LEVEL + _LEVEL_STRIDE
    upd[_UPD_TYPE] = _TYPE_UPDATE
    upd[_UPD_PROOF] = _BY_SEQUENCE
    upd[_UPD_GROUPS] = 1
    return _KIND_BOOK
