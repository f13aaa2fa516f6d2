"""The settings in config.json: defaults, units, ranges, and one line that names the key when one is wrong."""

import json

from micropython import const

# key: (default, type, least, most). Durations in ms; thresholds count with 4 decimals.
_NUMBERS = {
    "port": (443, int, 1, 65535),
    "levels": (5, int, 1, 10),
    "imbalance_threshold": (0.3, float, 0.01, 1.0),
    "spread_threshold_bps": (2.0, float, 0.0, 1000.0),
    "signal_cooldown_ms": (1000, int, 0, 600_000),
    "book_interval_ms": (250, int, 0, 60_000),
    "depth_bps": (10, int, 1, 1000),
    "correlation_window": (100, int, 20, 500),
    "contagion_threshold": (0.85, float, 0.1, 1.0),
    "delta_threshold": (0.001, float, 0.0, 0.1),
    "resync_cooldown_ms": (1000, int, 100, 600_000),
    "ohlc_interval": (1, int, 1, 21_600),
    "health_interval_ms": (10_000, int, 1000, 600_000),
    "silence_ms": (3500, int, 1500, 60_000),
    "max_lag_ms": (5000, int, 500, 600_000),
    "watchdog_ms": (30_000, int, 0, 600_000),
    "heap_floor": (2000, int, 0, 32_000),
    "heap_kb": (56, int, 56, 160),  # more is taken from what WiFi and TLS live on
    "rest_port": (443, int, 1, 65535),
    "time_port": (123, int, 1, 65535),
    "blackbox_kb": (128, int, 0, 4096),
    "connect_timeout_ms": (20_000, int, 1000, 60_000),
    "backoff_min_ms": (1000, int, 100, 60_000),
    "backoff_max_ms": (60_000, int, 1000, 600_000),
    "buffer_bytes": (1792, int, 1792, 16_384),
    "serial_bytes_per_s": (8000, int, 0, 10_000_000),
}
# The exchange's dialects: host and path of each.
_DIALECTS = {
    "spot_v2": ("ws.kraken.com", "/v2"),
    "spot_v1": ("ws.kraken.com", "/"),
    "futures_v1": ("futures.kraken.com", "/ws/v1"),
}
_TEXTS = {
    "ca": "ca.der",
    "time_host": "pool.ntp.org",
    "blackbox_on": "flash",
}
# Short texts in one long one, for each by itself would be a name that MicroPython keeps for ever.
_CHANNELS = const("ticker trade ohlc spread")
_SPOT_PAIRS = const("BTC/USD ETH/USD BTC/EUR")
_FUTURES_PAIRS = const("PF_XBTUSD PF_ETHUSD")
_OLD_AND_NEW = const("XBT BTC XDG DOGE")  # what Kraken's older dialects call them
_FUTURES_KINDS = const("PI_ PF_ FI_ FF_")
_OHLC_MINUTES = const((1, 5, 15, 30, 60, 240, 1440, 10_080, 21_600))
_OTHERS = ("dialect", "host", "path", "rest_host", "depth", "pairs", "channels")
_MOST_PAIRS = const(8)
_LONGEST_TEXT = const(64)
_DEPTH_25_BYTES = const(2944)  # a snapshot has to fit
_LONGEST_PAIR = const(19)


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
        if key not in _NUMBERS and key not in _TEXTS and key not in _OTHERS:
            raise ConfigError(f"{key} is not a setting")
    settings = {"dialect": given.get("dialect", "spot_v2")}
    if settings["dialect"] not in tuple(_DIALECTS):
        raise ConfigError("dialect must be " + " or ".join(_DIALECTS))
    for key, (default, kind, least, most) in _NUMBERS.items():
        value = given.get(key, default)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole and not (kind is float and isinstance(value, float)):
            raise ConfigError(f"{key} must be a number")
        if not least <= value <= most:
            raise ConfigError(f"{key} must be {least} to {most}")
        settings[key] = value
    texts = dict(_TEXTS)
    texts["host"], texts["path"] = _DIALECTS[settings["dialect"]]
    # Another exchange than the real one is asked over REST only where that is said.
    real = "host" not in given and settings["dialect"] != "futures_v1"
    texts["rest_host"] = "api.kraken.com" if real else ""
    for key, default in texts.items():
        value = given.get(key, default)
        plain = isinstance(value, str) and all(33 <= c <= 126 for c in value.encode())
        least = 0 if key == "rest_host" else 1  # without one there are no REST calls
        if not plain or not least <= len(value) <= _LONGEST_TEXT:
            raise ConfigError(f"{key} must be a text of 1 to {_LONGEST_TEXT} plain characters")
        settings[key] = value
    for key in ("host", "rest_host", "time_host"):
        # Letters, digits, hyphens and dots; bytes, since the characters of a text would be interned.
        if not all(
            c in b"-." or 48 <= c <= 57 or 65 <= c & 95 <= 90 for c in settings[key].encode()
        ):
            raise ConfigError(f"{key} must be a name such as ws.kraken.com")
    if not settings["path"].startswith("/"):
        raise ConfigError("path must begin with /")
    settings["depth"] = given.get("depth", 25 if settings["dialect"] == "futures_v1" else 10)
    if not isinstance(settings["depth"], int) or settings["depth"] not in (10, 25):
        raise ConfigError("depth must be 10 or 25")
    # Futures' snapshots are larger than any buffer: they come in pieces.
    in_one = settings["depth"] == 25 and settings["dialect"] != "futures_v1"
    if in_one and "buffer_bytes" not in given:
        settings["buffer_bytes"] = _DEPTH_25_BYTES
    if in_one and settings["buffer_bytes"] < _DEPTH_25_BYTES:
        raise ConfigError(f"buffer_bytes must be {_DEPTH_25_BYTES} or more for depth 25")
    if settings["blackbox_on"] not in ("flash", "sd"):
        raise ConfigError("blackbox_on must be flash or sd")
    if settings["ohlc_interval"] not in _OHLC_MINUTES:
        raise ConfigError(
            "ohlc_interval must be minutes that Kraken has: 1, 5, 15, 30, 60, 240, ..."
        )
    settings["channels"] = _channels(given.get("channels", []), settings["dialect"])
    settings["pairs"] = _pairs(given, settings["dialect"] == "futures_v1")
    return settings


def _channels(given, dialect):
    names = _CHANNELS.split()
    if not isinstance(given, (list, tuple)) or not all(name in names for name in given):
        raise ConfigError("channels must be a list of ticker, trade, ohlc, spread")
    for name in given:
        if (name == "spread" and dialect != "spot_v1") or (
            name == "ohlc" and dialect == "futures_v1"
        ):
            raise ConfigError(f"channels: {dialect} has no {name}")
    return [name for name in names if name in given]


def _pairs(given, futures):
    """The names as v2 and futures spell them, whichever spelling was given."""
    default = _FUTURES_PAIRS if futures else _SPOT_PAIRS
    given = given.get("pairs", default.split())
    if not isinstance(given, (list, tuple)) or not 1 <= len(given) <= _MOST_PAIRS:
        raise ConfigError(f"pairs must be a list of 1 to {_MOST_PAIRS}")
    pairs = []
    for name in given:
        if not isinstance(name, str) or len(name) > _LONGEST_PAIR:
            raise ConfigError("pairs must be names such as BTC/USD")
        pair = _product(name) if futures else _pair(name)
        if pair in pairs:
            raise ConfigError(f"pairs has {pair} twice")
        pairs.append(pair)
    return pairs


def _pair(name):
    # Capitals, digits, and the slash, dot and x of the tokenised stocks (AAPLx/USD).
    plain = all(65 <= c <= 90 or 46 <= c <= 57 or c == 120 for c in name.encode())
    if not plain or name.count("/") != 1:
        raise ConfigError("pairs must be names such as BTC/USD")
    return "/".join([_new_name(asset) for asset in name.split("/")])


def _new_name(asset):
    names = _OLD_AND_NEW.split()
    return names[names.index(asset) | 1] if asset in names else asset


def _product(name):
    old, new, *_ = _OLD_AND_NEW.split()
    name = name.upper().replace(new, old)
    plain = all(65 <= c <= 90 or 48 <= c <= 57 or c == 95 for c in name.encode())
    if not plain or name[:3] not in _FUTURES_KINDS.split():
        raise ConfigError("pairs must be futures such as PF_XBTUSD")
    return name
