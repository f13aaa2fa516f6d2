"""What the chip says that is no record (its ROM, a crash, the Python prompt), in plain words."""

import re
from typing import Literal, NamedTuple


class Meaning(NamedTuple):
    """`kind`: a reset has happened, a crash has, or a `note` tells what the board does instead of running."""

    kind: Literal["reset", "crash", "note"]
    text: str
    mood: Literal["wait", "bad"] = "wait"


NO_PROGRAM = "watchdog: the chip found no program that runs"  # a bare chip says so for ever

# The ESP32's ROM knows these; the name in brackets differs a little between its versions.
_ROM_RESETS = {
    0x01: "power-on or EN button",
    0x03: "the program asked for it",
    0x04: "watchdog of the flash chip",
    0x05: "woke from deep sleep",
    0x06: "the SDIO bus asked for it",
    0x07: "watchdog: the program hung",
    0x08: "watchdog: the program hung",
    0x09: "watchdog: the chip hung",
    0x0A: "intrusion test",
    0x0B: "watchdog: the program hung",
    0x0C: "the program asked for it, or crashed",
    0x0D: "watchdog: the chip hung",
    0x0E: "the other core asked for it",
    0x0F: "brown-out: supply too weak; try another cable or USB port",
    0x10: NO_PROGRAM,
}
_BY_PROGRAM = 0x0C

# As firmware/board/power.py says them in the boot record.
_BOOT_CAUSES = {
    "pwron": "power-on or EN button",
    "hard": "the program asked for it, or crashed",
    "wdt": "watchdog: the program hung",
    "deepsleep": "woke from deep sleep",
    "soft": "soft reset",
    "start": "start",
}
_OWN_RESTART = "its own restart"
# Where MicroPython cannot tell what the ROM could.
_VAGUE_CAUSES = ("pwron", "hard", "unknown")

_RESET = re.compile(rb"rst:0x([0-9a-fA-F]{1,2}) ?\(")
_DOWNLOAD = re.compile(rb"boot:0x[0-9a-fA-F]+ ?\(DOWNLOAD")
_PANIC = re.compile(rb"Guru Meditation Error: Core +\d+ panic'ed \(([^)]{1,60})\)")
_TEXTS = (
    (b"abort() was called", Meaning("crash", "abort")),
    (b"Task watchdog got triggered", Meaning("crash", "watchdog: the program hung")),
    (
        b"Brownout detector was triggered",
        Meaning("note", "brown-out: supply too weak; try another cable or USB port", "bad"),
    ),
    (b"invalid header: 0x", Meaning("note", "no MicroPython in its flash: make flash", "bad")),
    (b"flash read err", Meaning("note", "no MicroPython in its flash: make flash", "bad")),
    (b"waiting for download", Meaning("note", "in the ROM's loader; r restarts it", "bad")),
    (b"MPY: soft reboot", Meaning("reset", "soft reset")),
    (b">>> ", Meaning("note", "Python prompt: the application is not running", "bad")),
)
# One look at the line tells whether any of these is worth looking for.
_ANY = re.compile(
    b"|".join((b"rst:0x", b"boot:0x", b"Guru Med", *(re.escape(text) for text, _ in _TEXTS)))
)


# What a start or a prompt prints when all is well, and what is left of a record that came by half.
_IN_PASSING = re.compile(
    rb"""\s*(ets\ [A-Z][a-z]{2}\ |rst:0x|configsip:|clk_drv:|mode:|load:0x|ho\ \d|entry\ 0x
    |invalid\ header:\ 0x|flash\ read\ err|waiting\ for\ download|csum\ err|ets_main\.c
    |MPY:\ soft\ reboot|MicroPython\ v|Type\ "help|raw\ REPL|>>>
    |\{"k":|.*":.*\}\s*$)""",
    re.VERBOSE,
)


def in_passing(raw: bytes) -> bool:
    """Whether this line is nothing that a person would look for a minute later."""
    return _IN_PASSING.match(raw) is not None


def meaning(raw: bytes) -> Meaning | None:
    """What this line tells of the board, or None for text that means nothing to us."""
    if not _ANY.search(raw):
        return None
    if _DOWNLOAD.search(raw):
        return Meaning("note", "in the ROM's loader; r restarts it", "bad")
    if match := _RESET.search(raw):
        cause = int(match[1], 16)
        return Meaning("reset", _ROM_RESETS.get(cause, f"cause {cause} of the chip's ROM"))
    if match := _PANIC.search(raw):
        return Meaning("crash", match[1].decode("ascii", "replace"))
    return next((said for text, said in _TEXTS if text in raw), None)


def after_crash(reset: str, crash: str) -> str:
    """The cause of a reset, given what the board cried before it."""
    if not crash or reset != _ROM_RESETS[_BY_PROGRAM]:
        return reset
    return crash if crash.startswith("watchdog") else f"crash ({crash})"


def boot_cause(cause: str, rom: str, why: str = "") -> str:
    """The boot record's cause in words; `rom` is what the ROM said just before, if it was heard.

    `why` is what the firmware kept across a restart of its own.
    """
    if why:
        return f"{_OWN_RESTART}: {why}"
    if rom and cause in _VAGUE_CAUSES:
        return rom
    return _BOOT_CAUSES.get(cause, cause)


def alarming(cause: str) -> bool:
    """Whether a reset for this cause asks for attention."""
    return cause.startswith(("watchdog", "brown-out", "crash", _OWN_RESTART))
