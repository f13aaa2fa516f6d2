"""Acks that become refusals, and the exchange's status, in each dialect."""

import json

from host.exchange.faults.looks import Look
from host.exchange.protocol import PAIR_NOT_SUPPORTED
from host.exchange.source import FUTURES_V1, SPOT_V2
from host.exchange.texts import compact, sorted_keys

_REFUSALS = {SPOT_V2: PAIR_NOT_SUPPORTED}
_REFUSAL = "Currency pair not in ISO 4217-A3 format {}"


def refusal(ack: str, seen: Look, error: str | None) -> str:
    """The error ack in place of a subscription's `ack`."""
    message = json.loads(ack)
    error = error or _REFUSALS.get(seen.dialect, _REFUSAL).format(seen.symbol)
    if seen.dialect == SPOT_V2:
        kept = {key: message[key] for key in ("req_id", "time_in", "time_out") if key in message}
        refused = {"error": error, "method": "subscribe", "success": False, "symbol": seen.symbol}
        return sorted_keys(refused | kept)
    if seen.dialect == FUTURES_V1:
        return compact(message | {"event": "subscribed_failed"})
    for key in ("channelID", "channelName"):
        message.pop(key, None)
    refused = message | {"errorMessage": error, "status": "error"}
    return sorted_keys(refused)


def unsubscribe(ack: str, seen: Look) -> str:
    """The request that takes back what `ack` grants."""
    message = json.loads(ack)
    if seen.dialect == SPOT_V2:
        result = message["result"]
        params = {"channel": "book", "symbol": [seen.symbol], "depth": result["depth"]}
        return compact({"method": "unsubscribe", "params": params})
    if seen.dialect == FUTURES_V1:
        return compact(message | {"event": "unsubscribe"})
    subscription = message["subscription"]
    return compact({"event": "unsubscribe", "pair": [seen.symbol], "subscription": subscription})


def is_unsubscribed(text: str) -> bool:
    return '"unsubscribe' in text


def system(status: str, word: str, upcoming: list[dict] | None = None) -> str:
    """A `status` frame that says another word, and announces the maintenance that is `upcoming`."""
    message = json.loads(status)
    if "event" in message:
        return compact(message | {"status": word})
    state = message["data"][0]
    state["system"] = word
    state["upcoming_maintenance"] = upcoming or []
    return compact(message)


def alert(word: str) -> str:
    """What futures, which have no status, are told instead."""
    return compact({"event": "alert", "message": f"Market in {word} mode"})
