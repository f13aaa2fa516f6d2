"""What a fault is: its name, when it strikes, and its options, checked before anything is done."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from host.errors import UserError

# When a fault strikes.
NOW = "now"  # at once, each client that is connected
CONNECT = "connect"  # the next that connect; who is connected is cut off, so that somebody does
SUBSCRIBE = "subscribe"  # the next ack or snapshot; who is connected is cut off
FEED = "feed"  # each client's next frame that it fits
WINDOW = "window"  # all that is said in the next seconds
REST = "rest"  # the next REST answers


@dataclass(frozen=True)
class Option:
    """An option; its default says its type, None that it is a text one may leave away."""

    name: str
    default: Any
    low: float | None = None
    high: float | None = None
    words: tuple = ()
    """What it may be, if it is one of a few."""
    vary: tuple = ()
    """What random faults take; otherwise the default."""

    def checked(self, value: Any, where: str) -> Any:
        """`value` in this option's type, or a UserError that begins with `where`."""
        if self.words:
            if value not in self.words or isinstance(value, bool):
                allowed = ", ".join(str(word) for word in self.words)
                raise UserError(f"{where}: {self.name} is one of {allowed}, not {value!r}")
            return value
        if self.default is None or isinstance(self.default, str):
            if not isinstance(value, str) or not value:
                raise UserError(f"{where}: {self.name} is a text, not {value!r}")
            return value
        if isinstance(self.default, bool):
            if not isinstance(value, bool):
                raise UserError(f"{where}: {self.name} is true or false, not {value!r}")
            return value
        kinds = (int,) if isinstance(self.default, int) else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            noun = "a whole number" if kinds == (int,) else "a number"
            raise UserError(f"{where}: {self.name} is {noun}, not {value!r}")
        if not self.low <= value <= self.high:
            raise UserError(f"{where}: {self.name} is {self.low:g} to {self.high:g}, not {value}")
        return type(self.default)(value)


@dataclass(frozen=True)
class Kind:
    """A fault by its name."""

    name: str
    when: str
    summary: str
    options: tuple[Option, ...] = field(default=())

    def checked(self, options: dict[str, Any], where: str | None = None) -> dict[str, Any]:
        """All options with their values; raises UserError for a wrong one."""
        where = where or self.name
        known = {option.name: option for option in self.options}
        for name in options:
            if name not in known:
                has = f"its options are {', '.join(known)}" if known else "it has no options"
                raise UserError(f"{where}: {self.name} has no option {name}; {has}")
        values = {name: option.default for name, option in known.items()}
        values |= {name: known[name].checked(value, where) for name, value in options.items()}
        return values

    def drawn(self, random: Random) -> dict[str, Any]:
        """Options for a random fault."""
        return {each.name: random.choice(each.vary) for each in self.options if each.vary}
