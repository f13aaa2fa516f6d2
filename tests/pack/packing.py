"""A recording and its pack: made, replayed, and all that a replay tells of them."""

from firmware import config
from host import captures
from host.errors import UserError
from host.exchange.recording import record_market
from host.pack import writer
from host.replay.dialects import DIALECTS
from host.replay.engine import Engine

CHANNELS = {
    "spot_v2": ["ticker", "trade", "ohlc"],
    "spot_v1": ["ticker", "trade", "ohlc", "spread"],
    "futures_v1": ["ticker", "trade"],
}
SYMBOLS = ("BTC/USD", "DOGE/USD", "ETH/USD")
COUNTERS = 16


def record(path, dialect, seconds=30):
    """The local Kraken's market with every channel, as a recording."""
    channels = ("book", *CHANNELS[dialect])
    record_market(path, seconds=seconds, symbols=SYMBOLS, dialect=dialect, channels=channels)
    return path


def pack(path, dialect):
    """The pack of a recording, beside it."""
    packed = path.with_name(path.name + ".parquet")
    writer.write(path, DIALECTS[dialect], packed, lambda done: None)
    return packed


def replayed(*paths, dialect, pairs=None, depth=None, **given):
    """The records of every message, what was counted, and what was wrong, but for the files' names."""
    settings = config.check({"dialect": dialect, **given})
    engine = Engine({**settings, "book_interval_ms": 0}, pairs, depth)
    records, complaint = [], None
    try:
        for path in paths:
            engine.begin_file(str(path))
            for chunk in captures.open_feed(path):
                records += [bytes(part) for part in engine.feed(chunk)]
    except UserError as error:
        complaint = str(error).partition(": ")[2]
    told = {
        "counters": [engine.counter(n) for n in range(COUNTERS)],
        "pairs": engine.pairs,
        "depths": engine.depths,
        "unfollowed": engine.unfollowed,
        "garbage": (engine.garbage, (engine.first_garbage or [None])[1:]),
        "malformed": (engine.malformed, (engine.first_malformed or [None])[1:]),
        "levels": engine.levels,
        "taken": engine.taken,
        "early": engine.early,
        "market": (engine.market, engine.market_skipped),
        "complaint": complaint,
    }
    return b"".join(records), told
