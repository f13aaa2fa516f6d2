"""Where the exchange is: its place on the network, and the path of each way to speak to it."""

import errno

from host.exchange.source import FUTURES_V1, SPOT_V1, SPOT_V2

LOOPBACK = "127.0.0.1"
PATHS = {SPOT_V2: "/v2", SPOT_V1: "/", FUTURES_V1: "/ws/v1"}
REST_PATH = "/0/public"

# Addresses to listen on that no client connects to by that name.
_ANY_ADDRESS = ("0.0.0.0", "::")


def names(host: str) -> tuple[str, ...]:
    """What the certificate is to name beside the loopback."""
    return () if host in _ANY_ADDRESS else (host,)


def url(host: str, port: int, dialect: str) -> str:
    return f"wss://{_place(host, port)}{PATHS[dialect]}"


def rest_url(host: str, port: int) -> str:
    return f"https://{_place(host, port)}{REST_PATH}"


def why_not(host: str, port: int, error: OSError) -> str:
    """Why nobody can listen there, in one line."""
    place = f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return f"{place} is in use; --port names another port, 0 takes any free one"
    return f"cannot listen on {place} ({error.strerror})"


def _place(host: str, port: int) -> str:
    # Not "localhost": that may mean ::1 first, where nobody listens.
    host = LOOPBACK if host in _ANY_ADDRESS else host
    return f"{f'[{host}]' if ':' in host else host}:{port}"
