"""Make all that a serial line can carry safe to show: one line, no control over the screen."""

import re

_ANSI_SEQUENCE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_CONTROL[ord("\t")] = "    "


def printable(raw: bytes) -> str:
    """Bytes as text; colours are left out, other control characters are spelled."""
    text = raw.decode("utf-8", "backslashreplace")
    return _ANSI_SEQUENCE.sub("", text).translate(_CONTROL)


def safe_text(value: object) -> str:
    """A record's text, or nothing for a value that is none."""
    return printable(value.encode("utf-8", "backslashreplace")) if isinstance(value, str) else ""
