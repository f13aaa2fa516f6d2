"""The settings in config.json: defaults, units, ranges, and one line that names the key when one is wrong."""

import json

from micropython import const

# key: (default, type, least, most). Durations in ms; thresholds count with 4 decimals.
_NUMBERS = {
    "port": (443, int, 1, 65535),
    "levels": (5, int, 1, 10),
    "imbalance_threshold": (0.3, float, 0.01, 1.0),
    "spread_threshold_bps": (2.0, float, 0.0, 1000.0),
    "book_interval_ms": (250, int, 0, 60_000),
    "health_interval_ms": (10_000, int, 1000, 600_000),
    "silence_ms": (4000, int, 1500, 60_000),
    "connect_timeout_ms": (20_000, int, 1000, 60_000),
    "backoff_min_ms": (1000, int, 100, 60_000),
    "backoff_max_ms": (60_000, int, 1000, 600_000),
    "buffer_bytes": (3072, int, 2048, 16_384),
    "serial_bytes_per_s": (8000, int, 0, 10_000_000),
}
_TEXTS = {"host": "ws.kraken.com", "path": "/v2", "ca": "ca.der"}
_MOST_PAIRS = const(8)
_LONGEST_TEXT = const(64)
_DEPTH_25_BYTES = const(3072)  # a snapshot has to fit
_LONGEST_PAIR = const(15)


class ConfigError(OSError):
    """The settings cannot be used; the text names the key and what it may be."""


def load(path="config.json"):
    """Every setting by its name, from the file `path` or by default; raises ConfigError."""
    try:
        with open(path) as file:
            text = file.read().strip()
        if not text.endswith("}"):
            raise ValueError  # MicroPython's json would take half an object for a whole one
        given = json.loads(text)
    except OSError:
        raise ConfigError(f"{path} cannot be read")
    except ValueError:
        raise ConfigError(f"{path} is not JSON")
    try:
        return check(given)
    except ConfigError as error:
        raise ConfigError(path + ": " + str(error))


def check(given):
    """`given` with the defaults of what it leaves out; raises ConfigError."""
    if not isinstance(given, dict):
        raise ConfigError("must be an object with keys")
    for key in given:
        if key not in _NUMBERS and key not in _TEXTS and key not in ("pairs", "depth"):
            raise ConfigError(f"{key} is not a setting")
    settings = {}
    for key, (default, kind, least, most) in _NUMBERS.items():
        value = given.get(key, default)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole and not (kind is float and isinstance(value, float)):
            raise ConfigError(f"{key} must be a number")
        if not least <= value <= most:
            raise ConfigError(f"{key} must be {least} to {most}")
        settings[key] = value
    for key, default in _TEXTS.items():
        value = given.get(key, default)
        plain = isinstance(value, str) and all(33 <= c <= 126 for c in value.encode())
        if not plain or not 1 <= len(value) <= _LONGEST_TEXT:
            raise ConfigError(f"{key} must be a text of 1 to {_LONGEST_TEXT} plain characters")
        settings[key] = value
    # Letters, digits, hyphens and dots; bytes, since the characters of a text would be interned.
    if not all(
        c in b"-." or 48 <= c <= 57 or 65 <= c & 95 <= 90 for c in settings["host"].encode()
    ):
        raise ConfigError("host must be a name such as ws.kraken.com")
    if not settings["path"].startswith("/"):
        raise ConfigError("path must begin with /")
    settings["depth"] = given.get("depth", 10)
    if not isinstance(settings["depth"], int) or settings["depth"] not in (10, 25):
        raise ConfigError("depth must be 10 or 25")
    if settings["depth"] == 25 and settings["buffer_bytes"] < _DEPTH_25_BYTES:
        raise ConfigError(f"buffer_bytes must be {_DEPTH_25_BYTES} or more for depth 25")
    settings["pairs"] = _pairs(given.get("pairs", ["BTC/USD", "ETH/USD", "BTC/EUR"]))
    return settings


def _pairs(given):
    if not isinstance(given, (list, tuple)) or not 1 <= len(given) <= _MOST_PAIRS:
        raise ConfigError(f"pairs must be a list of 1 to {_MOST_PAIRS}")
    for n, pair in enumerate(given):
        # Capitals, digits, and the slash, dot and x of the tokenised stocks (AAPLx/USD).
        plain = isinstance(pair, str) and all(
            65 <= c <= 90 or 46 <= c <= 57 or c == 120 for c in pair.encode()
        )
        if not plain or pair.count("/") != 1 or len(pair) > _LONGEST_PAIR:
            raise ConfigError("pairs must be names such as BTC/USD")
        if pair in given[:n]:
            raise ConfigError(f"pairs has {pair} twice")
    return list(given)
