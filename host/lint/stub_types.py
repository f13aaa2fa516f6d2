"""A mypy plugin: reads three types of the MicroPython stubs as callers of kernels mean them."""

from collections.abc import Callable

from mypy.nodes import MypyFile
from mypy.plugin import AnalyzeTypeContext, Plugin
from mypy.types import Type, UnionType

# The stubs make ptr8 and ptr32 kinds of int, but what a caller hands over is a buffer; and they
# hide that ticks are an int, which is how arrays and kernels take them.
_PTR8 = "builtins.ptr8"
_PTR32 = "builtins.ptr32"
_TICKS = "_mpy_shed.time_mp._TicksMs"

_DEPENDENCY_PRIORITY = 10  # of an ordinary import, as mypy counts


class StubTypes(Plugin):
    def get_type_analyze_hook(self, fullname: str) -> Callable[[AnalyzeTypeContext], Type] | None:
        return {_PTR8: _bytes_buffer, _PTR32: _int_array, _TICKS: _int}.get(fullname)

    def get_additional_deps(self, file: MypyFile) -> list[tuple[int, str, int]]:
        # A module with kernels need not import array itself.
        return [] if file.is_stub else [(_DEPENDENCY_PRIORITY, "array", -1)]


def _bytes_buffer(context: AnalyzeTypeContext) -> Type:
    # Not `bytes`: it could not be written to, and no annotation says which buffers are only read.
    # Who passes bytes keeps them in a variable or argument without a type.
    return UnionType(
        [context.api.named_type(f"builtins.{name}", []) for name in ("bytearray", "memoryview")]
    )


def _int_array(context: AnalyzeTypeContext) -> Type:
    return context.api.named_type("array.array", [_int(context)])


def _int(context: AnalyzeTypeContext) -> Type:
    return context.api.named_type("builtins.int", [])


def plugin(version: str) -> type[Plugin]:
    """What mypy asks this file for."""
    return StubTypes
