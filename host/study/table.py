"""The study in a terminal: the table, who leads whom, and the verdicts."""

from typing import TextIO

from host.study import words
from host.study.estimates import FEWEST, FEWEST_APART
from host.study.lead_lag import MOST_PAIRS
from host.study.results import ALL, CONFIDENCE, PAIR, REASON, Group, Study

_KINDS = (ALL, PAIR, CONFIDENCE, REASON)
_NUMBERS = ("n", "hit rate %", "IC", "gross bps", "net bps")
_STYLES = {"yes": "green", "dear": "yellow", "wrong": "red", "none": ""}


def show(study: Study, file: TextIO) -> None:
    """Print it, within 80 columns unless names are long."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("signals", no_wrap=True)
    table.add_column("after", justify="right", no_wrap=True)
    for title in _NUMBERS:
        table.add_column(title, justify="right", no_wrap=True)
    for kind in _KINDS:
        for group in shown(study, kind):
            for number, outcome in enumerate(group.outcomes):
                style = "bold green" if outcome.holds else ""
                table.add_row(
                    Text("" if number else words.name(group)),
                    words.duration(outcome.horizon_ms),
                    f"{outcome.count:,}",
                    words.percent(outcome.hit_rate),
                    Text(words.coefficient(outcome.ic) + "*" * outcome.holds, style),
                    words.with_error(outcome.gross_bps),
                    words.bps(outcome.net_bps.value) if outcome.net_bps else words.TOO_FEW,
                )
    console.print(words.heading(study), soft_wrap=True)
    console.print()
    console.print(table)
    console.print()
    for line in notes(study, _KINDS):
        console.print(line, style="dim", soft_wrap=True)
    if study.leads:
        console.print()
    for lead in study.leads:
        console.print(words.lead(lead), style="bold green" if lead.leader else "", soft_wrap=True)
    for each in study.contagions:
        console.print(words.contagion(each), soft_wrap=True)
        if each.lag_ms:
            told = "; ".join(words.followed(each))
            console.print(f"  after its {each.signals:,} signals: {told}", soft_wrap=True)
    console.print()
    for group in study.of_kind(PAIR):
        console.print(_verdict(group), soft_wrap=True)


def shown(study: Study, kind: str) -> list[Group]:
    """The groups of that kind, if they tell more than all signals together."""
    groups = study.of_kind(kind)
    return groups if kind != REASON or len(groups) > 1 else []


def _verdict(group: Group):
    from rich.text import Text

    return Text.assemble((f"{group.pair}  ", "bold"), (words.verdict(group), _STYLES[group.tone]))


def notes(study: Study, kinds: tuple[str, ...]) -> list[str]:
    """What the numbers of those kinds of groups are, for whoever has not read docs/study.md."""
    told = [
        "hit rate: of the mids that moved; IC: rank correlation of imbalance and move; in",
        "brackets, and behind ±, 95 %. * holds among all these pairs and horizons.",
        f"net: of half the spread and a fee of {study.fee_bps:g} bps, to enter; who has to leave at",
        "the market pays both once more.",
    ]
    groups = [group for kind in kinds for group in shown(study, kind)]
    if any(each.ic is None for group in groups for each in group.outcomes):
        told.append(
            f"{words.TOO_FEW}: under {FEWEST} outcomes, or {FEWEST_APART} that do not overlap."
        )
    if len(study.of_kind(REASON)) == 1:
        told.append("why: each was for its imbalance alone, no leading pair said the same.")
    if len(study.recording.pairs) > MOST_PAIRS:
        told.append(f"leads were looked for among the {MOST_PAIRS} pairs with the most quotes.")
    return told
