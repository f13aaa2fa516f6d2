"""Links the modules that are always loaded into one for the board, where each file costs 300 bytes of heap.

The source knows nothing of it: imports are turned to the one module, and what the members define
stands in it side by side. `make lint` sees to it that constants of the same name are equal; that no
two members define the same function or class is checked here.
"""

import ast
from collections.abc import Iterator
from functools import cache

from host import ROOT
from host.errors import UserError

MODULE = "firmware.core"
MEMBERS = (
    "firmware.board.device",
    "firmware.board.guard",
    "firmware.board.clock",
    "borrow",
    "ring",
    "wsframe",
    "wsoutbox",
    "tlsstream",
    "wsclient",
    "backoff",
    "blackbox",
    "firmware.kernels.render",
    "firmware.kernels.book",
    "firmware.kernels.checksum",
    "firmware.kernels.sequence",
    "firmware.kernels.features",
    "firmware.kernels.lateness",
    "firmware.kernels.watch",
    "firmware.signals.imbalance",
    "firmware.telemetry",
    "firmware.feeds.take_book",
    "firmware.feeds.proof",
    "firmware.feeds.session",
    "firmware.health",
    "firmware.online",
    "firmware.app",
)
"""By the names under which the source imports them; who imports stands behind what he imports."""

_LIBRARY = "lib"


def path_of(member: str) -> str:
    """Where a member's source lies in the checkout."""
    top = "" if member.startswith("firmware.") else f"{_LIBRARY}/"
    return top + member.replace(".", "/") + ".py"


def linked(sources: dict[str, str]) -> tuple[str, list[tuple[str, int]]]:
    """The one module, and for each of its lines the file and line it comes from. Raises UserError."""
    lines: list[str] = []
    origins: list[tuple[str, int]] = []
    seen: set[str] = set()
    defined: dict[str, tuple[str, str]] = {}
    for member in MEMBERS:
        file = path_of(member)
        text = redirected(sources[file]).splitlines()
        for statement in ast.parse("\n".join(text)).body:
            said = ast.unparse(statement)
            if _is_import_of(statement, MODULE) or said in seen:
                continue
            for name, meaning in dict(_defined(statement)).items():
                if defined.setdefault(name, (meaning, file))[0] != meaning:
                    other = defined[name][1]
                    raise UserError(f"{file}:{statement.lineno}: {name} is something else in {other}")
            if isinstance(statement, (ast.Import, ast.ImportFrom, ast.Assign)):
                seen.add(said)
            first = min(
                [statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))]
            )
            for number in range(first, (statement.end_lineno or first) + 1):
                lines.append(text[number - 1])
                origins.append((file, number))
    # Where a member is spoken of by its name, that is now all of this.
    for name in sorted({name for text in sources.values() for name in _called_by_name(text)}):
        lines.append(f'{name} = sys.modules["{MODULE}"]')
        origins.append((MODULE, 1))
    return "import sys\n" + "\n".join(lines) + "\n", [(MODULE, 1), *origins]


def redirected(source: str) -> str:
    """`source`, line for line, importing from the one module what it imported from its members."""
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        ours, others = _sorted_names(node)
        if not ours:
            continue
        parts = [f"from {MODULE} import {', '.join(ours)}"]
        if others:
            start = (
                f"from {node.module} import " if isinstance(node, ast.ImportFrom) else "import "
            )
            parts.insert(0, start + ", ".join(others))
        last = node.end_lineno or node.lineno
        for number in range(node.lineno, last):
            lines[number] = "\n"  # the further lines of a long import
        indent = " " * node.col_offset
        lines[node.lineno - 1] = indent + "; ".join(parts) + "\n"
    return "".join(lines)


def _called_by_name(source: str) -> Iterator[str]:
    """The members that `source` imports as modules."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            yield from (alias.name for alias in node.names if start + alias.name in MEMBERS)


def _sorted_names(node: ast.Import | ast.ImportFrom) -> tuple[list[str], list[str]]:
    """The names that an import brings: those of members, and the others."""
    ours, others = [], []
    for alias in node.names:
        text = ast.unparse(alias)
        whole = f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
        if (isinstance(node, ast.ImportFrom) and node.module in MEMBERS) or whole in MEMBERS:
            ours.append(text)
        else:
            others.append(text)
    return ours, others


def _is_import_of(statement: ast.stmt, module: str) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == module


def _defined(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """The names that a statement of a module gives a meaning, and which."""
    for node in ast.walk(statement) if isinstance(statement, (ast.Try, ast.If)) else [statement]:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Assign) and not _is_constant(node):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, ast.unparse(node)


def _is_constant(statement: ast.Assign) -> bool:
    value = statement.value
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "const"


@cache
def origin(line: int) -> str | None:
    """`file:line` in the checkout of a line of the one module; None beyond its end."""
    sources = {path_of(member): (ROOT / path_of(member)).read_text() for member in MEMBERS}
    _, origins = linked(sources)
    if not 0 < line <= len(origins):
        return None
    file, number = origins[line - 1]
    return f"{file}:{number}"
