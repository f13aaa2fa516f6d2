"""The local Kraken beside `inkling devkit`: where boards find it, and what happens to its port."""

import contextlib
import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from devkit_command import ENDS_S, start, start_json

from host.exchange.server import DEFAULT_PORT
from host.progress import Quiet
from host.settings import project


@contextlib.contextmanager
def taken(port: int) -> Iterator[None]:
    """Somebody listens there: we, or whoever did already."""
    with socket.socket() as listener:
        with contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            listener.listen()
        yield


def test_the_settings_lead_a_board_to_it(board_model: Path, tmp_path: Path) -> None:
    served, facts = start_json("--board", tmp_path)
    settings = Path(facts["settings"])
    assert settings == tmp_path / "kraken.toml"
    loaded = project.load(settings)
    context = ssl.create_default_context(cadata=loaded.ca_der(Quiet()))
    config = loaded.config
    with (
        socket.create_connection((config["host"], config["port"]), timeout=ENDS_S) as plain,
        context.wrap_socket(plain, server_hostname=config["host"]) as verified,
    ):
        assert verified.version()
    served.send_signal(signal.SIGTERM)
    assert served.communicate(timeout=ENDS_S)[1] == ""
    with pytest.raises(OSError):
        socket.create_connection((config["host"], config["port"]), timeout=ENDS_S)


def test_another_port_is_taken_and_said_when_its_own_is_not_free(
    board_model: Path, tmp_path: Path
) -> None:
    with taken(DEFAULT_PORT):
        served = start("--board", tmp_path, "--tcp-port", 0, "--erase")
        page = ""
        while "In another terminal" not in page:
            page += served.stdout.readline() or pytest.fail(served.stderr.read())
    served.send_signal(signal.SIGTERM)
    assert served.communicate(timeout=ENDS_S)[1] == ""
    port = project.load(tmp_path / "kraken.toml").config["port"]
    assert port != DEFAULT_PORT
    assert f"Kraken   port {port} of this computer, since {DEFAULT_PORT} is taken" in page
    assert "needs `make flash` again" in page


def test_it_can_be_left_out(board_model: Path, tmp_path: Path) -> None:
    served, facts = start_json("--board", tmp_path, "--no-kraken")
    served.send_signal(signal.SIGTERM)
    assert served.communicate(timeout=ENDS_S)[1] == ""
    assert facts["settings"] is None
    assert not (tmp_path / "kraken.toml").exists()


def test_settings_that_cannot_be_written_are_one_line(board_model: Path, tmp_path: Path) -> None:
    (tmp_path / "kraken.toml").mkdir()
    said = start("--board", tmp_path, "--tcp-port", 0).communicate(timeout=ENDS_S)[1]
    assert said.count("\n") == 1
    assert "kraken.toml: cannot be written" in said
