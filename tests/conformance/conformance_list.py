"""The conformance list, and the tables of docs/conformance.md: run this file to renew them."""

import itertools
import sys
from pathlib import Path

import list_beyond
import list_close
import list_frames
import list_limits
import list_utf8
from conformance_case import OWN

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
_BEGIN = "## 1. Framing"
_GROUPS = {
    "1": "Framing",
    "2": "Pings and pongs",
    "3": "Reserved bits",
    "4": "Opcodes",
    "5": "Fragmentation",
    "6": "UTF-8",
    "7": "Closing",
    "9": "Limits",
    "10": "Automatic fragmentation",
    OWN: "Beyond the list",
}


def all_cases():
    """Every case, in the order of the list."""
    return [
        *list_frames.cases(),
        *list_utf8.cases(),
        *list_close.cases(),
        *list_limits.cases(),
        *list_beyond.cases(),
    ]


def group(case):
    return OWN if case.name.startswith(OWN) else case.name.split(".")[0]


def page(text):
    """The page `text` with the table of the cases as they are now."""
    lines = [text[: text.index(_BEGIN)].rstrip()]
    for name, cases in itertools.groupby(all_cases(), group):
        title = _GROUPS[name] if name == OWN else f"{name}. {_GROUPS[name]}"
        lines += ["", f"## {title}", "", "| case | sent | the client |", "|---|---|---|"]
        lines += [f"| {case.name} | {case.sent} | {_wanted(case)} |" for case in cases]
    return "\n".join(lines) + "\n"


def _wanted(case):
    """What the client must do, in words."""
    said = []
    for name, same in itertools.groupby(case.wanted, lambda wanted: wanted[0]):
        wanted = list(same)
        much = f"{len(wanted):,} " if len(wanted) > 1 else ""
        if name == "pong":
            said.append(f"{much}pongs" if much else "pong")
        elif name in ("text", "binary"):
            said.append(f"{much}delivered")
        elif name == "close":
            said.append(
                "close without a code" if wanted[0][1] == 1005 else f"close {wanted[0][1]}"
            )
        else:
            said.append(f"**fails {wanted[0][1]}**")
    text = ", ".join(said) or "nothing"
    return f"{text}; {case.note}" if case.note else text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
    sys.exit(f"{PAGE.name}: {len(all_cases())} cases")
