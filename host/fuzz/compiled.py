"""The checked runtime as C: the same traps and marks in every kernel, at many times the speed of Python."""

import ast
import ctypes
import hashlib
import inspect
import os
import shutil
import subprocess
import types
from array import array
from collections.abc import Callable
from functools import cache
from pathlib import Path

import host
from host.cache import cache_folder
from host.errors import UserError
from host.fuzz.marks import marked
from host.runtimes import checked
from host.runtimes.checked import Trap
from host.runtimes.kernel import Kernel

_TRAPPED = -(2**63)
_LONGEST_FRAME = 1 << 16
_MOST_KEPT = 300  # libraries of kernels as they were once
_POINTERS = {"ptr8": "unsigned char *", "ptr32": "int *"}
_WHAT = ("index {} of {}", "{} is beyond int32", "{} is no byte", "a shift by {}")

# A word of `trapped` each: what happened, the line, two values that tell more.
_HEAD = """
#include <setjmp.h>

typedef long long word;
static jmp_buf out;
word trapped[4];

static void trap(word what, word line, word a, word b) {
    trapped[0] = what, trapped[1] = line, trapped[2] = a, trapped[3] = b;
    longjmp(out, 1);
}
static inline word inside(word index, word size, word line) {
    if (index < 0 || index >= size)
        trap(0, line, index, size);
    return index;
}
static inline word int32(word value, word line) {
    if (value != (int)value)
        trap(1, line, value, 0);
    return value;
}
static inline word byte(word value, word line) {
    if (value != (unsigned char)value)
        trap(2, line, value, 0);
    return value;
}
static inline word bits(word count, word line) {
    if (count < 0 || count > 31)
        trap(3, line, count, 0);
    return count;
}
static inline word quotient(word a, word b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}
"""


class Buffer:
    """A buffer at a known address."""

    __slots__ = ("at", "data", "size")

    def __init__(self, data: array | bytearray | bytes) -> None:
        self.data = bytearray(data) if isinstance(data, bytes) else data
        self.size = len(data)
        if isinstance(data, array):
            self.at = data.buffer_info()[0]
        else:
            self.at = ctypes.addressof((ctypes.c_char * self.size).from_buffer(self.data))

    def __getitem__(self, index: int) -> int:
        return self.data[index]

    def __setitem__(self, index: int, value: int) -> None:
        self.data[index] = value

    def __len__(self) -> int:
        return self.size


buffer = Buffer
_frame = Buffer(bytearray(_LONGEST_FRAME))


def load(data: bytes) -> Buffer:
    """A frame, where the one before was."""
    _frame.size = len(data)
    _frame.data[: len(data)] = data
    return _frame


@cache
def kernel(target: Kernel) -> Callable[..., int]:
    """A kernel that raises Trap; built, or found in the cache, when it is asked for."""
    function = target.function
    tree, seen = marked(function)
    definition = checked.Arithmetic().visit(tree).body[0]
    writer = _Writer(function, definition)
    library = ctypes.CDLL(str(_built(_HEAD + writer.text())))
    run = library.run
    run.restype = ctypes.c_longlong
    run.argtypes = [ctypes.c_void_p, *writer.argument_types]
    trapped = (ctypes.c_longlong * 4).in_dll(library, "trapped")
    marks = ctypes.addressof((ctypes.c_char * len(seen)).from_buffer(seen))
    file = Path(inspect.getfile(function)).relative_to(host.ROOT)

    def stop():
        what = _WHAT[trapped[0]].format(*trapped[2:])
        raise Trap(f"{file}:{trapped[1]}: {what}")

    # Spelled out for this kernel, since it is called millions of times.
    names = [argument.arg for argument in definition.args.args]
    passed = ", ".join(f"{n}.at, {n}.size" if n in writer.pointers else n for n in names)
    text = (
        f"def {function.__name__}({', '.join(names)}):\n"
        f"    result = run(marks, {passed})\n"
        f"    return stop() if result == {_TRAPPED} else result\n"
    )
    scope: dict = {"run": run, "marks": marks, "stop": stop}
    exec(text, scope)
    return scope[function.__name__]


def _built(text: str) -> Path:
    """The library of a C text."""
    folder = cache_folder("fuzz") / "compiled"
    folder.mkdir(exist_ok=True)
    library = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.so"
    if library.exists():
        return library
    for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-_MOST_KEPT]:
        old.unlink(missing_ok=True)
    if shutil.which("gcc") is None:
        raise UserError("the compiled runtime needs gcc: install it, or take --runtime plain")
    beside = library.with_suffix(f".{os.getpid()}")
    command = ["gcc", "-O2", "-fwrapv", "-shared", "-fPIC", "-x", "c", "-", "-o", str(beside)]
    subprocess.run(command, input=text.encode(), check=True)
    beside.replace(library)
    return library


_SIGNS = {
    **{ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.BitAnd: "&", ast.BitOr: "|"},
    **{ast.BitXor: "^", ast.RShift: ">>", ast.LShift: "<<", ast.Eq: "==", ast.NotEq: "!="},
    **{ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.And: "&&", ast.Or: "||"},
}


class _Writer(ast.NodeVisitor):
    """Writes a kernel in C; it knows what the kernel language has, and no more."""

    def __init__(self, function: types.FunctionType, definition: ast.FunctionDef) -> None:
        self._globals = function.__globals__
        self._definition = definition
        self._line = 0
        self.pointers = {
            argument.arg: argument.annotation.id
            for argument in definition.args.args
            if isinstance(argument.annotation, ast.Name) and argument.annotation.id in _POINTERS
        }
        self._names = {argument.arg for argument in definition.args.args}
        self._locals: set[str] = set()
        self.argument_types: list = []

    def text(self) -> str:
        """The kernel as the function `run`, whose first argument are the marks."""
        parameters, passed = ["unsigned char *v__seen"], ["v__seen"]
        for argument in self._definition.args.args:
            name = argument.arg
            parameters.append(f"{_POINTERS.get(self.pointers.get(name, ''), 'word ')}v_{name}")
            passed.append(f"v_{name}")
            self.argument_types.append(
                ctypes.c_void_p if name in self.pointers else ctypes.c_longlong
            )
            if name in self.pointers:
                parameters.append(f"word n_{name}")
                passed.append(f"n_{name}")
                self.argument_types.append(ctypes.c_longlong)
        body = self._block(self._definition.body)
        local = "".join(f"word v_{name} = 0; " for name in sorted(self._locals - self._names))
        head = ", ".join(parameters)
        return (
            f"static word kernel({head}) {{\n{local}\n{body}return 0;\n}}\n"
            f"word run({head}) {{\nif (setjmp(out))\nreturn {_TRAPPED + 1}LL - 1;\n"
            f"return kernel({', '.join(passed)});\n}}\n"
        )

    def _block(self, statements: list[ast.stmt]) -> str:
        return "".join(self.visit(statement) for statement in statements)

    def generic_visit(self, node: ast.AST) -> str:
        raise NotImplementedError(ast.dump(node))

    def visit_Expr(self, node: ast.Expr) -> str:
        return ""  # a docstring

    def visit_Return(self, node: ast.Return) -> str:
        assert node.value
        return f"return {self.visit(node.value)};\n"

    def visit_Break(self, node: ast.Break) -> str:
        return "break;\n"

    def visit_Continue(self, node: ast.Continue) -> str:
        return "continue;\n"

    def visit_If(self, node: ast.If) -> str:
        self._line = node.lineno
        test = self.visit(node.test)
        return (
            f"if ({test}) {{\n{self._block(node.body)}}} else {{\n{self._block(node.orelse)}}}\n"
        )

    def visit_While(self, node: ast.While) -> str:
        self._line = node.lineno
        end = f"if (!({self.visit(node.test)})) {{\n{self._block(node.orelse)}break;\n}}\n"
        return f"while (1) {{\n{end}{self._block(node.body)}}}\n"

    def visit_Assign(self, node: ast.Assign) -> str:
        self._line = node.lineno
        (target,) = node.targets
        value = self.visit(node.value)
        if isinstance(target, ast.Name):
            self._locals.add(target.id)
        else:
            assert isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name)
            fits = "int32" if self.pointers.get(target.value.id) == "ptr32" else "byte"
            value = f"{fits}({value}, {self._line})"
        return f"{self.visit(target)} = {value};\n"

    def visit_Subscript(self, node: ast.Subscript) -> str:
        assert isinstance(node.value, ast.Name)
        name, index = node.value.id, self.visit(node.slice)
        if name not in self.pointers:
            return f"v_{name}[{index}]"  # a mark
        return f"v_{name}[inside({index}, n_{name}, {self._line})]"

    def visit_Name(self, node: ast.Name) -> str:
        if isinstance(node.ctx, ast.Load) and isinstance(self._globals.get(node.id), int):
            return f"{self._globals[node.id]}LL"
        return f"v_{node.id}"  # so that it is none of C's

    def visit_Constant(self, node: ast.Constant) -> str:
        return f"{int(node.value)}LL"

    def visit_UnaryOp(self, node: ast.UnaryOp) -> str:
        assert isinstance(node.op, ast.USub)
        return f"(-{self.visit(node.operand)})"

    def visit_BinOp(self, node: ast.BinOp) -> str:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.FloorDiv):
            return f"quotient({left}, {right})"
        if isinstance(node.op, (ast.LShift, ast.RShift)):
            right = f"bits({right}, {self._line})"  # what more does is each processor's own affair
        return f"({left} {_SIGNS[type(node.op)]} {right})"

    def visit_Compare(self, node: ast.Compare) -> str:
        (sign,), (right,) = node.ops, node.comparators
        return f"({self.visit(node.left)} {_SIGNS[type(sign)]} {self.visit(right)})"

    def visit_BoolOp(self, node: ast.BoolOp) -> str:
        sign = f" {_SIGNS[type(node.op)]} "
        return f"({sign.join(self.visit(value) for value in node.values)})"

    def visit_IfExp(self, node: ast.IfExp) -> str:
        return f"({self.visit(node.test)} ? {self.visit(node.body)} : {self.visit(node.orelse)})"

    def visit_Call(self, node: ast.Call) -> str:
        """What the checks and the marks have put in: a result that must fit, or a mark in a condition."""
        assert isinstance(node.func, ast.Name)
        if node.func.id == "int32":
            return f"int32({self.visit(node.args[0])}, {self._line})"
        seen, place = node.args
        return f"({self.visit(seen)}[{self.visit(place)}] = 1)"
