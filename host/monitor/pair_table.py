"""The table of order books: which columns fit, and one line a pair."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text

from host.monitor import look, words
from host.monitor.board_state import BoardState
from host.monitor.look import Glyphs
from host.monitor.pair import LIVE, Pair

BADGE_WIDTH = 9
IMBALANCE_DIGITS = 6  # a space and "+0.00"
BAR_WIDTHS = (9, 25)
SPARK_WIDTHS = (16, 60)
# Columns up to this rank may stand one space apart on a narrow terminal; the others have to leave
# two everywhere or stay away.
LAST_ESSENTIAL_RANK = 8
WIDEST_GAP = 3
TAKERS = {"buy": look.BID, "sell": look.ASK}


@dataclass
class Column:
    """One column. The lower its rank, the longer it stays when the terminal gets narrow."""

    rank: int
    title: str
    short_title: str
    cells: list[Text]
    right: bool = True
    doubtful: bool = False  # shown, dimmed, also while the book is not to be believed
    # A bar is drawn once the width is known, between these two.
    draw: Callable[[Pair, int], Text] | None = None
    widths: tuple[int, int] = (0, 0)
    width: int = 0

    def __post_init__(self) -> None:
        widest_cell = max((cell.cell_len for cell in self.cells), default=0)
        self.width = max(widest_cell, len(self.short_title), self.widths[0])

    def place(self, text: Text) -> Text:
        """This text, as wide as the column."""
        spaces = " " * (self.width - text.cell_len)
        return Text.assemble(spaces, text) if self.right else Text.assemble(text, spaces)


def pair_table(state: BoardState, pairs: list[Pair], width: int, glyphs: Glyphs) -> list[Text]:
    """Heading and rows, each exactly `width` cells wide."""
    columns, gap = _arrange(_columns(state, pairs, glyphs), width)
    heading = Text(" " * gap).join(
        column.place(
            Text(column.title if len(column.title) <= column.width else column.short_title)
        )
        for column in columns
    )
    heading.stylize(look.HEADING)
    rows = [
        _row(state, pair, number, columns, gap, width, glyphs) for number, pair in enumerate(pairs)
    ]
    return [look.fit(line, width, glyphs) for line in (heading, *rows)]


def _row(
    state: BoardState,
    pair: Pair,
    number: int,
    columns: list[Column],
    gap: int,
    width: int,
    glyphs: Glyphs,
) -> Text:
    row = Text()
    believed = state.believed(pair)
    for place, column in enumerate(columns):
        row.append(" " * gap if place else "")
        if not (believed or column.doubtful):
            # What follows from a doubted book makes room for the reason.
            reason = Text(words.pair_reason(state, pair), look.CAUTION)
            return row.append_text(look.fit(reason, width - row.cell_len, glyphs))
        cell = column.draw(pair, column.width) if column.draw else column.cells[number]
        row.append_text(column.place(cell))
    return row


def _arrange(columns: list[Column], width: int) -> tuple[list[Column], int]:
    """The columns that fit, in their order, made as wide as the terminal allows, and their gap."""
    chosen: list[Column] = []
    used = 0
    for column in sorted(columns, key=lambda column: column.rank):
        gap = 1 if column.rank <= LAST_ESSENTIAL_RANK else 2
        if used + column.width + gap * len(chosen) > width:
            break
        chosen.append(column)
        used += column.width
    chosen.sort(key=columns.index)
    gaps = max(1, len(chosen) - 1)
    gap = min(WIDEST_GAP, max(1, (width - used) // gaps))
    left = width - used - gap * gaps
    for column in chosen:
        more = len(column.title) - column.width
        if 0 < more <= left:
            column.width += more
            left -= more
    for column in chosen:
        if column.draw and left > 0:
            # Two at a time: a bar around zero has a middle.
            more = min(column.widths[1] - column.width, left) // 2 * 2
            column.width += more
            left -= more
    return chosen, gap


def _columns(state: BoardState, pairs: list[Pair], glyphs: Glyphs) -> list[Column]:
    def texts(say: Callable[[Pair], str], style: str = "") -> list[Text]:
        aligned = look.align_points([say(pair) for pair in pairs], glyphs.none)
        return [Text(text, style) for text in aligned]

    def prices(say: Callable[[Pair], str]) -> list[Text]:
        cells = texts(say)
        for pair, cell in zip(pairs, cells, strict=True):
            cell.stylize("" if state.believed(pair) else look.DOUBTED)
        return cells

    def badge(pair: Pair) -> Text:
        shown = words.pair_state(state, pair)
        marked = f"{glyphs.dot} {shown}" if shown == LIVE else f" {shown}"
        filled = f"{marked:<{BADGE_WIDTH}.{BADGE_WIDTH}}"
        return Text(filled, look.BADGES.get(shown, look.BADGE_OTHER))

    def imbalance(pair: Pair, width: int) -> Text:
        bar = look.centre_bar(pair.imbalance, width - IMBALANCE_DIGITS, glyphs)
        number = words.signed(pair.imbalance) or glyphs.none
        return bar.append(number.rjust(IMBALANCE_DIGITS))

    def spark(pair: Pair, width: int) -> Text:
        return look.sparkline(list(pair.mids), width, glyphs)

    names = [Text(pair.name, look.STRONG) for pair in pairs]
    badges = [badge(pair) for pair in pairs]
    bids = prices(lambda pair: words.fixed(pair.best_bid, pair.price_decimals))
    asks = prices(lambda pair: words.fixed(pair.best_ask, pair.price_decimals))
    spreads = texts(lambda pair: words.spread(pair.spread_bps))
    ratios = texts(lambda pair: words.ratio(pair.depth_ratio))
    lags = texts(lambda pair: "" if pair.lag_ms is None else str(pair.lag_ms))
    bar_widths = (BAR_WIDTHS[0] + IMBALANCE_DIGITS, BAR_WIDTHS[1] + IMBALANCE_DIGITS)

    def extra(
        rank: int, title: str, short_title: str, *say: Callable[[Pair], str]
    ) -> list[Column]:
        """A column of an extra channel, of one or two numbers; none where nothing of it has come."""
        if not any(each(pair) for each in say for pair in pairs):
            return []
        numbers = [texts(each) for each in say]
        widest = [max(cell.cell_len for cell in cells) for cells in numbers]
        for cells, width in zip(numbers, widest, strict=True):
            for cell in cells:
                cell.pad_left(width - cell.cell_len)
        return [
            Column(
                rank,
                title,
                short_title,
                [Text(" ").join(row) for row in zip(*numbers, strict=True)],
            )
        ]

    def of_market(name: str) -> Callable[[Pair], str]:
        return lambda pair: words.market_price(pair, getattr(pair.market, name))

    last = extra(7, "LAST", "LAST", of_market("last"))
    for column in last:
        for pair, cell in zip(pairs, column.cells, strict=True):
            cell.stylize(TAKERS.get(pair.market.taker, ""))
    return [
        Column(0, "PAIR", "PAIR", names, right=False, doubtful=True),
        Column(1, "STATE", "STATE", badges, right=False, doubtful=True),
        Column(2, "BEST BID", "BID", bids, doubtful=True),
        Column(3, "BEST ASK", "ASK", asks, doubtful=True),
        *extra(15, "BID SIZE", "BID SIZE", lambda pair: words.exact(pair.market.bid_quantity)),
        *extra(15, "ASK SIZE", "ASK SIZE", lambda pair: words.exact(pair.market.ask_quantity)),
        Column(6, "SPREAD bps", "bps", spreads),
        *last,
        Column(8, "MID", "MID", texts(words.mid, look.STRONG)),
        Column(10, "MICROPRICE", "MICRO", texts(words.microprice)),
        Column(4, "IMBALANCE", "IMBALANCE", [], False, draw=imbalance, widths=bar_widths),
        Column(13, "DEPTH RATIO", "RATIO", ratios),
        *extra(9, "24 h LOW, HIGH", "24 h LOW, HIGH", of_market("low"), of_market("high")),
        *extra(11, "24 h VOLUME", "24 h VOL", lambda pair: words.volume(pair.market.volume)),
        *extra(12, "CANDLE %", "CANDLE %", lambda pair: words.change(pair.market.candle)),
        Column(5, "LAG ms", "LAG ms", lags),
        Column(14, "MID BY THE SECOND", "MID BY SECOND", [], draw=spark, widths=SPARK_WIDTHS),
    ]
