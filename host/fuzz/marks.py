"""Kernels' source with marks in it: every branch and part of a condition sets a byte, which libFuzzer watches."""

import ast
import ctypes
import inspect
import textwrap
import types
from dataclasses import dataclass
from pathlib import Path

import host

_MOST_MARKS = 1 << 14
# Among the outcomes of a scene: kinds from the least error on, then counts.
_OUTCOMES = 208
_KIND_BOOK = 2
_KINDS_FROM = 8
_BOOKS_FROM = 16
_LEVELS_FROM = (80, 144)
_MOST = 63

seen = bytearray(_MOST_MARKS)
"""1 where an execution was since this was last cleared; the places are those of `places`."""


@dataclass(frozen=True)
class Place:
    """Where a mark stands: a line of a kernel, or one of the outcomes of a scene."""

    file: str
    """As seen from the checkout; "" for an outcome."""
    name: str
    line: int


places: list[Place] = []
_kept: list = []  # what libFuzzer reads as long as the process lives


def marked(function: types.FunctionType) -> tuple[ast.Module, memoryview]:
    """A kernel's tree without decorator, setting bytes of `_seen`, and the bytes that are to be its `_seen`.

    Its parameters keep their annotations.
    """
    lines, first = inspect.getsourcelines(function)
    tree = ast.parse(textwrap.dedent("".join(lines)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    definition.returns = None
    ast.increment_lineno(tree, first - 1)
    marker = _Marker()
    definition.body = [marker.mark(definition), *marker.visit(definition).body]
    file = str(Path(inspect.getfile(function)).relative_to(host.ROOT))
    begin = len(places)
    places.extend(Place(file, function.__name__, line) for line in marker.lines)
    assert len(places) <= _MOST_MARKS
    return ast.fix_missing_locations(tree), memoryview(seen)[begin : len(places)]


class Outcomes:
    """Marks of what inputs were, behind those of the kernels: one that is new for a scene is worth keeping."""

    def __init__(self, scenes: list[str]) -> None:
        self._first = len(places)
        for name in scenes:
            places.extend([Place("", name, 0)] * _OUTCOMES)
        assert len(places) <= _MOST_MARKS

    def mark(self, scene: int, kinds: list[int], levels: tuple[int, int]) -> None:
        """The kinds of frames, how many books there were, how many levels the last one told and the first one kept."""
        first = self._first + scene * _OUTCOMES
        for kind in kinds:
            seen[first + _KINDS_FROM + kind] = 1
        for place, count in (
            (_BOOKS_FROM, kinds.count(_KIND_BOOK)),
            *zip(_LEVELS_FROM, levels, strict=True),
        ):
            seen[first + place + min(count, _MOST)] = 1


def follow(library: Path) -> None:
    """Let the libFuzzer in this library watch the marks as it watches the branches of a C program."""
    fuzzer = ctypes.CDLL(str(library))
    begin = ctypes.addressof((ctypes.c_char * len(places)).from_buffer(seen))
    counters = (ctypes.c_void_p(begin), ctypes.c_void_p(begin + len(places)))
    fuzzer.__getattr__("__sanitizer_cov_8bit_counters_init")(*counters)
    # It wants an address for every counter, with flags; no two are alike.
    words = [word for number in range(len(places)) for word in (begin + number, 0)]
    table = (ctypes.c_size_t * len(words))(*words)
    _kept.append(table)
    begin = ctypes.addressof(table)
    end = begin + ctypes.sizeof(table)
    fuzzer.__getattr__("__sanitizer_cov_pcs_init")(ctypes.c_void_p(begin), ctypes.c_void_p(end))


class _Marker(ast.NodeTransformer):
    """Gives a byte to both ways of an `if`, a loop's inside and end, and every further part of a condition."""

    def __init__(self) -> None:
        self.lines: list[int] = []

    def mark(self, at) -> ast.stmt:
        """A statement that sets the next byte."""
        self.lines.append(at.lineno)
        return ast.copy_location(ast.parse(f"_seen[{len(self.lines) - 1}] = 1").body[0], at)

    def visit_If(self, node: ast.If) -> ast.AST:
        return self._both_ways(node)

    def visit_While(self, node: ast.While) -> ast.AST:
        if isinstance(node.test, ast.Constant):  # the end of a loop for ever is no place to reach
            self.generic_visit(node)
            return node
        return self._both_ways(node)

    def _both_ways(self, node):
        self.generic_visit(node)
        node.body.insert(0, self.mark(node))
        node.orelse.insert(0, self.mark(node))
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        node.values[1:] = [self._noted(value) for value in node.values[1:]]
        return node

    def _noted(self, value: ast.expr) -> ast.expr:
        self.lines.append(value.lineno)
        text = f"_note(_seen, {len(self.lines) - 1})"
        note = ast.copy_location(ast.parse(text, mode="eval").body, value)
        return ast.copy_location(ast.BoolOp(ast.And(), [note, value]), value)
