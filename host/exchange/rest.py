"""REST's public methods: what each answers, as text."""

from email.utils import formatdate

from host.exchange import listing
from host.exchange.books import ASK, BID, decimal_text
from host.exchange.engine import Engine
from host.exchange.market import Market
from host.exchange.pair_state import PairState
from host.exchange.pairs import Pair
from host.exchange.texts import compact, time_text

_DEFAULT_COUNT, _MOST_COUNT = 100, 500
# Books and tickers have fewer decimals of a size here.
_SIZE_DECIMALS = 3
_TO_THE_SECOND = len("2026-01-01T00:00:00")

_UNKNOWN_METHOD = "EGeneral:Unknown method"
_INVALID_ARGUMENTS = "EGeneral:Invalid arguments"
_UNKNOWN_PAIR = "EQuery:Unknown asset pair"


class Refused(Exception):
    """A request that is answered with an error."""


class Rest:
    """Looks at the market of an engine."""

    def __init__(self, engine: Engine, market: Market):
        self._engine = engine
        self._market = market
        self._methods = {
            "Time": self._time,
            "SystemStatus": self._system_status,
            "AssetPairs": self._asset_pairs,
            "Ticker": self._ticker,
            "Depth": self._depth,
        }

    def answer(self, method: str, query, time_us: int) -> str:
        """The body for `/0/public/<method>` with the parameters of `query`."""
        try:
            if method not in self._methods:
                raise Refused(_UNKNOWN_METHOD)
            return compact({"error": [], "result": self._methods[method](query, time_us)})
        except Refused as refused:
            return compact({"error": [str(refused)]})

    def _time(self, query, time_us: int) -> dict:
        second = time_us // 1_000_000
        # Kraken leaves the century away.
        words = formatdate(second).replace("-0000", "+0000").split()
        words[3] = words[3][-2:]
        return {"unixtime": second, "rfc1123": " ".join(words)}

    def _system_status(self, query, time_us: int) -> dict:
        timestamp = f"{time_text(time_us)[:_TO_THE_SECOND]}Z"
        return {"status": self._engine.system, "timestamp": timestamp}

    def _asset_pairs(self, query, time_us: int) -> dict:
        return {key: _asset_pair(state.pair) for key, state in self._asked(query)}

    def _ticker(self, query, time_us: int) -> dict:
        return {key: _ticker(state, time_us) for key, state in self._asked(query)}

    def _depth(self, query, time_us: int) -> dict:
        if not query.get("pair") or "," in query["pair"]:
            raise Refused(_INVALID_ARGUMENTS)
        count = query.get("count", str(_DEFAULT_COUNT))
        if not count.isdecimal() or not 1 <= int(count) <= _MOST_COUNT:
            raise Refused(_INVALID_ARGUMENTS)
        ((key, state),) = self._asked(query)
        return {
            key: {"asks": _side(state, ASK, int(count)), "bids": _side(state, BID, int(count))}
        }

    def _asked(self, query) -> list[tuple[str, PairState]]:
        """The pairs that are asked for, each with the key of its result."""
        states = self._market.states
        if not query.get("pair"):
            return [(listing.rest_key(symbol), state) for symbol, state in states.items()]
        found = []
        for name in query["pair"].split(","):
            asked = listing.asked(name, states)
            if asked is None:
                raise Refused(_UNKNOWN_PAIR)
            symbol, key = asked
            found.append((key, states[symbol]))
        return found


def _asset_pair(pair: Pair) -> dict:
    return {
        "altname": listing.alt_name(pair.symbol),
        "wsname": listing.v1_name(pair.symbol),
        "aclass_base": "currency",
        "base": listing.rest_code(pair.base),
        "aclass_quote": "currency",
        "quote": listing.rest_code(pair.quote),
        "lot": "unit",
        "cost_decimals": listing.cost_decimals(pair.quote),
        "pair_decimals": pair.price_decimals,
        "lot_decimals": pair.qty_decimals,
        "lot_multiplier": 1,
        "leverage_buy": [2, 3, 4, 5],
        "leverage_sell": [2, 3, 4, 5],
        "fees": [],
        "fees_maker": [],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": listing.ORDER_MINIMUMS[pair.base],
        "costmin": listing.COST_MINIMUMS[pair.quote],
        "tick_size": decimal_text(1, pair.price_decimals),
        "status": "online",
        "execution_venue": "international",
    }


def _ticker(state: PairState, time_us: int) -> dict:
    pair, tape = state.pair, state.tape
    (bid, bid_qty), (ask, ask_qty) = state.best()
    today, day, last = tape.today(time_us), tape.day(time_us), tape.last()[-1]
    lot = 10**pair.qty_decimals

    def price(ticks: int) -> str:
        return decimal_text(ticks * pair.v1_unit, pair.v1_decimals)

    def qty(lots: int) -> str:
        return decimal_text(lots, pair.qty_decimals)

    return {
        "a": [price(ask), str(ask_qty // lot), f"{ask_qty // lot}.000"],
        "b": [price(bid), str(bid_qty // lot), f"{bid_qty // lot}.000"],
        "c": [price(last.price), qty(last.qty)],
        "v": [qty(today.volume), qty(day.volume)],
        "p": [price(today.vwap), price(day.vwap)],
        "t": [today.trades, day.trades],
        "l": [price(today.low), price(day.low)],
        "h": [price(today.high), price(day.high)],
        "o": price(today.open),
    }


def _side(state: PairState, side: int, count: int) -> list[list]:
    pair, levels = state.pair, state.book.sides[side]
    thousandth = 10 ** (pair.qty_decimals - _SIZE_DECIMALS)
    return [
        [
            decimal_text(price * pair.v1_unit, pair.v1_decimals),
            decimal_text((qty + thousandth // 2) // thousandth, _SIZE_DECIMALS),
            levels.time_us(price) // 1_000_000,
        ]
        for price, qty in levels.best(count)
    ]
