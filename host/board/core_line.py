"""Says of a traceback's line in the board's core which file and line of the checkout that is."""

import re

from host.boardmodel import bundle

_PLACE = re.compile(rb'File "firmware/core\.mpy", line (\d{1,6})\b')


def located(raw: bytes) -> bytes:
    """The line of text as it came, with the place behind it where it names one in the core.

    What the board runs may be another checkout's core, and nothing on the line tells.
    """
    match = _PLACE.search(raw)
    origin = bundle.origin(int(match[1])) if match else None
    if origin is None:
        return raw
    file, line = origin
    return raw + f" [{file}, line {line}, if this checkout is what the board runs]".encode()
