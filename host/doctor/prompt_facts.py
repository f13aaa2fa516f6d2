"""Facts asked for at the board's Python prompt: its clock, its memory, its certificate; and what they mean."""

import re
import time
from binascii import unhexlify
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from host.board.uploader import Uploader
from host.doctor.finding import Finding, fail, ok, warn

if TYPE_CHECKING:
    import serial

_PROMPT_S = 3.0
_READ_BYTES = 4096
_CLOCK_MARK = b"inkling-clock "
_CLOCK = b'import time;print("inkling-" + "clock",time.time(),time.gmtime(0)[0])\r'
_EPOCHS = {1970: 0, 2000: 946_684_800}
_CLOCK_SET_S = 1_735_689_600  # 2025: before that nobody has set it
_CLOCK_OFF_S = 2  # it counts whole seconds, and the answer takes a moment

_WEAK_DBM = -80
_EXPIRES_SOON = timedelta(days=30)
# A TLS session takes its buffers from the IDF's heap, one of them 16 KB in one piece.
_LEAST_IDF_PIECE_BYTES = 32 * 1024

_FACTS_MARK = "inkling-facts "
_FACTS = """
import gc
from binascii import hexlify
gc.collect()
say = []
say.append("heap %d %d" % (gc.mem_free(), gc.mem_free() + gc.mem_alloc()))
try:
    import esp32
    idf = esp32.idf_heap_info(esp32.HEAP_DATA)
    say.append("idf %d %d" % (sum(r[1] for r in idf), max(r[2] for r in idf)))
except (ImportError, AttributeError):
    pass
for line in say:
    print({mark!r} + line)
try:
    with open("/ca.der", "rb") as file:
        print({mark!r} + "ca", end=" ")
        while True:
            part = file.read(64)
            if not part:
                break
            print(hexlify(part).decode(), end="")
        print()
except OSError:
    print({mark!r} + "ca none")
"""


@dataclass(frozen=True)
class Clock:
    """The board's clock against this PC's: `ahead_s` is None if it could not be asked, or is not set.

    `bare`: instead of an answer came the endless complaint of a chip without a program.
    """

    asked: bool = False
    ahead_s: float | None = None
    bare: bool = False


def clock(port: "serial.Serial") -> Clock:
    """Ask a board for its time without restarting it; its application stops. Raises OSError."""
    port.write(b"\r\x03\x03\x02")
    heard = _heard(port, rb">>> $|invalid header")
    if b">>> " not in heard:
        return Clock(bare=b"invalid header" in heard)
    port.write(_CLOCK)
    heard = _heard(port, _CLOCK_MARK + rb"\d+ \d+\r\n")
    match = re.search(_CLOCK_MARK + rb"(\d+) (\d+)", heard)
    if not match or int(match[2]) not in _EPOCHS:
        return Clock()
    board_s = int(match[1]) + _EPOCHS[int(match[2])]
    if board_s < _CLOCK_SET_S:
        return Clock(asked=True)
    return Clock(asked=True, ahead_s=board_s - time.time())


def judged(told: Clock, set_since: bool) -> Finding:
    """What the clock means; `set_since`: the application has set it after the restart."""
    if told.ahead_s is None:
        if set_since:
            return ok("clock", "set from the network after the restart")
        said = "not set" if told.asked else "could not be asked"
        return warn("clock", said, "the application sets it once the Wi-Fi is up")
    if abs(told.ahead_s) > _CLOCK_OFF_S:
        side = "ahead of" if told.ahead_s > 0 else "behind"
        said = f"{abs(told.ahead_s):,.0f} s {side} this PC's"
        return warn("clock", said, "is this PC's clock right? (timedatectl)")
    return ok("clock", "agrees with this PC's")


def signal(rssi_dbm: object, said: str) -> Finding:
    """The strength of the Wi-Fi."""
    if isinstance(rssi_dbm, int) and rssi_dbm < _WEAK_DBM:
        return warn("Wi-Fi", said, "weak: move the board or the access point")
    return ok("Wi-Fi", said)


def _heard(port: "serial.Serial", until: bytes) -> bytes:
    """What comes until this pattern matches, or for so long as a program may take to stop."""
    deadline = time.monotonic() + _PROMPT_S
    heard = b""
    while time.monotonic() < deadline and not re.search(until, heard):
        heard += port.read(max(1, min(port.in_waiting, _READ_BYTES)))
    return heard


def findings(uploader: Uploader) -> Iterator[Finding]:
    """Memory and certificate, asked by a script; raises ToolFailed."""
    facts: dict[str, list[str]] = {}
    for line in uploader.run_script(_FACTS.format(mark=_FACTS_MARK)):
        _, mark, told = line.partition(_FACTS_MARK)
        if mark and (words := told.split()):
            facts[words[0]] = words[1:]
    if "heap" in facts:
        free, size = map(int, facts["heap"])
        yield ok("Python heap", f"{free:,} of {size:,} bytes free at the prompt")
    if "idf" in facts:
        free, piece = map(int, facts["idf"])
        said = f"{free:,} bytes free, the largest piece {piece:,}"
        if piece < _LEAST_IDF_PIECE_BYTES:
            yield warn("IDF heap", said, "too little for TLS: is it the stock ESP32_GENERIC?")
        else:
            yield ok("IDF heap", said)
    yield _certificate(facts.get("ca", ["none"])[0])


def _certificate(told: str) -> Finding:
    from cryptography import x509

    if told == "none":
        return fail("certificate", "no ca.der on the board", "make flash")
    try:
        certificate = x509.load_der_x509_certificate(unhexlify(told))
    except ValueError:
        return fail("certificate", "ca.der is damaged", "make flash")
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    names = names or certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    end = certificate.not_valid_after_utc
    said = f"{names[0].value if names else 'a root'}, good until {end.date()}"
    left = end - datetime.now(UTC)
    if left < timedelta(0):
        return fail("certificate", f"{said}: expired", "make flash fetches the new one")
    if left < _EXPIRES_SOON:
        return warn(
            "certificate", f"{said}, {left.days} days", "make flash when the new one is out"
        )
    return ok("certificate", said)
