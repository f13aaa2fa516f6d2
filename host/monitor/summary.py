"""What a session with the board came to, told when it ends."""

from dataclasses import dataclass

from host.monitor import words
from host.monitor.board_state import BoardState


@dataclass(frozen=True)
class PairSummary:
    """One pair's totals."""

    pair: str
    state: str
    updates: int
    bad_checksums: int
    buy: int
    sell: int
    flat: int


@dataclass(frozen=True)
class Summary:
    """Totals of a session; `str()` of it is the text for people."""

    ended_by: str  # "end of stream", "time", "stop" or "user"
    duration_s: float
    records: int
    other_lines: int
    boots: int
    messages: int  # this and what follows down to `skipped`: as of the last health record
    reconnects: int
    dropped: int
    skipped: int
    pairs: tuple[PairSummary, ...]
    errors: tuple[str, ...]
    resyncs: int = 0
    contagions: int = 0
    restarts: tuple[str, ...] = ()  # why the board restarted itself
    picture_error: str = ""  # why the last view could not be kept

    @property
    def updates(self) -> int:
        return sum(pair.updates for pair in self.pairs)

    @property
    def bad_checksums(self) -> int:
        return sum(pair.bad_checksums for pair in self.pairs)

    @property
    def signals(self) -> int:
        return sum(pair.buy + pair.sell + pair.flat for pair in self.pairs)

    def __str__(self) -> str:
        lines = [
            f"{words.duration(self.duration_s)} watched, ended by {self.ended_by}: "
            f"{self.records:,} records, {self.signals:,} signals, "
            f"{_some(self.other_lines, 'other line')}"
        ]
        if self.pairs:
            width = max(len("pair"), *(len(pair.pair) for pair in self.pairs))
            lines.append(
                f"  {'pair':<{width}}  {'state':<8}{'updates':>9}{'proved':>9}{'failed':>8}"
                f"{'BUY':>6}{'SELL':>6}{'FLAT':>6}"
            )
            lines += [
                f"  {pair.pair:<{width}}  {pair.state:<8}{pair.updates:>9,}"
                f"{pair.updates - pair.bad_checksums:>9,}{pair.bad_checksums:>8,}"
                f"{pair.buy:>6}{pair.sell:>6}{pair.flat:>6}"
                for pair in self.pairs
            ]
        lines.append(
            f"  board, at its last health record: {self.messages:,} messages, "
            f"{_some(self.reconnects, 'reconnect')}, {self.dropped:,} records dropped, "
            f"{self.skipped:,} messages skipped"
        )
        if self.resyncs:
            lines.append(f"  books were re-synced {_some(self.resyncs, 'time')}")
        if self.contagions:
            lines.append(f"  contagion began {_some(self.contagions, 'time')}")
        lines += [f"  the board restarted itself: {why}" for why in self.restarts]
        if self.boots > 1:
            lines.append(f"  the board was reset {_some(self.boots - 1, 'time')}")
        lines += [f"  error: {error}" for error in self.errors]
        return "\n".join(lines)


def summarize(state: BoardState, ended_by: str, picture_error: str = "") -> Summary:
    """The totals of everything that `state` has seen, across resets of the board."""
    counts, totals, said = state.books.signal_counts, state.totals, state.said
    return Summary(
        ended_by=ended_by,
        duration_s=state.elapsed_s,
        records=state.record_counts.total(),
        other_lines=state.other_text.count,
        boots=state.record_counts["boot"],
        messages=totals.count("n", said),
        reconnects=totals.count("re", said),
        dropped=totals.count("drop", said),
        skipped=totals.count("skip", said),
        pairs=tuple(
            PairSummary(
                pair=name,
                state=state.pairs[name].state if name in state.pairs else "",
                updates=totals.updates(name, state.pairs.get(name)),
                bad_checksums=totals.bad(name, state.pairs.get(name)),
                buy=counts[name, "BUY"],
                sell=counts[name, "SELL"],
                flat=counts[name, "FLAT"],
            )
            for name in dict.fromkeys([*totals.pairs, *state.pairs])
        ),
        errors=tuple(dict.fromkeys(state.errors)),
        resyncs=state.resyncs,
        contagions=state.books.contagions,
        restarts=tuple(dict.fromkeys(state.restarts)),
        picture_error=picture_error,
    )


def _some(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
