"""The pinned release is fetched once, and never used unless it is exactly that."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from host.errors import UserError
from host.flash import release
from host.progress import Quiet


class _Server(ThreadingHTTPServer):
    """Serves `body` under every name: with this status, cut to so many bytes of the promised length."""

    body, status, cut = b"", 200, None
    asked = 0

    class _Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked += 1
            self.send_response(self.server.status)
            self.send_header("Content-Length", str(len(self.server.body)))
            self.end_headers()
            self.wfile.write(self.server.body[: self.server.cut])

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self._Handler)


@pytest.fixture
def server():
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def pinned(server, firmware, monkeypatch, tmp_path):
    """The stand-in, pinned in the place of the real release, and a mirror that serves it."""
    server.body = firmware
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv(release.MIRROR_VARIABLE, f"http://127.0.0.1:{server.server_port}/folder/")
    monkeypatch.setattr(release, "SIZE_BYTES", len(firmware))
    monkeypatch.setattr(release, "SHA256", hashlib.sha256(firmware).hexdigest())
    return tmp_path / "inkling" / "micropython" / release.NAME


def _fails() -> str:
    with pytest.raises(UserError) as caught:
        release.pinned(Quiet())
    text = str(caught.value)
    assert "\n" not in text and "FIRMWARE=" in text  # what to do without this download
    return text


def test_fetched_once_and_kept(server, pinned: Path, firmware):
    assert release.pinned(Quiet()).version == "1.29.0"
    assert pinned.read_bytes() == firmware
    assert release.pinned(Quiet()).parts[0x10000] == firmware[0xF000:]
    assert server.asked == 1


def test_a_kept_file_that_was_damaged_is_fetched_again(server, pinned: Path, firmware):
    release.pinned(Quiet())
    pinned.write_bytes(firmware[:-1])
    assert release.pinned(Quiet()).version == "1.29.0"
    assert pinned.read_bytes() == firmware
    assert server.asked == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"body": b"<html>sign in to the hotel's Wi-Fi</html>"}, "ended after 41 of"),
        ({"status": 404}, "the server says 404"),
        ({"status": 503}, "the server says 503"),
        ({"cut": 100_000}, "ended after 100,000 of"),
    ],
)
def test_anything_else_is_said_and_not_kept(server, pinned: Path, fault, words):
    whole = server.body
    for name, value in fault.items():
        setattr(server, name, value)
    assert words in _fails()
    assert not pinned.exists()
    # The next try begins anew: nothing of this one is left that could be in its way.
    server.body, server.status, server.cut = whole, 200, None
    assert release.pinned(Quiet()).version == "1.29.0"
    assert pinned.read_bytes() == whole


@pytest.mark.parametrize("end", ["", "/", "//"])
def test_a_mirror_with_and_without_a_slash_at_its_end(pinned, monkeypatch, end):
    monkeypatch.setenv(release.MIRROR_VARIABLE, f"http://127.0.0.1/folder{end}")
    assert release.url() == f"http://127.0.0.1/folder/{release.NAME}"


def test_a_wrong_hash_is_said_and_not_kept(server, pinned: Path, firmware):
    server.body = firmware[:-1] + bytes([firmware[-1] ^ 1])
    assert "SHA-256 differs" in _fails()
    server.body = firmware + b"\0"
    assert "SHA-256 differs" in _fails()
    assert not pinned.exists()


def test_nobody_there(pinned: Path, monkeypatch):
    monkeypatch.setenv(release.MIRROR_VARIABLE, "http://127.0.0.1:1")
    assert "cannot be reached (Connection refused)" in _fails()
    monkeypatch.setenv(release.MIRROR_VARIABLE, "nonsense")
    assert "cannot be reached" in _fails()
    assert not pinned.exists()


def test_the_pinned_release_is_the_one_that_was_agreed():
    assert release.NAME == "ESP32_GENERIC-20260824-v1.29.0.bin"
    assert len(release.SHA256) == 64
    assert release.VERSION in release.url()
