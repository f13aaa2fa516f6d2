"""`inkling fuzz`: millions of wrong messages to the kernels, in nets that catch one which leaves its buffers."""

import argparse
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from random import Random

from host.arguments import positive_seconds
from host.cache import cache_folder
from host.captures import open_bytes
from host.errors import UserError
from host.progress import Progress, Quiet

EXIT_FINDINGS = 1

_NETS = ("guided", "board", "all")
_RUNTIMES = ("plain", "compiled")
_EXECUTIONS = 200_000
_MINUTES = 10.0
_MOST_WORKERS = 64


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  inkling fuzz                                       both nets, some minutes\n"
        "  inkling fuzz --net guided --executions 10000000 --minutes 90 --workers 2\n"
        "  inkling fuzz --net board --mutants 100000\n"
        "  inkling fuzz --play finding                        what an input does\n\n"
        "The status is 0 if no kernel left its buffers, 1 if one did. docs/fuzzing.md says more."
    )
    add = parser.add_argument
    add("--net", choices=_NETS, default="all", help="%(default)s")
    add("--runtime", choices=_RUNTIMES, default="compiled", help="guided: %(default)s")
    add("--executions", type=_count, default=_EXECUTIONS, metavar="N", help="guided: %(default)s")
    add("--minutes", type=positive_seconds, default=_MINUTES, metavar="M", help="guided: at most")
    add("--workers", type=_workers, default=1, metavar="N", help="guided: at once (%(default)s)")
    add("--mutants", type=_count, default=0, metavar="N", help="board: besides the corpus")
    add("--no-valgrind", action="store_true", help="board: without, which is fast")
    add("--corpus", type=Path, metavar="FOLDER", help="that grows (in ~/.cache/inkling/fuzz)")
    add("--captures", type=Path, nargs="+", metavar="FILE", help="recorded feeds to begin from")
    add("--seed", type=int, default=1, help="of all that is random (%(default)s)")
    add("--play", type=Path, metavar="INPUT", help="play one input and say what it did")
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """0 without a finding, 1 with one; raises UserError."""
    if args.play:
        return _play(args.play)
    from host.fuzz import board_net, corpus

    if args.net != "guided" and not args.no_valgrind and not board_net.has_valgrind():
        raise UserError("no valgrind here: apt-get install valgrind, or --no-valgrind")
    progress = Quiet() if args.json else Progress()
    folder = args.corpus or corpus.default_folder()
    _seed(folder, args.captures)
    found: dict = {}
    if args.net != "board":
        found["guided"] = _guided(args, folder, progress)
    if args.net != "guided":
        found["board"] = _board(args, folder, progress)
    findings = [finding for catch in _catches(found) for finding in catch["findings"]]
    for finding in findings:
        finding["file"] = str(_keep(bytes.fromhex(finding.pop("input"))))
    if args.json:
        print(json.dumps(found, indent=1))
    else:
        _show(found)
    return EXIT_FINDINGS if findings else 0


def _seed(folder: Path, captures: list[Path] | None) -> None:
    from host.fuzz import corpus

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--corpus {folder}: {error.strerror}") from None
    for file in captures or ():
        open_bytes(file)  # raises what is wrong with one that was named
    files = captures
    if files is None:
        files = sorted(path for path in corpus.REAL_CAPTURES.rglob("*") if path.is_file())
    corpus.write(folder, corpus.own())
    corpus.write(folder, corpus.real(files))


def _guided(args: argparse.Namespace, folder: Path, progress: Progress) -> dict:
    from host.fuzz import corpus, guided_net

    said = 0

    def told(count: int) -> None:
        nonlocal said
        if count >= said + args.executions // 20:
            said = count
            progress.say(f"  {count:,} executions")

    progress.say(f"guided: up to {args.executions:,} executions, {args.minutes:g} minutes")
    catch = guided_net.cast(
        folder, args.runtime, args.executions, args.minutes * 60, args.workers, args.seed, told
    )
    reached, telling = guided_net.reached(corpus.read(folder), args.runtime)
    corpus.keep(folder, telling)
    return {
        **asdict(catch),
        "corpus": len(telling),
        "reached": {kernel: asdict(seen) for kernel, seen in reached.items()},
    }


def _board(args: argparse.Namespace, folder: Path, progress: Progress) -> list[dict]:
    from host.fuzz import board_net, corpus
    from host.fuzz.fenced_model import fenced_model
    from host.fuzz.mutate import mutate

    binary = fenced_model(progress)
    inputs = corpus.read(folder)
    random = Random(args.seed)
    mutants = (
        mutate(random.choice(inputs), random, corpus.LONGEST_BYTES, inputs)
        for _ in range(args.mutants)
    )
    many = inputs + [data for data in mutants if data]
    catches = []
    for place, name in board_net.PLACES.items():
        with progress.step(f"board: {len(many):,} inputs, {name}"):
            catches.append(board_net.cast(binary, many, place))
    if not args.no_valgrind:
        with progress.step(f"board: {len(inputs):,} inputs under valgrind"):
            catches.append(board_net.cast(binary, inputs, board_net.GUARDS, valgrind=True))
    return [asdict(catch) for catch in catches]


def _catches(found: dict) -> list[dict]:
    guided = [found["guided"]] if "guided" in found else []
    return guided + found.get("board", [])


def _keep(data: bytes) -> Path:
    folder = cache_folder("fuzz") / "findings"
    folder.mkdir(exist_ok=True)
    file = folder / hashlib.sha1(data).hexdigest()[:12]
    file.write_bytes(data)
    return file


def _show(found: dict) -> None:
    if "guided" in found:
        catch = found["guided"]
        rate = catch["executions"] / max(catch["seconds"], 1)
        print(
            f"guided, {catch['runtime']}: {catch['executions']:,} executions, {rate:,.0f} a second; "
            f"{catch['corpus']:,} inputs in the corpus"
        )
        print("reached, of both ways of every branch and the parts of conditions:")
        for kernel, seen in catch["reached"].items():
            missing = ", ".join(map(str, seen["lines"][:12]))
            print(
                f"  {kernel:<44}{seen['seen']:>5} of {seen['marks']:<5}"
                + (f" not all of line {missing}" if missing else "")
            )
    for catch in found.get("board", []):
        print(f"board, {catch['fence']}: {catch['inputs']:,} inputs, {catch['frames']:,} frames")
    for catch in _catches(found):
        for finding in catch["findings"]:
            print(f"FOUND {finding['place']}: {finding['text']}")
            print(f"      inkling fuzz --play {finding['file']}")
    if not any(catch["findings"] for catch in _catches(found)):
        print("no kernel left its buffers")


def _play(file: Path) -> int:
    """What one input does on the checked runtime."""
    from host.fuzz import doors, plain
    from host.fuzz.scenes import SCENES, scene_of
    from host.fuzz.trapping import Stages
    from host.fuzz.worker import told

    try:
        data = file.read_bytes()
    except OSError as error:
        raise UserError(f"--play {file}: {error.strerror}") from None
    if not data:
        raise UserError(f"--play {file}: is empty")
    print(SCENES[scene_of(data)].name)
    for frame in doors.frames_of(data):
        print(f"  {frame!r}")
    try:
        print(f"  is {Stages(plain).of(data).play(data)}")
    except Exception as error:  # that is what is looked for
        print("  {}: {}".format(*told(error)))
        return EXIT_FINDINGS
    return 0


def _count(text: str) -> int:
    return _number(text, 0, 10**12)


def _workers(text: str) -> int:
    return _number(text, 1, _MOST_WORKERS)


def _number(text: str, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text}: a number of {least} or more")
    return number
