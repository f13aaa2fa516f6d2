"""One worker of the guided net: atheris mutates inputs and follows the checked kernels; every trap is kept."""

import argparse
import json
import os
import re
import sys
import time
import traceback
from collections import Counter
from importlib import import_module
from pathlib import Path
from random import Random

import host
from host.fuzz import corpus, marks
from host.fuzz.mutate import mutate
from host.fuzz.scenes import SCENES, scene_of
from host.fuzz.trapping import Stages
from host.runtimes.checked import Trap

RUNTIMES = ("plain", "compiled")
_PLACE = re.compile(r"(\S+:\d+): (.*)")
_REPORT_EVERY_S = 1.0
_LOOK_EVERY = 64  # executions
# A run takes a millisecond; one that takes seconds is a loop without an end.
TIMEOUT_S = 20
_OF_ITS_OWN = 6  # one in so many mutations is libFuzzer's
_MOST_LENT = 500


class Worker:
    """Counts what the executions did, and says it now and then in a file."""

    def __init__(
        self, stages: Stages, executions: int, seconds: float, report: Path, library: Path
    ) -> None:
        self._stages = stages
        self.executions = 0
        self._library = library
        self._most = executions
        self._began = time.monotonic()
        self._ends = self._began + seconds
        self._said = self._began
        self._report = report
        self._frames: Counter = Counter()
        self._findings: dict[str, dict] = {}
        self._scene_names = [scene.name for scene in SCENES]
        self._outcomes = marks.Outcomes(self._scene_names)

    def execute(self, data: bytes) -> None:
        """One input; a trap is a finding, kept once for each place in a kernel."""
        if self.executions == 0:
            # Not before: where libFuzzer is loaded too early it does not see the mutator.
            marks.follow(self._library)
        if data:
            stage = self._stages.of(data)
            try:
                self._count(scene_of(data), stage.play(data), stage.levels())
            except Exception as error:  # whatever a kernel does wrong is what is looked for
                self._keep(data, error)
        self.executions += 1
        if self.executions % _LOOK_EVERY == 0 or self.executions == self._most:
            self._look()

    def _count(self, number: int, kinds: list[int], levels: tuple[int, int]) -> None:
        for kind in kinds:
            self._frames[number, kind] += 1
        self._outcomes.mark(number, kinds, levels)

    def _keep(self, data: bytes, error: Exception) -> None:
        place, text = told(error)
        if place not in self._findings or len(data) < len(self._findings[place]["input"]) // 2:
            self._findings[place] = {"place": place, "text": text, "input": data.hex()}

    def _look(self) -> None:
        now = time.monotonic()
        over = self.executions >= self._most or now >= self._ends
        if over or now - self._said >= _REPORT_EVERY_S:
            self._said = now
            self._say(now - self._began, over)
        if over:
            sys.stderr.flush()
            os._exit(0)

    def _say(self, seconds: float, over: bool) -> None:
        frames: dict[str, dict] = {}
        for (number, kind), count in sorted(self._frames.items()):
            frames.setdefault(self._scene_names[number], {})[kind] = count
        told = {
            "executions": self.executions,
            "seconds": round(seconds, 1),
            "over": over,
            "frames": frames,
            "findings": list(self._findings.values()),
        }
        beside = self._report.with_suffix(".new")
        beside.write_text(json.dumps(told))
        beside.replace(self._report)


def told(error: Exception) -> tuple[str, str]:
    """The line of a kernel or conductor where it happened, and what did."""
    text = str(error)
    compiled = _PLACE.match(text)
    if isinstance(error, Trap) and compiled:
        return compiled[1], compiled[2]
    steps = traceback.extract_tb(error.__traceback__)
    ours = [step for step in steps if "/firmware/" in step.filename] or steps
    file = ours[-1].filename.removeprefix(f"{host.ROOT}/")
    return f"{file}:{ours[-1].lineno}", f"{type(error).__name__}: {text}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("report", type=Path)
    parser.add_argument("--runtime", choices=RUNTIMES, required=True)
    parser.add_argument("--executions", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    args = parser.parse_args()
    # Only here: the package is for development, and takes over the process.
    import atheris

    inputs = corpus.read(args.corpus)
    others = Random(args.seed).sample(inputs, min(len(inputs), _MOST_LENT))
    library = next(Path(atheris.__file__).parent.glob("core_with_libfuzzer*"))
    stages = Stages(import_module(f"host.fuzz.{args.runtime}"))
    worker = Worker(stages, args.executions, args.seconds, args.report, library)

    def change(data: bytes, longest: int, seed: int) -> bytes:
        random = Random(seed)
        if random.randrange(_OF_ITS_OWN) == 0:
            return atheris.Mutate(data, longest)
        return mutate(data, random, longest, others)

    atheris.Setup(
        [
            sys.argv[0],
            f"-seed={args.seed}",
            f"-max_len={corpus.LONGEST_BYTES}",
            f"-timeout={TIMEOUT_S}",
            f"-artifact_prefix={args.report.parent}/",
            "-len_control=0",
            "-mutate_depth=2",
            "-reload=1",
            "-print_final_stats=1",
            str(args.corpus),
        ],
        worker.execute,
        custom_mutator=change,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
