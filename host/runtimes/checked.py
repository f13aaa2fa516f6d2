"""The checked runtime: kernels as plain Python that trap every index out of range and every value beyond int32."""

import ast
import inspect
import textwrap
import types
from array import array
from collections.abc import Callable

from host.runtimes.kernel import Kernel, relink

_INT32_MIN = -(2**31)
_INT32_MAX = 2**31 - 1
_CAN_OVERFLOW = (ast.Add, ast.Sub, ast.Mult, ast.LShift, ast.FloorDiv)


class Trap(Exception):
    """The kernel did what the chip would not survive: the text says what, the traceback says where."""


class CheckedBuffer:
    """A buffer that knows its bounds: negative and too large indexes and unfit values trap."""

    def __init__(self, data: bytes | bytearray | array) -> None:
        self.data = data
        self.low, self.high = (_INT32_MIN, _INT32_MAX) if isinstance(data, array) else (0, 255)

    def __getitem__(self, index: int) -> int:
        if not 0 <= index < len(self.data):
            raise Trap(f"read at {index} of {len(self.data)}")
        return self.data[index]

    def __setitem__(self, index: int, value: int) -> None:
        if not 0 <= index < len(self.data):
            raise Trap(f"write at {index} of {len(self.data)}")
        if not self.low <= value <= self.high:
            raise Trap(f"value {value} does not fit")
        self.data[index] = value


def checked(target: Kernel | types.FunctionType) -> Callable[..., int]:
    """A kernel, or a conductor with all its kernels, on the checked runtime. Takes the board's buffers as they are."""
    run = _instrument(target.function) if isinstance(target, Kernel) else _relinked(target)
    return lambda *args: run(*[wrap(arg) for arg in args])


def wrap(value):
    """Buffers become checked ones, also inside a list or tuple; integers stay."""
    if isinstance(value, (bytes, bytearray, array)):
        return CheckedBuffer(value)
    if isinstance(value, (list, tuple)):
        return [wrap(item) for item in value]
    return value


def _relinked(conductor: types.FunctionType) -> types.FunctionType:
    return relink(conductor, lambda kernel: _instrument(kernel.function), _relinked)


_instrumented: dict[types.FunctionType, Callable] = {}


def _instrument(function: types.FunctionType) -> Callable[..., int]:
    if function not in _instrumented:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines)))
        definition = tree.body[0]
        assert isinstance(definition, ast.FunctionDef)
        definition.decorator_list = []
        definition.returns = None
        for argument in definition.args.args:
            argument.annotation = None
        tree = ast.fix_missing_locations(Arithmetic().visit(tree))
        ast.increment_lineno(tree, first - 1)
        scope = dict(function.__globals__, int32=int32)
        exec(compile(tree, inspect.getfile(function), "exec"), scope)
        _instrumented[function] = scope[function.__name__]
    return _instrumented[function]


def int32(value: int) -> int:
    if _INT32_MIN <= value <= _INT32_MAX:
        return value
    raise Trap(f"{value} is beyond int32")


class Arithmetic(ast.NodeTransformer):
    """Wraps every operation whose result can leave int32; the others cannot when their operands are in it."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, _CAN_OVERFLOW):
            return node
        return ast.copy_location(_call(node), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        old = ast.parse(ast.unparse(node.target), mode="eval").body
        value = ast.BinOp(old, node.op, node.value)
        if isinstance(node.op, _CAN_OVERFLOW):
            value = _call(value)
        return ast.copy_location(ast.Assign([node.target], value), node)


def _call(value: ast.expr) -> ast.Call:
    return ast.Call(ast.Name("int32", ast.Load()), [value], [])
