"""Spot v2's requests: what may be asked for, and the answers as Kraken words them."""

import json
from typing import TYPE_CHECKING

from host.exchange import protocol
from host.exchange.protocol import answer
from host.exchange.request import DEPTH, INTERVAL, TRIGGER, parsed
from host.exchange.session import Session
from host.exchange.source import SPOT_V2, Topic

if TYPE_CHECKING:
    from host.exchange.engine import Engine

_OPTIONS = {"book": DEPTH, "ohlc": INTERVAL, "ticker": TRIGGER}


class SpotV2:
    """WebSocket v2 at `/v2`."""

    def __init__(self, engine: "Engine"):
        self._engine = engine

    def greet(self, session: Session, time_us: int) -> None:
        self.tell_system(session, time_us)

    def tell_system(self, session: Session, time_us: int) -> None:
        engine = self._engine
        frame = protocol.status(session.connection_id, engine.system, engine.upcoming)
        session.send(time_us, frame)

    def heartbeat(self, time_us: int) -> str:
        return protocol.HEARTBEAT

    def subscriptions(self, symbols, depth: int, channels) -> list[str]:
        texts = []
        for channel in channels:
            params = {"channel": channel, "symbol": list(symbols)}
            if channel == "book":
                params["depth"] = depth
            texts.append(json.dumps({"method": "subscribe", "params": params}))
        return texts

    def request(self, session: Session, text: str, time_us: int) -> None:
        request = parsed(text)
        if request is None:
            session.send(time_us, answer(time_us, {}, error=protocol.MALFORMED, success=False))
            return
        method = request.get("method")
        if method == "ping":
            session.send(time_us, answer(time_us, request, method="pong"))
        elif method in ("subscribe", "unsubscribe"):
            # Heartbeats run even when the subscription is refused.
            self._engine.start_heartbeat(session, time_us)
            self._subscription(session, request, time_us)
        elif isinstance(method, str) and method in protocol.TRADING_METHODS:
            self._refuse(session, request, time_us, protocol.PRIVATE_ELSEWHERE)
        else:
            self._refuse(session, request, time_us, protocol.METHOD_UNKNOWN.format(method))

    def _subscription(self, session: Session, request: dict, time_us: int) -> None:
        params = request.get("params")
        params = params if isinstance(params, dict) else {}
        channel, symbols = params.get("channel"), params.get("symbol")
        error, option = None, ""
        if not isinstance(channel, str):
            error = protocol.MALFORMED
        elif channel in protocol.PRIVATE_CHANNELS:
            error = protocol.PRIVATE_ELSEWHERE
        elif not self._engine.source.serves(channel):
            error = protocol.CHANNEL_NOT_SERVED.format(channel)
        elif channel == "instrument":
            symbols = [""]
        elif not isinstance(symbols, list):
            error = protocol.SYMBOL_NOT_ARRAY
        elif channel in _OPTIONS:
            option, error = _OPTIONS[channel].read(params)
        if error:
            self._refuse(session, request, time_us, error)
            return
        handle = self._subscribe if request["method"] == "subscribe" else self._unsubscribe
        for symbol in symbols:
            handle(session, request, time_us, Topic(SPOT_V2, channel, str(symbol), option))

    def _subscribe(self, session: Session, request: dict, time_us: int, topic: Topic) -> None:
        source, symbol = self._engine.source, topic.symbol
        if symbol and symbol not in source.symbols():
            error = protocol.PAIR_NOT_SUPPORTED.format(symbol)
            self._refuse(session, request, time_us, error, symbol=symbol)
        elif topic.channel == "book" and topic.option not in source.depths(symbol):
            self._refuse(session, request, time_us, protocol.DEPTH_NOT_SUPPORTED)
        elif self._is_taken(session, topic):
            keys = {"symbol": symbol} if symbol else {}
            self._refuse(session, request, time_us, protocol.ALREADY_SUBSCRIBED, **keys)
        else:
            # Of trades only those to come are heard, unless the last ones are asked for.
            snapshot = request["params"].get("snapshot", topic.channel != "trade")
            snapshot = snapshot is not False
            self._engine.subscribe(session, topic, time_us, snapshot)
            result = {**_told(topic), "snapshot": snapshot}
            if topic.channel in protocol.WARNINGS:
                result["warnings"] = [protocol.WARNINGS[topic.channel]]
            self._accept(session, request, time_us, result)

    def _is_taken(self, session: Session, topic: Topic) -> bool:
        # Candles of several intervals go together, books of several depths do not.
        if topic.channel == "ohlc":
            return topic in session.subscriptions
        return session.find(topic.channel, topic.symbol) is not None

    def _unsubscribe(self, session: Session, request: dict, time_us: int, topic: Topic) -> None:
        if topic in session.subscriptions:
            self._engine.unsubscribe(session, topic)
            self._accept(session, request, time_us, _told(topic))
        else:
            keys = {"symbol": topic.symbol} if topic.symbol else {}
            self._refuse(session, request, time_us, protocol.NOT_SUBSCRIBED, **keys)

    def _accept(self, session: Session, request: dict, time_us: int, result: dict) -> None:
        keys = {"method": request["method"], "result": result, "success": True}
        session.send(time_us, answer(time_us, request, **keys))

    def _refuse(self, session: Session, request: dict, time_us: int, error: str, **keys) -> None:
        method = request.get("method")
        session.send(
            time_us, answer(time_us, request, error=error, method=method, success=False, **keys)
        )


def _told(topic: Topic) -> dict:
    """What an acknowledgement says of a topic."""
    told: dict = {"channel": topic.channel}
    if topic.symbol:
        told["symbol"] = topic.symbol
    if topic.channel in _OPTIONS:
        told[_OPTIONS[topic.channel].key] = topic.option
    return told
