"""Changes settings of a running board over its serial line: a line for each, and the board's own word that it holds."""

import json
import math
import time
from typing import Any

from host.board import ports
from host.board.reading import read_some
from host.errors import UserError
from host.monitor.numbers import number
from host.monitor.records import LineSplitter
from host.monitor.safe_text import safe_text

Number = int | float

_TRIES = 3  # the board may be at work on a connection, or the line damaged
_ANSWER_S = 2.0
_LOOK_S = 0.1
_PROMPT = b">>> "
_CLOSE = 1e-5  # the board has single floats, and says seven digits of them


def names() -> list[str]:
    """The settings that a running board takes."""
    from firmware import live
    from host.settings import project

    return [name for name in project.names() if live.rule(name.encode())]


def change(port: str, wanted: dict[str, Number]) -> tuple[dict[str, Number], UserError | None]:
    """Tell the board; what is in force there and kept, and why the rest is not. Raises UserError for the port."""
    held: dict[str, Number] = {}
    with ports.open_port(port, timeout_s=0) as serial:
        try:
            for key, value in wanted.items():
                _change_one(serial, port, key, value)
                held[key] = value
        except OSError as error:
            return held, ports.explain(port, error)
        except UserError as error:
            return held, error
    return held, None


def _change_one(serial: Any, port: str, key: str, value: Number) -> None:
    asked = json.dumps({"set": {key: value}}, separators=(",", ":"))
    splitter = LineSplitter()
    for _ in range(_TRIES):
        # A line end first, after which nothing that was typed before counts; one that a prompt takes, too.
        serial.write(f"\r{asked}\r".encode())
        serial.flush()
        until = time.monotonic() + _ANSWER_S
        tail = b""
        while time.monotonic() < until:
            heard = read_some(serial, _LOOK_S)
            tail = (tail + heard)[-len(_PROMPT) :]
            if tail == _PROMPT:
                raise UserError(
                    f"{port}: no application runs on the board, its prompt answers; "
                    "restart it: `inkling monitor`, then r"
                )
            answers = [line.record for line in splitter.feed(heard) if line.record]
            for answer in answers:
                if answer["k"] == "set" and answer.get("key") == key:
                    if why := safe_text(answer.get("why")):
                        raise UserError(f"{port}: the board refuses: {key} {why}")
                    said = number(answer.get("v"))
                    if said is not None and math.isclose(said, value, rel_tol=_CLOSE):
                        return
                    until = 0.0  # the line was damaged on its way: once more
    raise UserError(
        f"{port}: the board did not say within {_TRIES * _ANSWER_S:.0f} s that {key} is {value}; "
        "see with `inkling monitor` what it does, or `make flash` for a board with an older Inkling"
    )
