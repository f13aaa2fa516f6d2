"""The checked runtime itself for the fuzzing: kernels as plain Python, with marks, over buffers that trap."""

import ast
import inspect
import sys
from array import array
from collections.abc import Callable
from functools import cache

from host.fuzz.marks import marked
from host.runtimes import checked
from host.runtimes.checked import Trap
from host.runtimes.kernel import Kernel

# The one conductor that counts from a buffer's end, where it is Python that looks after the bounds.
_COUNTS_FROM_THE_END = "take_end"


class Buffer:
    """The checked runtime's buffer in fewer steps: an index outside or a value that does not fit traps."""

    __slots__ = ("data", "high", "low", "size")

    def __init__(self, data: bytes | bytearray | array) -> None:
        self.data = data
        self.size = len(data)
        self.low, self.high = (-(2**31), 2**31 - 1) if isinstance(data, array) else (0, 255)

    def __getitem__(self, index: int) -> int:
        if 0 <= index < self.size:
            return self.data[index]
        raise Trap(f"read at {index} of {self.size}")

    def __setitem__(self, index: int, value: int) -> None:
        if not 0 <= index < self.size and (
            index != -1 or sys._getframe(1).f_code.co_name != _COUNTS_FROM_THE_END
        ):
            raise Trap(f"write at {index} of {self.size}")
        if not self.low <= value <= self.high:
            raise Trap(f"value {value} does not fit")
        self.data[index] = value

    def __len__(self) -> int:
        return self.size


buffer = load = Buffer


@cache
def kernel(target: Kernel) -> Callable[..., int]:
    """A kernel, without what would wrap its arguments at every call."""
    function = target.function
    tree, seen = marked(function)
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    for argument in definition.args.args:
        argument.annotation = None
    tree = ast.fix_missing_locations(checked.Arithmetic().visit(tree))
    scope = dict(function.__globals__, int32=checked.int32, _seen=seen, _note=_note)
    exec(compile(tree, inspect.getfile(function), "exec"), scope)
    return scope[function.__name__]


def _note(seen: memoryview, place: int) -> bool:
    seen[place] = 1
    return True
