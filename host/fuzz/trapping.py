"""Scenes on a trapping runtime: their buffers, conductors linked to its kernels, a fresh begin for every input."""

import importlib
import types
from array import array

from firmware.kernels.pick import pick
from host.fuzz import doors
from host.fuzz.scenes import REST, SCENES, Scene, scene_of
from host.fuzz.second_thread import KERNELS, SecondThread
from host.runtimes.kernel import Kernel

# As the kernels lay them out.
_UPDATE = 0
_BOOKS = 2
_UPD_GROUPS = 0
_UPD_GROUP = 8
_GROUP_STRIDE = 8
_G_LAST = 2
_UPD_LEVEL = 32
_LEVEL_STRIDE = 11
_B_COUNT = 4


class Stage:
    """A scene's buffers with its opening played; they are as they were then at the begin of every input."""

    def __init__(self, scene: Scene, linker: "Linker") -> None:
        self._linker = linker
        # By their address, since one may be there for several pairs.
        self._written: dict[int, bytearray | array] = {}
        self._doors = self._make(scene)
        for number, frame in enumerate(scene.opening):
            self._doors.take(frame, number)
        self._begin = [(data, data[:]) for data in self._written.values()]

    def play(self, data: bytes) -> list[int]:
        """What each frame of an input was; raises Trap."""
        for buffer, begin in self._begin:
            buffer[:] = begin
        return doors.play(self._doors, data)

    def written(self) -> list[bytes]:
        """What all buffers hold now."""
        return [bytes(data) for data in self._written.values()]

    def levels(self) -> tuple[int, int]:
        """How many levels the last book message had, and how many bids the first book has now."""
        if isinstance(self._doors, doors.Rest):
            return 0, 0
        update, bids = self._doors.made[_UPDATE], self._doors.made[_BOOKS][0][_B_COUNT]
        if update[_UPD_GROUPS] == 0:
            return 0, bids
        end = update[_UPD_GROUP + (update[_UPD_GROUPS] - 1) * _GROUP_STRIDE + _G_LAST]
        return (end - _UPD_LEVEL) // _LEVEL_STRIDE, bids

    def _make(self, scene: Scene) -> doors.Feed | doors.Rest:
        made = self._wrapped(scene.buffers())
        load = self._linker.runtime.load
        if scene.dialect == REST:
            return doors.Rest(made, self._linker.kernel(pick), load)
        thread = None
        if scene.second_thread:
            kernels = [self._linker.find(*path) for path in KERNELS]
            thread = SecondThread(made, kernels, self._words).look
        return doors.Feed(made, self._linker.conductors(scene.dialect), load, thread)

    def _wrapped(self, value):
        if isinstance(value, (list, tuple)):
            return [self._wrapped(item) for item in value]
        if not isinstance(value, bytes):
            self._written[id(value)] = value
        return self._linker.runtime.buffer(value)

    def _words(self, count: int):
        return self._wrapped(array("i", bytes(4 * count)))


class Linker:
    """Conductors with the kernels of a runtime: plain.py, compiled.py."""

    def __init__(self, runtime: types.ModuleType) -> None:
        self.runtime = runtime
        self.kernel = runtime.kernel
        self._modules: dict[str, dict] = {}

    def conductors(self, dialect: str) -> tuple:
        """on_frame, take_market, take_piece and take_end of a dialect, the last two None where there are none."""
        feed = self._linked(f"firmware.feeds.{dialect}")
        market = self._linked("firmware.feeds.take_market")
        return (
            feed["on_frame"],
            market["take_market"],
            feed.get("take_piece"),
            feed.get("take_end"),
        )

    def find(self, module: str, name: str):
        """A kernel of a module."""
        return self.kernel(getattr(importlib.import_module(module), name))

    def _linked(self, module: str) -> dict:
        """The names of a module of conductors, with what they call on this runtime."""
        if module in self._modules:
            return self._modules[module]
        scope = self._modules[module] = {}
        for name, value in vars(importlib.import_module(module)).items():
            if isinstance(value, Kernel):
                value = self.kernel(value)
            elif isinstance(value, types.FunctionType) and value.__module__ == module:
                value = types.FunctionType(value.__code__, scope, name)
            elif isinstance(value, types.FunctionType) and value.__module__.startswith(
                "firmware."
            ):
                value = self._linked(value.__module__)[value.__name__]
            scope[name] = value
        return scope


class Stages:
    """A stage for every scene, on one runtime."""

    def __init__(self, runtime: types.ModuleType) -> None:
        linker = Linker(runtime)
        self._stages = [Stage(scene, linker) for scene in SCENES]

    def of(self, data: bytes) -> Stage:
        """The stage that an input's first byte asks for."""
        return self._stages[scene_of(data)]
