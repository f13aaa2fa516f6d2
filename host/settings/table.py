"""The settings as a table for people: value, unit and range, and whether it is set."""

import json

from host.settings.project import Project, names

_UNITS = {
    "_bytes_per_s": "bytes/s",
    "_bytes": "bytes",
    "_ms": "ms",
    "_bps": "bps",
    "_window": "x 100 ms",
}
_COLUMN_GAP = "  "


def lines(settings: Project) -> list[str]:
    """Heading and one line a setting."""
    complete = settings.complete
    rows = [("setting", "value", "unit", "may be", "")]
    for key in names():
        value = complete[key]
        rows.append((key, _text(value), unit(key), may_be(key), origin(settings, key)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    table = [
        _COLUMN_GAP.join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return [f"settings in {settings.path}", "", *(line.rstrip() for line in table)]


def unit(key: str) -> str:
    """What this setting counts; its name ends with it."""
    return next((name for end, name in _UNITS.items() if key.endswith(end)), "")


def may_be(key: str) -> str:
    """The values that the board takes."""
    from firmware import config

    if key in config._NUMBERS:
        _, _, least, most = config._NUMBERS[key]
        return f"{least} to {most}"
    if key == "pairs":
        return f"1 to {config._MOST_PAIRS} pairs"
    if key == "depth":
        return "10 or 25"
    if key == "dialect":
        return " or ".join(config._DIALECTS)
    if key == "channels":
        return "any of " + config._CHANNELS
    if key == "blackbox_on":
        return "flash or sd"
    return '"auto" or a file' if key == "ca" else "text"


def origin(settings: Project, key: str) -> str:
    """Whether the file sets this, and to anything else than the default."""
    if key not in settings.given:
        return "default"
    plain = Project(settings.path).complete
    return "set to its default" if settings.given[key] == plain[key] else "set"


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)
