"""What `inkling replay` says in the end: as an object of numbers, and as a table for a person."""

from typing import TextIO

from host.replay import engine as counters
from host.replay.engine import Engine


def of(engine: Engine, seconds: float) -> dict:
    """The summary as one object."""
    messages = engine.counter(counters.MESSAGES)
    return {
        "dialect": engine.dialect.name,
        "messages": messages,
        "seconds": round(seconds, 6),
        "messages_per_s": round(messages / seconds),
        "levels": engine.levels,
        "levels_per_s": round(engine.levels / seconds),
        "proved": engine.proved,
        "failed": engine.counter(counters.BAD),
        "signals": engine.counter(counters.SIGNALS),
        "records": engine.counter(counters.RECORDS),
        "snapshots": engine.counter(counters.SNAPSHOTS),
        "heartbeats": engine.counter(counters.HEARTBEATS),
        "early": engine.early,
        "unproved": engine.counter(counters.UNPROVED),
        "skipped": engine.counter(counters.SKIPPED),
        "market": engine.market,
        "market_skipped": engine.market_skipped,
        "pairs": [vars(pair) for pair in engine.pairs],
    }


def show(engine: Engine, seconds: float, file: TextIO) -> None:
    """The summary as a table of the pairs, and lines of what else was counted."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file)
    if engine.pairs:
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("pair")
        for title in ("depth", "updates", "proved", "failed"):
            table.add_column(title, justify="right")
        table.add_column("state")
        for pair in engine.pairs:
            state = f"{pair.state} ({pair.why})" if pair.why else pair.state
            table.add_row(
                Text(pair.symbol),
                str(pair.depth),
                f"{pair.updates:,}",
                f"{pair.proved:,}",
                f"[bold red]{pair.bad:,}[/]" if pair.bad else "0",
                f"[green]{state}[/]" if pair.state == "LIVE" else f"[red]{state}[/]",
            )
        console.print(table)
    for line in _lines(engine, of(engine, seconds)):
        console.print(line, highlight=False, soft_wrap=True)


def _lines(engine: Engine, summary: dict):
    yield (
        f"{summary['messages']:,} messages in {summary['seconds']:.3f} s, "
        f"{summary['messages_per_s']:,} a second ({summary['levels_per_s']:,} levels): "
        f"{summary['proved']:,} {engine.dialect.proofs}, {summary['failed']:,} failed, "
        f"{summary['signals']:,} signals, {summary['heartbeats']:,} heartbeats"
    )
    if engine.taken:
        yield f"{some(engine.taken, 'snapshot')} besides, {engine.dialect.unproved}"
    if summary["unproved"]:
        yield (
            f"{summary['unproved']:,} updates waited for a new snapshot after their book "
            f"had lost its proof"
        )
    if summary["market"] or summary["market_skipped"]:
        yield f"{some(summary['market'], 'record')} of other channels" + (
            f", {some(summary['market_skipped'], 'row')} of them not used: of no pair that was"
            " followed by then, or not to be read"
            if summary["market_skipped"]
            else ""
        )


def some(count: int, noun: str) -> str:
    """So many of them, as words."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
