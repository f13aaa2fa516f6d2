"""The loop over record lines that makes rows of quotes and signals of them, compiled natively.

All in one function: the cache of what was compiled looks at the file of that function only.
"""

# What was last known of each pair, a row of `states`.
S_TIME = 0  # of its last quote
S_BID = 1  # not a number in a gap
S_ASK = 2
S_GAPS = 3  # so far
S_SIGNAL = 4  # 1 + the signal whose quote has yet to come
S_HEARD = 5  # the time of its last record
STATE_WORDS = 6

# A row of `quotes`; where a gap begins, bid and ask are not numbers.
Q_PAIR = 0
Q_TIME = 1
Q_BID = 2
Q_ASK = 3
QUOTE_WORDS = 4

# A row of `signals`.
G_PAIR = 0
G_TIME = 1
G_SIDE = 2  # 1 to buy, -1 to sell
G_IMBALANCE = 3
G_CONFIDENCE = 4
G_BID = 5
G_ASK = 6
G_GAPS = 7  # of its pair before it
SIGNAL_WORDS = 8

# The counts.
C_PAIRS = 0
C_QUOTES = 1  # rows of this call
C_SIGNALS = 2
C_HEARD = 3  # the latest time of all, ms since 1970
C_BACK = 4  # 1 + the first pair whose time went back
COUNT_WORDS = 5

SYMBOL_STRIDE = 20
MOST_PAIRS = 255
# Bytes: every record has at least a kind, a pair and a time.
SHORTEST_RECORD = 24

_BOOK = 0
_SIGNAL = 1
_LIVE = 2
_STALE = 3

# The time of a pair hardly ever falls, and then by little; what falls further is another recording.
_JITTER_MS = 1000


def read_records(text, symbols, states, quotes, signals, counts):
    """Put what the record lines of `text` tell into `quotes` and `signals`; `counts` says how many.

    There is a row of `quotes` where bid or ask changed and where a gap begins. A signal is given
    the quote of the message that caused it, whose record comes after its own. Returns the number of
    bytes read. For the records, see docs/records.md.
    """
    pos = 0
    counts[C_QUOTES] = 0
    counts[C_SIGNALS] = 0
    nothing = float("nan")
    while pos < len(text):
        kind = _BOOK
        if text[pos + 6] == 115:  # s
            kind = _SIGNAL if text[pos + 7] == 105 else _LIVE
        pair = 0
        side = 0
        time = 0.0
        bid = ask = imbalance = confidence = nothing
        # At the mark before a key: `{` or `,`.
        while text[pos] != 125:
            pos += 2
            key = text[pos]
            length = 0
            while text[pos] != 34:
                pos += 1
                length += 1
            pos += 2
            if text[pos] == 34:
                pos += 1
                begin = pos
                while text[pos] != 34:
                    pos += 1
                if key == 112:  # p
                    while pair < counts[C_PAIRS]:
                        at = pair * SYMBOL_STRIDE
                        is_it = symbols[at] == pos - begin
                        n = begin
                        while is_it and n < pos:
                            at += 1
                            is_it = symbols[at] == text[n]
                            n += 1
                        if is_it:
                            break
                        pair += 1
                    if pair == counts[C_PAIRS]:
                        counts[C_PAIRS] += 1
                        states[pair, S_BID] = states[pair, S_ASK] = nothing
                        at = pair * SYMBOL_STRIDE
                        symbols[at] = pos - begin
                        for n in range(begin, pos):
                            symbols[at + 1 + n - begin] = text[n]
                elif length == 4 and text[begin] == 66:  # side, BUY
                    side = 1
                elif length == 4 and text[begin] == 83:  # side, SELL
                    side = 0 - 1
                elif length == 2 and text[begin] == 83:  # st, STALE
                    kind = _STALE
                pos += 1
                continue
            is_minus = text[pos] == 45
            number = nothing
            if text[pos] != 110:  # null
                value = 0
                scale = 1.0
                growth = 1.0
                while text[pos] != 44 and text[pos] != 125:
                    digit = text[pos]
                    if digit == 46:
                        growth = 10.0
                    elif digit != 45:
                        value = value * 10 + digit - 48
                        scale *= growth
                    pos += 1
                number = value / scale
                if is_minus:
                    number = 0.0 - number
            while text[pos] != 44 and text[pos] != 125:
                pos += 1
            if length > 1:
                continue
            if key == 116:  # t
                time = number
            elif key == 98:  # b
                bid = number
            elif key == 97:  # a
                ask = number
            elif key == 105:  # i
                imbalance = number
            elif key == 99:  # c
                confidence = number
        pos += 2

        state = states[pair]
        was_gap = state[S_BID] != state[S_BID]
        if time == 0.0:
            time = float(counts[C_HEARD])  # a snapshot need not tell its time
        if time < state[S_TIME]:
            if time < state[S_TIME] - _JITTER_MS and not was_gap and counts[C_BACK] == 0:
                counts[C_BACK] = 1 + pair
            time = state[S_TIME]
        counts[C_HEARD] = max(counts[C_HEARD], int(time))
        state[S_HEARD] = time
        if kind == _SIGNAL and side != 0:
            signal = signals[counts[C_SIGNALS]]
            signal[G_PAIR] = pair
            signal[G_TIME] = time
            signal[G_SIDE] = side
            signal[G_IMBALANCE] = imbalance
            signal[G_CONFIDENCE] = confidence
            counts[C_SIGNALS] += 1
            state[S_SIGNAL] = counts[C_SIGNALS]
        if kind in (_SIGNAL, _LIVE):
            continue
        if not bid <= ask:
            # A book that is STALE, lacks a side or is crossed has no mid.
            bid = ask = nothing
        if state[S_SIGNAL] > 0:
            signal = signals[int(state[S_SIGNAL]) - 1]
            signal[G_BID] = bid
            signal[G_ASK] = ask
            signal[G_GAPS] = state[S_GAPS]
            state[S_SIGNAL] = 0
        is_gap = bid != bid
        is_same = bid == state[S_BID] and ask == state[S_ASK]
        if time == 0.0 or is_same or (is_gap and was_gap):
            continue
        quote = quotes[counts[C_QUOTES]]
        quote[Q_PAIR] = pair
        quote[Q_TIME] = time
        quote[Q_BID] = bid
        quote[Q_ASK] = ask
        counts[C_QUOTES] += 1
        state[S_TIME] = time
        state[S_BID] = bid
        state[S_ASK] = ask
        if is_gap:
            state[S_GAPS] += 1
    return pos
