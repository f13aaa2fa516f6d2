"""What ticker, trade, ohlc and spread need besides the books: the values to pick, the records. For start only."""

from array import array

from micropython import const

from firmware.feeds.paths import plan

# The work area and the order of `spec`, as take_market.py has them.
_MARKET_ROW = const(48)
_MARKET_END_CHANNEL = const(85)
_MARKET_SPAN_HI = const(86)
_MARKET_SPAN_LO = const(87)
_MARKET_TRADE = const(88)
_MARKET_LAST = const(89)
_MARKET_LAST_STRIDE = const(4)
_SYMBOL_STRIDE = const(20)
_MS_A_MINUTE = const(60_000)
_BILLION = const(1000000000)

_SIDE_WORDS = const(b"buy\nsell\n")

# A row is: the pair, the time, the last price, more values, for a trade its side. What a message
# does not have is called `-`.
_V2 = const(
    (
        b". channel$ -$",
        b"buy sell",
        b"ticker",
        b"data/* ./symbol$ ./timestamp@ ./last ./high ./low ./volume ./bid ./ask",
        b"trade",
        b"data/* ./symbol$ ./timestamp@ ./price ./qty ./side$",
        b"ohlc",
        b"data/* ./symbol$ ./interval_begin@ ./close ./open ./high ./low ./volume ./trades",
    )
)
_V1 = const(
    (
        b". 2$ 3$",
        b"b s",
        b"ticker",
        b". -$ -@ 1/c/0 1/h/1 1/l/1 1/v/1 1/b/0 1/a/0",
        b"trade",
        b"1/* -$ ./2@ ./0 ./1 ./3$",
        b"ohlc-",
        b". -$ 1/1@ 1/5 1/2 1/3 1/4 1/7 1/8",
        b"spread",
        b". -$ 1/2@ - 1/0 1/3 1/1 1/4",
    )
)
_FUTURES = const(
    (
        b". feed$ product_id$",
        b"buy sell",
        b"ticker",
        b". -$ time last - - volume bid ask",
        b"trade",
        b". -$ time price qty side$",
        b"ticker_lite",
        b". -$ -@ - - - volume bid ask",
    )
)
_LINES = const(
    (
        b'{"k":"tick","p":"%p","t":%0,"l":%1,"h":%2,"lo":%3,"v":%4,"b":%5,"a":%6}%\0',
        b'{"k":"trade","p":"%p","t":%0,"side":"%w","px":%1,"q":%2}%\0',
        b'{"k":"ohlc","p":"%p","t":%0,"o":%2,"h":%3,"l":%4,"c":%1,"v":%5,"n":%6}%\0',
        b'{"k":"spread","p":"%p","t":%0,"b":%2,"bq":%3,"a":%4,"aq":%5}%\0',
    )
)


def make(settings):
    """(pick_words, spec) for the channels of `settings`, as take_market.py wants them."""
    v1 = settings["dialect"] == "spot_v1"
    texts = _V1 if v1 else _V2 if settings["dialect"] == "spot_v2" else _FUTURES
    names = texts[1].split(b" ")
    spec = [plan(texts[0], _MARKET_ROW), b"", _SIDE_WORDS]
    pick_words = array(
        "i", bytes(4 * (_MARKET_LAST + _MARKET_LAST_STRIDE * len(settings["pairs"])))
    )
    for at in range(2, len(texts), 2):
        channel = texts[at]
        if not any(channel.startswith(name.encode()) for name in settings["channels"]):
            continue
        number = b"irhp".find(channel[1:2])  # of ticker, trade, ohlc, spread: the second letter
        if number == 1:
            pick_words[_MARKET_TRADE] = len(names)
        elif v1 and number == 2:
            # It tells when the interval ends.
            span_ms = settings["ohlc_interval"] * _MS_A_MINUTE
            pick_words[_MARKET_END_CHANNEL] = len(names)
            pick_words[_MARKET_SPAN_HI] = span_ms // _BILLION
            pick_words[_MARKET_SPAN_LO] = span_ms % _BILLION
        names.append(channel)
        spec.append(plan(texts[at + 1], _MARKET_ROW))
        spec.append(_LINES[number])
    spec[1] = _table(names)
    return pick_words, tuple(spec)


def _table(names):
    table = bytearray([len(names)])
    for name in names:
        table += bytes([len(name)]) + name + bytes(_SYMBOL_STRIDE - 1 - len(name))
    return bytes(table)
