"""The native runtime: kernels and conductors compiled by Numba, cached on disk by the content of their sources."""

import hashlib
import inspect
import shutil
import sys
import threading
import types
from collections.abc import Callable
from functools import cache
from pathlib import Path

from host import ROOT
from host.cache import cache_folder
from host.runtimes.kernel import relink

_KEPT_CACHES = 3
_BLAS = "scipy.linalg.cython_blas"


def compile_kernel(function: types.FunctionType) -> Callable[..., int]:
    """One kernel, for the arrays and integers that its annotations say (`ptr8`, `ptr32`, `int`).

    Inside, buffers are bare pointers, as on the chip: numpy's negative indexes would cost a test at
    every access. A thin function that takes arrays goes around it.
    """
    numba = _numba()
    pointers = {
        "ptr8": numba.types.CPointer(numba.uint8),
        "ptr32": numba.types.CPointer(numba.int32),
        int: numba.int64,
    }
    arrays = {"ptr8": numba.uint8[::1], "ptr32": numba.int32[::1], int: numba.int64}
    kinds = {name: kind for name, kind in function.__annotations__.items() if name != "return"}
    kernel = _compile(function, numba.int64(*[pointers[kind] for kind in kinds.values()]))

    name = f"{function.__name__}_on_arrays"
    passed = ", ".join(name if kind is int else f"{name}.ctypes" for name, kind in kinds.items())
    source = f"def {name}({', '.join(kinds)}):\n    return kernel({passed})"
    scope = {"kernel": kernel, "__name__": function.__module__}
    # It pretends to stand in the kernel's file, because Numba caches nothing that has none.
    exec(compile(source, inspect.getfile(function), "exec"), scope)
    return _compile(scope[name], numba.int64(*[arrays[kind] for kind in kinds.values()]))


@cache
def compile_conductor(function: types.FunctionType) -> Callable[..., int]:
    """A conductor with all its kernels, for numpy buffers as `as_native` makes them (a list becomes rows).

    The buffers are lent to it: Numba would count who holds which array at every look into `buffers`,
    and that takes longer than decoding a message.
    """
    numba = _numba()
    names = inspect.signature(function).parameters
    lent = ", ".join(f"lend({name})" for name in names)
    source = f"def {function.__name__}({', '.join(names)}):\n    return inner({lent})"
    scope = {"__name__": function.__module__}
    exec(compile(source, inspect.getfile(function), "exec"), scope)
    compiled = [_compile(scope[function.__name__], None)]
    at_work = threading.Lock()

    def run(*buffers) -> int:
        found = compiled[0]
        try:
            return found(*buffers)
        except numba.TypingError:
            # It was not in the cache. If it is, it contains its parts, and their own code need not
            # be loaded; only to compile it they are wanted.
            with at_work:
                if compiled[0] is found:
                    if "inner" in scope:
                        raise
                    scope.update(inner=_inlined(function), lend=_lend())
                    compiled[0] = _compile(scope[function.__name__], None)
            return compiled[0](*buffers)

    return run


@cache
def _inlined(function: types.FunctionType) -> Callable[..., int]:
    """A conductor that another one calls, as a part of that one: the buffers need not be passed on."""
    return _numba().njit(forceinline=True, nogil=True, error_model="numpy")(_linked(function))


def _linked(function: types.FunctionType) -> types.FunctionType:
    """A conductor with the native forms of what it calls, and of nothing else that its file knows."""
    used = {"__name__", *function.__code__.co_names}
    scope = {name: value for name, value in function.__globals__.items() if name in used}
    bare = types.FunctionType(function.__code__, scope, function.__name__)
    return relink(bare, lambda kernel: kernel.compiled, _inlined)


@cache
def _lend() -> Callable:
    """What makes of an array, or a tuple of them, the same memory without an owner that is counted."""
    numba = _numba()
    from llvmlite import ir
    from numba.core import cgutils

    def lent(context, builder, kind, value):
        if isinstance(kind, numba.types.BaseTuple):
            for place, part in enumerate(kind):
                inner = lent(context, builder, part, builder.extract_value(value, place))
                value = builder.insert_value(value, inner, place)
        elif isinstance(kind, numba.types.Array):
            array = cgutils.create_struct_proxy(kind)(context, builder, value=value)
            for owner in ("meminfo", "parent"):
                setattr(array, owner, ir.Constant(getattr(array, owner).type, None))
            value = array._getvalue()
        return value

    @numba.extending.intrinsic
    def lend(typing_context, value):
        def generate(context, builder, signature, arguments):
            return lent(context, builder, value, arguments[0])

        return value(value), generate

    return lend


def _compile(function: types.FunctionType, signature) -> Callable[..., int]:
    numba = _numba()
    name = f"*{function.__name__}-{function.__code__.co_firstlineno}.*.nbi"
    if next(_source_cache().rglob(name), None) is None:
        _announce_wait()
    options = {"cache": True, "nogil": True, "error_model": "numpy"}
    return (
        numba.njit(signature, **options)(function)
        if signature
        else numba.njit(**options)(function)
    )


@cache
def _announce_wait() -> None:
    """Said once, before the first kernel that no earlier start has compiled."""
    print(
        "inkling: compiling the kernels for this PC; this is done once and takes about half a minute",
        file=sys.stderr,
        flush=True,
    )


@cache
def _numba():
    """Numba, its cache pointed at a folder of these very sources."""
    folder = _source_cache()
    if not folder.exists():
        folder.mkdir(parents=True)
        _forget_old_caches(folder.parent)
    # Numba looks whether it could link SciPy's BLAS, which no kernel wants: a tenth of a start.
    sys.modules.setdefault(_BLAS, None)  # type: ignore[arg-type]
    import numba
    import numba.np.arraymath

    if sys.modules[_BLAS] is None:
        del sys.modules[_BLAS]
    numba.config.CACHE_DIR = str(folder)
    return numba


@cache
def _source_cache() -> Path:
    # Numba's own cache looks only at the file of the function itself, so a conductor would go on
    # calling an old kernel after the kernel's file has changed. A folder per content cannot.
    digest = hashlib.sha256(sys.version.encode())
    for folder in ("firmware", "lib", "host/replay", "host/runtimes"):
        for source in sorted((ROOT / folder).rglob("*.py")):
            digest.update(source.read_bytes())
    return cache_folder("numba") / digest.hexdigest()[:16]


def _forget_old_caches(folder: Path) -> None:
    caches = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in caches[_KEPT_CACHES:]:
        shutil.rmtree(old, ignore_errors=True)
