"""What came over the line besides records: how much of it, and which lines are still worth a place on the screen."""

from collections import deque
from dataclasses import dataclass

from host.monitor import chip_text
from host.monitor.records import MAX_LINE_BYTES, Line

LINES_KEPT = 100
FRESH_S = 60.0  # what is only said in passing goes from the screen after so long


@dataclass
class _Text:
    raw: bytes
    heard_s: float


class OtherText:
    """Feed it the lines that are no records; it joins what came in pieces."""

    def __init__(self) -> None:
        self.count = 0
        self._lines: deque[_Text] = deque(maxlen=LINES_KEPT)
        self._goes_on = False

    def take(self, line: Line, now_s: float) -> bytes:
        """The whole line as far as it has come; nothing for an empty one."""
        if self._goes_on and len(self._lines[-1].raw) < MAX_LINE_BYTES:
            self._lines[-1] = _Text(self._lines[-1].raw + line.raw, now_s)
        elif line.raw.strip():
            self._lines.append(_Text(line.raw, now_s))
            self.count += 1
        else:
            return b""
        self._goes_on = not line.whole
        return self._lines[-1].raw

    def shown(self, most: int, now_s: float) -> list[bytes]:
        """At most so many lines, in their order.

        A traceback stays until something else is to be read; it is neither pushed away by the
        chatter of the restart that follows, nor does that chatter stay for longer than a minute.
        """
        ranked = []
        for number, text in enumerate(self._lines):
            fresh = now_s - text.heard_s <= FRESH_S
            passing = chip_text.in_passing(text.raw)
            if fresh or not passing:
                ranked.append((fresh, not passing, number))
        chosen = sorted(number for _, _, number in sorted(ranked)[-most:]) if most > 0 else []
        return [self._lines[number].raw for number in chosen]
