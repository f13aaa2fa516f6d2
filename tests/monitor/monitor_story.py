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
{"k":"health","up":61,"n":12345,"ps":61,"bad":1,"free":23120,"alloc":0,"re":2,"drop":0,"skip":0}
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
