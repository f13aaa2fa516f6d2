"""The frames that are measured: a real capture where there is one, else a recording of the local Kraken."""

import json
from dataclasses import dataclass
from pathlib import Path

import host
from host import captures
from host.errors import UserError

REAL_CAPTURE = host.ROOT.parent / "shared" / "feeds" / "python-kraken-sdk" / "orderbook-v2.jsonl"

_MOST_FRAMES = 600
_RECORDING_S = 12
_DEPTH = 10


@dataclass
class Feed:
    """Book frames of depth 10, one data element each, and what an instrument channel would tell of their pairs."""

    source: str
    frames: list[bytes]
    decimals: dict[str, tuple[int, int]]
    depth: int = _DEPTH

    def write(self, path: Path, repeats: int = 1) -> int:
        """A file with all frames `repeats` times over, a frame a line; how many frames are in it.

        Every repeat begins with the snapshots of its books, so all checksums hold again.
        """
        once = b"".join(frame + b"\n" for frame in self.frames)
        with path.open("wb") as file:
            for _ in range(repeats):
                file.write(once)
        return repeats * len(self.frames)


def real_or_recorded(scratch: Path) -> Feed:
    """The real capture, or one that the local Kraken records into the folder `scratch`."""
    if REAL_CAPTURE.exists():
        return _read(REAL_CAPTURE, "a real capture, BTC/USD of 2023")
    from host.exchange.recording import record_market

    path = scratch / "recording.jsonl"
    record_market(path, seconds=_RECORDING_S, depth=_DEPTH)
    return _read(path, "a recording of the local Kraken")


def _read(path: Path, source: str) -> Feed:
    frames = []
    decimals: dict[str, tuple[int, int]] = {}
    for _, frame in captures.frames(path):
        # The texts of the numbers say how many decimals they have.
        message = json.loads(frame, parse_float=str)
        if message.get("channel") != "book":
            continue
        frames.append(frame.strip())
        for element in message["data"]:
            for level in element["bids"] + element["asks"]:
                seen = decimals.get(element["symbol"], (0, 0))
                decimals[element["symbol"]] = (
                    max(seen[0], _places(level["price"])),
                    max(seen[1], _places(level["qty"])),
                )
        if len(frames) == _MOST_FRAMES:
            break
    if not frames:
        raise UserError(f"{path}: no book frames to measure with")
    return Feed(f"{len(frames)} frames of {source}", frames, decimals)


def _places(number: str | int) -> int:
    return len(str(number).partition(".")[2])
