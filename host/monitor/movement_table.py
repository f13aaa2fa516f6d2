"""How the pairs move and go together: volatility, flow and the matrix of correlations, one line a pair."""

from collections.abc import Callable
from decimal import Decimal

from rich.text import Text

from host.monitor import look, words
from host.monitor.board_state import BoardState
from host.monitor.columns import Column, table
from host.monitor.look import Glyphs
from host.monitor.movement import Heard
from host.monitor.pair import Pair

# Widths that hold what usually comes, so that the columns stand still.
VOLATILITY_WIDTH = len("99.999")
SCALE_WIDTH = len("x1.25")
FLOW_WIDTH = len("+99.999")
SHARE_WIDTH = len("+0.00")
TRADES_WIDTHS = (SHARE_WIDTH, 25)
LEAST_BAR = 5
SPARK_WIDTHS = (24, 60)

# How strong a correlation is, and how it is shown.
STRENGTHS = ((Decimal("0.6"), "bold "), (Decimal("0.3"), ""))


def movement_table(state: BoardState, pairs: list[Pair], width: int, glyphs: Glyphs) -> list[Text]:
    """Heading and rows, each exactly `width` cells wide."""

    def doubt(number: int) -> Text | None:
        return None if state.believed(pairs[number]) else Text("not known", look.FAINT)

    return table(_columns(state, pairs, glyphs), len(pairs), width, glyphs, doubt)


def leads_line(state: BoardState, width: int, glyphs: Glyphs) -> Text:
    """Who clearly leads whom, in words."""
    line = Text.assemble(("LEADS  ", look.HEADING))
    said = [
        Text(f"{lead} ({words.signed(lead.correlation)})", look.INK)
        for lead in state.books.links.leads(state.now_s)
        if state.both_believed(lead)
    ]
    nobody = Text("nobody leads another one clearly", look.FAINT)
    line.append_text(Text.assemble((glyphs.between, look.FAINT)).join(said) if said else nobody)
    return look.fit(line, width, glyphs)


def _columns(state: BoardState, pairs: list[Pair], glyphs: Glyphs) -> list[Column]:
    def told(heard: Heard, text: str, style: str = "") -> Text:
        """Fading as it gets old, and then gone."""
        if not text or heard.gone(state.now_s):
            return Text(glyphs.none, look.FAINT)
        return Text(text, look.DOUBTED if heard.old(state.now_s) else style)

    def of_movement(say: Callable[[Pair], tuple[str, str]]) -> list[Text]:
        return [told(pair.movement, *say(pair)) for pair in pairs]

    def trend(pair: Pair) -> tuple[str, str]:
        way = words.trend(pair.movement.momentum)
        return (f"{glyphs.trends[way]} {way}", look.TRENDS[way]) if way else ("", "")

    def scale(pair: Pair) -> tuple[str, str]:
        excited = pair.movement.excited
        return (words.scale(pair.movement.scale), look.CAUTION) if excited else ("", "")

    def sign(value: Decimal | None) -> str:
        return look.BID if value and value > 0 else look.ASK if value else look.FAINT

    def trades(number: int, width: int) -> Text:
        flow = pairs[number].flow
        share, bar = flow.trade_imbalance, width - SHARE_WIDTH - 1
        text = told(flow, words.signed(share), sign(share))
        text.pad_left(width - text.cell_len)
        if bar < LEAST_BAR:
            return text
        drawn = look.centre_bar(share, bar, glyphs, quiet=flow.old(state.now_s))
        return drawn.append_text(text[bar:])

    def spark(number: int, width: int) -> Text:
        return look.sparkline(list(pairs[number].movement.history), width, glyphs)

    flows = [
        told(pair.flow, words.flow(pair.flow.order_flow), sign(pair.flow.order_flow))
        for pair in pairs
    ]
    columns = [
        Column(0, "PAIR", "PAIR", [Text(pair.name, look.STRONG) for pair in pairs], False, True),
        Column(
            1,
            "VOLATILITY",
            "VOL",
            of_movement(lambda pair: (words.volatility(pair.movement.volatility), look.STRONG)),
            widths=(VOLATILITY_WIDTH, 0),
        ),
        Column(
            7,
            "USUAL",
            "USUAL",
            of_movement(lambda pair: (words.volatility(pair.movement.usual), "")),
            widths=(VOLATILITY_WIDTH, 0),
        ),
        Column(9, "VOLATILITY SO FAR", "VOL SO FAR", draw=spark, widths=SPARK_WIDTHS),
        Column(2, "TREND", "TREND", of_movement(trend), False, widths=(len("v down"), 0)),
        Column(6, "THRESHOLD", "THRES", of_movement(scale), False, widths=(SCALE_WIDTH, 0)),
        Column(3, "ORDER FLOW", "FLOW", flows, widths=(FLOW_WIDTH, 0)),
    ]
    if any(pair.flow.trades_told for pair in pairs):
        columns.append(Column(4, "TRADES", "TRADES", draw=trades, widths=TRADES_WIDTHS))
    return columns + _matrix(state, pairs, glyphs)


def _matrix(state: BoardState, pairs: list[Pair], glyphs: Glyphs) -> list[Column]:
    """A column for each pair but the last one: its correlation with those below it."""
    names = _short_names(pairs)

    def cell(row: int, column: int) -> Text:
        if row <= column:
            return Text("")
        link = state.books.links.of(pairs[row].name, pairs[column].name)
        known = link and link.correlation is not None and not link.gone(state.now_s)
        if not known or not state.believed(pairs[column]):
            return Text(glyphs.none, look.FAINT)
        value = link.correlation
        if link.contagion_ms is not None:
            return Text(words.signed(value), look.ALERT_BADGE)
        colour = look.INK if value > 0 else look.CAUTION
        styles = [bold + colour for least, bold in STRENGTHS if abs(value) >= least]
        style = styles[0] if styles else look.FAINT
        return Text(words.signed(value), look.DOUBTED if link.old(state.now_s) else style)

    return [
        Column(
            5,
            pair.name,
            names[number],
            [cell(row, number) for row in range(len(pairs))],
            widths=(SHARE_WIDTH, 0),
        )
        for number, pair in enumerate(pairs[:-1])
    ]


def _short_names(pairs: list[Pair]) -> list[str]:
    """The base currency where that tells the pairs apart."""
    bases = [pair.name.partition("/")[0] for pair in pairs]
    return [
        base if bases.count(base) == 1 else pair.name
        for base, pair in zip(bases, pairs, strict=True)
    ]
