"""Which fault comes when: from a script file, or at random with a seed."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import yaml

from host.errors import UserError
from host.exchange.faults import catalogue
from host.exchange.faults.kinds import Kind

DEFAULT_SEED = 1
DEFAULT_RATE_PER_MIN = 6.0

_TIMES = ("at_s", "every_s", "rate_per_hour")
_MORE = {"every_s": ("jitter_s", "until_s"), "rate_per_hour": ("until_s",), "at_s": ("jitter_s",)}
_UNITS_S = {"s": 1, "min": 60, "h": 3600}
# How often a random fault is drawn anew when the one drawn still waits.
_DRAWS = 20


class _Entry:
    """One line of a plan: a fault and its times, in seconds since the start."""

    def __init__(self, kind: Kind | None, options: dict[str, Any], times: dict[str, float]):
        self.kind = kind
        self.options = options
        self._times = times

    def begin(self, seed: str) -> float | None:
        # Each has chances of its own, so that one more fault does not move the others.
        self.random = Random(seed)
        self._count = 0
        self._last_s = 0.0
        return self.next_s()

    def next_s(self) -> float | None:
        self._count += 1
        times = self._times
        jitter = times.get("jitter_s", 0.0)
        if "at_s" in times:
            due_s = times["at_s"] if self._count == 1 else math.inf
        elif "every_s" in times:
            due_s = times["every_s"] * self._count
        else:
            due_s = self._last_s + self.random.expovariate(times["rate_per_hour"] / 3600)
            self._last_s = due_s
        if due_s > times.get("until_s", math.inf) or due_s == math.inf:
            return None
        return max(0.0, due_s + self.random.uniform(-jitter, jitter))


class Plan:
    """Faults in the order of their times; the same seed makes the same plan."""

    def __init__(self, seed: int, entries: list[_Entry]):
        self.seed = seed
        self._entries = entries
        self._due: list[tuple[float, int]] = []
        self._start_us = 0

    def begin(self, start_us: int) -> None:
        """Start, or start anew, at exchange time `start_us`."""
        self._start_us = start_us
        self._due = []
        for number, entry in enumerate(self._entries):
            self._push(entry.begin(f"{self.seed}/{number}"), number)

    def next_us(self) -> int | None:
        """When the next fault is due, exchange time; None when there are no more."""
        return self._start_us + int(self._due[0][0] * 1e6) if self._due else None

    def take(self, is_waiting: Callable[[str], bool]) -> tuple[Kind | None, dict[str, Any]]:
        """The fault that is due; at random none that still waits for its frame."""
        _, number = heapq.heappop(self._due)
        entry = self._entries[number]
        self._push(entry.next_s(), number)
        if entry.kind:
            return entry.kind, entry.options
        kinds = list(catalogue.KINDS.values())
        for _ in range(_DRAWS):
            kind = entry.random.choice(kinds)
            options = kind.checked(kind.drawn(entry.random))
            if not is_waiting(kind.name):
                return kind, options
        return None, {}

    def _push(self, due_s: float | None, number: int) -> None:
        if due_s is not None:
            heapq.heappush(self._due, (due_s, number))


def at_random(rate_per_min: float = DEFAULT_RATE_PER_MIN, seed: int = DEFAULT_SEED) -> Plan:
    """Any fault, so many a minute on average."""
    return Plan(seed, [_Entry(None, {}, {"rate_per_hour": rate_per_min * 60})])


def rate(text: str) -> float:
    """Faults a minute of `6`, `6/min`, `100/h` or `0.5/s`; raises UserError."""
    number, _, unit = text.partition("/")
    try:
        value = float(number) * 60 / _UNITS_S[unit or "min"]
    except (ValueError, KeyError):
        value = 0.0
    if not 0 < value < math.inf:
        raise UserError(f"--fault-rate {text}: faults in a time, such as 6/min, 100/h or 1/s")
    return value


def read(path: str | Path) -> Plan:
    """The plan of a script file; raises UserError with the line for what is wrong in it."""
    path = Path(path)
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: not a text file") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise UserError(f"{where}: no YAML ({error.problem or error.context})") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: no YAML ({str(error).splitlines()[0]})") from None
    return _Script(path).plan(root)


class _Script:
    """Reads YAML's nodes, which know their lines."""

    def __init__(self, path: Path):
        self._path = path

    def plan(self, root: yaml.Node | None) -> Plan:
        if not isinstance(root, yaml.MappingNode):
            where = self._at(root) if root else str(self._path)
            raise UserError(f"{where}: a script has the keys seed and faults")
        keys = self._mapping(root, "a script")
        for name, (key, _) in keys.items():
            if name not in ("seed", "faults"):
                raise UserError(f"{self._at(key)}: a script has no key {name}; seed and faults")
        seed = DEFAULT_SEED
        if "seed" in keys:
            seed = self._scalar(keys["seed"][1])
            if type(seed) is not int:
                raise UserError(f"{self._at(keys['seed'][1])}: seed is a whole number")
        listed = keys["faults"][1] if "faults" in keys else None
        if not isinstance(listed, yaml.SequenceNode):
            where = self._at(listed) if listed else str(self._path)
            raise UserError(f"{where}: faults is to be a list, each beginning with '- '")
        return Plan(seed, [self._entry(node) for node in listed.value])

    def _entry(self, node: yaml.Node) -> _Entry:
        if not isinstance(node, yaml.MappingNode):
            raise UserError(f"{self._at(node)}: each of faults has keys, such as at_s and fault")
        keys = self._mapping(node, "a fault")
        if "fault" not in keys:
            raise UserError(f"{self._at(node)}: the key fault is missing, the name of one")
        name, named = self._scalar(keys["fault"][1]), self._at(keys["fault"][1])
        kind = catalogue.find(str(name), named)
        when = [time for time in _TIMES if time in keys]
        if len(when) != 1:
            raise UserError(f"{self._at(node)}: one of {', '.join(_TIMES)} says when")
        times, options = {}, {}
        for key, (key_node, value_node) in keys.items():
            if key == "fault":
                continue
            value = self._scalar(value_node)
            if key in (*when, *_MORE[when[0]]):
                times[key] = self._time(key, value, value_node, key != when[0] or key == "at_s")
            else:
                kind.checked({key: value}, self._at(key_node))
                options[key] = value
        return _Entry(kind, kind.checked(options, named), times)

    def _time(self, key: str, value: Any, node: yaml.Node, may_be_zero: bool) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value < math.inf or not (value or may_be_zero):
            least = "from 0" if may_be_zero else "above 0"
            raise UserError(f"{self._at(node)}: {key} is a number {least}, not {value!r}")
        return float(value)

    def _mapping(
        self, node: yaml.MappingNode, what: str
    ) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        keys: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            name = str(self._scalar(key))
            if name in keys:
                raise UserError(f"{self._at(key)}: {what} has {name} twice")
            keys[name] = (key, value)
        return keys

    def _scalar(self, node: yaml.Node) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            raise UserError(f"{self._at(node)}: one value is wanted here, not a list or keys")
        constructor = yaml.constructor.SafeConstructor()
        try:
            return constructor.construct_object(node)
        except (yaml.YAMLError, ValueError):
            raise UserError(f"{self._at(node)}: {node.value!r} is no value") from None

    def _at(self, node: yaml.Node) -> str:
        return f"{self._path}:{node.start_mark.line + 1}"
