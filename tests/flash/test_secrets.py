"""Wi-Fi name and password reach the board's NVS and nothing else: no argument, no file, no output."""

import os
import threading
import time
from pathlib import Path

import pytest
from flashing import WIFI, at_prompt

import host
from host.errors import UserError
from host.flash import secrets

# Nothing else in the world has these in it.
_SSID, _PASSWORD = "studio-q7x", "sesame-k3v9-opens"
_OURS = {"INKLING_WIFI_SSID": _SSID, "INKLING_WIFI_PASSWORD": _PASSWORD}
_READ = """
from esp32 import NVS
store = NVS("inkling")
for name in ("wifi_ssid", "wifi_pass"):
    blob = bytearray(80)
    try:
        print("found", bytes(blob[:store.get_blob(name, blob)]))
    except OSError:
        print("found nothing")
"""


def _in_nvs(kit) -> list[str]:
    return [line[6:] for line in at_prompt(kit, _READ) if line.startswith("found")]


class _Eavesdropper(threading.Thread):
    """Reads every argument and environment of every process below this one, as `ps` would."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.arguments: set[bytes] = set()
        self.environments: dict[bytes, bytes] = {}

    def run(self) -> None:
        while not self.over.is_set():
            for process in Path("/proc").iterdir():
                if not process.name.isdecimal():
                    continue
                try:
                    arguments = (process / "cmdline").read_bytes()
                    self.arguments.add(arguments)
                    if b"mpremote" in arguments or b"esptool" in arguments:
                        self.environments[arguments] = (process / "environ").read_bytes()
                except OSError:
                    continue
            time.sleep(0.01)

    def __enter__(self) -> "_Eavesdropper":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.over.set()
        self.join()


def _has_secret(data: bytes) -> bool:
    return _SSID.encode() in data or _PASSWORD.encode() in data


def _files(*folders: Path) -> dict[Path, bytes]:
    return {
        Path(top, name): Path(top, name).read_bytes()
        for folder in folders
        for top, _, names in os.walk(folder)
        for name in names
        if ".venv" not in top and ".git" not in top and Path(top, name).is_file()
    }


def test_they_go_into_nvs_and_leave_no_trace(flash, running, tmp_path):
    running.world.ssid, running.world.password = _SSID, _PASSWORD
    with _Eavesdropper() as eavesdropper:
        ran = flash(running, "--verbose", **_OURS)
    assert ran.status == 0, ran.err
    assert _in_nvs(running) == [repr(_SSID.encode()), repr(_PASSWORD.encode())]
    assert not _has_secret((ran.out + ran.err).encode())
    assert any(b"mpremote" in each for each in eavesdropper.arguments)  # it did listen
    assert not any(map(_has_secret, eavesdropper.arguments))
    assert eavesdropper.environments
    assert not any(map(_has_secret, eavesdropper.environments.values()))
    kept = _files(host.ROOT, flash.inkling.cache)
    assert flash.inkling.cache / "inkling" / "flash" / "last.log" in kept
    leaks = [
        path
        for path, data in kept.items()
        if _has_secret(data) and path != Path(__file__) and "__pycache__" not in path.parts
    ]
    assert not leaks


def test_the_verb(inkling, running):
    def secret(*arguments, **environment):
        return inkling("secrets", *arguments, "--port", running.url, **environment)

    assert secret("check", **WIFI).out == "Wi-Fi: set\n"
    assert secret("check", **_OURS).status == 1
    assert secret("set", "wifi", **WIFI).out == "Wi-Fi: it was so already\n"
    kept = secret("set", "wifi", "--uploader", "ampy", INKLING_WIFI_SSID="café")
    assert kept.out == "Wi-Fi: kept in the board's NVS\n"
    assert secret("check").out == "Wi-Fi: set, for an open network\n"
    assert _in_nvs(running) == [repr("café".encode()), "nothing"]
    assert secret("clear", "wifi").out == "Wi-Fi: gone from the board's NVS\n"
    check = secret("check")
    assert check.status == 1 and "none" in check.out


@pytest.mark.parametrize("uploader", ["mpremote", "ampy"])
def test_every_byte_of_them_arrives(inkling, running, uploader):
    """As many as the standard allows, and those that a shell, Python or a REPL might take for its own."""
    name = "my \N{HOUSE WITH GARDEN} is 'a' \"castle\" {0}" + "\N{KEY}" + "!"
    password = "\\n'\"{x!r}%s$HOME`#é\N{KEY}".ljust(59, "~")
    assert (len(name.encode()), len(password.encode())) == (32, 63)
    given = {"INKLING_WIFI_SSID": name, "INKLING_WIFI_PASSWORD": password}
    ran = inkling("secrets", "set", "wifi", "--port", running.url, "--uploader", uploader, **given)
    assert ran.out == "Wi-Fi: kept in the board's NVS\n", ran.err
    assert _in_nvs(running) == [repr(name.encode()), repr(password.encode())]


@pytest.mark.parametrize(
    ("name", "password", "words"),
    [
        ("n" * 33, "long enough", "1 to 32 bytes, this one 33"),
        ("é" * 17, "long enough", "1 to 32 bytes, this one 34"),
        ("name", "short", "8 to 63 bytes, this one 5"),
        ("name", "p" * 64, "8 to 63 bytes, this one 64"),
        ("", "no name for it", "INKLING_WIFI_PASSWORD is set without INKLING_WIFI_SSID"),
    ],
)
def test_what_no_router_takes_is_refused_and_not_repeated(monkeypatch, name, password, words):
    monkeypatch.setenv("INKLING_WIFI_SSID", name)
    monkeypatch.setenv("INKLING_WIFI_PASSWORD", password)
    with pytest.raises(UserError) as caught:
        secrets.from_environment()
    assert words in str(caught.value)
    assert password not in str(caught.value)


def test_none_given_is_none_wanted(monkeypatch):
    monkeypatch.delenv("INKLING_WIFI_SSID", raising=False)
    monkeypatch.delenv("INKLING_WIFI_PASSWORD", raising=False)
    assert secrets.from_environment() == {}
    monkeypatch.setenv("INKLING_WIFI_SSID", "open air")
    assert secrets.from_environment() == {"wifi_ssid": b"open air", "wifi_pass": b""}


def test_without_a_terminal_nobody_is_asked(inkling):
    ran = inkling("secrets", "set", "wifi", "--port", "/dev/null")
    assert ran.status == 2 and "no terminal to ask at" in ran.last_line
