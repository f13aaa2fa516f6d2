"""Acks that become refusals, and the exchange's status, in each dialect."""

import json

from host.exchange.faults.looks import FUTURES, V2, Look
from host.exchange.protocol import time_text

_REFUSALS = {V2: "Currency pair not supported {}"}
_REFUSAL = "Currency pair not in ISO 4217-A3 format {}"


def refusal(ack: str, seen: Look, error: str | None) -> str:
    """The error ack in place of a subscription's `ack`."""
    message = json.loads(ack)
    error = error or _REFUSALS.get(seen.dialect, _REFUSAL).format(seen.symbol)
    if seen.dialect == V2:
        kept = {key: message[key] for key in ("req_id", "time_in", "time_out") if key in message}
        refused = {"error": error, "method": "subscribe", "success": False, "symbol": seen.symbol}
        return _compact(dict(sorted((refused | kept).items())))
    if seen.dialect == FUTURES:
        return _compact(message | {"event": "subscribed_failed"})
    for key in ("channelID", "channelName"):
        message.pop(key, None)
    refused = message | {"errorMessage": error, "status": "error"}
    return _compact(dict(sorted(refused.items())))


def unsubscribe(ack: str, seen: Look) -> str:
    """The request that takes back what `ack` grants."""
    message = json.loads(ack)
    if seen.dialect == V2:
        result = message["result"]
        params = {"channel": "book", "symbol": [seen.symbol], "depth": result["depth"]}
        return _compact({"method": "unsubscribe", "params": params})
    if seen.dialect == FUTURES:
        return _compact(message | {"event": "unsubscribe"})
    subscription = message["subscription"]
    return _compact({"event": "unsubscribe", "pair": [seen.symbol], "subscription": subscription})


def is_unsubscribed(text: str) -> bool:
    return '"unsubscribe' in text


def system(status: str, word: str, begins_us: int = 0, ends_us: int = 0) -> str:
    """A `status` frame that says another word, and announces maintenance if it `begins_us`."""
    message = json.loads(status)
    if "event" in message:
        return _compact(message | {"status": word})
    state = message["data"][0]
    state["system"] = word
    state["upcoming_maintenance"] = [_maintenance(begins_us, ends_us)] if begins_us else []
    return _compact(message)


def alert(word: str) -> str:
    """What futures, which have no status, are told instead."""
    return _compact({"event": "alert", "message": f"Market in {word} mode"})


def _maintenance(begins_us: int, ends_us: int) -> dict:
    return {
        "affected_services": ["spot_trading", "spot_fix", "spot_ws"],
        "cancel_before_utc": time_text(begins_us),
        "event_id": 33,
        "expected_end_utc": time_text(ends_us),
        "expected_start_utc": time_text(begins_us),
        "order_submission": "allowed",
        "phase": "announced",
        "recommended_action": "continue",
        "source_url": "https://status.kraken.com",
        "time_to_start_s": max(0, (ends_us - begins_us) // 1_000_000),
        "title": "Order Entry System Maintenance",
    }


def _compact(value: dict) -> str:
    return json.dumps(value, separators=(",", ":"))
