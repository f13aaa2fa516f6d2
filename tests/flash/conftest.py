"""What the tests of flashing share: a firmware image, settings, boards bare and running."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from flashing import SPEED, WIFI, Flash, Inkling, Transfer, at_prompt, measured, new_board

import host

__all__ = ["at_prompt"]


@pytest.fixture
def inkling(tmp_path: Path) -> Inkling:
    return Inkling(tmp_path / "cache")


@pytest.fixture(scope="session")
def firmware() -> bytes:
    """A whole, undamaged firmware image."""
    from host.devkit import stand_in_image

    return stand_in_image.make()


@pytest.fixture
def firmware_file(firmware: bytes, tmp_path: Path) -> Path:
    file = tmp_path / "firmware.bin"
    file.write_bytes(firmware)
    return file


@pytest.fixture(scope="session")
def exchange() -> Iterator:
    """A local Kraken that boards connect to."""
    from host.exchange.market import Market
    from host.exchange.thread import exchange_in_thread

    with exchange_in_thread(Market(["BTC/USD"], 1)) as running:
        yield running


@pytest.fixture(scope="session")
def time_server() -> Iterator:
    """Where boards get the time."""
    from host.devkit.time_server import TimeServer

    with TimeServer() as running:
        yield running


@pytest.fixture(scope="session")
def settings(exchange, time_server, tmp_path_factory) -> Path:
    """An inkling.toml with which a board reaches it."""
    folder = tmp_path_factory.mktemp("settings")
    (folder / "ca.der").write_bytes(exchange.ca_der)
    file = folder / "inkling.toml"
    file.write_text(
        f'host = "localhost"\nport = {exchange.port}\nca = "ca.der"\npairs = ["BTC/USD"]\n'
        f'silence_ms = 4000\ntime_host = "{time_server.host}"\ntime_port = {time_server.port}\n'
    )
    return file


@pytest.fixture
def flash(inkling, firmware_file, settings) -> Flash:
    return Flash(inkling, firmware_file, settings)


class Flashed(NamedTuple):
    """A board's folder after its first `inkling flash`, and what that said."""

    folder: Path
    outcome: dict
    progress: str
    transfer: Transfer


@pytest.fixture(scope="session")
def flashed(board_model, firmware, settings, tmp_path_factory) -> Flashed:
    """A board, bare before, that runs this checkout; copy it with `new_board(like=...)`."""
    from host.devkit.devkit import DevKit

    folder = tmp_path_factory.mktemp("flashed")
    file = folder / "firmware.bin"
    file.write_bytes(firmware)
    with DevKit(new_board(folder / "board"), speed=SPEED) as kit:
        first = Flash(Inkling(folder / "cache"), file, settings)
        process = first.inkling.start(*first.arguments(kit, "--json"), **WIFI)
        transfer, said = measured(process, kit)
        out, _ = process.communicate()
        assert process.returncode == 0, said
    return Flashed(folder / "board", json.loads(out), said, transfer)


@pytest.fixture
def running(flashed, tmp_path) -> Iterator:
    """A virtual DevKit that runs this checkout, with a flash of its own."""
    from host.devkit.devkit import DevKit

    with DevKit(new_board(tmp_path / "board", like=flashed.folder), speed=SPEED) as kit:
        yield kit


@pytest.fixture
def bare(board_model, tmp_path: Path) -> Iterator:
    """A virtual DevKit as it comes from the shop: plugged in, its flash empty."""
    from host.devkit.devkit import DevKit

    with DevKit(new_board(tmp_path / "board"), speed=SPEED) as kit:
        yield kit


@pytest.fixture
def checkout(inkling, tmp_path: Path) -> Path:
    """A checkout of one's own to edit, which `inkling` then runs."""
    copy = tmp_path / "my checkout"
    copy.mkdir()
    for name in ("boot.py", "main.py", "firmware", "lib", "host", "pyproject.toml"):
        source = host.ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    inkling.use(copy)
    return copy
