"""The CA stays, the server's certificate is renewed, and a board believes the chain."""

import datetime
import os
import subprocess
import sys

import pytest
from cryptography import x509

from host.errors import UserError
from host.exchange import certificates
from host.exchange.market import Market
from host.exchange.thread import exchange_in_thread

_BOARD = """
import socket, sys, tls
context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
context.verify_mode = tls.CERT_REQUIRED
with open(sys.argv[2], "rb") as file:
    context.load_verify_locations(file.read())
plain = socket.socket()
plain.connect(socket.getaddrinfo("127.0.0.1", int(sys.argv[1]))[0][-1])
try:
    secure = context.wrap_socket(plain, server_hostname=sys.argv[3])
    print(secure.cipher()[1])
except ValueError as error:
    print(error)
"""


def test_the_ca_stays(tmp_path):
    first, second = certificates.local(tmp_path), certificates.local(tmp_path)
    assert first == second
    assert first.ca_path.read_bytes() == first.ca_der
    assert os.stat(tmp_path / "ca.pem").st_mode & 0o077 == 0
    certificates.broken("expired", tmp_path)
    assert certificates.local(tmp_path) == first


def test_renewed_near_expiry_or_for_another_ca(tmp_path, monkeypatch):
    monkeypatch.setattr(certificates, "_VALID_DAYS", 20)
    before = certificates.local(tmp_path).server_path.read_bytes()
    monkeypatch.undo()
    server = certificates.local(tmp_path).server_path
    assert server.read_bytes() != before
    left = x509.load_pem_x509_certificate(server.read_bytes()).not_valid_after_utc
    assert left - datetime.datetime.now(datetime.UTC) > datetime.timedelta(days=300)
    before = server.read_bytes()
    (tmp_path / "ca.pem").unlink()
    assert certificates.local(tmp_path).server_path.read_bytes() != before


def test_other_names(tmp_path):
    server = certificates.local(tmp_path, names=("192.168.1.5", "kraken.local")).server_path
    names = x509.load_pem_x509_certificate(server.read_bytes()).extensions
    signed = names.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in signed} == {
        *certificates.LOCAL_NAMES,
        "192.168.1.5",
        "kraken.local",
    }
    with pytest.raises(UserError, match="neither a host name nor an address"):
        certificates.local(tmp_path, names=("a b\u2028",))


def test_first_runs_at_once_agree(tmp_path):
    program = "from host.exchange import certificates; print(certificates.local().ca_der.hex())"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    outputs = {run.communicate(timeout=20)[0] for run in runs}
    assert len(outputs) == 1
    assert len(outputs.pop()) > 200


def test_what_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="XDG_CACHE_HOME"):
        certificates.local(tmp_path / "file")
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(UserError, match="not the CA of the local Kraken"):
        certificates.local(tmp_path)


@pytest.mark.parametrize(
    ("kind", "host", "said"),
    [
        (None, "localhost", "TLSv1.2"),
        (None, "127.0.0.1", "TLSv1.2"),
        (None, "ws.kraken.com", "does not match"),
        ("expired", "localhost", "expired"),
        ("not-yet-valid", "localhost", "starts in the future"),
        ("other-host", "localhost", "does not match"),
    ],
)
def test_a_board_believes_what_it_should(board_model, kind, host, said):
    credentials = certificates.broken(kind) if kind else certificates.local()
    with exchange_in_thread(Market(), credentials=credentials) as exchange:
        command = [board_model, "-X", "heapsize=56k", "-c", _BOARD]
        command += [str(exchange.port), str(exchange.ca_path), host]
        run = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert said in run.stdout, run
