"""A board's story for the monitor's tests: a few records, and a state that has heard them."""

from host.monitor.board_state import BoardState
from host.monitor.records import LineSplitter

NOW_S, UTC_S = 100.0, 1732111786.0

STORY = b"""\
ets Jul 29 2019 12:21:46\r
{"k":"boot","v":"0.1.0","py":"micropython 1.26.1","cause":"power-on","n":3}
{"k":"net","st":"up"}
{"k":"state","p":"BTC/USD","t":1732111786000,"st":"LIVE"}
{"k":"book","p":"BTC/USD","t":1732111786000,"b":45000.0,"a":45001.0,"s":0.222,"u":45000.875,\
"i":0.400,"r":2.333}
{"k":"signal","p":"BTC/USD","t":1732111786123,"side":"BUY","px":45001.0,"i":0.400,"s":0.222,"c":72}
{"k":"book","p":"ETH/USD","t":1732111786000,"b":3512.33,"a":3512.36,"s":0.085,"u":3512.3412,\
"i":-0.250,"r":0.600}
{"k":"state","p":"ETH/USD","t":1732111786500,"st":"STALE","why":"checksum"}
{"k":"state","p":"SHIB/USD","t":0,"st":"SYNCING"}
{"k":"pair","p":"BTC/USD","st":"LIVE","lag":12,"n":250,"bad":0}
{"k":"pair","p":"ETH/USD","st":"STALE","lag":15,"n":99,"bad":1}
{"k":"link","re":2,"skip":0,"rssi":null,"off":-3,"ppm":null,"low":22960,"alloc":0}
{"k":"health","up":61,"n":12345,"ps":61,"lag":48,"hb":0,"bad":1,"free":23120,"drop":0}
"""

# What the channels beside the book tell, and what may happen in some weeks.
MORE = b"""\
{"k":"tick","p":"BTC/USD","t":1732111786500,"l":45000.5,"h":46123.0,"lo":44012.1,"v":2345.12345678,\
"b":45000.0,"a":45001.0}
{"k":"trade","p":"BTC/USD","t":1732111786500,"side":"sell","px":44999.9,"q":0.12500000}
{"k":"ohlc","p":"BTC/USD","t":1732111740000,"o":44980.0,"h":45001.0,"l":44975.5,"c":44999.9,\
"v":12.5,"n":37}
{"k":"spread","p":"BTC/USD","t":1732111786500,"b":45000.0,"bq":1.25,"a":45001.0,"aq":0.5}
{"k":"resync","p":"BTC/USD","why":"checksum","ms":312,"a":45000.5,"b":45010.05,"ok":1}
{"k":"error","why":"Currency pair not supported","p":"FOO/USD"}
{"k":"listing","p":"XMR/EUR","pd":2,"qd":8,"min":"0.05","tick":"0.01","st":"reduce_only"}
{"k":"net","st":"down","why":"lag"}
{"k":"net","st":"retry","ms":1180}
{"k":"wifi","st":"down","why":"lost"}
{"k":"wifi","st":"join"}
{"k":"wifi","st":"up","rssi":-78,"ip":"192.168.1.40"}
{"k":"net","st":"up"}
{"k":"link","re":2,"skip":0,"rssi":-78,"off":null,"ppm":12,"low":4100,"alloc":0}
{"k":"status","st":"maintenance"}
"""


def tell(state: BoardState, stream: bytes) -> BoardState:
    """Let the state learn from a stream."""
    for line in LineSplitter().feed(stream):
        state.take(line)
    return state


def told_state() -> BoardState:
    """A state that has heard the story."""
    board = BoardState("local Kraken")
    board.tick(NOW_S, UTC_S)
    return tell(board, STORY)
