"""Decode a spot v1 frame where it lies: `[id, {levels}, "book-10", "XBT/USD"]`; of a book, every level as integers."""

import micropython
from micropython import const

# What a frame is. Negative: it is refused, and nothing of it may be used.
_KIND_OTHER = const(0)  # a control frame (status, acks): rare, left to json
_KIND_HEARTBEAT = const(1)
_KIND_BOOK = const(2)
_KIND_MARKET = const(3)  # ticker, trade, spread, ohlc: read no further than to know it
_ERR_SYNTAX = const(-1)
_ERR_TRUNCATED = const(-2)
_ERR_NUMBER = const(-3)
_ERR_DIGITS = const(-4)  # more than 18 significant digits
_ERR_FIELD = const(-5)  # something is missing or doubled
_ERR_LEVELS = const(-6)  # more levels than there is room for
_ERR_NESTING = const(-7)

# The update buffer, as decode_v2 describes it. A v1 frame is always of one pair.
_UPD_GROUPS = const(0)
_UPD_TYPE = const(1)
_UPD_MAX_LEVELS = const(2)
_UPD_PROOF = const(5)  # what proves the message: 0 nothing, 1 its checksum, 2 its sequence number
_UPD_GROUP = const(8)
_G_PAIR = const(0)
_G_FIRST = const(1)
_G_LAST = const(2)
_G_CRC_HIGH = const(3)
_G_CRC_LOW = const(4)
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
_TYPE_SNAPSHOT = const(1)
_TYPE_UPDATE = const(2)
_SIDE_BID = const(0)
_SIDE_ASK = const(1)
_SYMBOL_STRIDE = const(20)

_DOT = const(30)  # 46 ^ 48
_BILLION = const(1000000000)
_MAX_NESTING = const(24)  # of values that are skipped

# Where the scanner is; closing takes one away. Only the one that is odd and not a level is an object.
_IN_ARRAY = const(2)  # the frame itself
_IN_OBJECT = const(3)
_IN_SIDE = const(4)
_IN_LEVEL = const(5)
# What comes next there.
_KEY = const(0)  # a text, its opening quote already passed
_FIRST = const(1)  # a member or the end
_MEMBER = const(2)  # a member, after a comma
_COMMA = const(3)  # a comma or the end
# Which element of the frame comes next.
_PART_ID = const(0)
_PART_OBJECT = const(1)
_PART_CHANNEL = const(2)  # or one more object
_PART_PAIR = const(3)
_PART_NONE = const(4)

_UNKNOWN = const(0)
_ALL_ASKS = const(1)  # "as" and "bs" of a snapshot
_ALL_BIDS = const(2)
_NEW_ASKS = const(4)  # "a" and "b" of an update
_NEW_BIDS = const(8)
_CHECKSUM = const(32)  # "c"
_SNAPSHOT_KEYS = const(3)  # _ALL_ASKS | _ALL_BIDS
_UPDATE_KEYS = const(12)  # _NEW_ASKS | _NEW_BIDS
_ASKS_KEYS = const(5)  # _ALL_ASKS | _NEW_ASKS
_SIDE_KEYS = const(15)


@micropython.viper
def decode(frame: ptr8, i: int, end: int, upd: ptr32, wire: ptr8) -> int:
    """Decode `frame[i:end]` into `upd`; returns a _KIND_ or an _ERR_ code. `wire` has the pairs' names.

    Channel and pair come last, so the levels are read before it is known whose they are. Keys may
    come in any order and unknown ones are skipped, as are texts behind a level's time.
    """
    upd[_UPD_GROUPS] = 0
    upd[_UPD_TYPE] = 0
    # The frame's last bracket is a sentinel: texts and numbers stop there, so their loops need not
    # look at `end`.
    while end > i and frame[end - 1] <= 32:
        end -= 1
    if end <= i:
        return _ERR_TRUNCATED
    if frame[end - 1] == 125:
        # An event. Its name may stand anywhere, but only a heartbeat's is wanted.
        while frame[i] == 32 or frame[i] == 10 or frame[i] == 13 or frame[i] == 9:
            i += 1
        if frame[i] != 123:
            return _ERR_TRUNCATED if frame[i] == 91 else _ERR_SYNTAX
        while i < end:
            if frame[i] == 34 and frame[i + 1] == 101 and frame[i + 2] == 118:
                if frame[i + 3] == 101 and frame[i + 4] == 110 and frame[i + 5] == 116:
                    if frame[i + 6] == 34:
                        i += 7
                        while frame[i] == 58 or frame[i] == 32:
                            i += 1
                        if frame[i] == 34 and frame[i + 1] == 104 and frame[i + 2] == 101:
                            if frame[i + 3] == 97 and frame[i + 4] == 114:
                                if frame[i + 5] == 116 and frame[i + 6] == 98:
                                    if frame[i + 7] == 101 and frame[i + 8] == 97:
                                        if frame[i + 9] == 116 and frame[i + 10] == 34:
                                            return _KIND_HEARTBEAT
            i += 1
        return _KIND_OTHER
    if frame[end - 1] != 93:
        return _ERR_TRUNCATED

    level = _UPD_LEVEL
    levels_end = _UPD_LEVEL + upd[_UPD_MAX_LEVELS] * _LEVEL_STRIDE
    where = 0
    expect = _FIRST
    part = _PART_ID
    side = _SIDE_BID
    column = 0  # of a level: price, quantity, time, whatever else; 0 outside
    seen = 0
    is_book = 0
    time_hi = 0
    time_lo = 0
    while i < end:
        if expect != _KEY:
            c = frame[i]
            i += 1
            if c <= 32:
                if c == 32 or c == 10 or c == 13 or c == 9:
                    continue
                return _ERR_SYNTAX
            if expect == _COMMA and c == 44:
                expect = _MEMBER
                continue
            if c == 93 or c == 125:
                if expect == _MEMBER or where == 0 or c != (125 if where == _IN_OBJECT else 93):
                    return _ERR_SYNTAX
                expect = _COMMA
                if where == _IN_LEVEL:
                    if column < 3:
                        return _ERR_FIELD
                    level += _LEVEL_STRIDE
                    column = 0
                elif where == _IN_ARRAY:
                    where = 0
                    break
                where -= 1
                if where < _IN_SIDE and i < end and frame[i] == 44 and frame[i + 1] == 34:
                    i += 2
                    expect = _KEY
                continue
            if expect == _COMMA:
                return _ERR_SYNTAX
            if where == _IN_SIDE:
                if c != 91:
                    # A ticker's "a" and "b" are an array each, too, but of texts and numbers.
                    if c == 34 and expect == _FIRST and seen & _UPDATE_KEYS:
                        return _KIND_MARKET
                    return _ERR_SYNTAX
                if level >= levels_end:
                    return _ERR_LEVELS
                upd[level] = side
                where = _IN_LEVEL
                column = 0
                expect = _FIRST
                if frame[i] != 34:
                    continue
                i += 1
            elif c != 34:
                if where == _IN_LEVEL:
                    return _ERR_NUMBER
                if c == 123 and (part == _PART_OBJECT or part == _PART_CHANNEL):
                    if where == _IN_OBJECT:
                        return _ERR_SYNTAX
                    where = _IN_OBJECT
                    part = _PART_CHANNEL
                    expect = _FIRST
                    if frame[i] == 34:
                        i += 1
                        expect = _KEY
                    continue
                if c == 91:
                    if where == 0:
                        where = _IN_ARRAY
                        expect = _FIRST
                        continue
                    # Trades are an array of arrays, a spread and a candle one of texts.
                    return _KIND_MARKET if part == _PART_OBJECT else _ERR_SYNTAX
                if where != _IN_ARRAY or part != _PART_ID or c < 48 or c > 57:
                    return _ERR_SYNTAX
                while c != 48 and frame[i] >= 48 and frame[i] <= 57:
                    i += 1
                part = _PART_OBJECT
                expect = _COMMA
                if frame[i] == 44:
                    i += 1
                    expect = _MEMBER
                continue

        # Behind the opening quote of a key, of a level's part or of a name.
        field = _UNKNOWN
        if where == _IN_OBJECT:
            # Comparing stops at the first difference, so it never passes the sentinel.
            c = frame[i]
            if c == 97 or c == 98:
                if frame[i + 1] == 34:
                    field = _NEW_ASKS if c == 97 else _NEW_BIDS
                    i += 2
                elif frame[i + 1] == 115 and frame[i + 2] == 34:
                    field = _ALL_ASKS if c == 97 else _ALL_BIDS
                    i += 3
            elif c == 99 and frame[i + 1] == 34:
                field = _CHECKSUM
                i += 2
            if seen & field:
                return _ERR_FIELD
            seen |= field
            if field == _UNKNOWN:
                while frame[i] != 34:
                    if frame[i] < 32:
                        return _ERR_SYNTAX
                    if frame[i] == 92:
                        i += 1
                    i += 1
                    if i >= end:
                        return _ERR_TRUNCATED
                i += 1

            # The colon, and the value's first character.
            c = frame[i]
            while c <= 32 and (c == 32 or c == 10 or c == 13 or c == 9):
                i += 1
                c = frame[i]
            if c != 58:
                return _ERR_SYNTAX
            i += 1
            c = frame[i]
            while c <= 32 and (c == 32 or c == 10 or c == 13 or c == 9):
                i += 1
                c = frame[i]
            if field == _CHECKSUM:
                if c != 34:
                    return _ERR_NUMBER
                i += 1
            elif field & _SIDE_KEYS:
                if c != 91:
                    return _ERR_FIELD
                i += 1
                side = _SIDE_BID
                if field & _ASKS_KEYS:
                    side = _SIDE_ASK
                where = _IN_SIDE
                expect = _FIRST
                continue
            else:
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
                    elif depth > 0 and (
                        c == 44 or c == 58 or c == 32 or c == 10 or c == 13 or c == 9
                    ):
                        i += 1
                    else:
                        # true, false, null or a number
                        start = i
                        while c > 32 and c != 44 and c != 58 and c != 34 and c < 123:
                            if c == 91 or c == 93:
                                break
                            i += 1
                            c = frame[i]
                        if i == start:
                            return _ERR_SYNTAX
                    if depth == 0:
                        break
                if depth > 0 or i >= end:
                    return _ERR_TRUNCATED

        if field == _CHECKSUM or (where == _IN_LEVEL and column < 2):
            # A number: a zero before the dot and those behind it, then nine significant digits in
            # `lo`, nine in `rest`. Of all characters, `^ 48` makes only digits less than ten.
            start = i
            dot = 0
            c = frame[i] ^ 48
            if c == 0:
                i += 1
                c = frame[i] ^ 48
                if c == _DOT:
                    i += 1
                    dot = i
                    while frame[i] == 48:
                        i += 1
                    c = frame[i] ^ 48
                elif c < 10:
                    return _ERR_NUMBER
            first = i
            lo = 0
            stop = i + 9
            while c < 10 and i < stop:
                lo = lo * 10 + c
                i += 1
                c = frame[i] ^ 48
            if c == _DOT and dot == 0:
                i += 1
                dot = i
                stop += 1
                c = frame[i] ^ 48
                while c < 10 and i < stop:
                    lo = lo * 10 + c
                    i += 1
                    c = frame[i] ^ 48
            hi = 0
            if c < 10:
                rest = 0
                d = 1
                stop = i + 9
                while True:
                    while c < 10:
                        if i >= stop:
                            return _ERR_DIGITS
                        rest = rest * 10 + c
                        d = d * 10
                        i += 1
                        c = frame[i] ^ 48
                    if c != _DOT or dot > 0:
                        break
                    i += 1
                    dot = i
                    stop += 1
                    c = frame[i] ^ 48
                # Move the limbs' boundary: the last nine digits are lo.
                stop = _BILLION // d
                hi = lo // stop
                lo = (lo - hi * stop) * d + rest
            digits = i - first
            frac = 0
            if dot > 0:
                frac = i - dot
                if dot > first:
                    digits -= 1
                if frac == 0 or dot == start + 1:
                    return _ERR_NUMBER
            elif i == start:
                return _ERR_NUMBER
            c = frame[i]
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
                c = frame[i]
            if c != 34:
                return _ERR_NUMBER
            i += 1
            if where == _IN_LEVEL:
                d = level + (_L_PRICE if column == 0 else _L_QTY)
                upd[d] = hi
                upd[d + _N_LO] = lo
                upd[d + _N_FRAC] = frac
                upd[d + _N_POS] = first
                upd[d + _N_LEN] = digits
                column += 1
            else:
                if frac != 0 or hi > 4:
                    return _ERR_NUMBER
                # hi * 10**9 + lo in two halves of 16 bits; 10**9 is 15258 * 65536 + 51712.
                rest = hi * 51712 + (lo & 65535)
                d = hi * 15258 + (lo >> 16) + (rest >> 16)
                if d > 65535:
                    return _ERR_NUMBER
                upd[_UPD_GROUP + _G_CRC_HIGH] = d
                upd[_UPD_GROUP + _G_CRC_LOW] = rest & 65535

        elif where != _IN_OBJECT:
            # A text: a level's time, a mark behind it, the channel or the pair.
            start = i
            if column == 2:
                # Seconds since 1970 with ten digits and decimals, of which the first four digits
                # count 10**9 milliseconds; anything else tells no time.
                while frame[i] ^ 48 < 10:
                    i += 1
                if i == start + 10 and frame[i] == 46:
                    i += 1
                    while frame[i] ^ 48 < 10:
                        i += 1
                    if frame[i] == 34 and i > start + 13:
                        hi = frame[start] * 1000 + frame[start + 1] * 100 + frame[start + 2] * 10
                        hi += frame[start + 3] - 53328  # '0' is 48, and 48 * 1111 is 53328
                        lo = frame[start + 4] * 100 + frame[start + 5] * 10 + frame[start + 6]
                        d = frame[start + 7] * 100 + frame[start + 8] * 10 + frame[start + 9]
                        lo = (lo - 5328) * 1000 + d - 5328
                        d = frame[start + 11] * 100 + frame[start + 12] * 10 + frame[start + 13]
                        lo = lo * 1000 + d - 5328
                        if hi > time_hi or (hi == time_hi and lo > time_lo):
                            time_hi = hi
                            time_lo = lo
            elif part == _PART_PAIR:
                upd[_UPD_GROUP + _G_PAIR] = -1
                d = wire[0]
                while d > 0:
                    d -= 1
                    stop = 1 + d * _SYMBOL_STRIDE
                    rest = stop + wire[stop]
                    while stop < rest and wire[stop + 1] == frame[i]:
                        stop += 1
                        i += 1
                    if stop == rest and frame[i] == 34:
                        upd[_UPD_GROUP + _G_PAIR] = d
                        break
                    i = start
            elif column == 0 and frame[i] == 98 and frame[i + 1] == 111 and frame[i + 2] == 111:
                if frame[i + 3] == 107 and (frame[i + 4] == 45 or frame[i + 4] == 34):
                    is_book = 1
                    i += 4
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
            i += 1
            if where == _IN_LEVEL:
                column += 1
            elif part == _PART_CHANNEL:
                part = _PART_PAIR
            elif part == _PART_PAIR:
                part = _PART_NONE
            else:
                return _ERR_SYNTAX

        # After a value: usually the next text or the level's end follows at once.
        expect = _COMMA
        if frame[i] == 44:
            if frame[i + 1] == 34:
                i += 2
                expect = _KEY
        elif frame[i] == 93 and column > 2:
            i += 1
            level += _LEVEL_STRIDE
            where = _IN_SIDE
            column = 0

    if where > 0:
        return _ERR_TRUNCATED
    if i < end:
        return _ERR_SYNTAX
    if part != _PART_NONE:
        return _ERR_FIELD
    if is_book == 0:
        return _KIND_MARKET
    if seen & _UPDATE_KEYS == 0:
        if seen & _SNAPSHOT_KEYS == 0:
            return _ERR_FIELD
        upd[_UPD_TYPE] = _TYPE_SNAPSHOT
    elif seen & _SNAPSHOT_KEYS or seen & _CHECKSUM == 0:
        return _ERR_FIELD
    else:
        upd[_UPD_TYPE] = _TYPE_UPDATE
    upd[_UPD_PROOF] = 1 if seen & _CHECKSUM else 0
    upd[_UPD_GROUP + _G_FIRST] = _UPD_LEVEL
    upd[_UPD_GROUP + _G_LAST] = level
    upd[_UPD_GROUP + _G_TIME_HI] = time_hi
    upd[_UPD_GROUP + _G_TIME_LO] = time_lo
    upd[_UPD_GROUPS] = 1
    return _KIND_BOOK
