"""The guided net: starts atheris' workers on one corpus, follows them, and says what they and the corpus reached."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import host
from host.errors import UserError
from host.fuzz import marks
from host.fuzz.scenes import SCENES, scene_of
from host.fuzz.trapping import Stages
from host.fuzz.worker import TIMEOUT_S

_LOOK_EVERY_S = 0.5
_PATIENCE_S = TIMEOUT_S + 60  # behind the time that was given


@dataclass
class Catch:
    """What the workers did."""

    runtime: str
    executions: int = 0
    seconds: float = 0.0
    frames: dict[str, dict[int, int]] = field(default_factory=dict)
    """By scene, of each kind."""
    findings: list[dict] = field(default_factory=list)


@dataclass
class Reached:
    """The marks of a kernel that a corpus reaches."""

    marks: int
    seen: int
    lines: list[int]
    """Those with a mark that was not."""


def cast(
    folder: Path,
    runtime: str,
    executions: int,
    seconds: float,
    workers: int,
    seed: int,
    told: Callable[[int], None] = lambda count: None,
) -> Catch:
    """Fuzz until there were so many executions or the time is over; the corpus in `folder` grows."""
    if importlib.util.find_spec("atheris") is None:
        raise UserError("the guided net needs atheris: .venv/bin/pip install atheris")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="inkling-fuzz-") as scratch, ExitStack() as stack:
        running = []
        for number in range(workers):
            home = Path(scratch) / str(number)
            home.mkdir()
            share = executions // workers + (number < executions % workers)
            worker = _start(folder, home, runtime, share, seconds, seed + number)
            running.append((worker, home))
            stack.callback(_end, worker)
        while any(worker.poll() is None for worker, _ in running):
            time.sleep(_LOOK_EVERY_S)
            told(sum(_report(home).get("executions", 0) for _, home in running))
            if time.monotonic() - began > seconds + _PATIENCE_S:
                break
        catch = Catch(runtime)
        for worker, home in running:
            _gather(catch, worker, home)
    catch.seconds = time.monotonic() - began
    return catch


def reached(inputs: list[bytes], runtime: str) -> tuple[dict[str, Reached], list[bytes]]:
    """By kernel what these inputs reach, and those of them that reach what none before did."""
    stages = Stages(import_module(f"host.fuzz.{runtime}"))
    outcomes = marks.Outcomes([scene.name for scene in SCENES])
    ever = 0
    telling = []
    for data in inputs:
        marks.seen[:] = bytes(len(marks.seen))
        stage = stages.of(data)
        try:
            outcomes.mark(scene_of(data), stage.play(data), stage.levels())
        except Exception:  # that is the workers' finding
            continue
        now = int.from_bytes(marks.seen, "little")
        if now & ~ever:
            ever |= now
            telling.append(data)
    return _by_kernel(ever.to_bytes(len(marks.seen), "little")), telling


def _by_kernel(seen: bytes) -> dict[str, Reached]:
    found: dict[str, Reached] = {}
    for place, was in zip(marks.places, seen, strict=False):
        if place.file:
            kernel = found.setdefault(f"{place.file}: {place.name}", Reached(0, 0, []))
            kernel.marks += 1
            kernel.seen += was
            if not was and place.line not in kernel.lines:
                kernel.lines.append(place.line)
    return dict(sorted(found.items()))


def _start(
    folder: Path, home: Path, runtime: str, executions: int, seconds: float, seed: int
) -> subprocess.Popen:
    command = [sys.executable, "-m", "host.fuzz.worker", folder, home / "report.json"]
    options = {"runtime": runtime, "executions": executions, "seconds": seconds, "seed": seed}
    command += [f"--{name}={value}" for name, value in options.items()]
    with (home / "log").open("wb") as log:
        return subprocess.Popen(
            [*map(str, command)],
            env={**os.environ, "PYTHONPATH": str(host.ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for whoever started them
        )


def _end(worker: subprocess.Popen) -> None:
    worker.kill()
    worker.wait()


def _report(home: Path) -> dict:
    try:
        return json.loads((home / "report.json").read_text())
    except FileNotFoundError:
        return {}


def _gather(catch: Catch, worker: subprocess.Popen, home: Path) -> None:
    report = _report(home)
    catch.executions += report.get("executions", 0)
    for scene, kinds in report.get("frames", {}).items():
        counted = catch.frames.setdefault(scene, {})
        for kind, count in kinds.items():
            counted[int(kind)] = counted.get(int(kind), 0) + count
    places = {finding["place"] for finding in catch.findings}
    catch.findings += [each for each in report.get("findings", []) if each["place"] not in places]
    # libFuzzer itself ends a worker whose input takes too long, and keeps that.
    for kept in (*home.glob("timeout-*"), *home.glob("crash-*")):
        what = f"no end within {TIMEOUT_S} s" if kept.name.startswith("timeout") else "a crash"
        catch.findings.append({"place": "?", "text": what, "input": kept.read_bytes().hex()})
    if not report.get("over") and not catch.findings:
        last = (home / "log").read_text(errors="replace").splitlines()[-1:]
        raise UserError(f"a worker of the guided net ended early: {''.join(last) or 'no word'}")
