"""The short words by which the board names a cause or a state, in words for people."""

_STALE = {
    "checksum": "checksum failed, subscribing anew",
    "sequence": "a message is missing, subscribing anew",
    "lost": "a message could not be read, subscribing anew",
    "moved": "the price jumped, subscribing anew",
    "thin": "too few levels left, subscribing anew",
    "precision": "a number finer than the book's precision",
    "heartbeat": "heartbeats missing, connecting anew",
    "lag": "too far behind the exchange, connecting anew",
    "disconnect": "connection lost",
    "refused": "the exchange refused the subscription",
}

_RESYNC = {
    "sequence": "a missing message",
    "lost": "an unreadable message",
    "moved": "a price jump",
    "thin": "too few levels",
    "precision": "too fine a number",
    "heartbeat": "missing heartbeats",
    "disconnect": "a lost connection",
    "refused": "a refusal",
}

_SIGNAL = {
    "leader": "the pair that leads it says the same",
    "faded": "the imbalance faded",
    "spread": "the spread left its gate",
    "book": "a side is empty or crossed",
}

_NET = {"lag": "too far behind the exchange"}

ONLINE = "online"
# Of the exchange; any other word is line noise, and would stand until the next one comes.
_STATUS = (ONLINE, "maintenance", "cancel_only", "post_only", "limit_only", "reduce_only")


def stale(why: str) -> str:
    """Why a book is not to be believed."""
    return _STALE.get(why, why)


def resync(why: str) -> str:
    """What a book was re-synced after."""
    return _RESYNC.get(why, why)


def signal(why: str) -> str:
    """Why a signal began or ended."""
    return _SIGNAL.get(why, why)


def net(why: str) -> str:
    """Why a connection ended."""
    return _NET.get(why, why)


def status(word: str) -> str:
    """The exchange's status, or a pair's there."""
    return word.replace("_", " ")


def is_status(word: str) -> bool:
    """Whether the exchange is known to say this of itself."""
    return word in _STATUS
