"""Decode a futures v1 frame where it lies: which feed, and for the books every level as integers."""

import micropython
from micropython import const

# What a frame is and the error codes, as decode_v2 has them.
_KIND_OTHER = const(0)  # `event` objects, and feeds that nobody has asked for
_KIND_HEARTBEAT = const(1)
_KIND_BOOK = const(2)
_KIND_MARKET = const(3)
_ERR_SYNTAX = const(-1)
_ERR_TRUNCATED = const(-2)
_ERR_NUMBER = const(-3)
_ERR_DIGITS = const(-4)
_ERR_FIELD = const(-5)
_ERR_LEVELS = const(-6)
_ERR_NESTING = const(-7)

# The update buffer, as decode_v2 fills it; here it has one group.
_UPD_GROUPS = const(0)
_UPD_TYPE = const(1)
_UPD_MAX_LEVELS = const(2)
_UPD_PROOF = const(5)
_UPD_GROUP = const(8)
_G_PAIR = const(0)
_G_FIRST = const(1)
_G_LAST = const(2)
_G_SEQ_HI = const(3)  # the sequence number, hi * 10**9 + lo, in the words of the checksum
_G_TIME_HI = const(5)
_UPD_LEVEL = const(32)
_LEVEL_STRIDE = const(11)
_L_SIDE = const(0)
_L_PRICE = const(1)
_L_QTY = const(6)
_N_LO = const(1)
_N_FRAC = const(2)
_N_POS = const(3)
_N_LEN = const(4)
_TYPE_SNAPSHOT = const(1)
_TYPE_UPDATE = const(2)
_SIDE_BID = const(0)
_SIDE_ASK = const(1)
_BY_SEQUENCE = const(2)

_SYMBOL_STRIDE = const(20)
_MAX_NESTING = const(24)  # of values that are skipped

# Where the scanner is. Objects are odd, arrays even; opening adds one, closing takes one away.
_IN_TOP = const(1)
_IN_LIST = const(2)
_IN_ENTRY = const(3)
# What comes next there.
_KEY = const(0)  # a key, its opening quote already passed
_FIRST = const(1)  # a member or the end
_MEMBER = const(2)  # a member, after a comma
_COMMA = const(3)  # a comma or the end

_K_UNKNOWN = const(0)
_K_FEED = const(1)
_K_PRODUCT = const(2)
_K_SIDE = const(4)
_K_BIDS = const(8)
_K_ASKS = const(16)
_K_PRICE = const(32)
_K_QTY = const(64)
_K_SEQ = const(128)
_K_TIME = const(256)
_K_TEXTS = const(7)  # _K_FEED | _K_PRODUCT | _K_SIDE
_K_LISTS = const(24)  # _K_BIDS | _K_ASKS
_K_LEVEL = const(96)  # _K_PRICE | _K_QTY
_K_SNAPSHOT = const(155)  # _K_FEED | _K_PRODUCT | _K_BIDS | _K_ASKS | _K_SEQ
_K_DELTA = const(231)  # _K_FEED | _K_PRODUCT | _K_SIDE | _K_PRICE | _K_QTY | _K_SEQ
_K_ALL_BUT_TIME = const(255)


@micropython.viper
def decode(frame: ptr8, i: int, end: int, upd: ptr32, wire: ptr8) -> int:
    """Decode `frame[i:end]` into `upd`; returns a _KIND_ or an _ERR_ code.

    Keys may come in any order and unknown ones are skipped; text inside a skipped value is only
    checked for strings and brackets that close. A snapshot is the full book, best levels first:
    half of `upd[_UPD_MAX_LEVELS]` a side are kept.
    """
    upd[_UPD_GROUPS] = 0
    upd[_UPD_TYPE] = 0
    # The frame's last brace is a sentinel: keys and numbers stop there, so their loops need not
    # look at `end`.
    while end > i and frame[end - 1] <= 32:
        end -= 1
    if end <= i or frame[end - 1] != 125:
        return _ERR_TRUNCATED
    most = upd[_UPD_MAX_LEVELS] >> 1
    if most < 1:
        return _ERR_LEVELS
    upd[_UPD_GROUP + _G_PAIR] = -1
    upd[_UPD_GROUP + _G_TIME_HI] = 0
    upd[_UPD_GROUP + _G_TIME_HI + 1] = 0
    level = _UPD_LEVEL
    left = 1  # levels of this side that are still to be kept
    where = 0
    expect = _FIRST
    side = _SIDE_BID
    kind = 0  # _TYPE_SNAPSHOT or _TYPE_UPDATE, once the feed is known
    seen_top = 0
    seen_level = 0
    while i < end:
        c = frame[i]
        i += 1
        if expect != _KEY:
            if c <= 32:
                if c == 32 or c == 10 or c == 13 or c == 9:
                    continue
                return _ERR_SYNTAX
            if expect == _COMMA and c == 44 and where > 0:
                expect = _MEMBER
                continue
            if c == 125 or c == 93:  # } or ]
                if expect == _MEMBER or where == 0 or c != (125 if where & 1 else 93):
                    return _ERR_SYNTAX
                expect = _COMMA
                if where == _IN_ENTRY:
                    if seen_level != _K_LEVEL:
                        return _ERR_FIELD
                    if left > 0:
                        left -= 1
                        level += _LEVEL_STRIDE
                elif where == _IN_TOP:
                    if kind == 0:
                        return _KIND_OTHER
                    if i < end:
                        return _ERR_SYNTAX
                    break
                where -= 1
                continue
            if expect == _COMMA:
                return _ERR_SYNTAX
            if where & 1 == 0:  # an array, or the frame itself: only objects are in them
                if c != 123:
                    return _ERR_SYNTAX
                where += 1
                expect = _FIRST
                seen_level = 0
                if where == _IN_ENTRY and left > 0:
                    upd[level] = side
                if frame[i] == 34:
                    i += 1
                    expect = _KEY
                continue
            if c != 34:
                return _ERR_SYNTAX
            c = frame[i]
            i += 1

        # A key, `c` its first character. Comparing stops at the first difference, so it never
        # passes the sentinel.
        field = _K_UNKNOWN
        if c == 112:
            if frame[i] == 114:
                if frame[i + 1] == 105 and frame[i + 2] == 99:
                    if frame[i + 3] == 101 and frame[i + 4] == 34:
                        field = _K_PRICE
                        i += 5
                elif where == _IN_TOP and frame[i + 1] == 111 and frame[i + 2] == 100:
                    if frame[i + 3] == 117 and frame[i + 4] == 99 and frame[i + 5] == 116:
                        if frame[i + 6] == 95 and frame[i + 7] == 105 and frame[i + 8] == 100:
                            if frame[i + 9] == 34:
                                field = _K_PRODUCT
                                i += 10
        elif c == 113:
            if frame[i] == 116 and frame[i + 1] == 121 and frame[i + 2] == 34:
                field = _K_QTY
                i += 3
        elif where == _IN_TOP:
            if c == 115:
                if frame[i] == 101:
                    if frame[i + 1] == 113 and frame[i + 2] == 34:
                        field = _K_SEQ
                        i += 3
                elif frame[i] == 105 and frame[i + 1] == 100 and frame[i + 2] == 101:
                    if frame[i + 3] == 34:
                        field = _K_SIDE
                        i += 4
            elif c == 102:
                if frame[i] == 101 and frame[i + 1] == 101 and frame[i + 2] == 100:
                    if frame[i + 3] == 34:
                        field = _K_FEED
                        i += 4
            elif c == 116:
                if frame[i] == 105 and frame[i + 1] == 109 and frame[i + 2] == 101:
                    if frame[i + 3] == 115 and frame[i + 4] == 116 and frame[i + 5] == 97:
                        if frame[i + 6] == 109 and frame[i + 7] == 112 and frame[i + 8] == 34:
                            field = _K_TIME
                            i += 9
            elif c == 98:
                if frame[i] == 105 and frame[i + 1] == 100 and frame[i + 2] == 115:
                    if frame[i + 3] == 34:
                        field = _K_BIDS
                        i += 4
            elif c == 97:
                if frame[i] == 115 and frame[i + 1] == 107 and frame[i + 2] == 115:
                    if frame[i + 3] == 34:
                        field = _K_ASKS
                        i += 4
            elif c == 101 and frame[i] == 118 and frame[i + 1] == 101 and frame[i + 2] == 110:
                if frame[i + 3] == 116 and frame[i + 4] == 34:
                    return _KIND_OTHER
        if where == _IN_ENTRY:
            if seen_level & field:
                return _ERR_FIELD
            seen_level |= field
        else:
            if seen_top & field:
                return _ERR_FIELD
            seen_top |= field
        if field == _K_UNKNOWN:
            while c != 34:
                if c < 32:
                    return _ERR_SYNTAX
                if c == 92:
                    i += 1
                if i >= end:
                    return _ERR_TRUNCATED
                c = frame[i]
                i += 1
            if i >= end:
                return _ERR_TRUNCATED

        # The colon, and the value's first character.
        while frame[i] <= 32 and (
            frame[i] == 32 or frame[i] == 10 or frame[i] == 13 or frame[i] == 9
        ):
            i += 1
        if frame[i] != 58:
            return _ERR_SYNTAX
        i += 1
        c = frame[i]
        while c <= 32 and (c == 32 or c == 10 or c == 13 or c == 9):
            i += 1
            c = frame[i]

        if field >= _K_PRICE:
            # A number: first its zeros, then nine significant digits in `lo`, nine in `rest`.
            start = i
            dot = 0
            while c == 48 or (c == 46 and dot == 0):
                i += 1
                if c == 46:
                    dot = i
                c = frame[i]
            first = i
            lo = 0
            room = 9
            while room > 0:
                if c >= 48 and c <= 57:
                    lo = lo * 10 + c - 48
                    room -= 1
                elif c == 46 and dot == 0:
                    dot = i + 1
                else:
                    break
                i += 1
                c = frame[i]
            rest = 0
            hi = 0
            if room == 0 and c <= 57 and c >= 46:
                room = 9
                d = 1000000000
                while (c >= 48 and c <= 57) or (c == 46 and dot == 0):
                    i += 1
                    if c == 46:
                        dot = i
                    else:
                        if room == 0:
                            return _ERR_DIGITS
                        rest = rest * 10 + c - 48
                        d = d // 10
                        room -= 1
                    c = frame[i]
                # Move the limbs' boundary: the last nine digits are lo.
                hi = lo // d
                lo = (lo - hi * d) * (1000000000 // d) + rest
            digits = i - first
            frac = 0
            room = i  # the end of the digits before the dot
            if dot > 0:
                frac = i - dot
                room = dot - 1
                if dot > first:
                    digits -= 1
                if frac == 0:
                    return _ERR_NUMBER
            # One digit at least before the dot, and no needless zero.
            if room == start or (frame[start] == 48 and room > start + 1):
                return _ERR_NUMBER
            if c == 101 or c == 69:
                i += 1
                d = 1
                if frame[i] == 45 or frame[i] == 43:
                    d = 44 - frame[i]  # '+' is 43, '-' is 45
                    i += 1
                start = i
                rest = 0
                while frame[i] >= 48 and frame[i] <= 57:
                    if rest > 99:
                        return _ERR_NUMBER
                    rest = rest * 10 + frame[i] - 48
                    i += 1
                if i == start:
                    return _ERR_NUMBER
                frac -= d * rest
            if field < _K_SEQ:
                if left > 0:
                    d = level + (_L_PRICE if field == _K_PRICE else _L_QTY)
                    upd[d] = hi
                    upd[d + _N_LO] = lo
                    upd[d + _N_FRAC] = frac
                    upd[d + _N_POS] = first
                    upd[d + _N_LEN] = digits
            else:
                if frac != 0:
                    return _ERR_NUMBER
                d = _UPD_GROUP + (_G_SEQ_HI if field == _K_SEQ else _G_TIME_HI)
                upd[d] = hi
                upd[d + 1] = lo

        elif field & _K_TEXTS:
            if c != 34:
                return _ERR_FIELD
            i += 1
            start = i
            if field == _K_PRODUCT:
                d = wire[0]
                while d > 0:
                    d -= 1
                    room = 1 + d * _SYMBOL_STRIDE
                    rest = room + wire[room]
                    while room < rest and wire[room + 1] == frame[i]:
                        room += 1
                        i += 1
                    if room == rest and frame[i] == 34:
                        upd[_UPD_GROUP + _G_PAIR] = d
                        break
                    i = start
            c = frame[i]
            while c != 34:
                if c == 92:
                    i += 1
                elif c < 32:
                    return _ERR_SYNTAX
                i += 1
                if i >= end:
                    return _ERR_TRUNCATED
                c = frame[i]
            room = i - start
            i += 1
            if field == _K_SIDE:
                if room == 3 and frame[start] == 98 and frame[start + 1] == 117:
                    if frame[start + 2] != 121:
                        return _ERR_FIELD
                    side = _SIDE_BID
                elif room == 4 and frame[start] == 115 and frame[start + 1] == 101:
                    if frame[start + 2] != 108 or frame[start + 3] != 108:
                        return _ERR_FIELD
                    side = _SIDE_ASK
                else:
                    return _ERR_FIELD
            elif field == _K_FEED:
                c = frame[start]
                if c == 98 and room >= 4 and frame[start + 1] == 111:
                    if frame[start + 2] == 111 and frame[start + 3] == 107:
                        if room == 4:
                            kind = _TYPE_UPDATE
                        elif room == 13 and frame[start + 4] == 95 and frame[start + 5] == 115:
                            # book_snapshot
                            if frame[start + 6] == 110 and frame[start + 7] == 97:
                                if frame[start + 8] == 112 and frame[start + 9] == 115:
                                    if frame[start + 10] == 104 and frame[start + 11] == 111:
                                        if frame[start + 12] == 116:
                                            kind = _TYPE_SNAPSHOT
                elif c == 104 and room == 9 and frame[start + 1] == 101:
                    if frame[start + 2] == 97 and frame[start + 3] == 114:
                        if frame[start + 4] == 116 and frame[start + 5] == 98:
                            if frame[start + 6] == 101 and frame[start + 7] == 97:
                                if frame[start + 8] == 116:
                                    return _KIND_HEARTBEAT
                elif c == 116 and room >= 5:
                    # ticker, ticker_lite, trade, trade_snapshot
                    if frame[start + 1] == 105 and frame[start + 2] == 99:
                        if frame[start + 3] == 107 and frame[start + 4] == 101:
                            if room == 6 or room == 11:
                                return _KIND_MARKET
                    elif frame[start + 1] == 114 and frame[start + 2] == 97:
                        if frame[start + 3] == 100 and frame[start + 4] == 101:
                            if room == 5 or room == 14:
                                return _KIND_MARKET
                if kind == 0:
                    return _KIND_OTHER

        elif field & _K_LISTS:
            if c != 91:
                return _ERR_FIELD
            i += 1
            side = _SIDE_BID
            if field == _K_ASKS:
                side = _SIDE_ASK
            left = most
            where += 1
            expect = _FIRST
            continue

        else:
            # An unknown key's value is skipped.
            depth = 0
            kinds = 1  # one bit for each open bracket: 1 for an object
            while i < end:
                c = frame[i]
                if c == 34:
                    i += 1
                    while i < end and frame[i] != 34:
                        if frame[i] < 32:
                            return _ERR_SYNTAX
                        i += 2 if frame[i] == 92 else 1
                    i += 1
                elif c == 123 or c == 91:
                    if depth >= _MAX_NESTING:
                        return _ERR_NESTING
                    depth += 1
                    kinds = kinds * 2 + (1 if c == 123 else 0)
                    i += 1
                elif c == 125 or c == 93:
                    if depth == 0 or kinds & 1 != (1 if c == 125 else 0):
                        return _ERR_SYNTAX
                    depth -= 1
                    kinds = kinds >> 1
                    i += 1
                elif depth > 0 and (c == 44 or c == 58 or c == 32 or c == 10 or c == 13 or c == 9):
                    i += 1
                else:
                    # true, false, null or a number
                    start = i
                    while (
                        c > 32
                        and c != 44
                        and c != 58
                        and c != 34
                        and c < 123
                        and c != 91
                        and c != 93
                    ):
                        i += 1
                        c = frame[i]
                    if i == start:
                        return _ERR_SYNTAX
                if depth == 0:
                    break
            if depth > 0 or i >= end:
                return _ERR_TRUNCATED

        # After a value: usually the next key follows at once.
        expect = _COMMA
        if frame[i] == 44 and frame[i + 1] == 34:
            i += 2
            expect = _KEY

    if where != _IN_TOP or expect != _COMMA:
        return _ERR_TRUNCATED
    if seen_top & _K_ALL_BUT_TIME != (_K_SNAPSHOT if kind == _TYPE_SNAPSHOT else _K_DELTA):
        return _ERR_FIELD
    if kind == _TYPE_UPDATE:
        upd[_UPD_LEVEL + _L_SIDE] = side
        level += _LEVEL_STRIDE
    upd[_UPD_GROUP + _G_FIRST] = _UPD_LEVEL
    upd[_UPD_GROUP + _G_LAST] = level
    upd[_UPD_TYPE] = kind
    upd[_UPD_PROOF] = _BY_SEQUENCE
    upd[_UPD_GROUPS] = 1
    return _KIND_BOOK
