"""A kernel on CPython: one function of the kernel language, and how to relink a conductor to another runtime."""

import types
from array import array
from collections.abc import Callable

import numpy as np


class Kernel:
    """A function of the kernel language. Called from Python it runs natively and takes the buffers the board uses.

    `function` is the plain Python function, which the other runtimes start from; `compiler` makes
    the native one of it when that is first needed.
    """

    def __init__(self, function: types.FunctionType, compiler: Callable) -> None:
        self.function = function
        self._compiler = compiler
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self._compiled: Callable[..., int] | None = None

    @property
    def compiled(self) -> Callable[..., int]:
        """The Numba function; compiled, or loaded from the disk cache, at the first use."""
        if self._compiled is None:
            self._compiled = self._compiler(self.function)
        return self._compiled

    def __call__(self, *args) -> int:
        return self.compiled(*[as_native(arg) for arg in args])


def as_native(value):
    """The same memory as a numpy array (a copy where it is read-only); a list becomes rows; integers as they are."""
    if isinstance(value, array):
        return np.frombuffer(value, dtype=np.int32)
    if isinstance(value, (bytearray, memoryview)):
        view = np.frombuffer(value, dtype=np.uint8)
        return view if view.flags.writeable else view.copy()
    if isinstance(value, bytes):
        return np.frombuffer(bytearray(value), dtype=np.uint8)
    if isinstance(value, (list, tuple)):
        return as_rows([as_native(item) for item in value])
    return value


def as_rows(rows: list[np.ndarray]) -> np.ndarray:
    """A copy of the rows as one array, the shorter ones filled up with zeros."""
    table = np.zeros((len(rows), max(len(row) for row in rows)), dtype=rows[0].dtype)
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
    return table


def relink(
    function: types.FunctionType,
    kernel: Callable[[Kernel], Callable],
    conductor: Callable[[types.FunctionType], Callable],
) -> types.FunctionType:
    """`function` with the kernels and conductors among its globals replaced by what the two calls return."""
    linked = {}
    for name, value in function.__globals__.items():
        if isinstance(value, Kernel):
            value = kernel(value)
        elif getattr(value, "is_conductor", False) and value is not function:
            value = conductor(value)
        linked[name] = value
    return types.FunctionType(function.__code__, linked, function.__name__)
