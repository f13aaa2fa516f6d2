"""Futures frames that tests spell wrong, cut and damage."""

from futures_reference import delta, snapshot

PRODUCT = "PI_XBTUSD"
FUTURES = {"dialect": "futures_v1", "pairs": [PRODUCT]}
SNAPSHOT = snapshot(
    PRODUCT,
    26660859,
    [("439.3", "20108.0"), ("438.9", "1e3")],
    [("439.6", "5.0"), ("440.0", "3.25")],
)
DELTA = delta(PRODUCT, 26660860, "sell", "2004.85", "4787.0")
MIXED = (
    b' { "qty" : 0.0 ,"timestamp":1626994927744,"new":{"a":[1,{"b":"}]"}],"c":null},'
    b'"price":4.396E+2,"seq":26660860,"side":"sell","product_id":"PI_XBTUSD","feed":"book"} '
)
BEFORE = b'{"bids":[{"qty":1,"price":2}],"seq":1,"asks":[],"product_id":"PI_XBTUSD","feed":"book_snapshot"}'
