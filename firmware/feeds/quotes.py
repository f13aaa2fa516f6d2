"""What REST tells of the present: the ticker, the touch of a book, the exchange's time; `rest` is a rest.Rest."""

from micropython import const

from firmware.feeds.rest import plan, query

# In the words that are given: the pair's key as text, then numbers of four words each.
_R_RESULT = const(57)
_R_LAST = const(66)
_R_HIGH = const(70)
_R_LOW = const(74)
_R_VOLUME = const(78)
_R_ASK = const(66)
_R_ASK_QTY = const(70)
_R_BID = const(74)
_R_BID_QTY = const(78)

_STOCK = const("&asset_class=tokenized_asset")


async def ticker(rest, pair):
    """The last price; the highest, the lowest and the volume of 24 hours."""
    return await rest.ask(
        query("/0/public/Ticker?pair=", pair, _STOCK),
        plan(b"result/*# result/*/c/0 result/*/h/1 result/*/l/1 result/*/v/1"),
    )


async def depth(rest, pair, count=1):
    """The best ask and the best bid, each with its quantity; -1 decimals for a side that is empty.

    Of the `count` levels a side only the touch is kept: books come from the WebSocket alone, this
    is what they can be compared with.
    """
    return await rest.ask(
        query("/0/public/Depth?count=" + str(count) + "&pair=", pair, _STOCK),
        plan(b"result/*# result/*/asks/0/0 result/*/asks/0/1 result/*/bids/0/0 result/*/bids/0/1"),
    )


async def time(rest):
    """Seconds since 1970 by the exchange's clock."""
    words = await rest.ask("/0/public/Time", plan(b"result/unixtime@"))
    return words[_R_RESULT] * 1_000_000 + words[_R_RESULT + 1] // 1000
