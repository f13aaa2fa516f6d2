"""Decode a spot v2 frame where it lies: which channel, and for `book` every level as integers."""

import micropython
from micropython import const

# What a frame is. Negative: it is refused, and nothing of it may be used.
_KIND_OTHER = const(0)  # a control frame (status, acks): rare, left to json
_KIND_HEARTBEAT = const(1)
_KIND_BOOK = const(2)
_ERR_SYNTAX = const(-1)
_ERR_TRUNCATED = const(-2)
_ERR_NUMBER = const(-3)
_ERR_DIGITS = const(-4)  # more than 18 significant digits
_ERR_FIELD = const(-5)  # a key is missing, doubled, or has an unknown value
_ERR_LEVELS = const(-6)  # more levels or data elements than there is room for
_ERR_NESTING = const(-7)
_ERR_PRECISION = const(-8)  # from `apply`: more decimals than the book has

# The update buffer: a header, up to four data elements ("groups"), then the levels of all of them.
_UPD_GROUPS = const(0)
_UPD_TYPE = const(1)
_UPD_MAX_LEVELS = const(2)  # set by the owner
_UPD_DATE = const(3)  # the last date seen, yyyymmdd, and its days since 1970
_UPD_DAYS = const(4)

_UPD_GROUP = const(8)
_GROUP_STRIDE = const(8)
_MAX_GROUPS = const(4)
_G_PAIR = const(0)  # index of the pair, -1 if it is none of ours
_G_FIRST = const(1)  # first level and the one after the last, as positions in this buffer
_G_LAST = const(2)
_G_CRC_HIGH = const(3)  # upper and lower 16 bits of the checksum
_G_CRC_LOW = const(4)
_G_TIME_HI = const(5)  # milliseconds since 1970 as hi * 10**9 + lo; 0, 0 if the frame does not say
_G_TIME_LO = const(6)

_UPD_LEVEL = const(40)  # _UPD_GROUP + _MAX_GROUPS * _GROUP_STRIDE
_LEVEL_STRIDE = const(12)
_L_SIDE = const(0)
_L_PRICE = const(1)  # the number's words start here
_L_QTY = const(6)
# A number: value hi * 10**9 + lo, times 10**-frac; its significant digits in the frame.
_N_HI = const(0)
_N_LO = const(1)
_N_FRAC = const(2)
_N_POS = const(3)
_N_LEN = const(4)

_TYPE_SNAPSHOT = const(1)
_TYPE_UPDATE = const(2)
_SIDE_BID = const(0)
_SIDE_ASK = const(1)

# The symbol table: a count, then for each pair its length and its characters.
_SYMBOL_STRIDE = const(16)

_BILLION = const(1000000000)
_MAX_NESTING = const(24)  # of values that are skipped

# Where the scanner is. Objects are odd, arrays even; opening adds one, closing takes one away.
_IN_TOP = const(1)
_IN_DATA = const(2)
_IN_ELEMENT = const(3)
_IN_SIDE = const(4)
_IN_LEVEL = const(5)
# What may come next there.
_FIRST = const(0)  # a member or the end
_MEMBER = const(1)  # a member, after a comma
_COMMA = const(2)  # a comma or the end

_UNKNOWN = const(0)
_CHANNEL = const(1)
_TYPE = const(2)
_DATA = const(4)
_SYMBOL = const(8)
_TIMESTAMP = const(16)
_CHECKSUM = const(32)
_BIDS = const(64)
_ASKS = const(128)
_PRICE = const(256)
_QTY = const(512)
_STRINGS = const(27)  # _CHANNEL | _TYPE | _SYMBOL | _TIMESTAMP
_ARRAYS = const(196)  # _DATA | _BIDS | _ASKS
_A_LEVEL = const(768)  # _PRICE | _QTY
_AN_ELEMENT = const(40)  # _SYMBOL | _CHECKSUM


@micropython.viper
def decode(frame: ptr8, i: int, end: int, upd: ptr32, symbols: ptr8) -> int:
    """Decode `frame[i:end]` into `upd`; returns a _KIND_ or an _ERR_ code.

    Keys may come in any order and unknown ones are skipped; text inside a skipped value is only
    checked for strings and brackets that close.
    """
    upd[_UPD_GROUPS] = 0
    upd[_UPD_TYPE] = 0
    group = _UPD_GROUP
    group_end = _UPD_GROUP + _MAX_GROUPS * _GROUP_STRIDE
    level = _UPD_LEVEL
    levels_end = _UPD_LEVEL + upd[_UPD_MAX_LEVELS] * _LEVEL_STRIDE
    where = 0
    expect = _FIRST
    side = _SIDE_BID
    is_book = 0
    data_at = 0  # where `data` begins, if it came before `channel`
    seen_top = 0
    seen_element = 0
    seen_level = 0
    while i < end:
        c = frame[i]
        i += 1
        if c <= 32:
            if c == 32 or c == 10 or c == 13 or c == 9:
                continue
            return _ERR_SYNTAX
        if expect == _COMMA:
            if c == 44 and where > 0:
                expect = _MEMBER
                continue
        if c == 125 or c == 93:  # } or ]
            if expect == _MEMBER or where == 0 or c != (125 if where & 1 else 93):
                return _ERR_SYNTAX
            if where == _IN_LEVEL:
                if seen_level != _A_LEVEL:
                    return _ERR_FIELD
                level += _LEVEL_STRIDE
            elif where == _IN_ELEMENT:
                if seen_element & _AN_ELEMENT != _AN_ELEMENT:
                    return _ERR_FIELD
                upd[group + _G_LAST] = level
                group += _GROUP_STRIDE
            elif where == _IN_DATA:
                if data_at < 0:
                    break
            elif where == _IN_TOP:
                if is_book == 0:
                    return _KIND_OTHER
                if data_at > 0:  # now that the channel is known, go back for the data
                    i = data_at
                    data_at = -1
                    where = _IN_DATA
                    expect = _FIRST
                    continue
                where = 0
                break
            where -= 1
            expect = _COMMA
            continue
        if expect == _COMMA:
            return _ERR_SYNTAX
        if where & 1 == 0:  # an array, or the frame itself: only objects are in them
            if c != 123:
                return _ERR_SYNTAX
            where += 1
            expect = _FIRST
            if where == _IN_LEVEL:
                if level >= levels_end:
                    return _ERR_LEVELS
                upd[level + _L_SIDE] = side
                seen_level = 0
            elif where == _IN_ELEMENT:
                if group >= group_end:
                    return _ERR_LEVELS
                upd[group + _G_PAIR] = -1
                upd[group + _G_FIRST] = level
                upd[group + _G_TIME_HI] = 0
                upd[group + _G_TIME_LO] = 0
                seen_element = 0
            continue

        # A key.
        if c != 34:
            return _ERR_SYNTAX
        k = i
        while i < end and frame[i] != 34:
            if frame[i] < 32:
                return _ERR_SYNTAX
            i += 2 if frame[i] == 92 else 1
        if i >= end:
            return _ERR_TRUNCATED
        n = i - k
        i += 1
        field = _UNKNOWN
        c = frame[k]
        if where == _IN_LEVEL:
            if n == 5 and c == 112 and frame[k + 1] == 114 and frame[k + 2] == 105:
                if frame[k + 3] == 99 and frame[k + 4] == 101:
                    field = _PRICE
            elif n == 3 and c == 113 and frame[k + 1] == 116 and frame[k + 2] == 121:
                field = _QTY
            if seen_level & field:
                return _ERR_FIELD
            seen_level |= field
        elif where == _IN_ELEMENT:
            if n == 4 and frame[k + 3] == 115:  # bids, asks
                if c == 98 and frame[k + 1] == 105 and frame[k + 2] == 100:
                    field = _BIDS
                elif c == 97 and frame[k + 1] == 115 and frame[k + 2] == 107:
                    field = _ASKS
            elif n == 8 and c == 99 and frame[k + 1] == 104 and frame[k + 2] == 101:
                if frame[k + 3] == 99 and frame[k + 4] == 107 and frame[k + 5] == 115:
                    if frame[k + 6] == 117 and frame[k + 7] == 109:
                        field = _CHECKSUM
            elif n == 6 and c == 115 and frame[k + 1] == 121 and frame[k + 2] == 109:
                if frame[k + 3] == 98 and frame[k + 4] == 111 and frame[k + 5] == 108:
                    field = _SYMBOL
            elif n == 9 and c == 116 and frame[k + 1] == 105 and frame[k + 2] == 109:
                if frame[k + 3] == 101 and frame[k + 4] == 115 and frame[k + 5] == 116:
                    if frame[k + 6] == 97 and frame[k + 7] == 109 and frame[k + 8] == 112:
                        field = _TIMESTAMP
            if seen_element & field:
                return _ERR_FIELD
            seen_element |= field
        else:
            if n == 4 and c == 116 and frame[k + 1] == 121:
                if frame[k + 2] == 112 and frame[k + 3] == 101:
                    field = _TYPE
            elif n == 4 and c == 100 and frame[k + 1] == 97:
                if frame[k + 2] == 116 and frame[k + 3] == 97:
                    field = _DATA
            elif n == 7 and c == 99 and frame[k + 1] == 104 and frame[k + 2] == 97:
                if frame[k + 3] == 110 and frame[k + 4] == 110 and frame[k + 5] == 101:
                    if frame[k + 6] == 108:
                        field = _CHANNEL
            if seen_top & field:
                return _ERR_FIELD
            seen_top |= field

        # The colon, and the value's first character.
        while i < end and (frame[i] == 32 or frame[i] == 10 or frame[i] == 13 or frame[i] == 9):
            i += 1
        if i >= end:
            return _ERR_TRUNCATED
        if frame[i] != 58:
            return _ERR_SYNTAX
        i += 1
        while i < end and (frame[i] == 32 or frame[i] == 10 or frame[i] == 13 or frame[i] == 9):
            i += 1
        if i >= end:
            return _ERR_TRUNCATED
        c = frame[i]
        expect = _COMMA

        if field >= _PRICE or field == _CHECKSUM:
            # A number. The first nine significant digits go to lo, the next nine to rest.
            k = i
            lo = 0
            rest = 0
            digits = 0
            first = 0
            dot = 0
            while i < end:
                d = frame[i] - 48
                if d >= 0 and d <= 9:
                    if d + digits > 0:
                        if digits < 9:
                            if digits == 0:
                                first = i
                            lo = lo * 10 + d
                        elif digits < 18:
                            rest = rest * 10 + d
                        else:
                            return _ERR_DIGITS
                        digits += 1
                elif d == -2 and dot == 0:
                    dot = i + 1
                else:
                    break
                i += 1
            n = i - k  # characters before the dot: one at least, and no needless zero
            frac = 0
            if dot > 0:
                n = dot - 1 - k
                frac = i - dot
                if frac == 0:
                    return _ERR_NUMBER
            if n == 0 or (n > 1 and c == 48):
                return _ERR_NUMBER
            if i < end and (frame[i] == 101 or frame[i] == 69):
                i += 1
                d = 1
                if i < end and (frame[i] == 45 or frame[i] == 43):
                    d = 44 - frame[i]  # '+' is 43, '-' is 45
                    i += 1
                n = 0
                k = i
                while i < end and frame[i] >= 48 and frame[i] <= 57:
                    if n > 99:
                        return _ERR_NUMBER
                    n = n * 10 + frame[i] - 48
                    i += 1
                if i == k:
                    return _ERR_NUMBER
                frac -= d * n
            hi = 0
            if digits > 9:  # move the limb's boundary: the last nine digits are lo
                n = 1
                k = digits
                while k > 9:
                    n *= 10
                    k -= 1
                d = _BILLION // n
                hi = lo // d
                lo = (lo - hi * d) * n + rest
            if field == _CHECKSUM:
                if frac != 0 or hi > 4:
                    return _ERR_NUMBER
                # hi * 10**9 + lo in two halves of 16 bits; 10**9 is 15258 * 65536 + 51712.
                n = hi * 51712 + (lo & 65535)
                k = hi * 15258 + (lo >> 16) + (n >> 16)
                if k > 65535:
                    return _ERR_NUMBER
                upd[group + _G_CRC_HIGH] = k
                upd[group + _G_CRC_LOW] = n & 65535
            else:
                k = level + (_L_PRICE if field == _PRICE else _L_QTY)
                upd[k + _N_HI] = hi
                upd[k + _N_LO] = lo
                upd[k + _N_FRAC] = frac
                upd[k + _N_POS] = first
                upd[k + _N_LEN] = digits
            continue

        if field & _STRINGS:
            if c != 34:
                return _ERR_FIELD
            i += 1
            k = i
            while i < end and frame[i] != 34:
                if frame[i] < 32:
                    return _ERR_SYNTAX
                i += 2 if frame[i] == 92 else 1
            if i >= end:
                return _ERR_TRUNCATED
            n = i - k
            i += 1
            if field == _SYMBOL:
                # Escapes are not undone: no pair's name has any.
                d = symbols[0]
                c = 0
                while c < d:
                    first = 1 + c * _SYMBOL_STRIDE
                    if symbols[first] == n:
                        lo = 0
                        while lo < n and symbols[first + 1 + lo] == frame[k + lo]:
                            lo += 1
                        if lo == n:
                            upd[group + _G_PAIR] = c
                            break
                    c += 1
            elif field == _TIMESTAMP:
                # 2023-07-30T15:29:58.343415Z; anything else leaves the time unknown.
                if n < 20 or frame[i - 2] != 90:
                    continue
                date = 0
                clock = 0
                c = 0
                while c < 19:
                    if c != 4 and c != 7 and c != 10 and c != 13 and c != 16:
                        d = frame[k + c] - 48
                        if d < 0 or d > 9:
                            break
                        if c < 10:
                            date = date * 10 + d
                        else:
                            clock = clock * 10 + d
                    c += 1
                if c < 19:
                    continue
                ms = 0
                if frame[k + 19] == 46:
                    first = 100
                    c = 20
                    while c < n - 1 and first > 0:
                        d = frame[k + c] - 48
                        if d >= 0 and d <= 9:
                            ms += d * first
                        first = first // 10
                        c += 1
                if date != upd[_UPD_DATE]:
                    # Days since 1970 by Howard Hinnant's days_from_civil.
                    year = date // 10000
                    lo = date // 100 - year * 100
                    d = date - year * 10000 - lo * 100
                    if year < 1970 or lo < 1 or lo > 12 or d < 1 or d > 31:
                        continue
                    if lo > 2:
                        lo -= 3
                    else:
                        lo += 9
                        year -= 1
                    hi = year // 400
                    rest = year - hi * 400
                    upd[_UPD_DAYS] = (
                        hi * 146097
                        + rest * 365
                        + rest // 4
                        - rest // 100
                        + (153 * lo + 2) // 5
                        + d
                        - 719469
                    )
                    upd[_UPD_DATE] = date
                hi = clock // 10000
                lo = clock // 100 - hi * 100
                d = clock - hi * 10000 - lo * 100
                if hi > 23 or lo > 59 or d > 60:
                    continue
                ms += (hi * 3600 + lo * 60 + d) * 1000
                rest = upd[_UPD_DAYS] * 864  # a day has 864 * 10**5 milliseconds
                hi = rest // 10000
                lo = (rest - hi * 10000) * 100000 + ms
                if lo >= _BILLION:
                    lo -= _BILLION
                    hi += 1
                upd[group + _G_TIME_HI] = hi
                upd[group + _G_TIME_LO] = lo
            elif field == _CHANNEL:
                if n == 4 and frame[k] == 98 and frame[k + 1] == 111:
                    if frame[k + 2] == 111 and frame[k + 3] == 107:
                        is_book = 1
                if is_book == 0:
                    if n == 9 and frame[k] == 104 and frame[k + 1] == 101 and frame[k + 2] == 97:
                        if frame[k + 3] == 114 and frame[k + 4] == 116 and frame[k + 5] == 98:
                            if frame[k + 6] == 101 and frame[k + 7] == 97 and frame[k + 8] == 116:
                                return _KIND_HEARTBEAT
                    return _KIND_OTHER
            elif n == 6 and frame[k] == 117 and frame[k + 1] == 112 and frame[k + 2] == 100:
                if frame[k + 3] == 97 and frame[k + 4] == 116 and frame[k + 5] == 101:
                    upd[_UPD_TYPE] = _TYPE_UPDATE
            elif n == 8 and frame[k] == 115 and frame[k + 1] == 110 and frame[k + 2] == 97:
                if frame[k + 3] == 112 and frame[k + 4] == 115 and frame[k + 5] == 104:
                    if frame[k + 6] == 111 and frame[k + 7] == 116:
                        upd[_UPD_TYPE] = _TYPE_SNAPSHOT
            continue

        if field & _ARRAYS and (field != _DATA or is_book):
            if c != 91:
                return _ERR_FIELD
            i += 1
            if field == _ASKS:
                side = _SIDE_ASK
            else:
                side = _SIDE_BID
            where += 1
            expect = _FIRST
            continue

        # A value to skip: an unknown key's, or `data` while the channel is not known.
        if field == _DATA:
            if c != 91:
                return _ERR_FIELD
            data_at = i + 1
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
                if i >= end:
                    return _ERR_TRUNCATED
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
                k = i
                while i < end and c > 32 and c != 44 and c != 58 and c != 34 and c < 123 and c != 91 and c != 93:
                    i += 1
                    if i < end:
                        c = frame[i]
                if i == k:
                    return _ERR_SYNTAX
            if depth == 0:
                break
        if depth > 0:
            return _ERR_TRUNCATED

    if data_at >= 0:
        if where > 0 or is_book == 0:
            return _ERR_TRUNCATED
        # Only white space may follow the frame's object.
        while i < end:
            c = frame[i]
            if c != 32 and c != 10 and c != 13 and c != 9:
                return _ERR_SYNTAX
            i += 1
    elif where > _IN_DATA or i >= end:
        return _ERR_TRUNCATED
    if upd[_UPD_TYPE] == 0 or seen_top & _DATA == 0:
        return _ERR_FIELD
    upd[_UPD_GROUPS] = (group - _UPD_GROUP) // _GROUP_STRIDE
    return _KIND_BOOK
