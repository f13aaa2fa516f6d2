"""Asks a MicroPython binary whether it counts, compiles and schedules as an ESP32 does."""

import json
import os
import subprocess
from pathlib import Path

from host.errors import UserError

# What the firmware relies on, and how a binary without it is described.
TRAITS = {
    "small_ints": "31-bit small ints (a 32-bit build)",
    "single_float": "single-precision floats",
    "viper": "32-bit viper",
    "asyncio": "asyncio",
    "thread": "_thread",
    "gil": "threads that take turns behind one lock (GIL)",
    "tls": "tls",
}

_MARK = "inkling-probe "
_TIMEOUT_S = 10

# Also runs on CPython, to say so instead of failing with a syntax error.
_PROBE = '''
import json, sys, time
traits = {"name": sys.implementation.name}

def attempt(name, function):
    try:
        traits[name] = bool(function())
    except Exception:
        traits[name] = False

VIPER = """
import micropython
@micropython.viper
def mix(p: ptr32, n: int) -> int:
    p[0] = 0 - n
    return int(p[0] < 0) + n * n
@micropython.viper
def busy(n: int) -> int:
    s = 0
    for i in range(n):
        s += i ^ 3
    return s
"""
space = {}

def viper():
    from array import array
    exec(VIPER, space)
    return space["mix"](array("i", [0]), 65537) == 131074

count = [0, True]
# The names that `mpy-cross -march=` has for the native code this build runs, by number.
ARCHS = (
    "", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp",
    "xtensa", "xtensawin", "rv32imc", "rv64imc", "", "", "",
)

def spin():
    while count[1]:
        count[0] += 1

def thread():
    import _thread
    _thread.start_new_thread(spin, ())
    for _ in range(200):
        time.sleep(0.005)
        if count[0]:
            return True

def gil():
    # Viper never gives the lock away, so nobody counts while it works.
    for _ in range(3):
        before = count[0]
        space["busy"](10000000)
        if count[0] != before:
            return False
    return traits["thread"]

def has(module):
    return lambda: __import__(module)

if traits["name"] == "micropython":
    traits["version"] = ".".join(str(n) for n in sys.implementation.version[:3])
    traits["arch"] = ARCHS[sys.implementation._mpy >> 10 & 15]
    traits["build"] = getattr(sys.implementation, "_build", "")
    attempt("small_ints", lambda: sys.maxsize == 0x7FFFFFFF)
    attempt("single_float", lambda: float("16777217") == float("16777216"))
    attempt("viper", viper)
    attempt("asyncio", has("asyncio"))
    attempt("thread", thread)
    attempt("gil", gil)
    attempt("tls", has("tls"))
    count[1] = False
print("inkling-probe " + json.dumps(traits))
'''


def examine(binary: Path) -> dict:
    """What the binary is: `name`, `version`, `arch`, `build` and a bool for each of `TRAITS`."""
    if not binary.exists():
        raise UserError(f"{binary}: no such file")
    if not binary.is_file() or not os.access(binary, os.X_OK):
        raise UserError(f"{binary}: not a program that can be run")
    try:
        done = subprocess.run(
            [binary, "-c", _PROBE],
            env={},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except OSError as error:
        raise UserError(f"{binary}: does not run ({error.strerror})") from None
    except subprocess.TimeoutExpired:
        raise UserError(f"{binary}: not MicroPython (no answer in {_TIMEOUT_S} s)") from None
    for line in done.stdout.decode(errors="replace").splitlines():
        if line.startswith(_MARK):
            return json.loads(line[len(_MARK) :])
    raise UserError(f"{binary}: not MicroPython (it did not run a test program)")


def require(binary: Path) -> dict:
    """`examine`, and a UserError that names what the binary lacks."""
    traits = examine(binary)
    if traits["name"] != "micropython":
        raise UserError(f"{binary}: this is {traits['name']}, not MicroPython")
    lacking = [text for name, text in TRAITS.items() if not traits[name]]
    if lacking:
        raise UserError(f"{binary}: not a model of the ESP32, it lacks {', '.join(lacking)}")
    return traits
