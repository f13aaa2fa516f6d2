"""The futures' requests: what may be asked for, and the answers as Kraken words them."""

import json
import uuid
from random import Random
from typing import TYPE_CHECKING

from host.exchange.futures_v1_channels import CHANNELS
from host.exchange.request import parsed
from host.exchange.session import Session
from host.exchange.source import FUTURES_V1, Topic
from host.exchange.texts import compact

if TYPE_CHECKING:
    from host.exchange.engine import Engine

_INFO = '{"event":"info","version":1}'
_HEARTBEAT = Topic(FUTURES_V1, "heartbeat", "")

_PRIVATE_FEEDS = frozenset(
    {"account_log", "balances", "fills", "notifications_auth", "open_orders"}
    | {"open_orders_verbose", "open_positions"}
)

# As seen on the wire.
_INVALID_FEED = "Couldn't subscribe to invalid feed"
_PRIVATE_FEED = "Failed to subscribe to authenticated feed"
_NOT_SUBSCRIBED = "Not subscribed to feed"
# As documented.
_INVALID_PRODUCT = "Invalid product id"
_JSON_ERROR = "Json Error"
# Not seen on the wire; whoever subscribes again has the snapshot again.
_AGAIN = "Already subscribed to feed, re-requesting"


class FuturesV1:
    """The futures' WebSocket at `/ws/v1`."""

    def __init__(self, engine: "Engine"):
        self._engine = engine
        self._challenges = Random(engine.start_us)

    def greet(self, session: Session, time_us: int) -> None:
        session.send(time_us, _INFO)

    def tell_system(self, session: Session, time_us: int) -> None:
        # The futures are another exchange, with a status of its own that it does not announce.
        return

    def heartbeat(self, time_us: int) -> str:
        return f'{{"feed":"heartbeat","time":{time_us // 1000}}}'

    def subscriptions(self, symbols, depth: int, channels) -> list[str]:
        names = [
            product.name
            for product in self._engine.source.products().values()
            if product.symbol in symbols and product.name.startswith("PF_")
        ]
        feeds = [{"feed": "heartbeat"}]
        feeds += [{"feed": channel, "product_ids": names} for channel in channels]
        return [json.dumps({"event": "subscribe", **feed}) for feed in feeds]

    def request(self, session: Session, text: str, time_us: int) -> None:
        request = parsed(text) or {}
        event = request.get("event")
        if event in ("subscribe", "unsubscribe"):
            self._subscription(session, request, event, time_us)
        elif event == "challenge":
            # Handed out for any key.
            number = uuid.UUID(int=self._challenges.getrandbits(128), version=4)
            self._say(session, time_us, event="challenge", message=str(number))
        else:
            self._say(session, time_us, event="error", message=_JSON_ERROR)

    def _subscription(self, session: Session, request: dict, event: str, time_us: int) -> None:
        feed, names = request.get("feed"), request.get("product_ids")
        if feed == "heartbeat":
            self._heartbeat(session, event, time_us)
        elif isinstance(feed, str) and feed in _PRIVATE_FEEDS:
            self._say(session, time_us, event="alert", message=_PRIVATE_FEED)
        elif not isinstance(feed, str) or feed not in CHANNELS:
            self._say(session, time_us, event="alert", message=_INVALID_FEED)
        elif not isinstance(names, list) or not names:
            self._say(session, time_us, event="error", message=_INVALID_PRODUCT)
        else:
            for name in names:
                self._product(session, event, feed, str(name).upper(), time_us)

    def _heartbeat(self, session: Session, event: str, time_us: int) -> None:
        if event == "subscribe":
            self._engine.start_heartbeat(session, time_us)
            if _HEARTBEAT not in session.subscriptions:
                self._engine.subscribe(session, _HEARTBEAT, time_us, snapshot=False)
        elif _HEARTBEAT in session.subscriptions:
            self._engine.stop_heartbeat(session)
            self._engine.unsubscribe(session, _HEARTBEAT)
        else:
            self._say(session, time_us, event="alert", message=_NOT_SUBSCRIBED)
            return
        self._say(session, time_us, event=f"{event}d", feed="heartbeat")

    def _product(self, session: Session, event: str, feed: str, name: str, time_us: int) -> None:
        product = self._engine.source.products().get(name)
        if product is None:
            self._say(session, time_us, event="error", message=_INVALID_PRODUCT)
            return
        topic = Topic(FUTURES_V1, feed, product.symbol, name)
        is_subscribed = topic in session.subscriptions
        if event == "unsubscribe":
            if not is_subscribed:
                self._say(session, time_us, event="alert", message=_NOT_SUBSCRIBED)
                return
            self._engine.unsubscribe(session, topic)
        else:
            self._engine.subscribe(session, topic, time_us, snapshot=True)
            if is_subscribed:
                self._say(session, time_us, event="alert", message=_AGAIN)
                return
        self._say(session, time_us, event=f"{event}d", feed=feed, product_ids=[name])

    def _say(self, session: Session, time_us: int, **keys) -> None:
        session.send(time_us, compact(keys))
