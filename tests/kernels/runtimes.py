"""One door to a feed on every runtime: `play` frames, get for each what it returned, printed and left behind."""

import json
from binascii import unhexlify
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from programs.look import fingerprint, look

from firmware import config
from firmware.feeds import buffers
from host.boardmodel.model import run_script
from host.runtimes.checked import checked
from host.runtimes.kernel import as_native
from host.runtimes.native import compile_conductor

OTHER, HEARTBEAT, BOOK, MARKET = range(4)
PULSED = ("vol", "corr", "contagion", "flow", "depth")
_PROGRAMS = Path(__file__).parent / "programs"
# What lies around a frame in the receive buffer: it must not matter.
_AROUND = ('{"channel":"heartbeat"}', '"9.9}]')
_STATES = ("SYNCING", "LIVE", "STALE")
_REASONS = {0: None, 6: "checksum", 7: "precision", 11: "sequence", 15: "thin"}
_FEATURES = ("t", "b", "a", "s", "u", "i", "r", "mid")
_COUNTERS = (
    "messages", "proved", "bad", "skipped", "signals", "heartbeats", "resync", "out", "records",
    "snapshots", "unproved", "early",
)  # fmt: skip


@dataclass(frozen=True)
class Book:
    """A book as its buffers have it; levels are (price, quantity) in units of the last decimal."""

    state: str
    why: str | None
    decimals: tuple[int, int]
    time_ms: int
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]
    features: dict[str, tuple[int, int] | None]
    """Each a number of units and the decimals of a unit, or None."""
    scale: int
    """Of the signal's threshold, in 1/256, as the pair's mood has it."""


@dataclass(frozen=True)
class Step:
    """What one frame did."""

    kind: int
    lines: bytes
    books: list[Book]
    counters: dict[str, int]
    state: int
    """Equal if and only if no byte of books, features and signals has changed."""

    @property
    def records(self) -> list[dict]:
        """Those of the message itself."""
        return [record for record in self._told() if record["k"] not in PULSED]

    @property
    def pulsed(self) -> list[dict]:
        """Those of the time that has passed."""
        return [record for record in self._told() if record["k"] in PULSED]

    def _told(self):
        return [json.loads(line) for line in self.lines.splitlines()]


Play = Callable[..., list[Step]]


def player(name: str) -> Play:
    """`play(frames, pairs=..., depth=..., dialect=..., **settings)` on the runtime `name`."""
    return {"checked": _checked, "native": _native, "board": _board}[name]


def _settings(pairs: Iterable[str] = ("BTC/USD",), depth: int = 10, **given) -> dict:
    return {**config.check(given), "pairs": list(pairs), "depth": depth}


def _door(settings):
    """The dialect's `on_frame`, and buffers for it."""
    dialect = import_module(f"firmware.feeds.{settings['dialect']}")
    talk = import_module(f"{dialect.__name__}_talk")
    names = [talk.wire_name(pair) for pair in settings["pairs"]]
    return dialect.on_frame, buffers.make(settings, names)


def _checked(frames: Iterable[bytes], **given) -> list[Step]:
    """The frame has its buffer to itself here, so that a look beyond either end traps."""
    on_frame, made = _door(_settings(**given))
    run = _instrumented(on_frame)
    kinds = (run(frame, 0, len(frame), number, made) for number, frame in _tell(frames))
    return _steps(kinds, made)


def _native(frames: Iterable[bytes], **given) -> list[Step]:
    on_frame, made = _door(_settings(**given))
    made = tuple(as_native(buffer) for buffer in made)
    run = compile_conductor(on_frame)
    before, behind = (part.encode() for part in _AROUND)

    def kinds():
        for number, frame in _tell(frames):
            data = as_native(before + frame + behind)
            yield run(data, len(before), len(before) + len(frame), number, made)
            assert data.tobytes() == before + frame + behind

    return _steps(kinds(), made)


def counted(frames: Iterable[bytes], **given) -> tuple[list[int], dict[str, int]]:
    """What each frame is and the counters in the end, natively: for books too deep to look at after every frame."""
    on_frame, made = _door(_settings(**given))
    made = tuple(as_native(buffer) for buffer in made)
    run = compile_conductor(on_frame)
    kinds = [run(as_native(frame), 0, len(frame), number, made) for number, frame in _tell(frames)]
    return [int(kind) for kind in kinds], _named(made[10])


_instrumented = cache(checked)


def _tell(frames):
    return enumerate(bytes(frame) for frame in frames)


def _steps(kinds, made) -> list[Step]:
    steps, seen, last = [], [], None
    for kind in kinds:
        counters, out = made[10:12]
        now = fingerprint(made)
        if now != last:
            seen = [_book(pair) for pair in look(made)]
        last = now
        steps.append(Step(int(kind), bytes(out[: counters[7]]), seen, _named(counters), now))
    return steps


def _board(frames: Iterable[bytes], **given) -> list[Step]:
    settings = {**_settings(**given), "around": _AROUND}
    lines = [json.dumps(settings), *(frame.hex() for frame in frames)]
    steps, seen = [], []
    for line in on_board("play.py", lines):
        kind, out, state, look_, counters, unharmed = json.loads(line)
        assert unharmed
        if look_ is not None:
            seen = [_book(pair) for pair in look_]
        steps.append(Step(kind, unhexlify(out), seen, _named(counters), state))
    assert len(steps) == len(lines) - 1
    return steps


def on_board(program: str, lines: Iterable[str]) -> list[str]:
    """What a program of programs/ prints on the board model, of a file of these lines."""
    file = _scratch() / "lines"
    file.write_text("".join(line + "\n" for line in lines))
    return run_script(_PROGRAMS / program, file).splitlines()


@cache
def _scratch() -> Path:
    import atexit
    import shutil
    import tempfile

    folder = tempfile.mkdtemp(prefix="inkling-frames-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _named(counters) -> dict[str, int]:
    named = {name: int(counters[at]) for at, name in enumerate(_COUNTERS)}
    return {name: value for name, value in named.items() if name not in ("out", "resync")}


def _book(pair: list) -> Book:
    state, why, decimals, time, bids, asks, values, scale = pair
    features = {
        name: None if places < 0 else ((-1 if sign else 1) * (hi * 10**9 + lo), places)
        for name, (hi, lo, places, sign) in zip(_FEATURES, values, strict=True)
    }
    return Book(
        _STATES[state],
        _REASONS[why],
        (decimals[0], decimals[1]),
        time[0] * 10**9 + time[1],
        _levels(bids),
        _levels(asks),
        features,
        scale,
    )


def _levels(side: list) -> list[tuple[int, int]]:
    return [(p * 10**9 + price, q * 10**9 + qty) for p, price, q, qty in side]
