"""Pick the wanted values out of JSON text that arrives piece by piece, as numbers, times and words."""

import micropython
from micropython import const

_ERR_SYNTAX = const(-1)
_ERR_NESTING = const(-7)

# The state: why `pick` returned (its owner sets 0 before a new text), then what it must remember.
_PICK_STATUS = const(0)
_PICK_WHERE = const(1)
_PICK_LEVEL = const(2)  # the open bracket's place in this buffer
_PICK_HASH = const(3)  # of the path to the current member
_PICK_COLUMN = const(4)  # the current scalar's place in the spec, 0: not wanted
_PICK_ROW_LEVEL = const(5)  # the bracket that the row began with, 0: in no row
_PICK_ESCAPED = const(6)
_PICK_PHASE = const(7)
_PICK_NUMBER = const(8)  # seven words: of a number, or a time's year to milliseconds
_PICK_LO = const(9)
_PICK_FRAC = const(10)
_PICK_DIGITS = const(11)
_PICK_EXPONENT = const(12)
_PICK_MINUS = const(13)
_PICK_EXPONENT_MINUS = const(14)
_PICK_TEXT = const(15)  # a scalar's length, then its first 32 characters, four a word
_PICK_TEXT_WORDS = const(9)
_PICK_TEXT_BYTES = const(32)
_PICK_LEVELS = const(24)  # of each open bracket: the path's hash, then what is in it
_PICK_LAST_LEVEL = const(46)
# Why it returned. Negative: the text is refused.
_PICK_BEGIN = const(0)
_PICK_MORE = const(1)  # the piece is used up
_PICK_ROW = const(2)  # a row is complete
_PICK_END = const(3)  # the text's last bracket is closed

# The spec, as paths.py makes it: counts of columns and of wild brackets, the row's hash; then.
_SPEC_ROW = const(2)
_SPEC_WILD = const(6)
_HASH_BYTES = const(4)
_COLUMN_STRIDE = const(6)
_C_KIND = const(4)
_C_PLACE = const(5)
_C_KINDS = const(3)  # a mask
_C_TIME = const(1)
_C_TEXT = const(2)
_C_INSIDE = const(4)  # a flag: the column begins anew with each row

_PATH_START = const(1)
_PATH_MASK = const(0x3FFFFF)
_PATH_FACTOR = const(509)

# What is in a bracket: an array's next index, or
_BY_KEY = const(-1)
_ANY_KEY = const(-2)
_ANY_INDEX = const(-3)

# What comes next.
_AT_VALUE = const(0)
_AT_FIRST = const(1)  # a member or the end
_AT_KEY = const(2)
_AT_COLON = const(3)
_AT_COMMA = const(4)  # a comma or the end
_AT_END = const(5)
_IN_KEY = const(6)
_IN_STRING = const(7)
_IN_BARE = const(8)  # a number, true, false, null

# How far a number is.
_NUM_BEGIN = const(0)
_NUM_MINUS = const(1)
_NUM_ZERO = const(2)
_NUM_WHOLE = const(3)
_NUM_DOT = const(4)
_NUM_FRACTION = const(5)
_NUM_E = const(6)
_NUM_E_SIGN = const(7)
_NUM_E_DIGITS = const(8)
_NUM_NONE = const(9)

_MOST_DIGITS = const(18)
_MOST_DECIMALS = const(19)
_MOST_EXPONENT = const(99)
_HUNDRED_MILLION = const(100000000)
_BILLION = const(1000000000)
_SYMBOL_STRIDE = const(20)


@micropython.viper
def pick(chunk: ptr8, i: int, end: int, state: ptr32, spec: ptr8, row: ptr32) -> int:
    """Take in `chunk[i:end]`, fill `row` as `spec` says; returns how far it got, `state[0]` why no further.

    Unknown members are skipped; of what is skipped only strings, brackets, commas and colons are
    checked. Memory does not grow with the text.
    """
    columns = _SPEC_WILD + spec[1] * _HASH_BYTES
    columns_end = columns + spec[0] * _COLUMN_STRIDE
    where = state[_PICK_WHERE]
    level = state[_PICK_LEVEL]
    h = state[_PICK_HASH]
    clear = 0  # 1: the row's columns, 2: all
    if state[_PICK_STATUS] == _PICK_BEGIN:
        state[_PICK_ROW_LEVEL] = 0
        where = _AT_VALUE
        level = _PICK_LEVELS - 2
        h = _PATH_START
        clear = 2
    elif state[_PICK_STATUS] < 0 or state[_PICK_STATUS] == _PICK_END:
        return i
    status = _PICK_MORE
    if where == _AT_END:
        status = _PICK_END
        end = i
    while clear > 0 or i < end:
        if clear > 0:
            k = columns
            while k < columns_end:
                if clear == 2 or spec[k + _C_KIND] & _C_INSIDE:
                    d = spec[k + _C_PLACE]
                    n = spec[k + _C_KIND] & _C_KINDS
                    row[d] = 0
                    if n < _C_TEXT:
                        row[d + 1] = 0
                        row[d + 2] = n - 1  # a number is null, a time 0
                        row[d + 3] = 0
                k += _COLUMN_STRIDE
            clear = 0
            continue
        c = chunk[i]
        if where < _IN_KEY:
            i += 1
            if c <= 32:
                if c == 32 or c == 10 or c == 13 or c == 9:
                    continue
                status = _ERR_SYNTAX
                break
            inside = _ANY_INDEX
            if level >= _PICK_LEVELS:
                inside = state[level + 1]
            elif c != 123 and c != 91:
                status = _ERR_SYNTAX
                break
            keyed = 1 if inside == _BY_KEY or inside == _ANY_KEY else 0
            if where == _AT_COLON:
                if c != 58:
                    status = _ERR_SYNTAX
                    break
                where = _AT_VALUE
                continue
            if where == _AT_COMMA and c == 44:
                where = _AT_KEY if keyed else _AT_VALUE
                continue
            if c == 125 or c == 93:
                if c != (125 if keyed else 93) or (where != _AT_COMMA and where != _AT_FIRST):
                    status = _ERR_SYNTAX
                    break
                where = _AT_COMMA
                if level == _PICK_LEVELS:
                    where = _AT_END
                    status = _PICK_END
                if level == state[_PICK_ROW_LEVEL]:
                    state[_PICK_ROW_LEVEL] = 0
                    status = _PICK_ROW
                level -= 2
                if status != _PICK_MORE:
                    break
                continue
            if where == _AT_COMMA:
                status = _ERR_SYNTAX
                break

            # A key or a value begins: the hash of its path, or what that begins with.
            wanted = -1
            if keyed and where != _AT_VALUE:
                if c != 34:
                    status = _ERR_SYNTAX
                    break
                where = _IN_KEY
                h = (state[level] & _PATH_MASK) * _PATH_FACTOR + 47
                if inside == _ANY_KEY:
                    h = (h & _PATH_MASK) * _PATH_FACTOR + 42
                    wanted = (h & _PATH_MASK) * _PATH_FACTOR + 35
            else:
                if keyed == 0 and level >= _PICK_LEVELS:
                    d = 42
                    if inside >= 0:
                        d = 48 + inside  # behind the index 9 comes a colon: no index
                        if inside < 10:
                            state[level + 1] = inside + 1
                    h = (state[level] & _PATH_MASK) * _PATH_FACTOR + 47
                    h = (h & _PATH_MASK) * _PATH_FACTOR + d
                if c == 123 or c == 91:
                    if level >= _PICK_LAST_LEVEL:
                        status = _ERR_NESTING
                        break
                    level += 2
                    state[level] = h
                    d = 0
                    k = _SPEC_ROW
                    while k < columns:
                        if spec[k] == h & 255 and spec[k + 1] == (h >> 8) & 255:
                            if spec[k + 2] == (h >> 16) & 255 and spec[k + 3] == h >> 24:
                                if k > _SPEC_ROW:
                                    d = 1
                                elif state[_PICK_ROW_LEVEL] == 0:
                                    state[_PICK_ROW_LEVEL] = level
                                    clear = 1
                        k += _HASH_BYTES
                    if c == 123:
                        state[level + 1] = _BY_KEY - d
                    else:
                        state[level + 1] = _ANY_INDEX * d
                    where = _AT_FIRST
                    continue
                if c == 34:
                    where = _IN_STRING
                elif c == 45 or (c >= 48 and c <= 57) or (c >= 97 and c <= 122):
                    where = _IN_BARE
                    i -= 1
                else:
                    status = _ERR_SYNTAX
                    break
                wanted = h
            d = 0
            k = columns
            while k < columns_end and d == 0:
                if spec[k] == wanted & 255 and spec[k + 1] == (wanted >> 8) & 255:
                    if spec[k + 2] == (wanted >> 16) & 255 and spec[k + 3] == wanted >> 24:
                        d = k
                k += _COLUMN_STRIDE
            state[_PICK_COLUMN] = d
            state[_PICK_ESCAPED] = 0
            state[_PICK_TEXT] = 0
            state[_PICK_PHASE] = _NUM_BEGIN
            k = _PICK_NUMBER
            while k < _PICK_TEXT:
                state[k] = 0
                k += 1
            continue

        # In a key or a scalar.
        column = state[_PICK_COLUMN]
        escaped = state[_PICK_ESCAPED]
        length = state[_PICK_TEXT]
        phase = state[_PICK_PHASE]
        done = 0
        hashed = 1 if where == _IN_KEY and state[level + 1] == _BY_KEY else 0
        while i < end:
            c = chunk[i]
            if where == _IN_BARE:
                if (c < 48 or c > 57) and c != 46 and c != 45 and c != 43:
                    if c == 44 or c == 125 or c == 93 or c <= 32:
                        done = 1
                        break
                    if (c | 32) < 97 or (c | 32) > 122:
                        status = _ERR_SYNTAX
                        break
                i += 1
            else:
                i += 1
                if escaped:
                    escaped = 0
                elif c == 34:
                    done = 1
                    break
                elif c == 92:
                    escaped = 1
                    continue
                if c < 32:
                    status = _ERR_SYNTAX
                    break
            if hashed:
                h = (h & _PATH_MASK) * _PATH_FACTOR
                if c != 47:  # a slash in a key is none of the path's
                    h += c
            if column == 0:
                continue
            if length < _PICK_TEXT_BYTES:
                k = _PICK_TEXT + 1 + (length >> 2)
                n = length & 3
                # Anything that a text of JSON could not hold as it is becomes a question mark.
                d = 63 if c > 126 or c == 34 or c == 92 else c
                if n == 0:
                    state[k] = d
                else:
                    state[k] = state[k] + (d << (n << 3))
            if length < _HUNDRED_MILLION:
                length += 1
            if phase == _NUM_NONE:
                continue
            if c >= 48 and c <= 57:
                d = c - 48
                if phase >= _NUM_E:
                    phase = _NUM_E_DIGITS
                    n = state[_PICK_EXPONENT] * 10 + d
                    if n > _MOST_EXPONENT:
                        phase = _NUM_NONE
                    state[_PICK_EXPONENT] = n
                    continue
                if phase == _NUM_ZERO:
                    phase = _NUM_NONE
                    continue
                if phase < _NUM_ZERO:
                    phase = _NUM_WHOLE if d > 0 else _NUM_ZERO
                elif phase != _NUM_WHOLE:
                    phase = _NUM_FRACTION
                    state[_PICK_FRAC] = state[_PICK_FRAC] + 1
                n = state[_PICK_DIGITS]
                if n > 0 or d > 0:
                    state[_PICK_DIGITS] = n + 1
                    k = state[_PICK_LO]
                    if n >= _MOST_DIGITS:
                        phase = _NUM_NONE
                    elif n < 9:
                        state[_PICK_LO] = k * 10 + d
                    else:
                        n = k // _HUNDRED_MILLION
                        state[_PICK_LO] = (k - n * _HUNDRED_MILLION) * 10 + d
                        state[_PICK_NUMBER] = state[_PICK_NUMBER] * 10 + n
            elif c == 46 and (phase == _NUM_ZERO or phase == _NUM_WHOLE):
                phase = _NUM_DOT
            elif (c == 101 or c == 69) and (
                phase == _NUM_ZERO or phase == _NUM_WHOLE or phase == _NUM_FRACTION
            ):
                phase = _NUM_E
            elif c == 45 and phase == _NUM_BEGIN:
                phase = _NUM_MINUS
                state[_PICK_MINUS] = 1
            elif (c == 45 or c == 43) and phase == _NUM_E:
                phase = _NUM_E_SIGN
                state[_PICK_EXPONENT_MINUS] = 1 if c == 45 else 0
            else:
                phase = _NUM_NONE
        if status < 0:
            break
        if done == 0:
            state[_PICK_ESCAPED] = escaped
            state[_PICK_TEXT] = length
            state[_PICK_PHASE] = phase
            continue
        where = _AT_COLON if where == _IN_KEY else _AT_COMMA
        if column == 0:
            continue
        state[_PICK_TEXT] = length
        n = spec[column + _C_KIND] & _C_KINDS
        place = spec[column + _C_PLACE]
        if n >= _C_TEXT:
            k = 0
            while k < _PICK_TEXT_WORDS:
                row[place + k] = state[_PICK_TEXT + k]
                k += 1
            continue
        hi = state[_PICK_NUMBER]
        lo = state[_PICK_LO]
        decimals = state[_PICK_FRAC]
        d = state[_PICK_EXPONENT]
        decimals -= 0 - d if state[_PICK_EXPONENT_MINUS] else d
        if n == _C_TIME:
            decimals -= 3  # seconds to milliseconds
        if phase == _NUM_ZERO or phase == _NUM_WHOLE or phase == _NUM_FRACTION:
            phase = _NUM_E_DIGITS
        while decimals < 0 and hi < _HUNDRED_MILLION:
            d = lo // _HUNDRED_MILLION
            lo = (lo - d * _HUNDRED_MILLION) * 10
            hi = hi * 10 + d
            decimals += 1
        if n != _C_TIME:
            if phase != _NUM_E_DIGITS or decimals < 0 or decimals > _MOST_DECIMALS:
                decimals = -1
                hi = 0
                lo = 0
            row[place] = hi
            row[place + 1] = lo
            row[place + 2] = decimals
            row[place + 3] = 0 if decimals < 0 else state[_PICK_MINUS]
            continue
        if phase == _NUM_E_DIGITS:
            while decimals > 0 and (hi > 0 or lo > 0):
                d = hi // 10
                lo = (hi - d * 10) * _HUNDRED_MILLION + lo // 10
                hi = d
                decimals -= 1
            if decimals < 0 or state[_PICK_MINUS]:
                hi = 0
                lo = 0
        else:
            # year-month-dayThour:minute:second.fractionZ
            hi = 0
            lo = 0
            n = 0  # characters that are as they must be
            k = 0  # digits' value
            d = _PICK_NUMBER
            if length >= 20 and length <= _PICK_TEXT_BYTES:
                while n < length:
                    c = (state[_PICK_TEXT + 1 + (n >> 2)] >> ((n & 3) << 3)) & 255
                    digit = 1 if c >= 48 and c <= 57 else 0
                    if n == 4 or n == 7 or n == 10 or n == 13 or n == 16 or n == 19:
                        if digit:
                            break
                        state[d] = k
                        d += 1
                        k = 0
                    elif n == length - 1:
                        digit = 0
                    elif digit == 0:
                        break
                    elif n < 23:
                        k = k * 10 + c - 48
                    n += 1
            if n == length and c == 90 and n >= 20:
                # Fewer than three decimals of a second are filled up.
                while n < 24:
                    if n > 20:
                        k = k * 10
                    n += 1
                year = state[_PICK_NUMBER]
                month = state[_PICK_NUMBER + 1]
                day = state[_PICK_NUMBER + 2]
                d = state[_PICK_NUMBER + 3] * 60 + state[_PICK_NUMBER + 4]
                if year >= 1970 and year <= 8000 and month >= 1 and month <= 12:
                    if day >= 1 and day <= 31 and d < 1440 and state[_PICK_NUMBER + 4] < 60:
                        if state[_PICK_NUMBER + 5] < 61:
                            lo = (d * 60 + state[_PICK_NUMBER + 5]) * 1000 + k
                            # Days since 1970 by Howard Hinnant's days_from_civil.
                            if month > 2:
                                month -= 3
                            else:
                                month += 9
                                year -= 1
                            d = year // 400
                            year -= d * 400
                            d = d * 146097 + year * 365 + year // 4 - year // 100
                            d += (153 * month + 2) // 5 + day - 719469
                            d = d * 864  # a day has 864 * 10**5 milliseconds
                            hi = d // 10000
                            lo += (d - hi * 10000) * 100000
                            if lo >= _BILLION:
                                lo -= _BILLION
                                hi += 1
        row[place] = hi
        row[place + 1] = lo
        row[place + 2] = 0
        row[place + 3] = 0
    state[_PICK_STATUS] = status
    state[_PICK_WHERE] = where
    state[_PICK_LEVEL] = level
    state[_PICK_HASH] = h
    return i


@micropython.viper
def find(names: ptr8, words: ptr32, at: int) -> int:
    """The number of the name in `names` (laid out like the symbols) that is the picked text at `words[at]`, or -1.

    A name that ends in a hyphen stands for all texts that begin like it.
    """
    length = words[at]
    n = names[0]
    while n > 0:
        n -= 1
        k = 1 + n * _SYMBOL_STRIDE
        last = names[k]
        if last > 0 and (last == length or (last < length and names[k + last] == 45)):
            j = 0
            while j < last:
                c = (words[at + 1 + (j >> 2)] >> ((j & 3) << 3)) & 255
                if names[k + 1 + j] != c:
                    break
                j += 1
            if j == last:
                return n
    return -1
