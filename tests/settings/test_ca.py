"""The certificate for the board: the root of a server's chain that this PC trusts, or a file's."""

import datetime
import io
import os
import socket
import ssl
import threading

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from host.errors import UserError
from host.progress import Progress, Quiet
from host.settings import ca, project


def der_of(authority: trustme.CA) -> bytes:
    return x509.load_pem_x509_certificate(authority.cert_pem.bytes()).public_bytes(Encoding.DER)


class Server:
    """TLS on the loopback with a chain of root, intermediate and server."""

    def __init__(self, root: trustme.CA, name: str = "localhost", **dates) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        root.create_child_ca().issue_cert(name, **dates).configure_cert(context)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.asked = 0
        threading.Thread(target=self._serve, args=(context,), daemon=True).start()

    def _serve(self, context: ssl.SSLContext) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            self.asked += 1
            try:
                with context.wrap_socket(plain, server_side=True) as secured:
                    secured.recv(1)
            except OSError:
                pass

    def close(self) -> None:
        if self._listener.fileno() >= 0:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept()
            self._listener.close()


@pytest.fixture(scope="module")
def root():
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture(autouse=True)
def this_pc(root, tmp_path, monkeypatch):
    """A PC whose trust store is the root alone, and with an empty cache."""
    (tmp_path / "store.pem").write_bytes(root.cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "store.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def server(root):
    server = Server(root)
    yield server
    server.close()


class Heard(Progress):
    def __init__(self) -> None:
        super().__init__(io.StringIO())
        self.lines = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def test_auto_gives_the_root_of_the_verified_chain(root, server, tmp_path):
    settings = tmp_path / "inkling.toml"
    settings.write_text(f'host = "localhost"\nport = {server.port}\n')
    assert project.load(settings).ca_der(Quiet()) == der_of(root)
    assert project.load(settings).ca_der(Quiet()) == der_of(root)
    assert server.asked == 1  # the second answer came from the cache


def test_when_the_server_cannot_be_reached_the_last_one_is_used_with_a_note(
    root, server, tmp_path
):
    ca.root_of("localhost", server.port, Quiet())
    server.close()
    (kept,) = (tmp_path / "cache" / "inkling" / "ca").iterdir()
    os.utime(kept, (0, kept.stat().st_mtime - 86_400 * 3))
    progress = Heard()
    assert ca.root_of("localhost", server.port, progress) == der_of(root)
    assert "cannot be reached: its certificate as of 20" in progress.lines[-1]


def test_a_certificate_that_is_not_trusted_is_refused_even_with_one_kept(root, server, tmp_path):
    ca.root_of("localhost", server.port, Quiet())
    (kept,) = (tmp_path / "cache" / "inkling" / "ca").iterdir()
    os.utime(kept, (0, 0))
    (tmp_path / "store.pem").write_bytes(trustme.CA().cert_pem.bytes())
    with pytest.raises(UserError, match="this PC does not trust its certificate"):
        ca.root_of("localhost", server.port, Quiet())


def test_another_hosts_certificate_is_refused(root):
    server = Server(root, "ws.kraken.example")
    with pytest.raises(UserError, match="Hostname mismatch"):
        ca.root_of("localhost", server.port, Quiet())
    server.close()


def test_unreachable_says_what_to_do():
    with pytest.raises(UserError, match=r"localhost:1: .*connection refused.*is this PC online"):
        ca.root_of("localhost", 1, Quiet())
    with pytest.raises(UserError, match="no such host, or this PC is offline"):
        ca.root_of("no-such-host.invalid", 443, Quiet())


def test_what_speaks_no_tls_is_told():
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        plain, _ = listener.accept()
        plain.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        plain.close()

    threading.Thread(target=answer, daemon=True).start()
    with pytest.raises(UserError, match="does not speak TLS"):
        ca.root_of("localhost", listener.getsockname()[1], Quiet())
    listener.close()


def test_a_file_beside_the_settings_as_pem_or_der(root, tmp_path):
    (tmp_path / "certs").mkdir()
    settings = tmp_path / "inkling.toml"
    settings.write_text('ca = "certs/root"\n')
    for data in (root.cert_pem.bytes(), der_of(root)):
        (tmp_path / "certs" / "root").write_bytes(data)
        assert project.load(settings).ca_der(Quiet()) == der_of(root)


def test_files_that_the_board_could_not_use(root, tmp_path):
    path = tmp_path / "root.pem"
    leaf = root.issue_cert("localhost")
    for data, says in (
        (b"nonsense", "no PEM or DER certificate"),
        (b"-----BEGIN nonsense", "no PEM or DER certificate"),
        (root.cert_pem.bytes() * 2, "has 2 certificates"),
        (leaf.cert_chain_pems[0].bytes(), "is not a certificate authority's"),
        (_made("expired"), "expired on 2020-01-31"),
        (_made("early"), "is not valid yet"),
        (_made("curve"), "knows RSA, P-256 and P-384 keys only"),
    ):
        path.write_bytes(data)
        with pytest.raises(UserError, match=says):
            ca.from_file(path)
    with pytest.raises(UserError, match="cannot be read"):
        ca.from_file(tmp_path / "none")


def _made(kind: str) -> bytes:
    """A root with a fault."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP521R1() if kind == "curve" else ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a root")])
    begin, end = {
        "expired": (datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 31)),
        "early": (datetime.datetime(2090, 1, 1), datetime.datetime(2091, 1, 1)),
        "curve": (datetime.datetime(2020, 1, 1), datetime.datetime(2090, 1, 1)),
    }[kind]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM)
