"""What WebSocket v2 says beside its channels: status, heartbeat and answers, as Kraken prints it."""

import json
from datetime import UTC, datetime
from functools import lru_cache

DEPTHS = (10, 25, 100, 500, 1000)
DEFAULT_DEPTH = 10

HEARTBEAT = '{"channel":"heartbeat"}'

PRIVATE_CHANNELS = frozenset({"executions", "balances", "level3"})
TRADING_METHODS = frozenset(
    {"add_order", "amend_order", "edit_order", "cancel_order", "cancel_all"}
    | {"cancel_all_orders_after", "batch_add", "batch_cancel"}
)

# Texts as seen on the wire (see "Error acks" in the protocol notes).
PAIR_NOT_SUPPORTED = "Currency pair not supported {}"
DEPTH_NOT_SUPPORTED = "Subscription depth not supported"
SYMBOL_NOT_ARRAY = "Symbol field must be an array"
INTERVAL_NOT_SUPPORTED = "Subscription ohlc interval not supported"
ALREADY_SUBSCRIBED = "Already subscribed"
PRIVATE_ELSEWHERE = (
    "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"
)
# Kraken's own texts for these are not known for v2; the first two are those of v1.
MALFORMED = "Malformed request"
NOT_SUBSCRIBED = "Subscription Not Found"
CHANNEL_NOT_SERVED = "Channel not served by this local Kraken: {}"
METHOD_UNKNOWN = "Method not known: {}"

# What an acknowledgement says beside.
WARNINGS = {
    "ohlc": "timestamp is deprecated, use interval_begin",
    "instrument": "tick_size is deprecated, use price_increment",
}

# From reading a request to answering it; real ones are 20 to 50 us apart.
_HANDLING_US = 35


# Orders are to be cancelled so long before a maintenance.
_CANCEL_BEFORE_US = 300_000_000


@lru_cache(maxsize=4)
def _second_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def time_text(time_us: int) -> str:
    """RFC 3339 in UTC with six decimals, of microseconds since 1970."""
    second, micros = divmod(time_us, 1_000_000)
    return f"{_second_text(second)}.{micros:06d}Z"


def time_of(text: str) -> int:
    """Microseconds since 1970 of an RFC 3339 time; raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.replace(microsecond=0).timestamp()) * 1_000_000 + moment.microsecond


def status(connection_id: int, system: str, upcoming: list[dict]) -> str:
    """What a connection hears first, and whenever it changes."""
    state = {
        "version": "2.0.10",
        "system": system,
        "api_version": "v2",
        "connection_id": connection_id,
        "upcoming_maintenance": upcoming,
        "emergency": [],
    }
    return _compact({"channel": "status", "type": "update", "data": [state]})


def maintenance(
    time_us: int, start_us: int, end_us: int, event_id: int = 33, title: str = "Maintenance"
) -> dict:
    """An announcement at `time_us` of a maintenance from `start_us` to `end_us`."""
    return {
        "affected_services": ["spot_trading", "spot_fix", "spot_ws"],
        "cancel_before_utc": time_text(start_us - _CANCEL_BEFORE_US),
        "event_id": event_id,
        "expected_end_utc": time_text(end_us),
        "expected_start_utc": time_text(start_us),
        "order_submission": "allowed",
        "phase": "announced",
        "recommended_action": "continue",
        "source_url": "https://status.kraken.com",
        "time_to_start_s": max(0, (start_us - time_us) // 1_000_000),
        "title": title,
    }


def answer(time_us: int, request: dict, **keys) -> str:
    """An acknowledgement of any kind; Kraken sorts the keys of all of them."""
    req_id = request.get("req_id")
    # bool is an int to Python, and not to Kraken.
    if isinstance(req_id, int) and not isinstance(req_id, bool):
        keys["req_id"] = req_id
    keys["time_in"] = time_text(time_us)
    keys["time_out"] = time_text(time_us + _HANDLING_US)
    return _compact(dict(sorted(keys.items())))


def _compact(value: dict) -> str:
    return json.dumps(value, separators=(",", ":"))
