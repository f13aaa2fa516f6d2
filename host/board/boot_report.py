"""Restarts the board and tells in words how it comes up: to the first word from the exchange, or to what is wrong."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from host.board import ports, tool
from host.board.reading import read_some
from host.monitor.records import Line, LineSplitter
from host.monitor.safe_text import printable, safe_text

_TIMEOUT_S = 40.0
_LOOK_S = 0.1
_LOOP_STARTS = 3

_ROM_BANNER = re.compile(rb"rst:0x[0-9a-f]+ \((\w+)\)")
_TRACEBACK = b"Traceback (most recent call last):"
_EXCEPTION = re.compile(rb"^[A-Za-z_][\w.]*(: .*)?$")
_NO_PROGRAM = re.compile(rb"invalid header|flash read err|No bootable app")
_PANIC = re.compile(rb"Guru Meditation Error: *(.+)")
_BROWN_OUT = b"Brownout detector"


@dataclass
class Report:
    """How it went: `ok`, one line of what there is to say, and the records on the way."""

    ok: bool = False
    line: str = ""
    boot: dict | None = None
    wifi: dict | None = None
    host: str = ""
    records: list[dict] = field(default_factory=list)


class _Watcher:
    """Follows the lines; `report` is set when there is a verdict."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.found = Report()
        self.over = False
        self.step = "the board said nothing"
        self._starts = 0
        self._reason = b""  # why it starts anew, as far as the chip says
        self._traceback: list[bytes] | None = None

    def take(self, line: Line) -> None:
        if line.record is not None:
            self.found.records.append(line.record)
            self._take_record(line.record)
        else:
            self._take_text(line.raw.rstrip(b"\r"))

    def _take_record(self, record: dict) -> None:
        kind, state, why = (safe_text(record.get(key)) for key in ("k", "st", "why"))
        if kind == "boot":
            self.found.boot = record
            version, python, cause = (safe_text(record.get(key)) for key in ("v", "py", "cause"))
            self._at(f"booted: Inkling {version} on {python}, started by {cause}")
        elif kind == "error":
            self._fail(why)
        elif kind == "safe":
            self._fail(f"the board is in safe mode ({why}), so the application does not run")
        elif (kind, state) == ("wifi", "join"):
            self._at("joining the Wi-Fi")
        elif (kind, state) == ("wifi", "up"):
            self.found.wifi = record
            self._at(f"Wi-Fi up: {record.get('rssi')} dBm, address {safe_text(record.get('ip'))}")
        elif (kind, state) == ("wifi", "down"):
            self._fail(f"Wi-Fi: {why}; mend it with: .venv/bin/inkling secrets set wifi")
        elif (kind, state) == ("clock", "set"):
            self._at("clock set")
        elif (kind, state) == ("clock", "wait"):
            self._at(f"clock: {why}")
        elif (kind, state) == ("net", "connect"):
            self.found.host = safe_text(record.get("host"))
            self._at(f"connecting to {self.found.host}")
        elif (kind, state) == ("net", "down"):
            self._fail(f"no connection to {self.found.host or 'the exchange'}: {why}")
        elif (kind, state) == ("net", "up"):
            self.found.ok = True
            self._end(f"connected to {self.found.host or 'the exchange'}")

    def _take_text(self, raw: bytes) -> None:
        if _TRACEBACK in raw:
            self._traceback = []
        elif self._traceback is not None:
            if not raw.startswith(b" ") and _EXCEPTION.match(raw):
                where = self._traceback[-1].strip() if self._traceback else b""
                self._fail(
                    f"the application crashed: {printable(raw)}"
                    + (f" ({printable(where)})" if where else "")
                )
                return
            self._traceback.append(raw)
        elif banner := _ROM_BANNER.search(raw):
            self._starts += 1
            if self._starts > _LOOP_STARTS:
                self._fail(self._loop(banner[1]))
        elif _NO_PROGRAM.search(raw):
            self._reason = b"no program"
        elif panic := _PANIC.search(raw):
            self._reason = panic[1]
        elif _BROWN_OUT in raw:
            self._reason = b"brown-out"

    def _loop(self, cause: bytes) -> str:
        said = "the board restarts for ever"
        if self._reason == b"no program":
            return f"{said}: its flash holds no whole MicroPython; flash again"
        if self._reason == b"brown-out":
            return f"{said}: its voltage drops; use a shorter cable or a powered hub"
        return (
            f"{said} ({printable(self._reason or cause)}); start it with BOOT held after the reset "
            "(safe mode), or erase it with `esptool erase-flash` and flash again"
        )

    def _at(self, step: str) -> None:
        self.step = step
        self._say(f"  {step}")

    def _fail(self, line: str) -> None:
        if not self.over:
            self._end(line)

    def _end(self, line: str) -> None:
        self.found.line = line
        self.over = True


def restart_and_watch(
    port: str,
    say: Callable[[str], None],
    transcript: tool.Transcript,
    timeout_s: float = _TIMEOUT_S,
) -> Report:
    """Restart the board and follow it; raises UserError when the port fails meanwhile."""
    watcher = _Watcher(say)
    splitter = LineSplitter()
    with ports.open_port(port, timeout_s=0) as serial:
        try:
            serial.reset_input_buffer()
            ports.restart(serial)
            until = time.monotonic() + timeout_s
            while not watcher.over and time.monotonic() < until:
                for line in splitter.feed(read_some(serial, _LOOK_S)):
                    transcript.add("< " + printable(line.raw))
                    if not watcher.over:
                        watcher.take(line)
        except OSError as error:
            raise ports.explain(port, error) from None
    if not watcher.over:
        watcher.found.line = (
            f"no connection within {timeout_s:.0f} s; the last that was heard: {watcher.step}; "
            "`inkling monitor` shows more"
        )
    return watcher.found
