"""The kernels of series, correlation and contagion on each runtime: `player(name)(story)` gives every round's steps."""

import json
from dataclasses import dataclass
from pathlib import Path

from programs import meaning_cases

from firmware.kernels.correlate import correlate
from firmware.kernels.series import sample
from firmware.signals.contagion import contagion
from host.boardmodel.model import run_script
from host.runtimes.checked import checked

THRESHOLD = 8500
LEAST = 20
NATIVE = (sample, correlate, contagion)
CHECKED = tuple(checked(kernel) for kernel in NATIVE)
_PROGRAM = Path(__file__).parent / "programs" / "meaning_cases.py"


@dataclass(frozen=True)
class Pair:
    """What is known of a pair after a round; volatilities in bps a return."""

    units: int
    run: int
    moves: int
    momentum: int
    volatility: float
    fast: float
    slow: float


@dataclass(frozen=True)
class Link:
    """What is known of two pairs after a round; `lag` in samples, positive where the first leads."""

    count: int
    correlation: float
    led: float
    lag: int
    alert: bool


@dataclass(frozen=True)
class Step:
    """A round; `links[pair, other]` has the other's index below the pair's."""

    pairs: list[Pair]
    links: dict[tuple[int, int], Link]
    changed: list[tuple[int, int]]


def story(rounds, window=100, threshold=THRESHOLD, least=LEAST):
    """What programs/meaning_cases.py plays."""
    return [window, threshold, least, rounds]


def player(name, folder=None):
    """`play(story)` on the runtime `name`; the board needs a folder to write in."""
    if name == "board":
        return lambda told: on_board([told], folder)
    kernels = NATIVE if name == "native" else CHECKED
    return lambda told: [_step(said) for said in meaning_cases.play(kernels, told)]


def on_board(stories, folder):
    """The steps of all stories, one behind the other."""
    file = folder / "stories"
    file.write_text("".join(json.dumps(told) + "\n" for told in stories))
    return [_step(json.loads(line)) for line in run_script(_PROGRAM, file).splitlines()]


def _step(said):
    pairs, links, changed = said
    found = [
        Pair(*map(int, row[:4]), *(int(lo) * 10.0 ** -int(d) for lo, d in _two(row[4:])))
        for row in pairs
    ]
    names = [(pair, other) for pair in range(len(pairs)) for other in range(pair)]
    known = {
        name: Link(int(count), correlation / 10_000, led / 10_000, int(lag), bool(alert))
        for name, (count, correlation, led, lag, alert) in zip(names, links, strict=True)
    }
    return Step(found, known, [tuple(pair) for pair in changed])


def _two(row):
    return zip(row[::2], row[1::2], strict=True)
