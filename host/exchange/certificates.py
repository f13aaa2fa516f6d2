"""The local Kraken's certificates: a private CA made on first run, and what it signs here.

The CA is kept, so that a board is provisioned with it once; server certificates come and go.
"""

import datetime
import os
import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from host.cache import cache_folder
from host.errors import UserError

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")

_VALID_DAYS = 365
_RENEW_BEFORE_DAYS = 30
# Clocks of a board and of its PC differ; a certificate made this minute must already be valid.
_BACKDATED_DAYS = 1

_CA_FILE = "ca.pem"  # certificate and key in one file: it is there as a whole or not at all
_CA_DER_FILE = "ca.der"
_SERVER_FILE = "server.pem"  # key and certificate chain

# What a client must refuse: (names, first valid day, last valid day), days from now.
_BROKEN = {
    "expired": (LOCAL_NAMES, -60, -30),
    "not-yet-valid": (LOCAL_NAMES, 30, 60),
    "other-host": (("ws.kraken.example",), -_BACKDATED_DAYS, _VALID_DAYS),
}


@dataclass(frozen=True)
class Credentials:
    """What a server shows and what a client must know to believe it."""

    ca_path: Path
    """The CA certificate as a DER file, for the firmware's configuration."""
    ca_der: bytes
    server_path: Path
    """PEM file of the server's key and certificates."""

    def server_context(self) -> ssl.SSLContext:
        """The TLS context of a server with these credentials (TLS 1.2 and 1.3)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_path)
        return context

    def client_context(self) -> ssl.SSLContext:
        """The TLS context of a client that believes this CA alone."""
        return ssl.create_default_context(cadata=self.ca_der)


def default_folder() -> Path:
    """Where certificates are kept."""
    return cache_folder("exchange")


def local(folder: Path | None = None, names: tuple[str, ...] = ()) -> Credentials:
    """Credentials for this machine, under `names` (or addresses) too beside the local ones.

    The CA is made on first run, the server's certificate renewed in time. Raises UserError when
    the folder cannot be written or holds something else, or a name is none.
    """
    folder = folder or default_folder()
    ca = _authority(folder)
    server = folder / _SERVER_FILE
    names = (*LOCAL_NAMES, *(name for name in names if name not in LOCAL_NAMES))
    if not _is_good(server, ca, names):
        try:
            _write(server, _signed(ca, names, -_BACKDATED_DAYS, _VALID_DAYS))
        except ValueError:
            raise UserError(f"{names[-1]!r} is neither a host name nor an address") from None
    return _credentials(folder, ca, server)


def another(folder: Path | None = None) -> Credentials:
    """Credentials as good as the local ones, of the same CA with another key; raises UserError."""
    folder = folder or default_folder()
    ca = _authority(folder)
    server = folder / "another.pem"
    _write(server, _signed(ca, LOCAL_NAMES, -_BACKDATED_DAYS, _VALID_DAYS))
    return _credentials(folder, ca, server)


def broken(kind: str, folder: Path | None = None) -> Credentials:
    """Credentials that a client must refuse: `expired`, `not-yet-valid` or `other-host`.

    Raises KeyError for another kind, UserError as `local`.
    """
    folder = folder or default_folder()
    ca = _authority(folder)
    server = folder / f"{kind}.pem"
    _write(server, _signed(ca, *_BROKEN[kind]))
    return _credentials(folder, ca, server)


def _authority(folder: Path) -> trustme.CA:
    path = folder / _CA_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            ca = trustme.CA(organization_name="Inkling local Kraken")
            part = _part_of(path, ca.cert_pem.bytes() + ca.private_key_pem.bytes())
            try:
                # Two first runs at once: a link, unlike a rename, leaves the one that was first.
                os.link(part, path)
            except FileExistsError:
                pass
            finally:
                part.unlink()
        pem = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"certificates in {folder}: {error.strerror}; XDG_CACHE_HOME names another place"
        ) from None
    try:
        return trustme.CA.from_pem(pem, pem)
    except ValueError:
        raise UserError(
            f"{path}: not the CA of the local Kraken; remove it for a new one"
        ) from None


def _is_good(server: Path, ca: trustme.CA, names: tuple[str, ...]) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(server.read_bytes())
        certificate.verify_directly_issued_by(_certificate(ca))
    except (OSError, ValueError, TypeError, InvalidSignature):
        return False
    signed = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if not {str(name.value) for name in signed} >= set(names):
        return False
    left = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    return left > datetime.timedelta(days=_RENEW_BEFORE_DAYS)


def _signed(ca: trustme.CA, names: tuple[str, ...], from_days: int, to_days: int) -> bytes:
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    leaf = ca.issue_cert(
        *names,
        not_before=now + datetime.timedelta(days=from_days),
        not_after=now + datetime.timedelta(days=to_days),
    )
    return leaf.private_key_and_cert_chain_pem.bytes()


def _credentials(folder: Path, ca: trustme.CA, server: Path) -> Credentials:
    der = _certificate(ca).public_bytes(Encoding.DER)
    path = folder / _CA_DER_FILE
    if not path.exists() or path.read_bytes() != der:
        _write(path, der)
    return Credentials(ca_path=path, ca_der=der, server_path=server)


def _certificate(ca: trustme.CA) -> x509.Certificate:
    return x509.load_pem_x509_certificate(ca.cert_pem.bytes())


def _write(path: Path, data: bytes) -> None:
    try:
        _part_of(path, data).rename(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror})") from None


def _part_of(path: Path, data: bytes) -> Path:
    """Write `data` beside `path`, for the owner's eyes only, and return the file to rename."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    return part
