"""The table of order books: which columns fit, and one line a pair."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text

from host.monitor import look, words
from host.monitor.board_state import HISTORY_LENGTH, BoardState, Pair
from host.monitor.look import Glyphs, fit

NARROW_BAR = 9
WIDE_BAR = 25
NARROW_SPARK = 16
WIDE_SPARK = 60
IMBALANCE_DIGITS = 6  # a space and "+0.00"
WIDE_GAP = 3
BADGE = 9


@dataclass
class Column:
    """One column; `rank` says how early it gets its place when the terminal is narrow."""

    title: str
    rank: int
    width: int
    cell: Callable[[Pair, int], Text]
    right: bool = True
    widest: int = 0  # a bar that takes what is left, up to this


def table(state: BoardState, pairs: list[Pair], width: int, glyphs: Glyphs) -> list[Text]:
    """Heading and rows, each exactly `width` cells wide."""
    columns, gap = _fit_columns(_columns(state, pairs, glyphs), width)
    heading = Text()
    for column in columns:
        title = column.title[: column.width]
        heading.append(title.rjust(column.width) if column.right else title.ljust(column.width))
        heading.append(" " * gap)
    heading.stylize(look.HEADING)
    rows = [_row(state, pair, columns, gap, glyphs) for pair in pairs]
    return [fit(line, width, glyphs) for line in (heading, *rows)]


def _row(state: BoardState, pair: Pair, columns: list[Column], gap: int, glyphs: Glyphs) -> Text:
    row = Text()
    believed = state.believed(pair)
    for place, column in enumerate(columns):
        if not believed and column.title not in KEPT_WHEN_DOUBTED:
            # What is derived from a doubted book makes room for the reason.
            left = sum(each.width + gap for each in columns[place:]) - gap
            row.append_text(fit(Text(words.pair_reason(state, pair), look.CAUTION), left, glyphs))
            break
        cell = column.cell(pair, column.width)
        row.append(" " * (column.width - cell.cell_len) if column.right else "")
        row.append_text(cell)
        row.append(" " * (column.width - cell.cell_len) if not column.right else "")
        row.append(" " * gap)
    return row


KEPT_WHEN_DOUBTED = ("PAIR", "STATE", "BEST BID", "BEST ASK", "LAG ms")


def _columns(state: BoardState, pairs: list[Pair], glyphs: Glyphs) -> list[Column]:
    """All columns in their order, as wide as these pairs need."""
    price_places = max((pair.price_decimals for pair in pairs), default=0)

    def at_point(text: str, places: int, most: int) -> str:
        """Pad behind the last digit, so that the decimal points of all pairs stand in line."""
        missing = most - places + (1 if most and not places else 0)
        return text + " " * missing if text else glyphs.none + " " * (most + 1 if most else 0)

    def price(value: Callable[[Pair], object]) -> Callable[[Pair, int], Text]:
        def cell(pair: Pair, _width: int) -> Text:
            text = words.fixed(value(pair), pair.price_decimals)  # type: ignore[arg-type]
            return doubted(pair, at_point(text, pair.price_decimals, price_places))

        return cell

    def doubted(pair: Pair, text: str, style: str = "") -> Text:
        return Text(text, style if state.believed(pair) else f"dim {look.FAINT}")

    def badge(pair: Pair, width: int) -> Text:
        shown = words.pair_state(state, pair)
        return Text(shown[:width].center(width), look.BADGES.get(shown, look.BADGE_OTHER))

    def lag(pair: Pair, _width: int) -> Text:
        return Text(glyphs.none if pair.lag_ms is None else str(pair.lag_ms))

    mid_places = price_places + 1

    def mid(pair: Pair, _width: int) -> Text:
        return Text(at_point(words.mid(pair), pair.price_decimals + 1, mid_places), look.STRONG)

    micro_texts = {pair.name: words.microprice(pair) for pair in pairs}
    micro_places = max((_places(text) for text in micro_texts.values()), default=0)

    def micro(pair: Pair, _width: int) -> Text:
        text = micro_texts[pair.name]
        return Text(at_point(text, _places(text), micro_places))

    def imbalance(pair: Pair, width: int) -> Text:
        cell = look.centre_bar(pair.imbalance, width - IMBALANCE_DIGITS, False, glyphs)
        return cell.append((words.signed(pair.imbalance) or glyphs.none).rjust(IMBALANCE_DIGITS))

    def spark(pair: Pair, width: int) -> Text:
        return look.sparkline(list(pair.mids), width, glyphs)

    bid, ask = price(lambda pair: pair.best_bid), price(lambda pair: pair.best_ask)
    narrow_bar = NARROW_BAR + IMBALANCE_DIGITS
    columns = [
        Column("PAIR", 0, max((len(pair.name) for pair in pairs), default=7), _name, right=False),
        Column("STATE", 1, BADGE, badge, right=False),
        Column("BEST BID", 2, 8, bid),
        Column("BEST ASK", 3, 8, ask),
        Column("SPREAD bps", 6, 6, lambda pair, _: Text(words.spread(pair.spread_bps) or glyphs.none)),
        Column("MID", 7, 8, mid),
        Column("MICROPRICE", 8, 8, micro),
        Column("IMBALANCE", 4, narrow_bar, imbalance, False, WIDE_BAR + IMBALANCE_DIGITS),
        Column("DEPTH RATIO", 9, 6, lambda pair, _: Text(words.ratio(pair.depth_ratio) or glyphs.none)),
        Column("LAG ms", 5, 6, lag),
        Column("MID, 1 s STEPS", 10, NARROW_SPARK, spark, True, WIDE_SPARK),
    ]
    return columns
