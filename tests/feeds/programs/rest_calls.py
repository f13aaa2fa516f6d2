"""Makes REST calls, one after another in one session, and says what came: a JSON line of each.

Arguments: port, CA file, calls: status, time, ticker:BTC/USD, depth:BTC/USD, listing:BTC/USD; or
look_up:BTC/USD,ETH/USD; or anew, for a new session and rate counter.
"""

import asyncio
import gc
import json
import sys

import tlsconn
from firmware.feeds import listing, quotes, rest

_R_RESULT = 57
_R_FIRST = 66
_R_NAME = 86
_R_STATUS = 95


class Said:
    """A telemetry that says at once."""

    def __init__(self, say):
        self._say = say

    def say(self, **record):
        self._say(json.dumps(record))

    def drain(self):
        pass


def settings(port, pairs):
    return {"rest_host": "localhost", "rest_port": port, "pairs": pairs}


async def call(asked, what, pair):
    if what == "time":
        return await quotes.time(asked)
    if what == "status":
        words = await listing.status(asked)
        return [rest.text(words, _R_RESULT), list(words[_R_FIRST : _R_FIRST + 2])]
    if what == "listing":
        words = await listing.asset_pair(asked, pair)
        return _numbers(words, 5), rest.text(words, _R_NAME), rest.text(words, _R_STATUS)
    if what == "depth":
        words = await quotes.depth(asked, pair, 5)
    else:
        words = await quotes.ticker(asked, pair)
    return rest.text(words, _R_RESULT), _numbers(words, 4)


def _numbers(words, count):
    return [rest.decimal(words, _R_FIRST + 4 * n) for n in range(count)]


async def run(args, say):
    port = int(args[0])
    with open(args[1], "rb") as file:
        trusted = tlsconn.trust(file.read())
    receive = bytearray(2048)
    asked = None
    for arg in ["anew"] + args[2:]:
        what, _, pair = arg.partition(":")
        if what == "anew":
            if asked:
                asked.close()
            counter = listing.make({"pairs": []})
            asked = rest.Rest("localhost", port, trusted, receive, counter)
            continue
        if what == "look_up":
            pairs = pair.split(",")
            known = listing.make({"pairs": pairs})
            await listing.look_up(settings(port, pairs), trusted, receive, Said(say), known)
            say(json.dumps(list(known[2:])))
            continue
        try:
            say(json.dumps(await call(asked, what, pair)))
        except rest.RestError as error:
            say(json.dumps("refused: " + error.why))
        except tlsconn.ConnectError as error:
            say(json.dumps("none: " + error.why))
        gc.collect()
    asked.close()
    say(json.dumps(counter[0]))


if sys.implementation.name == "micropython":
    asyncio.run(run(sys.argv[1:], print))
