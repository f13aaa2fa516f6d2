"""The one certificate that the board trusts: the root of the exchange's chain, or one from a file."""

import re
import socket
import ssl
import time
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from host.cache import cache_folder, write_beside
from host.errors import UserError
from host.progress import Progress

_TIMEOUT_S = 5.0
# Not asked for again so soon: a second `make flash` is to be quick.
_FRESH_S = 3600.0
# What the board's mbedTLS was built with.
_CURVES = (ec.SECP256R1, ec.SECP384R1)

_OR_A_FILE = "or name a PEM or DER file as `ca` in inkling.toml"


def root_of(host: str, port: int, progress: Progress) -> bytes:
    """The root certificate of this server's chain, which this PC trusts, as DER; raises UserError.

    It is kept, for an hour as good as new, and later for when the server cannot be reached.
    """
    name = re.sub(r"[^\w.-]", "_", host)
    kept = cache_folder("ca") / f"{name}-{port}.der"
    kept_der, age_s = _kept(kept)
    if kept_der and age_s < _FRESH_S:
        return kept_der
    try:
        with progress.step(f"certificate of {host}"):
            der = _fetch(host, port)
        check(der, f"{host}:{port}: its root certificate")
    except OSError as error:
        if isinstance(error, ssl.SSLCertVerificationError):
            raise UserError(
                f"{host}:{port}: this PC does not trust its certificate "
                f"({error.verify_message.rstrip('.')}); check host and this PC's clock, {_OR_A_FILE}"
            ) from None
        if kept_der:
            day = datetime.fromtimestamp(time.time() - age_s, UTC).date()
            progress.say(f"{host} cannot be reached: its certificate as of {day} is used")
            return kept_der
        raise UserError(_unreachable(host, port, error)) from None
    write_beside(kept, der)
    return der


def from_file(path: Path) -> bytes:
    """The certificate in this PEM or DER file, as DER; raises UserError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: the certificate cannot be read ({error.strerror}); correct `ca`"
        ) from None
    try:
        if b"-----BEGIN" not in data:
            found = [x509.load_der_x509_certificate(data)]
        else:
            found = x509.load_pem_x509_certificates(data)
    except ValueError:
        raise UserError(f"{path}: no PEM or DER certificate; correct `ca`") from None
    if len(found) > 1:
        raise UserError(f"{path}: has {len(found)} certificates; the board holds one, the root")
    der = found[0].public_bytes(Encoding.DER)
    check(der, str(path), root=False)
    return der


def check(der: bytes, what: str, root: bool = True) -> None:
    """Raise UserError unless the board can use this certificate, a root if so wished, today."""
    certificate = x509.load_der_x509_certificate(der)
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) and not (
        isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES)
    ):
        raise UserError(
            f"{what}: the board knows RSA, P-256 and P-384 keys only, and this has another"
        )
    if root and certificate.issuer != certificate.subject:
        raise UserError(f"{what}: is not the root of its chain; {_OR_A_FILE}")
    if not _may_sign(certificate):
        raise UserError(f"{what}: is not a certificate authority's; use the root certificate")
    now = datetime.now(UTC)
    if not certificate.not_valid_before_utc <= now:
        raise UserError(f"{what}: is not valid yet; is this PC's clock right?")
    if now > certificate.not_valid_after_utc:
        raise UserError(f"{what}: expired on {certificate.not_valid_after_utc.date()}")


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return True  # roots older than the extension
    return basic.value.ca


def _kept(path: Path) -> tuple[bytes, float]:
    """(what was kept, its age in s), or nothing if it cannot be used any more."""
    try:
        der, age_s = path.read_bytes(), time.time() - path.stat().st_mtime
        check(der, str(path))
    except (OSError, ValueError, UserError):
        return b"", 0.0
    return der, max(0.0, age_s)


def _fetch(host: str, port: int) -> bytes:
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), timeout=_TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        return _verified_chain(secured)[-1]


def _verified_chain(secured: ssl.SSLSocket) -> list[bytes]:
    """The certificates as they were verified, from the server's own to the root, as DER."""
    if hasattr(secured, "get_verified_chain"):  # from Python 3.13 on
        return secured.get_verified_chain()
    import _ssl

    chain = secured._sslobj.get_verified_chain()  # type: ignore[attr-defined]
    return [each.public_bytes(_ssl.ENCODING_DER) for each in chain]


def _unreachable(host: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"{host}: no such host, or this PC is offline; check `host`, {_OR_A_FILE}"
    if isinstance(error, TimeoutError):
        why = "no answer"
    elif isinstance(error, ssl.SSLError):
        why = "it does not speak TLS as it should"
    else:
        why = (error.strerror or str(error)).lower()
    return f"{host}:{port}: its certificate cannot be fetched ({why}); is this PC online? {_OR_A_FILE}"
