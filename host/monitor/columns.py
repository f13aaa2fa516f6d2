"""A table of columns: which of them fit a terminal, how wide they are, and its lines."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rich.text import Text

from host.monitor import look
from host.monitor.look import Glyphs

# Columns up to this rank may stand one space apart on a narrow terminal; the others have to leave
# two everywhere or stay away.
LAST_ESSENTIAL_RANK = 8
WIDEST_GAP = 3


@dataclass
class Column:
    """One column. The lower its rank, the longer it stays when the terminal gets narrow."""

    rank: int
    title: str
    short_title: str
    cells: list[Text] = field(default_factory=list)
    right: bool = True
    doubtful: bool = False  # shown also in a row that is not to be believed
    # A bar is drawn once the width is known, between these two; any other column has the first.
    draw: Callable[[int, int], Text] | None = None  # by number of the row, and width
    widths: tuple[int, int] = (0, 0)
    width: int = 0

    def __post_init__(self) -> None:
        widest_cell = max((cell.cell_len for cell in self.cells), default=0)
        self.width = max(widest_cell, len(self.short_title), self.widths[0])

    def place(self, text: Text) -> Text:
        """This text, as wide as the column."""
        spaces = " " * (self.width - text.cell_len)
        return Text.assemble(spaces, text) if self.right else Text.assemble(text, spaces)


def table(
    columns: list[Column],
    rows: int,
    width: int,
    glyphs: Glyphs,
    doubt: Callable[[int], Text | None] = lambda _: None,
) -> list[Text]:
    """Heading and rows, each exactly `width` cells wide.

    `doubt` has a row's reason not to be believed, which stands in place of what is not doubtful.
    """
    chosen, gap = _arrange(columns, width)
    heading = Text(" " * gap).join(
        column.place(
            Text(column.title if len(column.title) <= column.width else column.short_title)
        )
        for column in chosen
    )
    heading.stylize(look.HEADING)
    lines = [heading]
    for number in range(rows):
        row, reason = Text(), doubt(number)
        for place, column in enumerate(chosen):
            row.append(" " * gap if place else "")
            if reason is not None and not column.doubtful:
                row.append_text(look.fit(reason, width - row.cell_len, glyphs))
                break
            cell = column.draw(number, column.width) if column.draw else column.cells[number]
            row.append_text(column.place(cell))
        lines.append(row)
    return [look.fit(line, width, glyphs) for line in lines]


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
