"""The chip behind a port, by the real esptool: which one it is, what its flash holds, and writing to that."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from host.board import ports, tool
from host.errors import UserError
from host.flash.image import Image
from host.progress import Progress

WRITE_BAUD = 460_800
_WANTED = "ESP32"
_LEAST_FLASH_MB = 4

# esptool gives the ROM 8 s for the MD5 of a megabyte, and its own last word comes sooner than this.
_SILENCE_S = 60.0
_WRITING = "Writing at "  # a line for each kilobyte
_PERCENT = re.compile(r"(\d+)(?:\.\d+)?% ")

_OPTIONS = ["--after", "hard-reset", "--port"]
# To look, the ROM's own loader is enough, and starts at once. To write, esptool's stub is the way
# that everybody goes: it erases as it writes, where the ROM is silent until all is erased.
_BY_ROM = ["--no-stub", *_OPTIONS]


@dataclass
class Chip:
    """What esptool says of it; `lacking` are the image's parts that its flash does not hold."""

    name: str
    description: str
    mac: str
    flash_mb: int
    lacking: dict[int, bytes]


def examine(port: str, image: Image, transcript: tool.Transcript) -> Chip:
    """Identify the chip and compare its flash with `image`: one run, after which the board restarts.

    Raises UserError if nobody answers, or if it is no ESP32 with enough flash.
    """
    with _files(image.parts) as files:
        done = tool.run(
            ["esptool", *_BY_ROM, port, "verify-flash", "--flash-size", "detect", *files],
            transcript,
            silence_s=_SILENCE_S,
        )
    name = _found(r"Connected to (ESP\S+) on ", done.text)
    if name is None:
        raise _trouble(port, done, transcript)
    if name != _WANTED:
        raise UserError(
            f"{port}: this is an {name}; Inkling's firmware is for the {_WANTED} (DOIT DevKit V1)"
        )
    size = _found(r"Auto-detected flash size: (\d+MB|\d+KB)", done.text)
    if size is None:
        if done.status != 0 and "Could not auto-detect" not in done.text:
            raise _trouble(port, done, transcript)
        raise UserError(
            f"{port}: the chip's flash does not tell its size, it may be broken or badly soldered; "
            "try another board"
        )
    flash_mb = int(size[:-2]) if size.endswith("MB") else 0
    if flash_mb < _LEAST_FLASH_MB:
        raise UserError(
            f"{port}: its flash has {size}, Inkling needs {_LEAST_FLASH_MB}MB; take another board"
        )
    if done.status != 0 and "Verification failed" not in done.text:
        raise _trouble(port, done, transcript)
    return Chip(
        name,
        _found(r"Chip type: +(.+)", done.text) or name,
        _found(r"\bMAC: +([0-9a-f:]{17})", done.text) or "",
        flash_mb,
        _lacking(image.parts, done.lines),
    )


def write(
    port: str,
    version: str,
    parts: dict[int, bytes],
    baud: int,
    progress: Progress,
    transcript: tool.Transcript,
) -> None:
    """Write these parts of MicroPython, and have esptool verify them."""
    largest = max(parts, key=lambda place: len(parts[place]))  # the others take next to no time
    with _files(parts) as files, progress.step(f"Writing MicroPython {version}", 100) as advance:
        shown = 0

        def show(line: str) -> None:
            nonlocal shown
            if line.startswith(_WRITING) and (match := _PERCENT.search(line)):
                percent = int(match[1])
                if _address(line) >= largest:
                    for _ in range(percent - shown):
                        advance()
                    shown = max(shown, percent)

        done = tool.run(
            [
                "esptool", *_OPTIONS, port, "--baud", str(baud), "write-flash", "--compress",
                "--flash-size", "detect", *files,
            ],
            transcript,
            silence_s=_SILENCE_S,
            on_line=show,
            noise=_WRITING,
        )  # fmt: skip
    if done.status != 0:
        raise _trouble(port, done, transcript, writing=True)


def _lacking(parts: dict[int, bytes], lines: list[str]) -> dict[int, bytes]:
    """The parts that were not found in the flash: of each, esptool says its place, then the verdict."""
    lacking = dict(parts)
    place = -1
    for line in lines:
        if found := _found(r"^Verifying .* at (0x[0-9a-f]+) in flash", line):
            place = int(found, 16)
        elif line.startswith("Verification successful"):
            lacking.pop(place, None)
    return lacking


@contextmanager
def _files(parts: dict[int, bytes]) -> Iterator[list[str]]:
    """These parts as esptool's arguments: place, file, place, file."""
    with tempfile.TemporaryDirectory(prefix="inkling-") as folder:
        arguments = []
        for place, data in parts.items():
            file = Path(folder) / f"{place:#x}.bin"
            file.write_bytes(data)
            arguments += [f"{place:#x}", str(file)]
        yield arguments


def _address(line: str) -> int:
    return int(_found(r"Writing at (0x[0-9a-f]+)", line) or "0", 16)


def _found(pattern: str, text: str) -> str | None:
    match = re.search(pattern, text)
    return match[1].strip() if match else None


def _trouble(
    port: str, done: tool.Done, transcript: tool.Transcript, writing: bool = False
) -> UserError:
    """What esptool's failure means, in one line."""
    try:
        ports.open_port(port).close()
    except UserError as error:
        return error  # gone, busy, not ours: the port's own words
    again = "make flash again begins where it has to"
    text = done.text
    if writing and "does not match data in flash" in text:
        return UserError(
            f"{port}: the flash does not hold what was written; repeat with --baud 115200, "
            "and with another cable"
        )
    if (
        "Wrong boot mode" in text
        or "No serial data received" in text
        or "Failed to connect" in text
    ):
        return UserError(
            f"{port}: no ESP32 answers; hold the board's BOOT button while it connects, "
            "try another cable, or say --port if the board is at another one"
        )
    if writing or "Connected to" in text:
        return UserError(
            f"{port}: the chip stopped answering; check cable and power, {again} "
            f"(details: {transcript.path})"
        )
    why = _found(r"(?:fatal|serial exception) error occurred: (.+)", text)
    last = done.lines[-1] if done.lines else "it said nothing"
    return UserError(
        f"{port}: esptool failed ({(why or last).rstrip('.')}); details: {transcript.path}"
    )
