"""The board's net: a corpus through viper on the board model, every buffer in a fence, with and without valgrind."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import host
from host.errors import UserError
from host.fuzz.scenes import REST, SCENES, Scene, scene_of

_PROGRAM = Path(__file__).parent / "board_program.py"
_HEAP_BYTES = 4 * 1024 * 1024
_MOST_INPUTS = 5000  # of one run of the program
_TIMEOUT_S = 600  # of such a run, which takes seconds; a kernel that never ends would take more
_STATUS_WALL = 86  # as fence.c has it

# Where buffers stand: between guard bytes, against a wall behind them, against one before them.
GUARDS, WALL_BEHIND, WALL_BEFORE = range(3)
PLACES = {GUARDS: "guard bytes", WALL_BEHIND: "a wall behind", WALL_BEFORE: "a wall before"}

# Only whose memory it is: MicroPython's collector looks at words nobody has set, and may.
_VALGRIND = ("valgrind", "-q", "--undef-value-errors=no", "--leak-check=no")


@dataclass
class Catch:
    """What came of the inputs in one kind of fence."""

    fence: str
    inputs: int = 0
    frames: int = 0
    kinds: dict[int, int] = field(default_factory=dict)
    findings: list[dict] = field(default_factory=list)


def has_valgrind() -> bool:
    """Whether there is a valgrind to look on."""
    return shutil.which(_VALGRIND[0]) is not None


def cast(
    binary: Path,
    inputs: Iterable[bytes],
    place: int,
    valgrind: bool = False,
    told: Callable[[int], None] = lambda count: None,
) -> Catch:
    """Play the inputs; `told` hears how many have been."""
    name = PLACES[place] + (", valgrind looking on" if valgrind else "")
    catch = Catch(name)
    by_scene: dict[int, list[bytes]] = {}
    for data in inputs:
        by_scene.setdefault(scene_of(data), []).append(data)
    for number, group in sorted(by_scene.items()):
        rest = iter(group)
        while some := list(islice(rest, _MOST_INPUTS)):
            _play(binary, SCENES[number], some, place, valgrind, catch)
            told(catch.inputs)
    return catch


def _play(
    binary: Path, scene: Scene, inputs: list[bytes], place: int, valgrind: bool, catch: Catch
) -> None:
    with tempfile.TemporaryDirectory(prefix="inkling-fuzz-") as folder:
        file = Path(folder) / "inputs"
        lines = [json.dumps(_told(scene)), *(data.hex() for data in inputs)]
        file.write_text("".join(line + "\n" for line in lines))
        command = [binary, "-X", f"heapsize={_HEAP_BYTES}", _PROGRAM, file, place]
        try:
            done = subprocess.run(
                [*(_VALGRIND if valgrind else ()), *map(str, command)],
                cwd=folder,
                env={"MICROPYPATH": f".frozen:{host.ROOT / 'lib'}:{host.ROOT}", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UserError(f"{scene.name}: still running after {_TIMEOUT_S} s") from None
    said = done.stdout.splitlines()
    if done.returncode == _STATUS_WALL:
        number = int(said[-1].split()[2].rstrip(":"))
        text = said[-1].partition(": ")[2].partition(": ")[2]
        _found(catch, scene, inputs[number], text)
        return
    if done.returncode:
        raise UserError(
            f"{scene.name}: the board's program failed: {(said or ['nothing said'])[-1]}"
        )
    found = json.loads(said[-1])
    if valgrind and found["valgrind"] < 0:
        raise UserError("the board model with fences was built without valgrind's headers")
    catch.inputs += found["inputs"]
    catch.frames += found["frames"]
    for kind, count in found["kinds"].items():
        catch.kinds[int(kind)] = catch.kinds.get(int(kind), 0) + count
    if found["harm"]:
        number, frame, text = found["harm"]
        first = next(_errors(done.stderr), "")
        _found(catch, scene, inputs[number], f"frame {frame}: {text}{first}")


def _found(catch: Catch, scene: Scene, data: bytes, text: str) -> None:
    catch.findings.append({"place": scene.name, "text": text, "input": data.hex()})


def _errors(stderr: str) -> Iterator[str]:
    for line in stderr.splitlines():
        if "Invalid" in line:
            yield f" ({line.partition('== ')[2].strip()})"


def _told(scene: Scene) -> dict:
    """What the board's program is to make."""
    if scene.dialect == REST:
        words, spec = scene.buffers()
        return {"words": len(words), "spec": spec.hex()}
    return {
        "spec": "",
        "dialect": scene.dialect,
        "settings": scene.settings,
        "names": scene.names,
        "any_checksum": scene.any_checksum,
        "second_thread": scene.second_thread,
        "opening": [frame.hex() for frame in scene.opening],
    }
