"""The table of order books: one line a pair."""

from collections.abc import Callable

from rich.text import Text

from host.monitor import look, words
from host.monitor.board_state import BoardState
from host.monitor.columns import Column, table
from host.monitor.look import Glyphs
from host.monitor.pair import LIVE, Pair

BADGE_WIDTH = 9
IMBALANCE_DIGITS = 6  # a space and "+0.00"
BAR_WIDTHS = (9, 25)
SPARK_WIDTHS = (16, 60)
TAKERS = {"buy": look.BID, "sell": look.ASK}


def pair_table(state: BoardState, pairs: list[Pair], width: int, glyphs: Glyphs) -> list[Text]:
    """Heading and rows, each exactly `width` cells wide."""

    def doubt(number: int) -> Text | None:
        if state.believed(pairs[number]):
            return None
        return Text(words.pair_reason(state, pairs[number]), look.CAUTION)

    return table(_columns(state, pairs, glyphs), len(pairs), width, glyphs, doubt)


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

    def imbalance(number: int, width: int) -> Text:
        value = pairs[number].imbalance
        bar = look.centre_bar(value, width - IMBALANCE_DIGITS, glyphs)
        return bar.append((words.signed(value) or glyphs.none).rjust(IMBALANCE_DIGITS))

    def spark(number: int, width: int) -> Text:
        return look.sparkline(list(pairs[number].mids), width, glyphs)

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
