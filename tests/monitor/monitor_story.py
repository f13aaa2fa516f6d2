"""A board's story for the monitor's tests: a few records, and a state that has heard them."""

import io

from rich.console import Console

from host.monitor.board_state import BoardState
from host.monitor.records import LineSplitter
from host.monitor.view import BoardView

NOW_S, UTC_S = 100.0, 1732111786.0

STORY = b"""\
ets Jul 29 2019 12:21:46\r
{"k":"boot","v":"0.1.0","py":"micropython 1.26.1","cause":"power-on","n":3}
{"k":"net","st":"up"}
{"k":"state","p":"BTC/USD","t":1732111786000,"st":"LIVE"}
{"k":"book","p":"BTC/USD","t":1732111786000,"b":45000.0,"a":45001.0,"s":0.222,"u":45000.875,\
"i":0.400,"r":2.333}
{"k":"signal","p":"BTC/USD","t":1732111786000,"side":"BUY","px":45001.0,"q":0.25,"c":72,\
"why":"imbalance"}
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

# Three books that move, one of them with another: what is told across pairs and time.
BOOKS = b"".join(
    b'{"k":"book","p":"%s","t":1732111786000,"b":%s,"a":%s,"s":0.5,"u":1.5,"i":0.100,"r":1.0}\n'
    % each
    for each in (
        (b"BTC/USD", b"45000.0", b"45001.0"),
        (b"ETH/USD", b"3512.33", b"3512.36"),
        (b"BTC/EUR", b"41000.0", b"41001.0"),
    )
)
VOL = b'{"k":"vol","p":"%s","t":1732111786100,"v":%s,"f":0.7,"s":%s,"m":%d,"x":%s}\n'
FLOW = b'{"k":"flow","p":"%s","t":%d,"o":%s,"v":%s,"x":%s}\n'
CORR = b'{"k":"corr","p":"%s","q":"%s","t":1732111786200,"c":%s,"l":%s,"lag":%d}\n'
CONTAGION = b'{"k":"contagion","p":"%s","q":"%s","t":%d,"on":%d,"c":%s,"lag":%d}\n'
MOVES = BOOKS + (
    VOL % (b"BTC/USD", b"0.812500", b"0.325000", 1, b"1.75")
    + VOL % (b"ETH/USD", b"0.100000", b"0.200000", -1, b"1.00")
    + VOL % (b"BTC/EUR", b"0.000000", b"0.300000", 0, b"1.00")
    + FLOW % (b"BTC/USD", 1732111786100, b"1.50000000", b"-0.50000000", b"-0.25000")
    + FLOW % (b"ETH/USD", 1732111786100, b"-12345.6", b"0", b"null")
    + CORR % (b"BTC/USD", b"ETH/USD", b"0.4321", b"0.8765", -200) * 5
    + CORR % (b"BTC/USD", b"BTC/EUR", b"-0.7500", b"-0.7500", 0) * 5
)


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


def render(state, width, height, encoding="utf-8", **options) -> list[str]:
    """The lines of the live view on a terminal of this size."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    console = Console(file=file, width=width, height=height, force_terminal=True, **options)
    console.print(BoardView(state, "q leaves", height))
    file.flush()
    return raw.getvalue().decode(encoding).splitlines()
