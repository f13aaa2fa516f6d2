"""The known case as frames of the exchange: books that follow planted prices, trades and tickers, true checksums."""

import re
from datetime import UTC, datetime

import spelling
from meaning_feeds import planted

PAIRS = ("BTC/USD", "ETH/USD", "BTC/EUR")
LEADER, FOLLOWER = PAIRS[:2]
CHANNELS = ["ticker", "trade"]
BEGIN_MS = 1_787_608_800_000
_ROUND_MS = 100
_APART_MS = 10  # messages of a round
_FIRST_MS = 5
_LEVELS = 2
_SPELL = 30  # rounds; in each of them every pair leans to either side once
_BUYING, _SELLING = range(10, 15), range(25, 28)
_HEAVY, _LIGHT = 9, 1
_QTY_DECIMALS = 8
_TRADE_EVERY, _TICKER_EVERY = 7, 50


def write(path, damaged=None, **given):
    """A capture of `planted(**given)`; returns its frames. For `damaged` see `told`."""
    lines = list(told(planted(**given), damaged=damaged))
    text = [b"%d.%06d: %s\n" % (ms // 1000, ms % 1000 * 1000, frame) for ms, frame in lines]
    path.write_bytes(b"".join(text))
    return [frame for _, frame in lines]


def told(rounds, names=PAIRS, damaged=None, channels=True):
    """(milliseconds since 1970, frame) of every message: each round a book message of each pair.

    `damaged` {round: rounds}: in that round the follower's checksum is wrong, so many later it has
    a snapshot that tells no time.
    """
    exchange = spelling.Exchange(10)
    known = [((), ())] * len(names)
    damaged = damaged or {}
    fresh = {at + later for at, later in damaged.items()}
    for n, prices in enumerate(rounds):
        for pair, price in enumerate(prices):
            after_ms = n * _ROUND_MS + pair * _APART_MS + _FIRST_MS
            ms, time = BEGIN_MS + after_ms, stamp(after_ms)
            sides = _sides(price, n)
            said = [
                [(old, _text(0)) for old, _ in before if old not in dict(now)] + now
                for before, now in zip(known[pair], sides, strict=True)
            ]
            follows = names[pair] == FOLLOWER
            if n == 0:
                yield ms, exchange.say("snapshot", names[pair], *sides, time)
            elif follows and n in fresh:
                yield ms, exchange.say("snapshot", names[pair], *sides)
            else:
                frame = exchange.say("update", names[pair], *said, time)
                if follows and n in damaged:
                    frame = wrong(frame)
                yield ms, frame
            known[pair] = sides
            best = sides[n & 1][0][0]
            if channels and n % _TRADE_EVERY == pair:
                yield ms, trade(names[pair], n, best, _text(10**6 + n), time)
            if channels and n % _TICKER_EVERY == pair:
                yield ms, _ticker(names[pair], sides, best, time)


def wrong(frame):
    """The same with a checksum that proves nothing."""
    return re.sub(rb'"checksum":\d+', b'"checksum":7', frame)


def stamp(after_ms):
    """The exchange's text of a time, in milliseconds since the feed began."""
    moment = datetime.fromtimestamp((BEGIN_MS + after_ms) / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{after_ms % 1000:03}000Z"


def _sides(price, n):
    """Bids and asks about a mid; they lean as the round wants it."""
    hi, lo, decimals = price
    mid = hi * 10**9 + lo
    buying, selling = n % _SPELL in _BUYING, n % _SPELL in _SELLING
    weights = (_HEAVY if buying else _LIGHT, _HEAVY if selling else _LIGHT)
    return [
        [
            (spelling.plain(mid + sign * k, decimals), _text(weight * 10**7 + n % 97 + k))
            for k in range(1, 1 + _LEVELS)
        ]
        for sign, weight in zip((-1, 1), weights, strict=True)
    ]


def _text(units):
    return spelling.plain(units, _QTY_DECIMALS)


def trade(symbol, number, price, size, stamp):
    """A trade; of three numbers two are sold."""
    side = "sell" if number % 3 else "buy"
    row = (
        f'{{"symbol":"{symbol}","side":"{side}","price":{price},"qty":{size},'
        f'"ord_type":"market","trade_id":{number},"timestamp":"{stamp}"}}'
    )
    return f'{{"channel":"trade","type":"update","data":[{row}]}}'.encode()


def _ticker(symbol, sides, last, stamp):
    (bid, bid_qty), (ask, ask_qty) = (side[0] for side in sides)
    row = (
        f'{{"symbol":"{symbol}","bid":{bid},"bid_qty":{bid_qty},"ask":{ask},"ask_qty":{ask_qty},'
        f'"last":{last},"volume":12.5,"vwap":{last},"low":{bid},"high":{ask},"change":-1.5,'
        f'"change_pct":-0.01,"timestamp":"{stamp}"}}'
    )
    return f'{{"channel":"ticker","type":"update","data":[{row}]}}'.encode()
