"""The live view: one screen that says all the board has told, for any size of terminal."""

import io
import re
from itertools import islice

from rich.console import Console, ConsoleOptions, RenderResult
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from host.monitor import chip_text, look, words
from host.monitor.board_state import BoardState
from host.monitor.look import ASCII, UNICODE, Glyphs, fit
from host.monitor.movement_table import leads_line, movement_table
from host.monitor.pair import Pair
from host.monitor.pair_table import pair_table
from host.monitor.safe_text import printable
from host.monitor.signal_table import signal_table

MARGIN = 1
WIDEST = 180  # further apart than this, a line is hard to follow
SIGNALS_WITHOUT_HEIGHT = 8  # in a picture, which is as high as it needs to be
OTHER_LINES_SHOWN = 5
EVENTS_SHOWN = 5
LEAST_SIGNAL_ROWS = 3  # with their heading; how the pairs move has to leave so much
LEAST_RULE = 4  # cells of a rule beside the texts on it
LEAST_CAUSE = 24
CONNECTION_STYLES = {"ok": look.BID, "wait": look.CAUTION, "bad": look.ASK}
EVENT_STYLES = {"ok": "", "wait": look.CAUTION, "bad": look.ASK}

# Only ground and ink matter: every other colour of the view is given outright.
PICTURE_THEME = TerminalTheme((16, 20, 26), (214, 220, 228), [(0, 0, 0)] * 8)


class BoardView:
    """A rich renderable of the state as it is at this moment."""

    def __init__(self, state: BoardState, hint: str = "", height: int | None = None) -> None:
        self.state = state
        self.hint = hint
        self.height = height  # None: as high as it needs to be
        self._signals_seen: tuple = ()
        self._signal_lines: list[Text] = []

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.console_lines(options):
            # As segments: the lines are cut to size already, and wrapping them would cost most.
            yield from line.render(console, end="\n")

    def console_lines(self, options: ConsoleOptions) -> list[Text]:
        """The lines for this console, with their left margin."""
        glyphs = ASCII if options.ascii_only else UNICODE
        width = max(1, min(options.max_width, WIDEST) - 2 * MARGIN)
        lines = self.lines(width, self.height, glyphs)
        margin = Text(" " * MARGIN)
        return [margin + (_ascii(line) if options.ascii_only else line) for line in lines]

    def lines(self, width: int, height: int | None, glyphs: Glyphs) -> list[Text]:
        """At most `height` lines, each `width` cells wide."""
        top = [self._header(width, glyphs), self._contagion(width, glyphs)]
        bottom = self._bottom(width, glyphs)
        pairs = list(self.state.pairs.values())
        event_rows = min(len(self.state.events.newest_first), EVENTS_SHOWN)
        other_rows = len(self._other_text(OTHER_LINES_SHOWN))
        if height is None:
            signal_rows = SIGNALS_WITHOUT_HEIGHT
            moves = self._moves(pairs, width, glyphs)
        else:
            # The pairs first; signals have most of what is left, events and other text the rest.
            fixed = len(top) + 1 + 1 + 1 + len(bottom)
            pairs = pairs[: max(1, height - fixed)]
            left = max(0, height - fixed - max(1, len(pairs)))
            moves = self._moves(pairs, width, glyphs)
            if left + 1 - len(moves) < LEAST_SIGNAL_ROWS:
                moves = [Text(" " * width)]
            left += 1 - len(moves)
            event_rows = max(0, min(event_rows, (left - 1) // 3))
            left -= event_rows + 1 if event_rows else 0
            other_rows = max(0, min(other_rows, (left - 1) // 3))
            signal_rows = left - (other_rows + 1 if other_rows else 0)
        lines = [*top, *self._pairs(pairs, width, glyphs), *moves]
        lines += self._signals(signal_rows, width, glyphs)
        lines += self._events(event_rows, width, glyphs) if event_rows else []
        lines += self._other(other_rows, width, glyphs) if other_rows else []
        return [*lines, *bottom][:height]

    def _header(self, width: int, glyphs: Glyphs) -> Text:
        state = self.state
        mood, what = words.connection(state)
        right = Text.assemble(
            (f"{glyphs.dot} {what}", CONNECTION_STYLES[mood]),
            (f"  {words.clock(state.utc_s)} UTC", look.FAINT),
        )
        left = Text.assemble(("Inkling", f"bold {look.INK}"))
        left.append(f" {state.boot.version}" if state.boot.version else "", look.FAINT)
        for part in filter(None, (state.title, words.python_name(state))):
            left.append(glyphs.between, look.FAINT).append(part, look.FAINT)
        if right.cell_len > width - len("Inkling "):
            right = fit(right, width - len("Inkling "), glyphs)
        return Text.assemble(fit(left, width - right.cell_len - 1, glyphs), " ", right)

    def _contagion(self, width: int, glyphs: Glyphs) -> Text:
        """The contagion that has lasted longest, of books that are to be believed."""
        contagions = self.state.books.links.contagions
        found = [link for link in contagions if self.state.both_believed(link.lead)]
        if not found:
            return Text(" " * width)
        link, more = found[0], len(found) - 1
        line = Text.assemble(
            (" CONTAGION ", look.ALERT_BADGE),
            (f" {link.lead}", f"bold {look.CAUTION}"),
            (f", since {words.clock(link.contagion_ms // 1000)}", look.CAUTION),
            (f", correlation {words.signed(link.lead.correlation)}", look.CAUTION),
        )
        if not more:
            return fit(line, width, glyphs)
        others = Text(f"  and {more} more", look.CAUTION)
        return fit(line, width - others.cell_len, glyphs).append_text(others)

    def _moves(self, pairs: list[Pair], width: int, glyphs: Glyphs) -> list[Text]:
        """How the pairs move under a heading of their own; an empty line before the board told of it."""
        if not pairs or not self.state.books.movement_told:
            return [Text(" " * width)]
        lines = movement_table(self.state, pairs, width, glyphs)
        several = len(pairs) > 1
        note = "bps per 100 ms, flow of 10 s" + (", correlation" if several else "")
        leads = [leads_line(self.state, width, glyphs)] if several else []
        return [_rule("MOVEMENT", note, width, glyphs), *lines, *leads]

    def _pairs(self, pairs: list[Pair], width: int, glyphs: Glyphs) -> list[Text]:
        lines = pair_table(self.state, pairs, width, glyphs)
        hidden = len(self.state.pairs) - len(pairs)
        if not pairs:
            return [lines[0], fit(Text("no book yet", look.FAINT), width, glyphs)]
        if hidden:
            more = Text(f"{hidden + 1} more; a higher terminal shows them", look.FAINT)
            lines[-1] = fit(more, width, glyphs)
        return lines

    def _signals(self, rows: int, width: int, glyphs: Glyphs) -> list[Text]:
        counts = self.state.books.signal_counts
        note = f"{counts.total()} so far" if counts else ""
        lines = [_rule("SIGNALS", note, width, glyphs)]
        if rows and not counts:
            lines.append(fit(Text("none yet", look.FAINT), width, glyphs))
        elif rows:
            # Most of the screen and of the work, and most of the time the same as before.
            shown = list(islice(self.state.books.signals, rows - 1))
            standing = [self.state.stands(each) for each in shown]
            ages = [words.age(self.state.now_s - each.heard_s) for each in shown]
            seen = (counts.total(), ages, standing, width, glyphs.rule)
            if seen != self._signals_seen:
                self._signal_lines = signal_table(
                    self.state.books.signals, standing, self.state.now_s, width, glyphs
                )
                self._signals_seen = seen
            lines += self._signal_lines
        return lines + [Text(" " * width)] * (rows + 1 - len(lines))

    def _events(self, rows: int, width: int, glyphs: Glyphs) -> list[Text]:
        events = self.state.events
        lines = [_rule("EVENTS", f"{events.count:,} so far", width, glyphs)]
        for event in islice(events.newest_first, rows):
            times = f" ({event.times:,} times)" if event.times > 1 else ""
            line = Text.assemble(
                (f"{words.clock(event.utc_s)}  ", look.FAINT),
                (event.text, EVENT_STYLES[event.mood]),
                (times, look.FAINT),
            )
            lines.append(fit(line, width, glyphs))
        return lines

    def _other_text(self, rows: int) -> list[bytes]:
        return self.state.other_text.shown(rows, self.state.now_s)

    def _other(self, rows: int, width: int, glyphs: Glyphs) -> list[Text]:
        count = self.state.other_text.count
        note = f"{count:,} line{'' if count == 1 else 's'}"
        lines = [_rule("OTHER TEXT ON THE LINE", note, width, glyphs)]
        texts = [printable(raw) for raw in self._other_text(rows)]
        return lines + [fit(Text(text), width, glyphs) for text in texts]

    def _bottom(self, width: int, glyphs: Glyphs) -> list[Text]:
        lines = []
        if self.state.error_stands:
            error = Text(f"ERROR {self.state.errors[-1]}")
            error.stylize(f"bold {look.ASK}")
            lines.append(fit(error, width, glyphs))
        if self.state.log_trouble:
            trouble = Text(self.state.log_trouble, f"bold {look.ASK}")
            lines.append(fit(trouble, width, glyphs))
        lines.append(self._board_rule(width, glyphs))
        items = words.health_items(self.state, glyphs.none)
        if not items:
            lines.append(fit(Text("no health record yet", look.FAINT), width, glyphs))
            return lines
        said = [
            Text.assemble((f"{name} ", look.FAINT), (value, look.CAUTION if attention else ""))
            for name, value, attention in items
        ]
        spare = width - sum(item.cell_len for item in said)
        gap = " " * (3 if spare >= 3 * (len(said) - 1) else 2)
        line = Text()
        for item in said:
            if line and line.cell_len + len(gap) + item.cell_len > width:
                lines.append(fit(line, width, glyphs))
                line = Text()
            line.append(gap if line else "").append_text(item)
        lines.append(fit(line, width, glyphs))
        return lines

    def _board_rule(self, width: int, glyphs: Glyphs) -> Text:
        """The heading of the board's health, with why the board started last if there is room."""
        state = self.state
        rule = _rule("BOARD", self.hint, width, glyphs)
        cause = state.start_cause
        # The hint stays whole; the cause is cut before it.
        room = width - len("BOARD  ") - len(self.hint) - LEAST_RULE
        if not cause or room < LEAST_CAUSE:
            return rule
        style = look.CAUTION if chip_text.alarming(cause) else look.FAINT
        said = Text(f"started {words.clock(state.start_utc_s)}: {cause}", style)
        if said.cell_len > room:
            said = fit(said, room, glyphs)
        head = Text.assemble(("BOARD ", look.HEADING), said, " ")
        return Text.assemble(head, rule[head.cell_len :])


def _rule(title: str, note: str, width: int, glyphs: Glyphs) -> Text:
    """A heading, a thin line, and a note at its right end."""
    note = f" {note}" if note else ""
    line = glyphs.rule * max(0, width - len(title) - 1 - len(note))
    return fit(
        Text.assemble((title, look.HEADING), (f" {line}", look.TRACK), (note, look.FAINT)),
        width,
        glyphs,
    )


def _ascii(line: Text) -> Text:
    """Whatever else came along (a pair's name, a title), in characters that can be printed."""
    plain = line.plain
    if not plain.isascii():
        line.plain = plain.encode("ascii", "replace").decode()
    return line


def svg(state: BoardState, width: int, height: int | None = None) -> str:
    """The same view as a picture, for the README; as high as it needs to be unless told."""
    console = Console(
        record=True,
        width=width,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        no_color=False,
        legacy_windows=False,
    )
    console.print(BoardView(state, height=height))
    text = console.export_svg(title="Inkling", theme=PICTURE_THEME)
    # Rich would have the reader fetch a font; any monospaced one that is there will do.
    text = re.sub(r"@font-face \{.*?\}", "", text, flags=re.DOTALL)
    return text.replace("Fira Code, monospace", "monospace")
