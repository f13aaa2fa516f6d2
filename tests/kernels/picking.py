"""Picks values out of JSON text on every runtime, and says by json and decimal what must come of it."""

import json
import re
from array import array
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from runtimes import on_board

from firmware.feeds.paths import plan
from firmware.kernels.pick import pick
from host.runtimes.checked import checked

MORE, ROW, END = 1, 2, 3
_STATE_WORDS = 48
_PLACE = {"": 4, "@": 4, "$": 9, "#": 9}
_KEPT = 32
_MOST = 10**18
_NUMBER = re.compile(r"(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([-+]?)(\d+))?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Literal(str):
    """A number as it is spelled in the text."""


class Picked:
    """What came of a text: status and position of every call, the rows; what each call left in the row."""

    def __init__(self, text: bytes, calls: list) -> None:
        self.calls = [(status, at) for status, at, _ in calls]
        self.status = self.calls[-1][0]
        self.left = [row for *_, row in calls]
        self.rows = [_read(text, row) for status, _, row in calls if status == ROW]


def picker(name: str):
    """`pick_all(cases)` on the runtime `name`: a `Picked` for each case (the plan's text, the pieces)."""
    if name == "board":
        return _on_board
    kernel = checked(pick) if name == "checked" else pick
    return lambda cases: [_on_host(kernel, text, pieces) for text, pieces in cases]


def _on_host(kernel, text: bytes, pieces: Iterable[bytes]) -> Picked:
    """Each piece has its buffer to itself, as has the row: a look beyond the end would trap."""
    spec = plan(text)
    state = array("i", bytes(4 * _STATE_WORDS))
    row = array("i", bytes(4 * _words(text)))
    calls = []
    for piece in pieces:
        i = 0
        while True:
            i = int(kernel(piece, i, len(piece), state, spec, row))
            calls.append([state[0], i, list(row)])
            if state[0] != ROW:
                break
    return Picked(text, calls)


def _on_board(cases) -> list[Picked]:
    cases = list(cases)
    lines = [
        json.dumps([text.hex(), _words(text), [piece.hex() for piece in pieces]])
        for text, pieces in cases
    ]
    told = [json.loads(line) for line in on_board("pick_cases.py", lines)]
    for (text, _), (spec, _) in zip(cases, told, strict=True):
        assert bytes.fromhex(spec) == plan(text)
    return [Picked(text, calls) for (text, _), (_, calls) in zip(cases, told, strict=True)]


def cut(text: bytes, places: Iterable[int]) -> list[bytes]:
    """The text in pieces that end at the places, wherever these lie; some may be empty."""
    ends = sorted(place % (len(text) + 1) for place in places)
    return [text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True)]


def expected(text: bytes, body: bytes) -> list[tuple]:
    """The rows that the plan `text` finds in the JSON `body`, as `Picked.rows`."""
    return _Reference(text).rows_of(json.loads(body, parse_float=Literal, parse_int=Literal))


def number(literal: str) -> tuple[int, int, bool] | None:
    """(units, decimals, minus): exactly the number, or None if it is none or does not fit."""
    found = _NUMBER.fullmatch(literal)
    if not found or int(found[5] or 0) > 99:
        return None
    units = int(found[2] + (found[3] or ""))
    decimals = len(found[3] or "") - int((found[4] or "") + (found[5] or "0"))
    if units >= _MOST:
        return None
    units, decimals = units * 10 ** max(0, -decimals), max(0, decimals)
    if units >= _MOST or decimals > 19:
        return None
    return units, decimals, found[1] == "-"


def time_ms(text: str) -> int:
    """Milliseconds since 1970 of RFC 3339 or of seconds, 0 for anything else."""
    if _NUMBER.fullmatch(text):
        found = _NUMBER.fullmatch(text)
        if found[1] or len((found[2] + (found[3] or "")).lstrip("0")) > 18:
            return 0
        if int(found[5] or 0) > 99:
            return 0
        ms = int(Decimal(text).scaleb(3))
        return ms if ms < _MOST else 0
    try:
        moment = datetime.strptime(text[:19] + text[-1:], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return 0
    if len(text) > _KEPT or not 1970 <= moment.year <= 8000:
        return 0
    ms = (text[20:-1] + "000")[:3]
    return (moment - _EPOCH) // timedelta(milliseconds=1) + int(ms)


def told(text: str) -> tuple[int, str]:
    """A text's length in bytes and what is kept of it."""
    kept = "".join("?" if c > 126 or c in b'"\\' else chr(c) for c in text.encode())
    return len(kept), kept[:_KEPT]


def _words(text: bytes) -> int:
    return sum(_PLACE[kind] for _, kind in _columns(text))


def _columns(text: bytes) -> list[tuple[str, str]]:
    row, *columns = text.decode().split(" ")
    prefix = "" if row == "." else row + "/"
    split = [
        (name[:-1], name[-1]) if name[-1] in "@$#" else (name, "")
        for name in columns
    ]  # fmt: skip
    return [(prefix + path[2:] if path.startswith("./") else path, kind) for path, kind in split]


def _read(text: bytes, row: list[int]) -> tuple:
    values, at = [], 0
    for _, kind in _columns(text):
        words = row[at : at + _PLACE[kind]]
        at += _PLACE[kind]
        hi, lo, decimals, minus = words[:4]
        if kind == "":
            assert 0 <= hi < 10**9 and 0 <= lo < 10**9 and minus in (0, 1)
            values.append(None if decimals < 0 else (hi * 10**9 + lo, decimals, minus == 1))
        elif kind == "@":
            assert 0 <= hi < 10**9 and 0 <= lo < 10**9 and (decimals, minus) == (0, 0)
            values.append(hi * 10**9 + lo)
        else:
            kept = array("i", words[1:]).tobytes()[: min(words[0], _KEPT)]
            values.append((words[0], kept.decode("ascii")))
    return tuple(values)


class _Reference:
    def __init__(self, text: bytes) -> None:
        self._row = text.decode().split(" ")[0]
        self._columns = _columns(text)
        self._wild = set()
        for path in [self._row, *(path for path, _ in self._columns)]:
            parts = path.split("/")
            self._wild |= {"/".join(parts[:n]) or "." for n, p in enumerate(parts) if p == "*"}
        self._values = [self._nothing(kind) for _, kind in self._columns]
        self._rows = []

    def rows_of(self, body) -> list[tuple]:
        self._walk(body, ".")
        return self._rows

    @staticmethod
    def _nothing(kind):
        return {"": None, "@": 0}.get(kind, (0, ""))

    def _walk(self, value, path) -> None:
        if not isinstance(value, (dict, list)):
            self._set(value, path, "@$")
            return
        if path == self._row:
            inside = "" if path == "." else path + "/"
            for n, (column, kind) in enumerate(self._columns):
                if column.startswith(inside):
                    self._values[n] = self._nothing(kind)
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in items:
            member = "*" if path in self._wild else str(name)
            if isinstance(name, int) and member != "*" and name > 9:
                member = "\0"
            if isinstance(name, str) and member != "*":
                member = member.replace("/", "\0")
            below = member if path == "." else f"{path}/{member}"
            if isinstance(name, str) and member == "*":
                self._set(name, below, "#")
            self._walk(item, below)
        if path == self._row:
            self._rows.append(tuple(self._values))

    def _set(self, value, path, kinds) -> None:
        bare = {None: "null", True: "true", False: "false"}
        text = value if isinstance(value, str) else bare[value]
        for n, (column, kind) in enumerate(self._columns):
            if column == path and kind in kinds:
                read = number if kind == "" else time_ms if kind == "@" else told
                self._values[n] = read(text)
