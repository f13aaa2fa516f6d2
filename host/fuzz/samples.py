"""Frames of our own that the fuzzing begins from, in every dialect and channel."""

from host.fuzz.doors import FRAME, PIECE

# With a CRC table of zeros every text has this checksum, so that a made-up frame can be proved, and
# what comes behind the proof can be reached.
ANY_CHECKSUM = 0xFFFFFFFF


def joined(*frames: bytes) -> bytes:
    return bytes([FRAME]).join(frames)


def pieces(text: bytes, size: int) -> bytes:
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    return b"".join(bytes([PIECE]) + part for part in parts)


def _v2_levels(first: int, step: int, count: int) -> bytes:
    level = b'{"price":%d.%d,"qty":%d.%08d}'
    prices = [first + step * n for n in range(count)]
    return b",".join(level % (p // 10, p % 10, n % 3, 19 + n) for n, p in enumerate(prices))


def _v2(kind: bytes, pair: bytes, bids: bytes, asks: bytes, ms: int = 0) -> bytes:
    time = b"" if kind == b"snapshot" else b',"timestamp":"2026-10-03T20:58:30.%03d234Z"' % ms
    return (
        b'{"channel":"book","type":"%s","data":[{"symbol":"%s","bids":[%s],"asks":[%s],'
        b'"checksum":%d%s}]}' % (kind, pair, bids, asks, ANY_CHECKSUM, time)
    )


def v2_snapshot(pair: bytes, count: int = 4) -> bytes:
    return _v2(b"snapshot", pair, _v2_levels(837442, -1, count), _v2_levels(837443, 1, count))


V2_UPDATE = _v2(b"update", b"BTC/USD", b'{"price":83744.2,"qty":0.00000000}', b"", 7)
V2_BOTH = _v2(b"update", b"ETH/USD", _v2_levels(837440, -3, 2), _v2_levels(837444, 2, 2), 8)
V2_TWICE = (
    b'{"data":[{"checksum":4294967295,"asks":[{"qty":1e-3,"price":8.37443e4}],"bids":[],'
    b'"symbol":"BTC/USD","new":[1,{"a":null}]},{"symbol":"ETH/USD","bids":[],"asks":[],'
    b'"checksum":4294967295}],"type":"update","channel":"book"}'
)
V2_OTHERS = (
    b'{"channel":"heartbeat"}',
    b'{"method":"pong","req_id":1,"time_in":"2024-09-10T20:24:26.280373Z"}',
    V2_TWICE,
)
V2_MARKET = (
    b'{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":83744.2,"ask":83744.3,'
    b'"last":83744.3,"volume":3156.84782110,"low":83163.6,"high":85247.4,"change":-429.3,'
    b'"timestamp":"2026-09-25T17:48:26.844359Z"}]}',
    b'{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":83744.3,'
    b'"qty":0.00044780,"timestamp":"2026-09-25T17:48:26.844Z"},{"symbol":"ETH/USD","side":"sell",'
    b'"price":1e3,"qty":2}]}',
    b'{"channel":"ohlc","type":"update","data":[{"symbol":"BTC/USD","open":1.5,"high":2,"low":1,'
    b'"close":1.75,"trades":5,"volume":0.0012,"interval_begin":"2026-10-06T18:06:00.000000000Z"}]}',
)

_V1_SNAPSHOT = (
    b'[336,{"as":[["5541.30000","2.50700000","1534614248.123678"],["5541.80000","0.33000000",'
    b'"1534614098.345543"]],"bs":[["5541.20000","1.52900000","1534614248.765567"],["5539.90000",'
    b'"0.30000000","1534614241.769870"]]},"book-10","%s"]'
)
V1_UPDATES = (
    b'[336,{"a":[["5541.30000","0.00000000","1534614248.456738"]],"c":"4294967295"},"book-10",'
    b'"XBT/USD"]',
    b'[336,{"a":[["5541.50000","1.5","1534614248.45"]]},{"b":[["5541.10000","1.00000000",'
    b'"1534614249.000001","r"]],"c":"4294967295"},"book-10","ETH/USD"]',
)
V1_OTHERS = (
    b'{"event":"heartbeat"}',
    b'{"channelID":1665,"channelName":"book-10","event":"subscriptionStatus","pair":"XBT/USD"}',
)
V1_MARKET = (
    b'[1668,{"a":["354.70000",1,"1.00000000"],"b":["354.10000",2,"2.0"],"c":["354.2","0.1"],'
    b'"v":["1","2"],"h":["360.0","361.0"],"l":["350.0","349.0"]},"ticker","XBT/USD"]',
    b'[1665,[["5541.20000","0.15850568","1534614057.321597","s","l",""],["6060.00000","0.02455000",'
    b'"1534614057.324998","b","l",""]],"trade","XBT/USD"]',
    b'[42,["1542057314.748456","1542057360.435743","3586.70000","3586.70000","3586.60000",'
    b'"3586.60000","3586.68894","0.03373000",2],"ohlc-5","XBT/USD"]',
    b'[0,["5698.40000","5700.00000","1542057299.545897","1.01234567","0.98765432"],"spread",'
    b'"XBT/USD"]',
)

_FUTURES_SNAPSHOT = (
    b'{"feed":"book_snapshot","product_id":"%s","timestamp":1626994927744,"seq":1000,'
    b'"tickSize":null,"bids":[{"price":2004.65,"qty":7500.0},{"price":2004.6,"qty":1.0}],'
    b'"asks":[{"price":2004.85,"qty":4787.0},{"price":2005.0,"qty":0.25}]}'
)
_FUTURES_UPDATE = (
    b'{"feed":"book","product_id":"PF_XBTUSD","side":"%s","seq":%d,"price":%s,"qty":%s,'
    b'"timestamp":1790359997729}'
)
FUTURES_UPDATES = (
    _FUTURES_UPDATE % (b"sell", 1001, b"2004.9", b"12.5"),
    _FUTURES_UPDATE % (b"buy", 1002, b"2004.65", b"0.0"),
)
# More than there is room for, of which no list can be cut.
FUTURES_TEXT = pieces(b'{"feed":"news","text":"' + b"." * 1650 + b'"}', 800)
FUTURES_OTHERS = (
    FUTURES_TEXT,
    b'{"feed":"heartbeat","time":1790359997224}',
    b'{"event":"subscribed","feed":"book","product_ids":["PF_XBTUSD"]}',
)
FUTURES_MARKET = (
    b'{"time":1790359997224,"product_id":"PF_XBTUSD","feed":"ticker","bid":84001.0,"ask":84002.0,'
    b'"bid_size":0.0273,"volume":4237.2723,"last":84001.5,"tag":"perpetual"}',
    b'{"product_id":"PF_XBTUSD","feed":"trade","side":"sell","type":"fill","time":1790360004381,'
    b'"qty":0.0002,"price":83994.0,"seq":421135}',
    b'{"feed":"ticker_lite","product_id":"PF_ETHUSD","bid":2004.6,"ask":2005.25,'
    b'"change":1.2139413976730573,"volume":130801662.0}',
)

LISTING = (
    b'{"error":[],"result":{"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT\\/USD","lot_decimals":8,'
    b'"pair_decimals":1,"fees":[[0,0.4],[10000,0.35]],"ordermin":"0.00005","costmin":"0.5",'
    b'"tick_size":"0.1","status":"online"}}}'
)
STATUS = b'{"error":["EGeneral:Unknown method"],"result":{"status":"online","timestamp":"2026-10-05T08:55:00Z"}}'


def _many(level: bytes, count: int) -> bytes:
    return b",".join(level % (n % 10) for n in range(count))


# As many levels as there is room for, at depth 10.
V2_FULL = _v2(
    b"update",
    b"BTC/USD",
    _many(b'{"price":8374%d,"qty":1}', 12),
    _many(b'{"price":83750.%d,"qty":1}', 12),
)
V2_THREE = b'{"channel":"book","type":"update","data":[%s]}' % b",".join(
    [b'{"symbol":"BTC/USD","bids":[],"asks":[],"checksum":4294967295}'] * 3
)
V1_FULL = (b'[336,{"a":[%s]},{"b":[%s],"c":"4294967295"},"book-10","XBT/USD"]') % (
    _many(b'["554%d.5","1","1.0"]', 12),
    _many(b'["553%d.5","1","1.0"]', 12),
)
FUTURES_FULL = (
    b'{"feed":"book_snapshot","product_id":"PF_XBTUSD","seq":1000,"bids":[%s],"asks":[%s]}'
) % (_many(b'{"price":200%d,"qty":1}', 16), _many(b'{"price":201%d,"qty":1}', 16))

LIVE_V2 = (v2_snapshot(b"BTC/USD", 10), v2_snapshot(b"ETH/USD"))


_WILD = 15


def _history(pair: bytes, count: int, behind: int) -> list[bytes]:
    """A frame every 100 ms that moves the best bid up or down, at the end ten times as far."""
    frames = []
    before = b""
    for n in range(count):
        price = 83744.20 - (n - behind) * 7 % 11 / (10 if n < count - _WILD else 1)
        frames.append(
            _v2(b"update", pair, before + b'{"price":%.1f,"qty":2}' % price, b"", 100 * n % 1000)
        )
        frames[-1] = frames[-1].replace(b"20:58:30", b"20:58:%d" % (30 + n // 10))
        before = b'{"price":%.1f,"qty":0},' % price
    return frames


# Enough of it for what looks across pairs and time to have something to say: they are in contagion,
# and the second one follows the first.
HISTORY_V2 = tuple(
    frame
    for both in zip(_history(b"BTC/USD", 90, 0), _history(b"ETH/USD", 90, 1), strict=True)
    for frame in both
)
LIVE_V1 = (_V1_SNAPSHOT % b"XBT/USD", _V1_SNAPSHOT % b"ETH/USD")
LIVE_FUTURES = (_FUTURES_SNAPSHOT % b"PF_XBTUSD", _FUTURES_SNAPSHOT % b"PF_ETHUSD")
LARGE_FUTURES = pieces(
    LIVE_FUTURES[0].replace(b"}]", b"}" + b',{"price":9,"qty":1}' * 40 + b"]"), 300
)
