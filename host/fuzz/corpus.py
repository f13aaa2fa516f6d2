"""The inputs that fuzzing begins with and those it has found: files in a folder, one an input."""

import hashlib
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from pathlib import Path

import host
from host import captures
from host.cache import cache_folder
from host.errors import UserError
from host.fuzz.samples import ANY_CHECKSUM, joined, pieces
from host.fuzz.scenes import SCENES, Scene

LONGEST_BYTES = 1800
"""An input is no longer, so that a run stays short."""

REAL_CAPTURES = host.ROOT.parent / "shared" / "feeds"

# Of frames that differ only in their digits, so many are seeds.
_MOST_ALIKE = 3
_MOST_FRAMES = 20_000
_PIECE_BYTES = 700
_JOINTS = 16  # bytes, of an input's pieces
_STORY_FRAMES = 3  # for scenes that begin with no book: a snapshot and what follows
_DIGITS = re.compile(rb"\d+")
_CHECKSUM = re.compile(rb'("checksum":|"c":")\d+')
_NAME = {
    captures.SPOT_V2: re.compile(rb'("symbol":")[^"]*'),
    captures.SPOT_V1: re.compile(rb'(",")[A-Z0-9]+/[A-Z0-9]+(?="\])'),
    captures.FUTURES_V1: re.compile(rb'("product_id":")[^"]*'),
}
_INPUT = re.compile(r"[0-9a-f]{40}")
_SNAPSHOT = re.compile(rb'"snapshot"|"as":|_snapshot"')


def default_folder() -> Path:
    """Where the corpus grows from run to run, outside the checkout."""
    return cache_folder("fuzz") / "corpus"


def own() -> Iterator[bytes]:
    """The inputs that the project itself has."""
    for number, scene in enumerate(SCENES):
        for sample in scene.samples:
            yield bytes([number]) + sample


def real(files: Iterable[Path]) -> Iterator[bytes]:
    """Inputs made of recorded feeds: their frames under the scenes' names, each shape a few times."""
    alike: Counter = Counter()
    for file in files:
        try:
            dialect = captures.dialect(file)
            if dialect is None:
                continue
            frames = [frame for _, frame in captures.frames(file)][:_MOST_FRAMES]
        except UserError:
            continue  # a file beside the captures
        for number, scene in enumerate(SCENES):
            if scene.dialect == dialect:
                for data in _inputs(scene, frames):
                    key = number, _DIGITS.sub(b"", data)
                    alike[key] += 1
                    if alike[key] <= _MOST_ALIKE and len(data) < LONGEST_BYTES:
                        yield bytes([number]) + data


def _inputs(scene: Scene, frames: list[bytes]) -> Iterator[bytes]:
    before: deque[bytes] = deque(maxlen=_STORY_FRAMES)
    name = rb"\g<1>" + scene.names[0].encode()
    for frame in frames:
        frame = _NAME[scene.dialect].sub(name, frame.strip())
        if scene.any_checksum:
            frame = _CHECKSUM.sub(rb"\g<1>%d" % ANY_CHECKSUM, frame)
        if scene.dialect == captures.FUTURES_V1:
            yield pieces(frame[: LONGEST_BYTES - _JOINTS], _PIECE_BYTES)
        if _SNAPSHOT.search(frame):
            before.clear()
        before.append(frame)
        yield joined(*before)
        yield frame


def write(folder: Path, inputs: Iterable[bytes]) -> None:
    """Add inputs to a folder's corpus."""
    for data in inputs:
        (folder / _name(data)).write_bytes(data)


def keep(folder: Path, inputs: Iterable[bytes]) -> None:
    """Make these the folder's corpus; files that are no inputs of ours stay."""
    kept = {_name(data): data for data in inputs}
    for path in folder.iterdir():
        if _INPUT.fullmatch(path.name) and path.name not in kept:
            path.unlink()
    write(folder, kept.values())


def read(folder: Path) -> list[bytes]:
    """Every input of a folder, the short ones first."""
    inputs = [path.read_bytes() for path in folder.iterdir() if path.is_file()]
    return sorted((data for data in inputs if data), key=lambda data: (len(data), data))


def _name(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()  # as libFuzzer calls them
