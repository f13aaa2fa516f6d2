"""Spot v1's requests: what may be asked for, and the answers as Kraken words them."""

import json
from typing import TYPE_CHECKING

from host.exchange import listing, protocol
from host.exchange.session import Session
from host.exchange.source import SPOT_V1, Topic
from host.exchange.spot_v1_channels import CHANNELS, channel_id, channel_name
from host.exchange.tape import OHLC_MINUTES

if TYPE_CHECKING:
    from host.exchange.engine import Engine

_VERSION = "1.8.3"
_HEARTBEAT = '{"event":"heartbeat"}'
_PRIVATE_NAMES = frozenset({"ownTrades", "openOrders"})
_TRADING_EVENTS = frozenset(
    {"addOrder", "editOrder", "cancelOrder", "cancelAll", "cancelAllOrdersAfter"}
)

_DEPTH_NOT_SUPPORTED = "Subscription depth not supported"
_PAIR_NOT_SUPPORTED = "Currency pair not supported {}"
_NAME_INVALID = "Subscription name invalid"
_NOT_SUBSCRIBED = "Subscription Not Found"
_MALFORMED = "Malformed request"
_EVENT_UNKNOWN = "Event(s) not found"
# Not seen on the wire.
_ALREADY_SUBSCRIBED = "Already subscribed"


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
        try:
            request = json.loads(text)
        except (ValueError, RecursionError):
            request = None
        if not isinstance(request, dict):
            self._say(session, time_us, errorMessage=_MALFORMED, event="error")
            return
        event = request.get("event")
        reqid = _reqid(request)
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
            error = protocol.PRIVATE_ELSEWHERE if is_private else _MALFORMED
            self._refuse(session, request, time_us, error, wanted)
            return
        told = {"name": name}
        option: int | str = ""
        error = None
        if name == "book":
            option = told["depth"] = wanted.get("depth", protocol.DEFAULT_DEPTH)
            if type(option) is not int or option not in protocol.DEPTHS:
                error = _DEPTH_NOT_SUPPORTED
        elif name == "ohlc":
            option = told["interval"] = wanted.get("interval", OHLC_MINUTES[0])
            if type(option) is not int or option not in OHLC_MINUTES:
                error = protocol.INTERVAL_NOT_SUPPORTED
        elif name not in CHANNELS:
            error = protocol.PRIVATE_ELSEWHERE if name in _PRIVATE_NAMES else _NAME_INVALID
        for pair in pairs:
            self._pair(session, request, time_us, str(pair), told, option, error)

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
            error = _PAIR_NOT_SUPPORTED.format(pair)
        if error is None:
            topic = Topic(SPOT_V1, told["name"], symbols[pair], option)
            if request["event"] == "unsubscribe":
                if topic in session.subscriptions:
                    self._engine.unsubscribe(session, topic)
                else:
                    error = _NOT_SUBSCRIBED
            elif topic in session.subscriptions:
                error = _ALREADY_SUBSCRIBED
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
            subscription=dict(sorted(told.items())),
            **_reqid(request),
        )
        if request["event"] == "subscribe":
            self._engine.subscribe(session, topic, time_us, snapshot=True)

    def _refuse(
        self, session: Session, request: dict, time_us: int, error: str, told, **keys
    ) -> None:
        if isinstance(told, dict):
            keys["subscription"] = dict(sorted(told.items()))
        self._say(
            session,
            time_us,
            errorMessage=error,
            event="subscriptionStatus",
            status="error",
            **keys,
            **_reqid(request),
        )

    def _say(self, session: Session, time_us: int, **keys) -> None:
        """Send an object; Kraken sorts the keys of all of them."""
        session.send(time_us, json.dumps(dict(sorted(keys.items())), separators=(",", ":")))


def _reqid(request: dict) -> dict:
    reqid = request.get("reqid")
    # bool is an int to Python, and not to Kraken.
    is_number = isinstance(reqid, int) and not isinstance(reqid, bool)
    return {"reqid": reqid} if is_number else {}
