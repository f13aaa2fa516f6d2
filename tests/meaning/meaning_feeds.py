"""Prices of real and seeded markets every 100 ms, as rounds of a story (see programs/meaning_cases.py)."""

import json
import math
import random
from decimal import Decimal

from host import captures
from host.exchange.market import Market

_EVERY_US = 100_000
_START_S = 1_790_000_000
LAG = 3  # rounds by which the known case's follower is late
CALM, SHOCK = 3e-5, 1.5e-4  # returns before and in it


class _Prices:
    """The rounds of some pairs: told what happened in the order of time, it looks every 100 ms."""

    def __init__(self):
        self._sides = {}
        self._looks = []
        self._next_us = None

    def take(self, time_us, symbol, levels, snapshot=False):
        """`levels` are (side, price, size) with side 0 for bids, price and size as they were printed."""
        self._next_us = self._next_us or time_us
        while time_us >= self._next_us:
            self._looks.append({name: self._mid(name) for name in self._sides})
            self._next_us += _EVERY_US
        if snapshot:
            self._sides[symbol] = ({}, {})
        for side, price, size in levels:
            self._sides[symbol][side][Decimal(price)] = Decimal(size)
            if not Decimal(size):
                del self._sides[symbol][side][Decimal(price)]

    def _mid(self, symbol):
        bids, asks = self._sides[symbol]
        if not bids or not asks:
            return None
        bid, ask = max(bids), min(asks)
        decimals = 1 - min(bid.as_tuple().exponent, ask.as_tuple().exponent)
        return [*divmod(int((bid + ask) / 2 * 10**decimals), 10**9), decimals]

    def rounds(self, most=8):
        """For the pairs that moved most often; every pair has a price in the first round."""
        whole = [look for look in self._looks if len(look) == len(self._sides)]
        moves = {name: len({str(look[name]) for look in whole}) for name in self._sides}
        chosen = sorted(moves, key=moves.get, reverse=True)[:most]
        return [[look[name] for name in chosen] for look in whole]


def spot_v2(feeds):
    """One pair, by the exchange's time."""
    prices = _Prices()
    for line in (feeds / "python-kraken-sdk" / "orderbook-v2.jsonl").read_bytes().splitlines():
        message = json.loads(line, parse_float=str)
        (data,) = message["data"]
        both = [(0, *level.values()) for level in data["bids"]]
        both += [(1, *level.values()) for level in data["asks"]]
        stamp = data.get("timestamp")
        time_us = _us(stamp) if stamp else 1
        if stamp is None:
            waiting = both
            continue
        if waiting:
            prices.take(time_us, "BTC/USD", waiting, snapshot=True)
            waiting = None
        prices.take(time_us, "BTC/USD", both)
    return prices.rounds()


def _us(stamp):
    _, clock = stamp.rstrip("Z").split("T")
    hours, minutes, seconds = clock.split(":")
    return round((int(hours) * 3600 + int(minutes) * 60) * 10**6 + float(seconds) * 10**6)


def spot_v1(feeds):
    """Ten pairs, by the time at which the recorder had them."""
    prices = _Prices()
    for time_s, frame in captures.frames(feeds / "cryptofeed" / "KRAKEN.ws.50.0"):
        message = json.loads(frame)
        if isinstance(message, dict):
            continue
        *parts, _, symbol = message[1:]
        snapshot = "as" in parts[0]
        levels = [
            (side, *level[:2])
            for part in parts
            for side, keys in enumerate((("b", "bs"), ("a", "as")))
            for key in keys
            for level in part.get(key, ())
        ]
        prices.take(int(time_s * 10**6), symbol, levels, snapshot)
    return prices.rounds()


def futures(feeds):
    """Ten products on four coins, by the time at which the recorder had them."""
    prices = _Prices()
    for time_s, frame in captures.frames(feeds / "cryptofeed" / "KRAKEN_FUTURES.ws.1.0"):
        message = json.loads(frame, parse_float=str, parse_int=str)
        kind = message.get("feed")
        if "event" in message or kind not in ("book", "book_snapshot"):
            continue
        if kind == "book_snapshot":
            levels = [(0, level["price"], level["qty"]) for level in message["bids"]]
            levels += [(1, level["price"], level["qty"]) for level in message["asks"]]
        else:
            levels = [(int(message["side"] == "sell"), message["price"], message["qty"])]
        snapshot = kind == "book_snapshot"
        prices.take(int(time_s * 10**6), message["product_id"], levels, snapshot)
    return prices.rounds()


def seeded(symbols=("BTC/USD", "ETH/USD", "BTC/EUR"), seconds=60, seed=1):
    """The local Kraken's market."""
    market = Market(symbols, seed=seed, start_s=_START_S)
    now_us = _START_S * 10**6
    rounds = []
    for _ in range(seconds * 10):
        now_us += _EVERY_US
        while market.next_us() <= now_us:
            market.step({})
        mids = []
        for symbol in symbols:
            state = market.states[symbol]
            (bid, _), (ask, _) = state.best()
            mids.append([*divmod((bid + ask) * 5, 10**9), state.pair.price_decimals + 1])
        rounds.append(mids)
    return rounds


def walks(seed, rounds, moves, mix=None, starts=(97_000.0, 3_000.0, 0.5), decimals=(1, 2, 6)):
    """Prices whose returns are `mix(noise)`, or each pair's own noise, of the size `moves[pair]`.

    `noise[pair][n]` is standard normal; `mix` gives the same shape back.
    """
    draw = random.Random(seed)
    noise = [[draw.gauss(0, 1) for _ in range(rounds)] for _ in moves]
    told = mix(noise) if mix else noise
    return from_returns(
        [[move * value for value in row] for move, row in zip(moves, told, strict=True)],
        starts,
        decimals,
    )


def from_returns(rows, starts=(97_000.0, 3_000.0, 0.5), decimals=(1, 2, 6)):
    """Rounds of the prices that begin at `starts` and go on by these returns; None: 15 digits of each."""
    columns = []
    for row, start, places in zip(rows, starts, decimals, strict=False):
        level, column = math.log(start), []
        for value in row:
            level += value
            price = math.exp(level)
            told = 14 - math.floor(math.log10(price)) if places is None else places
            column.append([*divmod(round(price * 10**told), 10**9), told])
        columns.append(column)
    return [list(prices) for prices in zip(*columns, strict=True)]


def planted(before=300, shock=200, after=300, lag=LAG, sign=1, wilder=SHOCK / CALM, seed=5):
    """Three pairs of their own noise; in a shock that begins after `before` rounds the second follows the first.

    It does 0.95 of what the first did `lag` rounds before (of what it will do if `lag` is below 0).
    """
    rounds = before + shock + after

    def mix(noise):
        first, second, third = noise
        own = math.sqrt(1 - 0.95**2)
        for n in range(before, before + shock):
            led_by = first[n - lag] if n - lag < rounds else 0.0
            second[n] = 0.95 * sign * led_by + own * second[n]
        for row in (first, second):
            # A follower is wild when what it follows was.
            late = lag if row is second else 0
            for n in range(before + late, min(before + shock + late, rounds)):
                row[n] *= wilder
        return [first, second, third]

    return walks(seed, rounds, (CALM, 2 * CALM, CALM), mix, (97_000.0, 3_000.0, 5.0), (3, 4, 7))
