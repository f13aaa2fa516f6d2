"""How the monitor says numbers, times and reasons, the same in every view."""

from datetime import UTC, datetime
from decimal import Decimal

from host.monitor import reasons
from host.monitor.board_state import BoardState
from host.monitor.market import Candle
from host.monitor.numbers import decimals, number, whole
from host.monitor.pair import LIVE, Pair

# How many digits the microprice, an estimate, may have behind those of the prices.
MICROPRICE_EXTRA_DECIMALS = 2

# Below this an ESP32 begins to lose packets.
WEAK_DBM = -75
LATE_MS = 2000  # behind the exchange; what a healthy line stays far below


def fixed(value: Decimal | None, places: int) -> str:
    """With this many digits behind the point; nothing for null."""
    return "" if value is None else f"{value:.{places}f}"


def signed(value: Decimal | None) -> str:
    """An imbalance, with its sign; nothing for null."""
    return "" if value is None else f"{value:+.2f}"


def spread(value: Decimal | None) -> str:
    """Basis points; a tight book has hundredths of one."""
    return fixed(value, 3 if value is None or abs(value) < 100 else 1)


def ratio(value: Decimal | None) -> str:
    """How many times as much; nothing for null."""
    return fixed(value, 2 if value is None or value < 1000 else 0)


def mid(pair: Pair) -> str:
    """Half a price step takes one digit more than the prices have."""
    return fixed(pair.mid, pair.price_decimals + 1)


def microprice(pair: Pair) -> str:
    """An estimate: with a few digits more than the prices have."""
    most = pair.price_decimals + MICROPRICE_EXTRA_DECIMALS
    return fixed(pair.microprice, min(pair.microprice_decimals, most))


def market_price(pair: Pair, value: Decimal | None) -> str:
    """A price of the extra channels, with at least the digits that the book's prices have."""
    return fixed(value, max(pair.price_decimals, decimals(value)))


def volume(value: Decimal | None) -> str:
    """Of many trades: nobody needs its last digits."""
    return "" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:.3f}"


def exact(value: Decimal | None) -> str:
    """As the board printed it; nothing for null."""
    return "" if value is None else f"{value:f}"


def change(candle: Candle) -> str:
    """Percent, with its sign; nothing while there is none."""
    percent = candle.change_percent
    return "" if percent is None else f"{percent:+.2f}"


def volatility(value: Decimal | None) -> str:
    """Basis points; a calm market has thousandths of one in 100 ms."""
    return fixed(value, 3 if value is None or value < 100 else 1)


def flow(value: Decimal | None) -> str:
    """An amount of the base currency, with its sign; as many digits as an eye takes in."""
    if value is None:
        return ""
    size = abs(value)
    if size >= 1_000_000:
        return f"{value / 1_000_000:+,.1f}M"
    return f"{value:+,.{0 if size >= 1000 else 1 if size >= 100 else 3}f}"


def scale(value: Decimal | None) -> str:
    """By how much a threshold is larger than it was set."""
    return "" if value is None else f"x{value:.2f}"


def trend(momentum: int | None) -> str:
    """Up or down where a price went further than chance would have it."""
    return {1: "up", -1: "down"}.get(momentum or 0, "")


def age(seconds: float) -> str:
    """How long ago, as roughly as one looks at it."""
    minutes, hours = int(seconds // 60), int(seconds // 3600)
    if not minutes:
        return f"{int(seconds)} s"
    return f"{minutes} min" if not hours else f"{hours} h" if hours < 48 else f"{hours // 24} d"


def duration(seconds: float) -> str:
    """Hours:minutes:seconds."""
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"


def clock(utc_s: float) -> str:
    """Time of the day."""
    return _utc(utc_s, "%H:%M:%S") or "--:--:--"


def clock_ms(exchange_ms: int) -> str:
    """Time of the day to the millisecond; the board says 0 while it does not know the time."""
    day = _utc(exchange_ms // 1000, "%H:%M:%S") if exchange_ms else None
    return f"{day}.{exchange_ms % 1000:03d}" if day else "--:--:--.---"


def _utc(utc_s: float, form: str) -> str | None:
    try:
        return datetime.fromtimestamp(utc_s, UTC).strftime(form)
    except (ValueError, OverflowError, OSError):
        return None


def python_name(state: BoardState) -> str:
    """The Python that runs the firmware, as its boot record says it."""
    return state.boot.python.replace("micropython", "MicroPython").replace("cpython", "CPython")


def pair_state(state: BoardState, pair: Pair) -> str:
    """A LIVE book of a board that has fallen silent is not known to be LIVE any more."""
    return "SILENT" if pair.state == LIVE and not state.believed(pair) else pair.state or "?"


def pair_reason(state: BoardState, pair: Pair) -> str:
    """Why this book's numbers are not to be relied on."""
    shown = pair_state(state, pair)
    if shown == "SILENT":
        return f"nothing heard for {state.now_s - pair.heard_s:.0f} s"
    if shown == "SYNCING":
        return "waiting for a snapshot"
    return reasons.stale(pair.reason)


def connection(state: BoardState) -> tuple[str, str]:
    """(ok, wait or bad; what to say) of the way from the exchange to this screen."""
    if state.port_trouble:
        return "bad", state.port_trouble
    if state.safe:  # the Python prompt that follows it is no news
        return "wait", f"safe mode: {state.safe}"
    if state.note:
        return state.note.mood, state.note.text
    if state.restarting:
        silent_s = state.now_s - (state.heard_s or 0.0)
        return "wait", f"restarting for {silent_s:.0f} s: {state.restarting}"
    if state.heard_s is None:
        return "wait", f"waiting for the board's first record, {state.elapsed_s:.0f} s"
    if state.board_silent:
        return "bad", f"board silent for {state.now_s - state.heard_s:.0f} s"
    why = f": {reasons.net(state.net_why)}" if state.net_why else ""
    tries_s = max(0.0, state.retry_s - state.now_s)
    way: dict[str, tuple[str, str]] = {
        "up": ("ok", "connected"),
        "down": ("bad", f"disconnected{why}"),
        "retry": ("wait", f"next try in {tries_s:.0f} s{why}"),
        "connect": ("wait", "connecting"),
    }
    if state.net not in way:
        return _before_connecting(state)
    if state.exchange in ("", reasons.ONLINE):
        return way[state.net]
    # That says why nothing goes, and that it will.
    goes_on = "" if state.net == "up" else f", {way[state.net][1].removesuffix(why)}"
    return "wait", f"exchange: {reasons.status(state.exchange)}{goes_on}"


def _before_connecting(state: BoardState) -> tuple[str, str]:
    wifi = state.wifi
    if wifi.state == "join":
        return "wait", f"joining Wi-Fi, {state.now_s - wifi.since_s:.0f} s"
    if wifi.state == "down":
        return "bad", "Wi-Fi lost" if wifi.why in ("", "lost") else f"Wi-Fi: {wifi.why}"
    if state.clock == "set":
        return "wait", "clock set"
    if state.clock == "wait":
        return "wait", f"waiting for the time: {state.clock_why or 'no answer'}"
    if wifi.state == "up":
        return "wait", "Wi-Fi is up, asking for the time"
    return "wait", "board is up"


def signal_strength(state: BoardState) -> str:
    """The Wi-Fi's as the board measured it last; empty if it did not say."""
    rssi_dbm = state.wifi.rssi_dbm
    if rssi_dbm is None:
        return ""
    return f"{rssi_dbm} dBm" + (", weak" if rssi_dbm < WEAK_DBM else "")


def health_items(state: BoardState, none: str = "-") -> list[tuple[str, str, bool]]:
    """(name, value, whether it asks for attention) of everything the board says of itself.

    `none` stands for what the board cannot know, `?` for what it did not say.
    """
    health = state.health
    strength = signal_strength(state)
    wifi = [("Wi-Fi", strength, strength.endswith("weak"))] if strength else []
    if not health:
        return wifi

    said = state.said

    def count(key: str) -> str:
        value = number(said.get(key))
        return "?" if value is None else f"{value:,}"

    def some(key: str) -> bool:
        return bool(number(said.get(key)))

    def unit(key: str, unit: str) -> str:
        return none if key in said and said[key] is None else f"{count(key)} {unit}"

    free = unit("free", "B")
    if number(said.get("low")) is not None:
        free += f", lowest {count('low')}"
    return [
        ("up", duration(whole(health.get("up")) or 0), False),
        ("messages", f"{count('n')} {count('ps')}/s", False),
        ("lag", unit("lag", "ms"), (whole(health.get("lag")) or 0) >= LATE_MS),
        ("heartbeats missing", count("hb"), some("hb")),
        ("failed", count("bad"), some("bad")),
        ("heap free", free, False),
        ("allocated", unit("alloc", "B"), False),
        ("reconnects", count("re"), some("re")),
        ("dropped", count("drop"), some("drop")),
        ("skipped", count("skip"), some("skip")),
        *_clock_item(state),
        *wifi,
    ]


def _clock_item(state: BoardState) -> list[tuple[str, str, bool]]:
    """Whether the board's clock is to be trusted, what its last setting changed, and its drift."""
    link = state.link
    if "off" not in link:
        return []
    offset_ms, ppm = whole(link["off"]), whole(link.get("ppm"))
    if offset_ms is None:
        return [("clock", "not to be trusted", True)]
    drift = "" if ppm is None else f" {ppm:+,} ppm"
    return [("clock", f"trusted, {offset_ms:+,} ms{drift}", False)]
