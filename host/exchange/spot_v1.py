"""Spot v1's requests: what may be asked for, and the answers as Kraken words them."""

import json
from typing import TYPE_CHECKING

from host.exchange import listing, protocol
from host.exchange.request import DEPTH, INTERVAL, parsed
from host.exchange.session import Session
from host.exchange.source import SPOT_V1, Topic
from host.exchange.spot_v1_channels import CHANNELS, channel_id, channel_name
from host.exchange.texts import sorted_keys

if TYPE_CHECKING:
    from host.exchange.engine import Engine

_VERSION = "1.8.3"
_HEARTBEAT = '{"event":"heartbeat"}'
_PRIVATE_NAMES = frozenset({"ownTrades", "openOrders"})
_TRADING_EVENTS = frozenset(
    {"addOrder", "editOrder", "cancelOrder", "cancelAll", "cancelAllOrdersAfter"}
)

_NAME_INVALID = "Subscription name invalid"
_EVENT_UNKNOWN = "Event(s) not found"
_OPTIONS = {"book": DEPTH, "ohlc": INTERVAL}


class SpotV1:
    """WebSocket v1 at `/`."""

    def __init__(self, engine: "Engine"):
        self._engine = engine

    def greet(self, session: Session, time_us: int) -> None:
        self.tell_system(session, time_us)

    def tell_system(self, session: Session, time_us: int) -> None:
        self._say(
            session,
            time_us,
            connectionID=session.connection_id,
            event="systemStatus",
            status=self._engine.system,
            version=_VERSION,
        )

    def heartbeat(self, time_us: int) -> str:
        return _HEARTBEAT

    def subscriptions(self, symbols, depth: int, channels) -> list[str]:
        pairs = [listing.v1_name(symbol) for symbol in symbols]
        texts = []
        for channel in channels:
            subscription = {"name": channel}
            if channel == "book":
                subscription["depth"] = depth
            request = {"event": "subscribe", "pair": pairs, "subscription": subscription}
            texts.append(json.dumps(request))
        return texts

    def request(self, session: Session, text: str, time_us: int) -> None:
        request = parsed(text)
        if request is None:
            self._say(session, time_us, errorMessage=protocol.MALFORMED, event="error")
            return
        event = request.get("event")
        reqid = protocol.number_of(request, "reqid")
        if event == "ping":
            self._say(session, time_us, event="pong", **reqid)
        elif event in ("subscribe", "unsubscribe"):
            # Heartbeats run even when the subscription is refused.
            self._engine.start_heartbeat(session, time_us)
            self._subscription(session, request, time_us)
        elif isinstance(event, str) and event in _TRADING_EVENTS:
            self._say(
                session,
                time_us,
                errorMessage=protocol.PRIVATE_ELSEWHERE,
                event=f"{event}Status",
                status="error",
                **reqid,
            )
        else:
            self._say(session, time_us, errorMessage=_EVENT_UNKNOWN, event="error", **reqid)

    def _subscription(self, session: Session, request: dict, time_us: int) -> None:
        wanted, pairs = request.get("subscription"), request.get("pair")
        name = wanted.get("name") if isinstance(wanted, dict) else None
        if not isinstance(name, str) or not isinstance(pairs, list):
            is_private = isinstance(name, str) and name in _PRIVATE_NAMES
            error = protocol.PRIVATE_ELSEWHERE if is_private else protocol.MALFORMED
            self._refuse(session, request, time_us, error, wanted)
            return
        told = {"name": name}
        value, error = "", None
        if name in _OPTIONS:
            value, error = _OPTIONS[name].read(wanted)
            told[_OPTIONS[name].key] = value
        elif name not in CHANNELS:
            error = protocol.PRIVATE_ELSEWHERE if name in _PRIVATE_NAMES else _NAME_INVALID
        for pair in pairs:
            self._pair(session, request, time_us, str(pair), told, value, error)

    def _pair(
        self,
        session: Session,
        request: dict,
        time_us: int,
        pair: str,
        told: dict,
        option: int | str,
        error: str | None,
    ) -> None:
        """Answer for one pair; `told` is what the answer says of the subscription."""
        symbols = {listing.v1_name(symbol): symbol for symbol in self._engine.source.symbols()}
        if error is None and pair not in symbols:
            error = protocol.PAIR_NOT_SUPPORTED.format(pair)
        if error is None:
            topic = Topic(SPOT_V1, told["name"], symbols[pair], option)
            if request["event"] == "unsubscribe":
                if topic in session.subscriptions:
                    self._engine.unsubscribe(session, topic)
                else:
                    error = protocol.NOT_SUBSCRIBED
            elif topic in session.subscriptions:
                error = protocol.ALREADY_SUBSCRIBED
        if error:
            self._refuse(session, request, time_us, error, told, pair=pair)
            return
        self._say(
            session,
            time_us,
            channelID=channel_id(topic),
            channelName=channel_name(topic),
            event="subscriptionStatus",
            pair=pair,
            status=f"{request['event']}d",
            subscription=told,
            **protocol.number_of(request, "reqid"),
        )
        if request["event"] == "subscribe":
            self._engine.subscribe(session, topic, time_us, snapshot=True)

    def _refuse(
        self, session: Session, request: dict, time_us: int, error: str, told, **keys
    ) -> None:
        if isinstance(told, dict):
            keys["subscription"] = told
        self._say(
            session,
            time_us,
            errorMessage=error,
            event="subscriptionStatus",
            status="error",
            **keys,
            **protocol.number_of(request, "reqid"),
        )

    def _say(self, session: Session, time_us: int, **keys) -> None:
        session.send(time_us, sorted_keys(keys))
