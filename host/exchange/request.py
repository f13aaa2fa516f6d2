"""Reads what a client asks for, as far as that is the same in several dialects."""

import json
from typing import Any, NamedTuple

from host.exchange import protocol
from host.exchange.tape import OHLC_MINUTES


class Option(NamedTuple):
    """What a channel may be asked for with; the first of `allowed` is meant where it is left away."""

    key: str
    allowed: tuple
    refusal: str

    def read(self, params: dict) -> tuple[Any, str | None]:
        """The value in `params`, and why it is refused if it is."""
        value = params.get(self.key, self.allowed[0])
        # True is 1 to Python, and not to Kraken.
        fits = type(value) is type(self.allowed[0]) and value in self.allowed
        return value, None if fits else self.refusal


DEPTH = Option("depth", protocol.DEPTHS, protocol.DEPTH_NOT_SUPPORTED)
INTERVAL = Option("interval", OHLC_MINUTES, protocol.INTERVAL_NOT_SUPPORTED)
TRIGGER = Option("event_trigger", ("trades", "bbo"), protocol.MALFORMED)


def parsed(text: str) -> dict | None:
    """The object that a client sent; None for anything else."""
    try:
        request = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return request if isinstance(request, dict) else None
