"""The loop over record lines that makes rows of quotes, signals and alerts of them, compiled natively.

All in one function: the cache of what was compiled looks at the file of that function only.
"""

# What was last known of each pair, a row of `states`.
S_TIME = 0  # of its last quote
S_BID = 1  # not a number in a gap
S_ASK = 2
S_GAPS = 3  # so far
S_IMBALANCE = 4
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
G_LED = 8  # 1 if the pair that leads says the same
SIGNAL_WORDS = 9

# A row of `alerts`: contagion begins or ends.
A_LEADER = 0  # a pair
A_LED = 1
A_TIME = 2
A_BEGINS = 3  # 1, or 0 where it ends
A_CORRELATION = 4
A_LAG = 5  # ms
ALERT_WORDS = 6

# The counts.
C_PAIRS = 0
C_QUOTES = 1  # rows of this call
C_SIGNALS = 2
C_ALERTS = 3
C_HEARD = 4  # the latest time of all, ms since 1970
C_BACK = 5  # 1 + the first pair whose time went back
COUNT_WORDS = 6

SYMBOL_STRIDE = 20
MOST_PAIRS = 255
# Bytes: every record has at least a kind, a pair and a time.
SHORTEST_RECORD = 24

_BOOK = 0
_SIGNAL = 1
_LIVE = 2
_STALE = 3
_CONTAGION = 4

# The time of a pair hardly ever falls, and then by little; what falls further is another recording.
_JITTER_MS = 1000


def read_records(text, symbols, states, quotes, signals, alerts, counts):
    """Put what the record lines of `text` tell into `quotes`, `signals` and `alerts`; `counts` says how many.

    There is a row of `quotes` where bid or ask changed and where a gap begins. A signal is given
    the quote and the imbalance of the message that caused it, whose `book` record comes just before
    its own. Records of other kinds are passed over. Returns the number of bytes read. For the
    records, see docs/records.md.
    """
    pos = 0
    counts[C_QUOTES] = 0
    counts[C_SIGNALS] = 0
    counts[C_ALERTS] = 0
    nothing = float("nan")
    while pos < len(text):
        letter = text[pos + 6]
        if letter == 98:  # book
            kind = _BOOK
        elif letter == 115:  # signal, state
            kind = _SIGNAL if text[pos + 7] == 105 else _LIVE
        elif letter == 99 and text[pos + 8] == 110:  # contagion, not corr
            kind = _CONTAGION
        else:
            while text[pos] != 125:
                pos += 1
            pos += 2
            continue
        pair = 0
        led_pair = 0
        side = 0
        is_led = 0
        begins = 0.0
        time = 0.0
        bid = ask = imbalance = confidence = lag = nothing
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
                if length == 1 and (key == 112 or key == 113):  # p, q
                    named = 0
                    while named < counts[C_PAIRS]:
                        at = named * SYMBOL_STRIDE
                        is_it = symbols[at] == pos - begin
                        n = begin
                        while is_it and n < pos:
                            at += 1
                            is_it = symbols[at] == text[n]
                            n += 1
                        if is_it:
                            break
                        named += 1
                    if named == counts[C_PAIRS]:
                        counts[C_PAIRS] += 1
                        states[named, S_BID] = states[named, S_ASK] = nothing
                        at = named * SYMBOL_STRIDE
                        symbols[at] = pos - begin
                        for n in range(begin, pos):
                            symbols[at + 1 + n - begin] = text[n]
                    if key == 112:
                        pair = named
                    else:
                        led_pair = named
                elif length == 4 and text[begin] == 66:  # side, BUY
                    side = 1
                elif length == 4 and text[begin] == 83:  # side, SELL
                    side = 0 - 1
                elif length == 2 and text[begin] == 83:  # st, STALE
                    kind = _STALE
                elif length == 3 and text[begin] == 108:  # why, leader
                    is_led = 1
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
                if key == 108:  # lag
                    lag = number
                elif key == 111:  # on
                    begins = number
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

        if kind == _CONTAGION:
            alert = alerts[counts[C_ALERTS]]
            alert[A_LEADER] = pair
            alert[A_LED] = led_pair
            alert[A_TIME] = time
            alert[A_BEGINS] = begins
            alert[A_CORRELATION] = confidence
            alert[A_LAG] = lag
            counts[C_ALERTS] += 1
            continue
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
            signal[G_IMBALANCE] = state[S_IMBALANCE]
            signal[G_CONFIDENCE] = confidence
            signal[G_BID] = state[S_BID]
            signal[G_ASK] = state[S_ASK]
            signal[G_GAPS] = state[S_GAPS]
            signal[G_LED] = is_led
            counts[C_SIGNALS] += 1
        if kind in (_SIGNAL, _LIVE):
            continue
        state[S_IMBALANCE] = imbalance
        if not bid <= ask:
            # A book that is STALE, lacks a side or is crossed has no mid.
            bid = ask = nothing
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
