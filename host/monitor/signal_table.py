"""The stream of signals as lines under a heading, newest first."""

from collections.abc import Callable, Sequence
from itertools import islice

from rich.text import Text

from host.monitor import look, words
from host.monitor.columns import Column, table
from host.monitor.look import Glyphs
from host.monitor.pair import Signal

AGE_WIDTH = len("59 min")
QUANTITY_WIDTH = len("12.34567890")
REASON_WIDTH = len("imbalance")
CONFIDENCE_DIGITS = 4  # a space and "100"
CONFIDENCE_WIDTHS = (len("CONF"), 24)
IMBALANCE_DIGITS = 6  # a space and "+0.00"
IMBALANCE_WIDTHS = (len("IMBALANCE"), 27)
LEAST_BAR = 5


def signal_table(
    kept: Sequence[Signal], standing: list[bool], now_s: float, width: int, glyphs: Glyphs
) -> list[Text]:
    """Heading and rows, each exactly `width` cells wide; `standing` tells which are in force.

    It shows as many of those that are `kept` as it is told of by `standing`. The others give the
    columns their widths, so that they stand still.
    """
    signals = list(islice(kept, len(standing)))

    def flush(say: Callable[[Signal], str], none: str = "") -> list[Text]:
        aligned = look.align_points([say(each) for each in kept], none)
        widest = max(map(len, aligned), default=0)
        return [Text(text.rjust(widest)) for text in aligned[: len(signals)]]

    def confidence(number: int, width: int) -> Text:
        each = signals[number]
        if each.side == "FLAT" or each.confidence is None:
            return Text(" " * width)
        style, bar = styles[number], width - CONFIDENCE_DIGITS
        if bar < LEAST_BAR:
            return Text(f"{each.confidence:{width}d}", style)
        drawn = look.level_bar(each.confidence, bar, style, glyphs)
        return drawn.append(f"{each.confidence:{CONFIDENCE_DIGITS}d}", style)

    def imbalance(number: int, width: int) -> Text:
        each = signals[number]
        text, bar = words.signed(each.imbalance) or glyphs.none, width - IMBALANCE_DIGITS
        if bar < LEAST_BAR:
            return Text(text.rjust(width), styles[number])
        drawn = look.centre_bar(each.imbalance, bar, glyphs, quiet=each.side == "FLAT")
        return drawn.append(text.rjust(IMBALANCE_DIGITS), styles[number])

    rows = list(zip(signals, standing, strict=True))
    # What is over is history, and quieter.
    styles = [
        look.SIDES[each.side] if stands else look.SIDES[each.side].removeprefix("bold ")
        for each, stands in rows
    ]
    times = [Text(words.clock_ms(each.exchange_ms), look.FAINT) for each in signals]
    ages = [
        Text(words.age(now_s - each.heard_s), style if stands else look.FAINT)
        for (each, stands), style in zip(rows, styles, strict=True)
    ]
    names = [Text(each.pair, look.STRONG if stands else look.FAINT) for each, stands in rows]
    sides = [
        Text(f"{glyphs.sides[each.side]} {each.side:<4}", style)
        for each, style in zip(signals, styles, strict=True)
    ]
    prices = flush(lambda each: words.exact(each.price))
    quantities = flush(lambda each: words.exact(each.quantity))
    why = [Text(each.reason[:REASON_WIDTH], look.FAINT) for each in signals]
    spreads = flush(lambda each: words.spread(each.spread_bps), glyphs.none)
    return table(
        [
            Column(9, "TIME UTC", "TIME UTC", times, right=False),
            Column(0, "PAIR", "PAIR", names, right=False),
            Column(1, "SIGNAL", "SIGNAL", sides, right=False),
            Column(4, "AGE", "AGE", ages, widths=(AGE_WIDTH, 0)),
            Column(2, "PRICE", "PRICE", prices),
            Column(6, "QUANTITY", "QUANTITY", quantities, widths=(QUANTITY_WIDTH, 0)),
            Column(
                3, "CONFIDENCE", "CONF", right=False, draw=confidence, widths=CONFIDENCE_WIDTHS
            ),
            Column(5, "BECAUSE", "BECAUSE", why, right=False, widths=(REASON_WIDTH, 0)),
            Column(8, "SPREAD bps", "bps", spreads),
            Column(7, "IMBALANCE", "IMBALANCE", draw=imbalance, widths=IMBALANCE_WIDTHS),
        ],
        len(signals),
        width,
        glyphs,
    )
