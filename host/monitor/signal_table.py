"""The stream of signals as lines under a heading, newest first."""

from rich.text import Text

from host.monitor import look, words
from host.monitor.look import Glyphs
from host.monitor.pair import Signal

CONFIDENCE_BAR_WIDTHS = (8, 20)
CONFIDENCE_DIGITS = 4  # a space and "100"
IMBALANCE_BAR_WIDTH = 21
WIDE = 110  # from here on there is room for longer bars


def signal_table(signals: list[Signal], width: int, glyphs: Glyphs) -> list[Text]:
    """Heading and rows, each exactly `width` cells wide."""
    wide = width >= WIDE
    gap = " " * (3 if wide else 2)
    confidence_bar = CONFIDENCE_BAR_WIDTHS[wide]
    confidence_width = confidence_bar + CONFIDENCE_DIGITS
    names = max(len("PAIR"), *(len(each.pair) for each in signals), 0)
    prices = look.align_points(
        ["" if each.price is None else f"{each.price:f}" for each in signals]
    )
    price_width = max(len("PRICE"), *(len(price) for price in prices), 0)
    spread_title = "SPREAD bps" if wide else "   bps"
    # Bar and number of the imbalance read as one column.
    imbalance_bar = IMBALANCE_BAR_WIDTH if wide else 0

    def row(signal: Signal, price: str) -> Text:
        flat = signal.side == "FLAT"
        style = look.SIDES[signal.side]
        if flat or signal.confidence is None:
            confidence = Text(" " * confidence_width)
        else:
            confidence = look.level_bar(signal.confidence, confidence_bar, style, glyphs)
            confidence.append(f"{signal.confidence:{CONFIDENCE_DIGITS}d}", style)
        parts = [
            Text(words.clock_ms(signal.exchange_ms), look.FAINT),
            Text(f"{signal.pair:<{names}}", look.FAINT if flat else look.STRONG),
            Text(f"{glyphs.sides[signal.side]} {signal.side:<4}", style),
            Text(f"{price:>{price_width}}"),
            confidence,
            Text(
                f"{words.spread(signal.spread_bps) or glyphs.none:>{len(spread_title)}}",
                look.FAINT,
            ),
        ]
        number = f"{words.signed(signal.imbalance) or glyphs.none:>6}"
        if wide:
            bar = look.centre_bar(signal.imbalance, imbalance_bar, glyphs, quiet=flat)
            parts.append(bar.append(number, style))
        else:
            parts.append(Text(f"{number:>9}", style))
        return Text(gap).join(parts)

    heading = gap.join(
        (
            "TIME UTC    ",
            f"{'PAIR':<{names}}",
            "SIGNAL",
            f"{'PRICE':>{price_width}}",
            f"{'CONFIDENCE':<{confidence_width}}",
            spread_title,
            "IMBALANCE",
        )
    )
    lines = [Text(heading, look.HEADING), *map(row, signals, prices)]
    return [look.fit(line, width, glyphs) for line in lines]
