"""What WebSocket v2 says beside its channels: status, heartbeat and answers, as Kraken prints it."""

from host.exchange.texts import compact, sorted_keys, time_text

DEPTHS = (10, 25, 100, 500, 1000)
DEFAULT_DEPTH = 10

# The exchange's usual word of itself.
ONLINE = "online"

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
    return compact({"channel": "status", "type": "update", "data": [state]})


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


def number_of(request: dict, key: str) -> dict[str, int]:
    """The number that a client gave its request, for the answer to repeat; nothing if it is none."""
    value = request.get(key)
    # bool is an int to Python, and not to Kraken.
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return {key: value} if is_number else {}


def answer(time_us: int, request: dict, **keys) -> str:
    """An acknowledgement of any kind; Kraken sorts the keys of all of them."""
    keys |= number_of(request, "req_id")
    keys["time_in"] = time_text(time_us)
    keys["time_out"] = time_text(time_us + _HANDLING_US)
    return sorted_keys(keys)
