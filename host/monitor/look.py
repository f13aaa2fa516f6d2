"""The colours, the characters and the small bars of the live view."""

from dataclasses import dataclass
from decimal import Decimal

from rich.text import Text

# Middle tones, so that they read on dark and on light terminals alike.
BID = "#4fae7b"
ASK = "#d0636b"
CAUTION = "#cf9a44"
INK = "#6f9ad3"
FAINT = "#7d8590"
TRACK = "#4b525c"
HEADING = f"bold {FAINT}"
STRONG = "bold"
DOUBTED = f"dim {FAINT}"

# A proved book is calm; every other state is a filled badge that stands out.
BADGES = {
    "LIVE": f"bold {BID}",
    "SYNCING": f"bold #10151b on {CAUTION}",
    "STALE": f"bold #10151b on {ASK}",
}
ALERT_BADGE = f"bold #10151b on {CAUTION}"
BADGE_OTHER = f"bold #10151b on {FAINT}"
TRENDS = {"up": BID, "down": ASK}
SIDES = {"BUY": f"bold {BID}", "SELL": f"bold {ASK}", "FLAT": FAINT}


MOST_PADDING = 3


@dataclass(frozen=True)
class Glyphs:
    """The characters that differ between a UTF-8 terminal and any other."""

    rule: str
    dot: str
    bar: str
    bar_ends_left: str  # half a cell, the half that is nearer to zero
    bar_ends_right: str
    track: str
    zero: str
    sparks: str
    sides: dict[str, str]
    trends: dict[str, str]
    between: str
    none: str
    cut: str


UNICODE = Glyphs(
    rule="─",
    dot="●",
    bar="━",
    bar_ends_left="╺",
    bar_ends_right="╸",
    track="─",
    zero="┼",
    sparks="▁▂▃▄▅▆▇█",
    sides={"BUY": "▲", "SELL": "▼", "FLAT": "·"},
    trends={"up": "↗", "down": "↘"},
    between=" · ",
    none="–",  # noqa: RUF001
    cut="…",
)
ASCII = Glyphs(
    rule="-",
    dot="*",
    bar="=",
    bar_ends_left="-",
    bar_ends_right="-",
    track=".",
    zero="|",
    sparks="_.-=^",
    sides={"BUY": "+", "SELL": "-", "FLAT": "."},
    trends={"up": "^", "down": "v"},
    between=" | ",
    none="-",
    cut="~",
)


def fit(text: Text, width: int, glyphs: Glyphs) -> Text:
    """Exactly `width` cells: padded on the right, or cut with a mark."""
    if text.cell_len > width:
        text.truncate(max(0, width - 1), overflow="crop")
        text.append(glyphs.cut[:width], FAINT)
    text.pad_right(width - text.cell_len)
    return text


def align_points(texts: list[str], none: str = "") -> list[str]:
    """Pad on the right so that, set flush right, all decimal points stand under each other.

    Prices of very different kinds stay flush right: the padding would push columns off the screen.
    """
    all_places = [len(text.partition(".")[2]) for text in texts if text]
    most = max(all_places, default=0)
    if most - min(all_places, default=0) > MOST_PADDING:
        return [text or none for text in texts]

    def pad(text: str) -> str:
        places = len(text.partition(".")[2])
        point = 1 if most and not places else 0
        return (text or none) + " " * (most - places + point)

    return [pad(text) for text in texts]


def level_bar(percent: int | None, width: int, style: str, glyphs: Glyphs) -> Text:
    """0..100 as a line that grows from the left, in steps of half a cell."""
    halves = round(min(max(percent or 0, 0), 100) * width * 2 / 100)
    filled = glyphs.bar * (halves // 2) + glyphs.bar_ends_right * (halves % 2)
    bar = Text(filled, style)
    bar.append(glyphs.track * (width - len(filled)), TRACK)
    return bar


def centre_bar(value: Decimal | None, width: int, glyphs: Glyphs, quiet: bool = False) -> Text:
    """-1..1 around a zero mark: bids pull to the right, asks to the left. `width` is odd."""
    side = (width - 1) // 2
    bid, ask = (FAINT, FAINT) if quiet else (BID, ASK)
    share = float(min(max(value or Decimal(0), Decimal(-1)), Decimal(1)))
    halves = round(abs(share) * side * 2)
    cells, odd = divmod(halves, 2)
    empty = glyphs.track * (side - cells - odd)
    bar = Text()
    if share < 0:
        bar.append(empty, TRACK)
        bar.append(glyphs.bar_ends_left * odd + glyphs.bar * cells, ask)
    else:
        bar.append(glyphs.track * side, TRACK)
    bar.append(glyphs.zero, FAINT)
    if share < 0:
        bar.append(glyphs.track * side, TRACK)
    else:
        bar.append(glyphs.bar * cells + glyphs.bar_ends_right * odd, bid)
        bar.append(empty, TRACK)
    return bar


def sparkline(values: list[Decimal], width: int, glyphs: Glyphs) -> Text:
    """The last `width` values between their own lowest and highest, newest at the right."""
    shown = values[-width:]
    if not shown:
        return Text(" " * width)
    low, high = min(shown), max(shown)
    top = len(glyphs.sparks) - 1
    marks = "".join(
        glyphs.sparks[round((value - low) / (high - low) * top) if high > low else top // 2]
        for value in shown
    )
    return Text(marks.rjust(width), INK)
