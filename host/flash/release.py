"""The MicroPython release that Inkling is made for: fetched once, into the cache, and checked."""

import hashlib
import os
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from host.cache import cache_folder, write_beside
from host.errors import UserError
from host.flash import image
from host.progress import Progress

VERSION = "1.29.0"
NAME = f"ESP32_GENERIC-20260824-v{VERSION}.bin"
SIZE_BYTES = 1_790_544
SHA256 = "e67ad6015a0a504c1fec9aa9bbf589d0432ed28e62546f4f8dd8a147f8bd95f6"
_FOLDER = "https://micropython.org/resources/firmware"
MIRROR_VARIABLE = "INKLING_FIRMWARE_MIRROR"

_TIMEOUT_S = 20
_CHUNK_BYTES = 64 * 1024


def given(path: str) -> image.Image:
    """The image in the user's own file, checked."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    return image.check(data, path)


def pinned(progress: Progress) -> image.Image:
    """The pinned release, from the cache or fetched now; raises UserError when it cannot be had."""
    kept = cache_folder("micropython") / NAME
    try:
        data = kept.read_bytes()
    except OSError:
        data = b""
    if _digest(data) != SHA256:
        data = fetch(url(), SIZE_BYTES, SHA256, progress)
        _keep(kept, data)
    return image.check(data, str(kept))


def url() -> str:
    """Where the release is fetched from: its home, or a mirror's folder."""
    folder = os.environ.get(MIRROR_VARIABLE) or _FOLDER
    return f"{folder.rstrip('/')}/{NAME}"


def fetch(address: str, size_bytes: int, sha256: str, progress: Progress) -> bytes:
    """What is at `address`, if it has this size and hash; raises UserError which says what to do."""
    by_hand = "or download it elsewhere and say make flash FIRMWARE=file.bin"
    title = f"Fetching MicroPython {VERSION} ({size_bytes / 1e6:.1f} MB, once)"
    with progress.step(title, -(-size_bytes // _CHUNK_BYTES)) as advance:
        try:
            data = _download(address, size_bytes, advance)
        except HTTPError as error:
            what = f"the server says {error.code} {error.reason}"
            raise UserError(f"{address}: {what}; try again later, {by_hand}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise UserError(
                f"{address}: cannot be reached ({_reason(error)}); "
                f"is this PC online? Try again, {by_hand}"
            ) from None
    if len(data) < size_bytes:
        raise UserError(
            f"{address}: ended after {len(data):,} of {size_bytes:,} bytes; try again, {by_hand}"
        )
    if len(data) > size_bytes or _digest(data) != sha256:
        raise UserError(
            f"{address}: is not the release that it should be (its SHA-256 differs), so it is not "
            f"used; try another network, {by_hand}"
        )
    return data


def _download(address: str, most_bytes: int, advance: Callable[[], None]) -> bytes:
    """Up to one byte more than `most_bytes`; fewer if the connection ends early."""
    data = bytearray()
    request = Request(address, headers={"User-Agent": "inkling"})
    with urlopen(request, timeout=_TIMEOUT_S) as reply:
        while len(data) <= most_bytes:
            chunk = reply.read(min(_CHUNK_BYTES, most_bytes + 1 - len(data)))
            if not chunk:
                break
            data += chunk
            advance()
    return bytes(data)


def _reason(error: Exception) -> str:
    """urllib wraps the reason; people get the innermost words."""
    inner = error.reason if isinstance(error, URLError) else error
    if isinstance(inner, TimeoutError):
        return f"no answer in {_TIMEOUT_S} s"
    return getattr(inner, "strerror", None) or str(inner) or type(inner).__name__


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _keep(path: Path, data: bytes) -> None:
    try:
        write_beside(path, data)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror}); make room, or set XDG_CACHE_HOME"
        ) from None
