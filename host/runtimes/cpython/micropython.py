"""What `import micropython` finds on CPython: a viper function becomes a kernel, see host/runtimes/kernel.py."""

import builtins

from host.runtimes.kernel import Kernel
from host.runtimes.native import compile_kernel

# MicroPython's compiler knows these names in viper annotations; on CPython an annotation is evaluated.
for _name in ("ptr8", "ptr16", "ptr32", "uint"):
    setattr(builtins, _name, _name)


def const(value):
    """A constant of the module; MicroPython folds it in at compile time."""
    return value


def viper(function):
    """A kernel: compiled natively by Numba when it is first called."""
    return Kernel(function, compile_kernel)


def native(function):
    """A conductor: ordinary Python that calls kernels; `host.runtimes.native` can compile it whole."""
    function.is_conductor = True
    return function
