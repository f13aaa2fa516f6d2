"""`inkling secrets`: Wi-Fi name and password, from a prompt or the environment straight into the board's NVS."""

import argparse
import getpass
import os
import sys

from host.board import inventory, tool
from host.board.uploader import NAMES, ToolFailed, Uploader
from host.errors import UserError

SSID, PASSWORD = "wifi_ssid", "wifi_pass"
SSID_VARIABLE, PASSWORD_VARIABLE = "INKLING_WIFI_SSID", "INKLING_WIFI_PASSWORD"

# What the Wi-Fi standard allows; an empty password is for an open network.
_MOST_SSID_BYTES = 32
_PASSWORD_BYTES = range(8, 64)

_MARK = "inkling-secrets "

# An empty value is kept as no value, which is what the firmware's WLAN.connect wants for an open
# network. Says only whether something changed.
_STORE = """
from esp32 import NVS
store = NVS("inkling")
changed = False
for name, value in {wanted!r}:
    blob = bytearray(80)
    try:
        size = store.get_blob(name, blob)
        has = bytes(blob[:size])
    except OSError:
        has = b""
    if has != value:
        changed = True
        if value:
            store.set_blob(name, value)
        else:
            store.erase_key(name)
if changed:
    store.commit()
print({mark!r} + ("changed" if changed else "same"))
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n  inkling secrets set wifi\n  inkling secrets check\n"
        "  inkling secrets clear wifi --port /dev/ttyUSB0\n"
        f"  {SSID_VARIABLE}=studio {PASSWORD_VARIABLE}=... inkling secrets set wifi\n\n"
        "They go from the prompt or the environment into the board's NVS, and nowhere else."
    )
    add = parser.add_argument
    add("action", choices=("set", "check", "clear"), help="what to do")
    add("what", nargs="?", choices=("wifi",), help="which secrets (set, clear)")
    add("--port", metavar="PORT", help="the board's port (default: the only one there is)")
    add("--uploader", choices=NAMES, default=NAMES[0], help="the tool to use (%(default)s)")
    add("--verbose", action="store_true", help="also what the tool says")


def run(args: argparse.Namespace) -> int:
    """0 when done or, for check, when the board has all; 1 when check finds something missing."""
    from host.board import ports
    from host.board.claim import claim

    if args.action != "check" and args.what is None:
        raise UserError(f"{args.action} what? inkling secrets {args.action} wifi")
    port = ports.choose(args.port)  # before anything is typed for nothing
    wanted = {SSID: b"", PASSWORD: b""}
    if args.action == "set":
        wanted = from_environment() or _prompted()
    elif args.action == "check":
        wanted = from_environment()
    transcript = tool.Transcript(echo=args.verbose)
    try:
        with claim(port):
            return _at_board(args, port, wanted, transcript)
    except ToolFailed as error:
        raise UserError(
            f"{port}: {args.uploader} failed ({error}); try again (details: {transcript.path})"
        ) from None
    finally:
        transcript.close()


def from_environment() -> dict[str, bytes]:
    """Name and password from the environment, checked; empty if it has none."""
    name, password = os.environ.get(SSID_VARIABLE), os.environ.get(PASSWORD_VARIABLE)
    if not name:
        if password:
            raise UserError(f"{PASSWORD_VARIABLE} is set without {SSID_VARIABLE}; set both")
        return {}
    return _checked(name, password or "", f"{SSID_VARIABLE}: ", f"{PASSWORD_VARIABLE}: ")


def can_ask() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def ask() -> dict[str, bytes]:
    """Name and password from the terminal, until they can be right; the password is not shown."""
    while True:
        print("Wi-Fi network (2.4 GHz): ", end="", file=sys.stderr, flush=True)
        name = sys.stdin.readline()
        if not name.strip():
            raise UserError("no Wi-Fi network was named; say it to: inkling secrets set wifi")
        try:
            password = getpass.getpass("Its password (empty for an open network): ")
        except EOFError:
            raise UserError("no password was given; say it to: inkling secrets set wifi") from None
        try:
            return _checked(name.removesuffix("\n"), password, "", "")
        except UserError as error:
            print(error, file=sys.stderr)


def missing(board: inventory.Inventory) -> bool:
    """Whether the board knows no Wi-Fi. A board without an NVS needs none."""
    return board.secrets is not None and board.secrets.get(SSID, "none") == "none"


def differ(board: inventory.Inventory, wanted: dict[str, bytes]) -> bool:
    """Whether the board's secrets are others than `wanted`."""
    return board.secrets is not None and any(
        board.secrets.get(name) != ("same" if value else "none")
        and not (value == b"" and board.secrets.get(name) == "same")
        for name, value in wanted.items()
    )


def store(uploader: Uploader, wanted: dict[str, bytes]) -> bool:
    """Write what differs; whether something did. The script exists only in memory and on the line."""
    script = _STORE.format(wanted=tuple(wanted.items()), mark=_MARK)
    for line in uploader.run_script(script, private=True):
        _, mark, said = line.partition(_MARK)
        if mark:
            return said == "changed"
    raise ToolFailed("the board did not say that it kept the secrets")


def query(wanted: dict[str, bytes]) -> dict[str, bytes | None]:
    """What `inventory.take` is to compare, also when nothing is wanted."""
    return {SSID: None, PASSWORD: None} | wanted


def _prompted() -> dict[str, bytes]:
    if not can_ask():
        raise UserError(f"no terminal to ask at; set {SSID_VARIABLE} and {PASSWORD_VARIABLE}")
    return ask()


def _checked(name: str, password: str, at_name: str, at_password: str) -> dict[str, bytes]:
    ssid, key = (text.encode("utf-8", "surrogateescape") for text in (name, password))
    if not 1 <= len(ssid) <= _MOST_SSID_BYTES:
        raise UserError(
            f"{at_name}a Wi-Fi name has 1 to {_MOST_SSID_BYTES} bytes, this one {len(ssid)}; try again"
        )
    if key and len(key) not in _PASSWORD_BYTES:
        raise UserError(
            f"{at_password}a Wi-Fi password has {_PASSWORD_BYTES[0]} to {_PASSWORD_BYTES[-1]} "
            f"bytes, this one {len(key)}; try again"
        )
    return {SSID: ssid, PASSWORD: key}


def _at_board(
    args: argparse.Namespace, port: str, wanted: dict[str, bytes], transcript: tool.Transcript
) -> int:
    from host.board import uploader
    from host.board.break_in import NoPrompt, break_in, let_run

    board_tool = uploader.make(args.uploader, port, transcript)
    try:
        break_in(port)
        if args.action == "check":
            return _check(board_tool, wanted)
        changed = store(board_tool, wanted)
    except NoPrompt:
        raise UserError(
            f"{port}: no MicroPython answers; flash the board: inkling flash"
        ) from None
    finally:
        let_run(port)
    done = "kept in the board's NVS" if args.action == "set" else "gone from the board's NVS"
    print(f"Wi-Fi: {done}" if changed else "Wi-Fi: it was so already")
    return 0


def _check(board_tool: Uploader, wanted: dict[str, bytes]) -> int:
    board = inventory.take(board_tool, query(wanted))
    if board.secrets is None:
        print("Wi-Fi: this board has no NVS, and no radio that needs one")
        return 0
    if missing(board):
        print("Wi-Fi: none; set it with: inkling secrets set wifi")
        return 1
    if wanted and differ(board, wanted):
        print(f"Wi-Fi: set, but not to what {SSID_VARIABLE} and {PASSWORD_VARIABLE} say")
        return 1
    has_password = board.secrets.get(PASSWORD) != "none"
    print("Wi-Fi: set" + ("" if has_password else ", for an open network"))
    return 0
