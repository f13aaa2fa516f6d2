"""Kraken's answers over REST, served right or wrong, and what a program makes of them."""

import json

from http_peer import HttpServer, with_length
from tls_peer import ca_file, server_context, serving

XBT = {
    "altname": "XBTUSD",
    "wsname": "XBT/USD",
    "aclass_base": "currency",
    "base": "XXBT",
    "quote": "ZUSD",
    "pair_decimals": 1,
    "cost_decimals": 5,
    "lot_decimals": 8,
    "leverage_buy": [2, 3, 4, 5],
    "fees": [[0, 0.26], [50000, 0.24]],
    "ordermin": "0.00005",
    "costmin": "0.5",
    "tick_size": "0.1",
    "status": "online",
}
DOGE = {**XBT, "altname": "XDGUSD", "wsname": "XDG/USD", "pair_decimals": 7, "ordermin": "13"}
STOCK = {**XBT, "altname": "AAPLxUSD", "wsname": "AAPLx/USD", "pair_decimals": 2}
TICKER = {
    "a": ["30300.10000", "1", "1.000"],
    "b": ["30300.00000", "1", "1.000"],
    "c": ["30303.20000", "0.00067643"],
    "v": ["4083.67001100", "4412.73601799"],
    "p": ["30706.77771", "30689.13205"],
    "t": [34619, 38907],
    "l": ["29868.30000", "29868.30001"],
    "h": ["31631.00000", "31631.00001"],
    "o": "30502.80000",
}
DEPTH = {
    "asks": [["30384.10000", "2.059", 1688671659], ["30387.90000", "1.500", 1688671380]],
    "bids": [["30297.00000", "1.115", 1688671636], ["30296.70000", "2.002", 1688671674]],
}
STATUS = {"status": "online", "timestamp": "2023-07-06T18:52:00Z", "upcoming_maintenance": []}


def body(result, errors=()):
    return json.dumps({"error": list(errors), "result": result}).encode()


def refused(text):
    return json.dumps({"error": [text]}).encode()


ANSWERS = {
    "SystemStatus": body(STATUS),
    "Time": body({"unixtime": 1688669448, "rfc1123": "Thu, 06 Jul 23 18:50:48 +0000"}),
    "AssetPairs?pair=XBTUSD": body({"XXBTZUSD": XBT}),
    "AssetPairs?pair=XDGUSD": body({"XDGUSD": DOGE}).replace(b"/", b"\\/"),
    "AssetPairs?pair=AAPLxUSD&aclass_base=tokenized_asset": body({"AAPLxUSD": STOCK}),
    "Ticker?pair=XBTUSD": body({"XXBTZUSD": TICKER}),
    "Ticker?pair=AAPLxUSD&asset_class=tokenized_asset": body({"AAPLxUSD": TICKER}),
    "Depth?count=5&pair=XBTUSD": body({"XXBTZUSD": DEPTH}),
}
NO_PAIR = refused("EQuery:Unknown asset pair")


class Kraken(HttpServer):
    """Answers what ANSWERS says, and what `others` say instead."""

    def __init__(self, others=(), piece=0):
        answers = {**ANSWERS, **dict(others)}
        super().__init__(lambda path: _reply(answers.get(path.removeprefix("/0/public/"))), piece)


def _reply(answer):
    if callable(answer):
        answer = answer()
    if answer is None:
        answer = NO_PAIR
    return answer if answer.startswith((b"HTTP", b"<")) else with_length(answer)


def ask_kraken(run, certs, server, *calls):
    """What came of each call, and the rate counter at last."""
    with serving(server.talk, server_context()) as port:
        return run("rest_calls.py", port, ca_file("good", certs), *calls)
