"""Measures what the firmware takes: flash, native code and heap of each module, and the heap left while it runs."""

import contextlib
import json
import tempfile
import time
from pathlib import Path

from host.bench.mpy import native_bytes
from host.bench.serial_ear import Ear
from host.bench.table import Figure, Part, Row, Target
from host.boardmodel import flash_folder, model
from host.boardmodel.model import run_script
from host.errors import UserError
from host.exchange.market import Market
from host.exchange.pairs import DEFAULT_SYMBOLS, PAIRS
from host.exchange.thread import exchange_in_thread

_CORE = "firmware.core"
_ALL_ON_HEAP_KB = 110
_RECORDS = b"{"
_HEALTH_INTERVAL_MS = 1000
_LIVE_S = 40.0
_MOST_PAIRS = 8

_FLASH = Target(200_000)
_SPARE = Target(10_000, is_least=True)
_ANY = Target(1, is_least=True)

# What an import takes once its garbage is gone. The core is there already when others come.
_IMPORT = """
import gc, sys
name, core = sys.argv[1:]
if name != core:
    __import__(core)
    __import__(name.rpartition(".")[0] or core)
gc.collect()
before = gc.mem_alloc()
try:
    __import__(name)
    gc.collect()
    print(gc.mem_alloc() - before)
except ImportError:  # it wants a radio or a time server, which this model is without
    print(0)
"""


def part(looks: int) -> Part:
    """A row for each limit, and the table of modules."""
    chip = flash_folder.files(flash_folder.CHIP, {}, b"")
    everything = {
        "pairs": list(PAIRS)[:_MOST_PAIRS],
        "depth": 25,
        "channels": ["ticker", "trade", "ohlc"],
        "heap_kb": _ALL_ON_HEAP_KB,
    }
    rows = [
        Row(
            "size: flash, all files of a chip",
            Figure(sum(map(len, chip.values())), "B"),
            targets=(_FLASH,),
        ),
        _heap_row("size: heap to spare, default, 56 KiB", {}, model.HEAP_BYTES, looks, _SPARE),
        _heap_row(
            "size: heap to spare, all on, 110 KiB", everything, _ALL_ON_HEAP_KB * 1024, looks, _ANY
        ),
    ]
    note = (
        "size: heap to spare is the least that the board has seen (the key `low` of its records) with books LIVE and "
        "REST asked; "
        "all on: eight pairs of depth 25, ticker, trade and ohlc. Of a module: its .mpy file for the chip, the "
        "machine code in it for chip and model, and what the model's heap holds after its import, machine code not "
        "included (0: it cannot be imported without a radio)."
    )
    return Part(rows, [note], {"modules": _modules()})


def _modules() -> list[dict]:
    """A line for each module of the board."""
    chip = flash_folder.modules(flash_folder.CHIP)
    on_model = flash_folder.modules(flash_folder.MODEL)
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        flash_folder.write(Path(folder), {}, b"")
        for path, data in chip.items():
            name = path.removesuffix(".mpy").removeprefix("lib/").replace("/", ".")
            heap = run_script(_IMPORT, name, _CORE, folder=Path(folder))
            lines.append(
                {
                    "module": path,
                    "mpy, B": len(data),
                    "native on the chip, B": native_bytes(data),
                    "native on the model, B": native_bytes(on_model[path]),
                    "heap on the model, B": int(heap),
                }
            )
    total = {key: sum(line[key] for line in lines) for key in lines[0] if key != "module"}
    return [*lines, {"module": "all", **total}]


def _heap_row(what: str, settings: dict, heap_bytes: int, looks: int, target: Target) -> Row:
    free, why = _least_free(settings, heap_bytes, looks)
    return Row(what, Figure(free, "B"), targets=(target,), why=why)


def _least_free(settings: dict, heap_bytes: int, looks: int) -> tuple[int, str]:
    """What the board says was free at least, of so many seconds; 0 and its own word why it does not run."""
    pairs = settings.get("pairs", DEFAULT_SYMBOLS)
    with (
        exchange_in_thread(Market(pairs)) as exchange,
        tempfile.TemporaryDirectory() as folder,
    ):
        there = {
            "host": "localhost",
            "port": exchange.port,
            "rest_host": "localhost",
            "rest_port": exchange.port,
            "health_interval_ms": _HEALTH_INTERVAL_MS,
        }
        flash_folder.write(Path(folder), {**there, **settings}, exchange.ca_der)
        board = model.start(Path(folder), heap_bytes)
        try:
            ear = Ear(board)
            with contextlib.suppress(UserError):  # it tells better itself
                ear.until_live(len(pairs), _LIVE_S)
                time.sleep(looks * _HEALTH_INTERVAL_MS / 1000)
        finally:
            model.stop(board)
    said = [json.loads(line) for _, _, line in ear.lines() if line.startswith(_RECORDS)]
    links = [record["low"] for record in said if record["k"] == "link"]
    if links:
        return min(links), ""
    errors = [record["why"] for record in said if record["k"] == "error"]
    return 0, errors[-1] if errors else "the board said nothing of its heap"
