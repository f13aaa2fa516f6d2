"""Links modules that are loaded together into one for the board, where each file costs 300 bytes of heap.

And three names, which MicroPython never forgets. The source knows nothing of it: imports are turned
to the one module, and what the members define stands in it side by side. So a name can mean only
one thing in all of them: what a single member defines, or an import or a constant that is the same
everywhere. `linked` says where it is not so.
"""

import ast
import builtins
from collections.abc import Collection, Iterator, Mapping

from host.errors import UserError

MODULE = "firmware.core"
PATH = "firmware/core.py"
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
    "firmware.kernels.floor",
    "firmware.kernels.series",
    "firmware.kernels.correlate",
    "firmware.kernels.flow",
    "firmware.kernels.depth",
    "firmware.kernels.lay",
    "firmware.kernels.overdue",
    "firmware.signals.adapt",
    "firmware.signals.contagion",
    "firmware.signals.imbalance",
    "firmware.telemetry",
    "firmware.feeds.pulse",
    "firmware.feeds.take_book",
    "firmware.feeds.proof",
    "firmware.feeds.session",
    "firmware.health",
    "firmware.online",
    "firmware.app",
)
"""By the names under which the source imports them; who imports stands behind what he imports."""

WITH_HELPERS = {
    "firmware.feeds.spot_v2": ("firmware.kernels.decode_v2",),
    "firmware.feeds.spot_v1": ("firmware.kernels.decode_v1",),
    "firmware.feeds.futures_v1": ("firmware.kernels.decode_futures", "firmware.kernels.shorten"),
    "firmware.feeds.spot_v2_talk": ("firmware.feeds.control",),
    "firmware.feeds.spot_v1_talk": ("firmware.feeds.control",),
    "firmware.feeds.futures_v1_talk": ("firmware.feeds.control",),
}
"""Modules that come and go, each with those inside that only such modules want."""

_LIBRARY = "lib"

Origin = tuple[str, int]
"""A file of the checkout, and a line in it."""


def path_of(member: str) -> str:
    """Where a member's source lies in the checkout."""
    top = "" if member.startswith("firmware.") else f"{_LIBRARY}/"
    return top + member.replace(".", "/") + ".py"


def module_of(path: str) -> str | None:
    """Which linked module the board has at this path of the checkout; None for a file as it is."""
    return next((each for each in (MODULE, *WITH_HELPERS) if path_of(each) == path), None)


def present(paths: Collection[str]) -> list[str]:
    """The members whose sources are there."""
    return [member for member in MEMBERS if path_of(member) in paths]


def with_helpers(sources: Mapping[str, str]) -> dict[str, str]:
    """`sources` with the helpers of WITH_HELPERS in their places, and gone as files. Raises UserError."""
    texts = dict(sources)
    for module in WITH_HELPERS:
        if path_of(module) in sources:
            texts[path_of(module)], _ = linked(sources, module)
    helpers = _helpers()
    for helper in helpers:
        texts.pop(path_of(helper), None)
    for file, text in texts.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.Import, ast.ImportFrom)) and _sorted_names(node, helpers)[0]:
                raise UserError(
                    f"{file}:{node.lineno}: {ast.unparse(node)}: that is in WITH_HELPERS"
                )
    return texts


def _helpers() -> set[str]:
    return {helper for helpers in WITH_HELPERS.values() for helper in helpers}


def inside() -> list[str]:
    """The files of the checkout that are none of their own on the board."""
    return [path_of(member) for member in (*MEMBERS, *_helpers())]


def linked(sources: Mapping[str, str], module: str = MODULE) -> tuple[str, list[Origin]]:
    """A module with all its members, and for each of its lines the file and line it comes from. Raises UserError.

    `sources` are all of the board's, by their paths in the checkout; `module` is the core, or one
    of WITH_HELPERS.
    """
    members = present(sources) if module == MODULE else [*WITH_HELPERS[module], module]
    trees = {path_of(member): ast.parse(sources[path_of(member)]) for member in members}
    meanings = _Meanings(trees, members)
    lines, origins = [], []
    if module == MODULE:
        lines, origins = ["import sys"], [(PATH, 1)]
    seen: set[str] = set()
    for file, tree in trees.items():
        text = redirected(sources[file], members, file, module).splitlines()
        for statement in tree.body:
            meanings.take(statement, file)
            said = ast.unparse(statement)
            if said in seen:
                continue
            seen.add(said)
            first = _first_line(statement)
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                own = _of_others(statement, members, module)
            else:
                own = text[first - 1 : statement.end_lineno]
            lines += own
            origins += [(file, first + number) for number in range(len(own))]
    # Where a member is spoken of by its name, that is now all of this.
    spoken = set()
    for file, source in sources.items() if module == MODULE else ():
        for name, line in _called_by_name(source, members):
            meanings.add(name, MODULE, file, line)
            if name not in spoken:
                spoken.add(name)
                lines.append(f"{name} = {_this(module)}")
                origins.append((file, line))
    return "\n".join(lines) + "\n", origins


def redirected(source: str, members: Collection[str], file: str, module: str = MODULE) -> str:
    """`source`, line for line, importing from the one module what it imported from `members`. Raises UserError."""
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        ours, others = _sorted_names(node, members)
        if not ours:
            continue
        if any("." in alias.name and not alias.asname for alias in ours):
            said = ast.unparse(node)
            raise UserError(f"{file}:{node.lineno}: {said}: for the board say `from ... import`")
        names = [
            alias.name.rpartition(".")[2] + (f" as {alias.asname}" if alias.asname else "")
            for alias in ours
        ]
        parts = [*_import(node, others), f"from {module} import {', '.join(names)}"]
        for number in range(node.lineno, node.end_lineno or node.lineno):
            lines[number] = "\n"  # the further lines of a long import
        indent = " " * node.col_offset
        lines[node.lineno - 1] = indent + "; ".join(parts) + "\n"
    return "".join(lines)


def _this(module: str) -> str:
    return f'sys.modules["{module}"]'


class _Meanings:
    """What each name of the one module means; raises UserError for a second meaning."""

    def __init__(self, trees: dict[str, ast.Module], members: Collection[str]) -> None:
        self._members = members
        self._known = {"sys": ("import sys", PATH)}
        # What is Python's own to one member, no other can define.
        for file, tree in trees.items():
            own = {name for name, *_ in self._defined(tree.body, file)}
            for node in ast.walk(tree):
                if (
                    isinstance(node, ast.Name)
                    and node.id not in own
                    and hasattr(builtins, node.id)
                ):
                    self._known.setdefault(node.id, ("Python's own", file))

    def take(self, statement: ast.stmt, file: str) -> None:
        """What a statement of the module in `file` defines."""
        for name, meaning, line in self._defined([statement], file):
            self.add(name, meaning, file, line)

    def add(self, name: str, meaning: str, file: str, line: int) -> None:
        known, other = self._known.setdefault(name, (meaning, file))
        if known == meaning:
            return
        if other != file:
            raise UserError(f"{file}:{line}: {name} is something else in {other}")
        self._known[name] = (file, file)  # one thing or another, as the module finds the world

    def _defined(self, statements: list[ast.stmt], file: str) -> Iterator[tuple[str, str, int]]:
        """The names that statements of a module give a meaning, which, and where."""
        for statement in statements:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield statement.name, file, statement.lineno
                continue
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                ours, others = _sorted_names(statement, self._members)
                start = f"{statement.module}." if isinstance(statement, ast.ImportFrom) else ""
                for alias in others + [alias for alias in ours if alias.asname]:
                    name = alias.asname or (alias.name if start else alias.name.split(".")[0])
                    yield name, f"import {start}{alias.name}", alias.lineno
                continue
            inner = (getattr(statement, part, []) for part in ("body", "orelse", "finalbody"))
            for block in (*inner, *(each.body for each in getattr(statement, "handlers", ()))):
                yield from self._defined(block, file)
            meaning = ast.unparse(statement) if _is_constant(statement) else file
            for node in _outside_blocks(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node.id, meaning, node.lineno


def _outside_blocks(statement: ast.stmt) -> Iterator[ast.AST]:
    """What a statement consists of, besides other statements."""
    for node in ast.iter_child_nodes(statement):
        if not isinstance(node, (ast.stmt, ast.ExceptHandler)):
            yield from ast.walk(node)


def _is_constant(statement: ast.stmt) -> bool:
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "const"


def _first_line(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", ())
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _called_by_name(source: str, members: Collection[str]) -> Iterator[tuple[str, int]]:
    """The members that `source` imports as modules, and where."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in _sorted_names(node, members)[0]:
                if _whole(node, alias) in members:
                    yield alias.name.rpartition(".")[2], node.lineno


def _sorted_names(
    node: ast.Import | ast.ImportFrom, members: Collection[str]
) -> tuple[list[ast.alias], list[ast.alias]]:
    """What an import brings: of members, and of others."""
    ours: list[ast.alias] = []
    others: list[ast.alias] = []
    from_ours = isinstance(node, ast.ImportFrom) and node.module in members
    for alias in node.names:
        (ours if from_ours or _whole(node, alias) in members else others).append(alias)
    return ours, others


def _whole(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    return f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name


def _of_others(
    node: ast.Import | ast.ImportFrom, members: Collection[str], module: str
) -> list[str]:
    """What a member's import comes to where all that the members define is there."""
    ours, others = _sorted_names(node, members)
    parts = _import(node, others)
    for alias in ours:
        if alias.asname:
            what = _this(module) if _whole(node, alias) in members else alias.name
            parts.append(f"{alias.asname} = {what}")
    return ["; ".join(parts)] if parts else []


def _import(node: ast.Import | ast.ImportFrom, aliases: list[ast.alias]) -> list[str]:
    if not aliases:
        return []
    start = f"from {node.module} import" if isinstance(node, ast.ImportFrom) else "import"
    return [f"{start} {', '.join(map(ast.unparse, aliases))}"]
