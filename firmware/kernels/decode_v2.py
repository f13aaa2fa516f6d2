"""Decode a spot v2 frame where it lies: which channel, and for `book` every level as integers."""

import micropython
from micropython import const

# What a frame is. Negative: it is refused, and nothing of it may be used.
_KIND_OTHER = const(0)  # a control frame (status, acks): rare, left to json
_KIND_HEARTBEAT = const(1)
_KIND_BOOK = const(2)
_KIND_MARKET = const(3)  # ticker, trade or ohlc: for take_market
_ERR_SYNTAX = const(-1)
_ERR_TRUNCATED = const(-2)
_ERR_NUMBER = const(-3)
_ERR_DIGITS = const(-4)  # more than 18 significant digits
_ERR_FIELD = const(-5)  # a key is missing, doubled, or has an unknown value
_ERR_LEVELS = const(-6)  # more levels or data elements than there is room for
_ERR_NESTING = const(-7)
_ERR_PRECISION = const(-8)  # from `apply`: more decimals than the book has

# The update buffer: a header, up to three data elements ("groups"), then the levels of all of them.
_UPD_GROUPS = const(0)
_UPD_TYPE = const(1)
_UPD_MAX_LEVELS = const(2)  # set by the owner
_UPD_DATE = const(3)  # the last date seen, yyyymmdd, and its days since 1970
_UPD_DAYS = const(4)
_UPD_PROOF = const(5)  # here always by the checksum, which the owner has set

_UPD_GROUP = const(8)
_GROUP_STRIDE = const(8)
_MAX_GROUPS = const(3)
_G_PAIR = const(0)  # index of the pair, -1 if it is none of ours
_G_FIRST = const(1)  # first level and the one after the last, as positions in this buffer
_G_LAST = const(2)
_G_CRC_HIGH = const(3)  # upper and lower 16 bits of the checksum
_G_CRC_LOW = const(4)
_G_TIME_HI = const(5)  # milliseconds since 1970 as hi * 10**9 + lo; 0, 0 if the frame does not say
_G_TIME_LO = const(6)

_UPD_LEVEL = const(32)  # _UPD_GROUP + _MAX_GROUPS * _GROUP_STRIDE
_LEVEL_STRIDE = const(11)
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
_SYMBOL_STRIDE = const(20)

_BILLION = const(1000000000)
_MAX_NESTING = const(24)  # of values that are skipped

# Where the scanner is. Objects are odd, arrays even; opening adds one, closing takes one away.
_IN_TOP = const(1)
_IN_DATA = const(2)
_IN_ELEMENT = const(3)
_IN_SIDE = const(4)
_IN_LEVEL = const(5)
# What comes next there.
_KEY = const(0)  # a key, its opening quote already passed
_FIRST = const(1)  # a member or the end
_MEMBER = const(2)  # a member, after a comma
_COMMA = const(3)  # a comma or the end

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
    # The frame's last brace is a sentinel: keys and numbers stop there, so their loops need not
    # look at `end`.
    while end > i and frame[end - 1] <= 32:
        end -= 1
    if end <= i or frame[end - 1] != 125:
        return _ERR_TRUNCATED
    group = _UPD_GROUP
    level = _UPD_LEVEL
    levels_end = _UPD_LEVEL + upd[_UPD_MAX_LEVELS] * _LEVEL_STRIDE
    where = 0
    expect = _FIRST
    side = _SIDE_BID
    is_book = 0
    data_at = 0  # where `data` begins, if it came before `channel`; -1 once that is read
    seen_top = 0
    seen_element = 0
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
                    if i < end:
                        return _ERR_SYNTAX
                    if data_at == 0:
                        break
                    i = data_at  # now that the channel is known, go back for the data
                    data_at = -1
                    where = _IN_DATA
                    expect = _FIRST
                    continue
                where -= 1
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
                    upd[level] = side
                    seen_level = 0
                elif where == _IN_ELEMENT:
                    if group >= _UPD_GROUP + _MAX_GROUPS * _GROUP_STRIDE:
                        return _ERR_LEVELS
                    upd[group + _G_PAIR] = -1
                    upd[group + _G_FIRST] = level
                    upd[group + _G_TIME_HI] = 0
                    upd[group + _G_TIME_LO] = 0
                    seen_element = 0
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
        field = _UNKNOWN
        if where == _IN_LEVEL:
            if c == 112:
                if frame[i] == 114 and frame[i + 1] == 105 and frame[i + 2] == 99:
                    if frame[i + 3] == 101 and frame[i + 4] == 34:
                        field = _PRICE
                        i += 5
            elif c == 113 and frame[i] == 116 and frame[i + 1] == 121 and frame[i + 2] == 34:
                field = _QTY
                i += 3
            if seen_level & field:
                return _ERR_FIELD
            seen_level |= field
        elif where == _IN_ELEMENT:
            if c == 98:
                if frame[i] == 105 and frame[i + 1] == 100 and frame[i + 2] == 115:
                    if frame[i + 3] == 34:
                        field = _BIDS
                        i += 4
            elif c == 97:
                if frame[i] == 115 and frame[i + 1] == 107 and frame[i + 2] == 115:
                    if frame[i + 3] == 34:
                        field = _ASKS
                        i += 4
            elif c == 115:
                if frame[i] == 121 and frame[i + 1] == 109 and frame[i + 2] == 98:
                    if frame[i + 3] == 111 and frame[i + 4] == 108 and frame[i + 5] == 34:
                        field = _SYMBOL
                        i += 6
            elif c == 99:
                if frame[i] == 104 and frame[i + 1] == 101 and frame[i + 2] == 99:
                    if frame[i + 3] == 107 and frame[i + 4] == 115 and frame[i + 5] == 117:
                        if frame[i + 6] == 109 and frame[i + 7] == 34:
                            field = _CHECKSUM
                            i += 8
            elif c == 116 and frame[i] == 105 and frame[i + 1] == 109 and frame[i + 2] == 101:
                if frame[i + 3] == 115 and frame[i + 4] == 116 and frame[i + 5] == 97:
                    if frame[i + 6] == 109 and frame[i + 7] == 112 and frame[i + 8] == 34:
                        field = _TIMESTAMP
                        i += 9
            if seen_element & field:
                return _ERR_FIELD
            seen_element |= field
        else:
            if c == 99:
                if frame[i] == 104 and frame[i + 1] == 97 and frame[i + 2] == 110:
                    if frame[i + 3] == 110 and frame[i + 4] == 101 and frame[i + 5] == 108:
                        if frame[i + 6] == 34:
                            field = _CHANNEL
                            i += 7
            elif c == 116:
                if frame[i] == 121 and frame[i + 1] == 112 and frame[i + 2] == 101:
                    if frame[i + 3] == 34:
                        field = _TYPE
                        i += 4
            elif c == 100 and frame[i] == 97 and frame[i + 1] == 116 and frame[i + 2] == 97:
                if frame[i + 3] == 34:
                    field = _DATA
                    i += 4
            if seen_top & field:
                return _ERR_FIELD
            seen_top |= field
        if field == _UNKNOWN:
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

        if field >= _PRICE or field == _CHECKSUM:
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
            if field != _CHECKSUM:
                d = level + (_L_PRICE if field == _PRICE else _L_QTY)
                upd[d] = hi
                upd[d + _N_LO] = lo
                upd[d + _N_FRAC] = frac
                upd[d + _N_POS] = first
                upd[d + _N_LEN] = digits
            else:
                if frac != 0 or hi > 4:
                    return _ERR_NUMBER
                # hi * 10**9 + lo in two halves of 16 bits; 10**9 is 15258 * 65536 + 51712.
                rest = hi * 51712 + (lo & 65535)
                d = hi * 15258 + (lo >> 16) + (rest >> 16)
                if d > 65535:
                    return _ERR_NUMBER
                upd[group + _G_CRC_HIGH] = d
                upd[group + _G_CRC_LOW] = rest & 65535

        elif field & _STRINGS:
            if c != 34:
                return _ERR_FIELD
            i += 1
            start = i
            if field == _SYMBOL:
                d = symbols[0]
                while d > 0:
                    d -= 1
                    room = 1 + d * _SYMBOL_STRIDE
                    rest = room + symbols[room]
                    while room < rest and symbols[room + 1] == frame[i]:
                        room += 1
                        i += 1
                    if room == rest and frame[i] == 34:
                        upd[group + _G_PAIR] = d
                        break
                    i = start
            c = frame[i]
            while c != 34:
                while c > 34 and c < 92:  # digits and capitals, the most there is
                    i += 1
                    c = frame[i]
                if c == 34:
                    break
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
            if field == _TIMESTAMP:
                # Anything but year-month-dayThour:minute:second...Z leaves the time unknown.
                if room >= 20 and frame[i - 2] == 90 and frame[start + 4] == 45:
                    year = frame[start] * 1000 + frame[start + 1] * 100 + frame[start + 2] * 10
                    year += frame[start + 3] - 53328  # '0' is 48, and 48 * 1111 is 53328
                    month = frame[start + 5] * 10 + frame[start + 6] - 528
                    day = frame[start + 8] * 10 + frame[start + 9] - 528
                    hour = frame[start + 11] * 10 + frame[start + 12] - 528
                    minute = frame[start + 14] * 10 + frame[start + 15] - 528
                    second = frame[start + 17] * 10 + frame[start + 18] - 528
                    ms = 0
                    if room > 23:
                        ms = frame[start + 20] * 100 + frame[start + 21] * 10
                        ms += frame[start + 22] - 5328
                    rest = (year * 12 + month) * 31 + day
                    if year < 1970 or year > 8000 or month < 1 or month > 12:
                        second = -1
                    elif day < 1 or day > 31:
                        second = -1
                    elif rest != upd[_UPD_DATE]:
                        # Days since 1970 by Howard Hinnant's days_from_civil.
                        upd[_UPD_DATE] = rest
                        if month > 2:
                            month -= 3
                        else:
                            month += 9
                            year -= 1
                        d = year // 400
                        year -= d * 400
                        upd[_UPD_DAYS] = (
                            d * 146097
                            + year * 365
                            + year // 4
                            - year // 100
                            + (153 * month + 2) // 5
                            + day
                            - 719469
                        )
                    if hour >= 0 and hour < 24 and minute >= 0 and minute < 60:
                        if second >= 0 and second < 61 and ms >= 0 and ms < 1000:
                            ms += (hour * 3600 + minute * 60 + second) * 1000
                            rest = upd[_UPD_DAYS] * 864  # a day has 864 * 10**5 milliseconds
                            hi = rest // 10000
                            lo = (rest - hi * 10000) * 100000 + ms
                            if lo >= _BILLION:
                                lo -= _BILLION
                                hi += 1
                            upd[group + _G_TIME_HI] = hi
                            upd[group + _G_TIME_LO] = lo
            elif field == _CHANNEL:
                if room == 4 and frame[start] == 98 and frame[start + 1] == 111:
                    if frame[start + 2] == 111 and frame[start + 3] == 107:
                        is_book = 1
                if is_book == 0:
                    if room == 9 and frame[start] == 104 and frame[start + 1] == 101:
                        if frame[start + 2] == 97 and frame[start + 3] == 114:
                            if frame[start + 4] == 116 and frame[start + 5] == 98:
                                if frame[start + 6] == 101 and frame[start + 7] == 97:
                                    if frame[start + 8] == 116:
                                        return _KIND_HEARTBEAT
                    if room < 7 and (frame[start] == 116 or frame[start] == 111):
                        return _KIND_MARKET
                    return _KIND_OTHER
            elif field == _TYPE:
                if room == 6 and frame[start] == 117 and frame[start + 1] == 112:
                    if frame[start + 2] == 100 and frame[start + 3] == 97:
                        if frame[start + 4] == 116 and frame[start + 5] == 101:
                            upd[_UPD_TYPE] = _TYPE_UPDATE
                elif room == 8 and frame[start] == 115 and frame[start + 1] == 110:
                    if frame[start + 2] == 97 and frame[start + 3] == 112:
                        if frame[start + 4] == 115 and frame[start + 5] == 104:
                            if frame[start + 6] == 111 and frame[start + 7] == 116:
                                upd[_UPD_TYPE] = _TYPE_SNAPSHOT

        elif field & _ARRAYS and (field != _DATA or is_book):
            if c != 91:
                return _ERR_FIELD
            i += 1
            side = _SIDE_BID
            if field == _ASKS:
                side = _SIDE_ASK
            where += 1
            expect = _FIRST
            continue

        else:
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

    if where != (_IN_DATA if data_at < 0 else _IN_TOP):
        return _ERR_TRUNCATED
    if upd[_UPD_TYPE] == 0 or seen_top & _DATA == 0:
        return _ERR_FIELD
    upd[_UPD_GROUPS] = (group - _UPD_GROUP) // _GROUP_STRIDE
    return _KIND_BOOK
