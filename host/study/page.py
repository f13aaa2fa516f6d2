"""The study as one HTML page that needs nothing else: verdicts, pictures, the whole table, how it was reckoned."""

import os
from html import escape
from pathlib import Path

from host.errors import UserError
from host.study import plots, words
from host.study.contagion import Contagion
from host.study.lead_lag import GRID_MS
from host.study.results import ALL, BOTH, CONFIDENCE, PAIR, REASON, Group, Study
from host.study.style import STYLE
from host.study.table import notes, shown

_KINDS = (ALL, PAIR, CONFIDENCE, BOTH, REASON)


def check(path: Path) -> None:
    """Raise UserError if no page can be written there: better said before the files are read."""
    if path.is_dir():
        raise UserError(f"--html {path}: is a folder; name a file")
    if path.exists() and not path.is_file():
        raise UserError(f"--html {path}: is a device, which it would replace; name a file")
    if not os.access(path.absolute().parent, os.W_OK | os.X_OK):
        raise UserError(f"--html {path}: its folder is missing or cannot be written to")


def write(study: Study, files: list[str], path: Path) -> None:
    """Beside its place first, so that there is never half a page; raises UserError."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(render(study, files), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise UserError(f"--html {path}: cannot be written ({error.strerror})") from None
    finally:
        part.unlink(missing_ok=True)


def render(study: Study, files: list[str]) -> str:
    """The whole page."""
    names = ", ".join(Path(file).name for file in files)
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Inkling study: {escape(names)}</title><style>{STYLE}</style></head><body>",
            "<header><h1>Is any of the signals true?</h1>",
            f"<p>{escape(words.heading(study))}, from {escape(names)}</p></header>",
            _verdicts(study),
            _decay(study),
            _confidence(study),
            _leads(study),
            _contagions(study),
            _table(study),
            _how(study),
            "</body></html>\n",
        )
    )


def _verdicts(study: Study) -> str:
    items = []
    for group in study.of_kind(PAIR):
        items.append(
            f'<li class="{group.tone}"><b>{escape(group.pair or "")}</b>'
            f"<span>{escape(words.verdict(group))}</span></li>"
        )
    return f'<ul class="verdicts">{"".join(items)}</ul>'


def _figure(title: str, picture: str) -> str:
    inside = picture or f'<p class="few">{words.TOO_FEW}</p>'
    return f"<figure><figcaption>{escape(title)}</figcaption>{inside}</figure>"


def _decay(study: Study) -> str:
    groups = study.of_kind(ALL) + study.of_kind(PAIR)
    if len(groups) == 2:
        groups = groups[1:]  # one pair is all of them
    figures = "".join(
        _figure(
            f"{words.name(group)}: {group.signals:,} signals",
            plots.decay(group, study.horizons_ms),
        )
        for group in groups
    )
    return (
        "<section><h2>How far the mid goes their way</h2><p>Mean move towards the signal's side"
        " over the time since, before any cost; the band is its 95&nbsp;% interval.</p>"
        f'<div class="figures">{figures}</div></section>'
    )


def _confidence(study: Study) -> str:
    rows = {words.EVERYTHING: study.of_kind(CONFIDENCE)}
    for pair in study.recording.pairs if len(study.recording.pairs) > 1 else ():
        rows[pair] = [group for group in study.of_kind(BOTH) if group.pair == pair]
    if reasons := shown(study, REASON):
        rows["by why: the imbalance alone, or a leader that says the same"] = reasons
    figures = "".join(
        _figure(title, plots.hit_rates(groups, study.horizons_ms))
        for title, groups in rows.items()
    )
    return (
        "<section><h2>How often they are right, by confidence</h2><p>Of the mids that had moved at"
        " all, those that went the signal's way; 50&nbsp;% is a coin.</p>"
        f"{plots.legend(study.horizons_ms)}"
        f'<div class="figures">{figures}</div></section>'
    )


def _leads(study: Study) -> str:
    figures = "".join(_figure(words.lead(lead), plots.lags(lead)) for lead in study.leads)
    inside = f'<div class="figures">{figures}</div>' if figures else f"<p>{words.TOO_FEW}</p>"
    return (
        f"<section><h2>Which pair leads which</h2><p>Correlation of the mids' moves over {GRID_MS}"
        " ms each; at a positive lag the first pair is ahead. Within the grey band it may be"
        f" chance.</p>{inside}</section>"
    )


def _contagions(study: Study) -> str:
    if not study.contagions:
        return ""
    items = "".join(
        f"<li><b>{escape(words.contagion(each))}</b>{_followed(each)}</li>"
        for each in study.contagions
    )
    return (
        "<section><h2>Contagion</h2><p>Alerts of two pairs that moved as one, or one after the"
        " other; and how far the mid of the one that was led then went the way of its leader's"
        f' signals.</p><ul class="verdicts">{items}</ul></section>'
    )


def _followed(found: Contagion) -> str:
    if not found.lag_ms:
        return ""
    told = "; ".join(words.followed(found))
    return f"<span>after its {found.signals:,} signals: {escape(told)}</span>"


def _table(study: Study) -> str:
    rows = []
    for kind in _KINDS:
        for group in shown(study, kind):
            rows += _rows(group)
    titles = ("signals", "after", "n", "moved", "hit rate %", "IC", "gross bps", "net bps")
    head = "".join(f"<th>{title}</th>" for title in titles)
    return (
        '<section><h2>All the numbers</h2><div class="wide"><table><thead><tr>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></section>"
    )


def _rows(group: Group) -> list[str]:
    rows = []
    for number, outcome in enumerate(group.outcomes):
        cells = (
            "" if number else words.name(group),
            words.duration(outcome.horizon_ms),
            f"{outcome.count:,}",
            f"{outcome.moved:,}",
            words.percent(outcome.hit_rate),
            words.coefficient(outcome.ic) + "*" * outcome.holds,
            words.with_error(outcome.gross_bps),
            words.with_error(outcome.net_bps),
        )
        kind = " ".join(["holds"] * outcome.holds + ["first"] * (not number))
        told = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        rows.append(f'<tr class="{kind}">{told}</tr>')
    return rows


def _how(study: Study) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in _sentences(study))
    return f'<section class="how"><h2>How it was reckoned</h2>{lines}</section>'


def _sentences(study: Study) -> list[str]:
    return [
        " ".join(notes(study, _KINDS)),
        "A move is that of the mid of the LIVE book from the message that caused the signal to the"
        " horizon, by the exchange's time. Where the recording ends before, or the book was not"
        " LIVE all the time, or a new snapshot says that something was missed, there is none.",
        "The intervals take into account that outcomes overlap: variances are those of Newey and"
        " West with weights that fall over two horizons, quantiles those of Kiefer and Vogelsang;"
        " hit rates have Wilson's interval for as many independent trials as have that variance.",
        "What holds does so by Holm's procedure: the chance is 5 % that any of the starred pairs"
        " and horizons is there by chance. The leads have their own 1 % over all pairs and lags.",
    ]
