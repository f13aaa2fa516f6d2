"""`inkling devkit`: a virtual ESP32 board at a port of its own, with a local Kraken, until Ctrl-C."""

import argparse
import json
import shlex
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from host.errors import UserError

if TYPE_CHECKING:  # imported when needed: `inkling --help` is to be quick
    from host.devkit.devkit import DevKit
    from host.devkit.time_server import TimeServer
    from host.devkit.typed_lines import TypedLines
    from host.exchange.thread import ExchangeThread

_TCP_PORT = 4000
_TIME_PORT = 8123  # if it is free: boards that were flashed before know it
_HEALTH_INTERVAL_MS = 2000  # a person watches
_EPILOG = """\
While it runs, `help` and Enter lists what can be typed: pull the cable, cut the power, hold BOOT,
damage the line, switch the Wi-Fi. It listens on this computer only.

examples:
  inkling devkit
  inkling devkit --board /tmp/board --tcp-port 4001 --wifi "home:my password"
  inkling devkit --chip esp32s3        # to see what the tools say to a wrong chip
  inkling devkit --erase --json < /dev/null
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument(
        "--board", type=Path, metavar="DIR", help="folder that keeps the flash (default: a cache)"
    )
    parser.add_argument(
        "--tcp-port", type=_port, metavar="N", help=f"default {_TCP_PORT}, or any when it is taken"
    )
    parser.add_argument(
        "--wifi",
        type=_wifi,
        default=("studio", "open sesame"),
        metavar="SSID:PASSWORD",
        help='the access point there is (default "studio:open sesame")',
    )
    parser.add_argument("--chip", choices=("esp32", "esp32s3"), default="esp32")
    parser.add_argument("--flash-mb", type=int, choices=(1, 2, 4, 8, 16), default=4)
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="for noise and market")
    parser.add_argument(
        "--image", type=Path, metavar="FILE", help="where to write the stand-in firmware image"
    )
    parser.add_argument(
        "--no-kraken",
        action="store_true",
        help="no local Kraken; the board's settings name another",
    )
    parser.add_argument("--erase", action="store_true", help="begin with bare flash")
    parser.add_argument("--json", action="store_true", help="say where it is as one JSON object")


def run(args: argparse.Namespace) -> int:
    from host.boardmodel.build import board_model
    from host.cache import cache_folder
    from host.devkit.devkit import DevKit
    from host.devkit.time_server import TimeServer
    from host.devkit.typed_lines import TypedLines

    board_model()  # now, while progress can be seen, and not when the board first starts
    folder = args.board or cache_folder("devkit")
    ssid, password = args.wifi
    kit = DevKit(
        folder,
        chip=args.chip,
        flash_mb=args.flash_mb,
        seed=args.seed,
        ssid=ssid,
        password=password,
        tcp_port=_TCP_PORT if args.tcp_port is None else args.tcp_port,
        any_tcp_port=args.tcp_port is None,
    )
    if args.erase:
        kit.flash.erase_all()
    image = _write_image(args.image or folder / "stand-in.bin")
    with TypedLines() as typed, ExitStack() as stack:
        stack.enter_context(kit)
        exchange = None if args.no_kraken else _local_kraken(stack, args.seed)
        server = TimeServer(_TIME_PORT, lambda: bool(kit.world.ntp))
        stack.enter_context(server)
        settings = exchange and _write_settings(folder / "kraken.toml", exchange, server)
        if args.json:
            print(json.dumps(_facts(kit, args, image, settings)), flush=True)
        else:
            print(_page(kit, image, settings, ssid, password, _kraken(exchange)), flush=True)
        _serve(kit, typed, args.json)
    if typed.ended_by == signal.SIGINT:
        raise KeyboardInterrupt
    return 0


def _local_kraken(stack: ExitStack, seed: int) -> "ExchangeThread":
    """Start one, at the port that boards were flashed for before, if it is free."""
    from host.exchange.market import Market
    from host.exchange.pairs import DEFAULT_SYMBOLS
    from host.exchange.server import DEFAULT_PORT
    from host.exchange.thread import exchange_in_thread

    market = Market(DEFAULT_SYMBOLS, seed)
    try:
        return stack.enter_context(exchange_in_thread(market, port=DEFAULT_PORT))
    except UserError:  # the port is taken
        return stack.enter_context(exchange_in_thread(market))


def _kraken(exchange: "ExchangeThread | None") -> str:
    from host.exchange.server import DEFAULT_PORT

    if exchange is None:
        return "none, as asked"
    if exchange.port == DEFAULT_PORT:
        return f"port {exchange.port} of this computer, a seeded market"
    return (
        f"port {exchange.port} of this computer, since {DEFAULT_PORT} is taken:\n"
        "           a board that was flashed before needs `make flash` again"
    )


def _write_settings(path: Path, exchange: "ExchangeThread", server: "TimeServer") -> Path:
    """What a board needs to find the local Kraken and the time, for `make flash CONFIG=`."""
    text = (
        "# For a virtual board: the local Kraken and the time server that `inkling devkit` runs.\n"
        f'host = "localhost"\nport = {exchange.port}\n'
        f"ca = {json.dumps(str(exchange.ca_path))}\n"
        f'time_host = "{server.host}"\ntime_port = {server.port}\n'
        f"health_interval_ms = {_HEALTH_INTERVAL_MS}\n"
    )
    return _written(path, text.encode(), "--board")


def _write_image(path: Path) -> Path:
    from host.devkit import stand_in_image

    return _written(path, stand_in_image.make(), "--image")


def _written(path: Path, data: bytes, option: str) -> Path:
    from host.cache import write_beside

    try:
        write_beside(path, data)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror}); give another {option}"
        ) from None
    return path


def _serve(kit: "DevKit", typed: "TypedLines", as_json: bool) -> None:
    """Do what is typed, until `quit` or a signal."""
    from host.devkit import workbench

    for line in typed:
        try:
            if as_json and line.strip() == "state":
                answer = json.dumps(workbench.state(kit))
            else:
                answer = workbench.execute(kit, line)
        except workbench.Quit:
            return
        except UserError as error:
            answer = str(error)
        if answer:
            print(answer, flush=True)


def _facts(kit: "DevKit", args: argparse.Namespace, image: Path, settings: Path | None) -> dict:
    return {
        "url": kit.url,
        "device": str(kit.device),
        "board": str(kit.folder),
        "image": str(image.absolute()),
        "settings": str(settings.absolute()) if settings else None,
        "chip": args.chip,
        "flash_mb": args.flash_mb,
        "mac": kit.mac.hex(":"),
    }


def _page(
    kit: "DevKit", image: Path, settings: Path | None, ssid: str, password: str, kraken: str
) -> str:
    port, file = kit.url, shlex.quote(str(image))
    config = f" CONFIG={shlex.quote(str(settings))}" if settings else ""
    return f"""\
A virtual ESP32 DevKit is plugged in, until Ctrl-C.

  port     {port}   with DTR and RTS, like /dev/ttyUSB0
  device   {kit.device}   for tools that want a device; no DTR, no RTS
  board    {kit.folder}   keeps the flash
  Wi-Fi    {ssid}, password: {password}
  Kraken   {kraken}

In another terminal:
  make flash PORT={port} FIRMWARE={file}{config}
  make monitor PORT={port}

`help` and Enter lists what can be typed here.
"""


def _port(text: str) -> int:
    if not text.isdigit() or not 0 <= int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text}: a TCP port, 0 (any free one) to 65535")
    return int(text)


def _wifi(text: str) -> tuple[str, str]:
    ssid, colon, password = text.partition(":")
    if not ssid or not colon or len(ssid.encode()) > 32 or len(password.encode()) > 64:
        raise argparse.ArgumentTypeError(
            "SSID:PASSWORD, of at most 32 and 64 bytes (SSID: for a network without password)"
        )
    return ssid, password
