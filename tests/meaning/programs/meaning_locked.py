"""Runs on the board with its heap locked: whatever the kernels allocated would raise a MemoryError."""

import gc
from array import array

import micropython

from firmware.kernels.correlate import correlate
from firmware.kernels.depth import tell
from firmware.kernels.flow import deal, touch
from firmware.kernels.series import sample
from firmware.signals.contagion import contagion

_PAIRS = 3
_WINDOW = 100
_ROUNDS = 250
_LIVE = 1
_MID = 32  # in the first slot of a publication

series = array("i", bytes(4 * (4 + _PAIRS * (25 + 1 + _WINDOW))))
series[0], series[1], series[2] = _WINDOW, 8500, 20
links = array("i", bytes(4 * 36 * (_PAIRS * (_PAIRS - 1) // 2)))
pub = array("i", bytes(4 * 76))
flow = array("i", bytes(4 * 20))
work = array("i", bytes(4 * 60))
book = array("i", bytes(4 * (64 + 2 * 3 * 5)))
book[0], book[3], book[4], book[5] = _LIVE, 3, 1, 1
book[67] = 3  # the first ask's slot, behind three of bids
book[64 + 6 + 3] = 999_999_000
book[64 + 6 + 3 * 4] = 1
book[64 + 6 + 3 * 4 + 3] = 77
pub[_MID + 2] = 8


def run():
    told = 0
    for n in range(_ROUNDS):
        pub[_MID + 1] = 100_000_000 + n * n % 7919
        for pair in range(_PAIRS):
            told += sample(series, pub, book, pair)
        for pair in range(1, _PAIRS):
            told += correlate(series, links, pair) + contagion(series, links, pair)
        book[64 + 6 + 3] = n % 1000
        told += touch(flow, book, 0) + deal(flow, book, 64 + 6 + 2, n & 1)
        tell(work, flow, book, 5, 10)
    return told


told = before = run()
gc.collect()
before = gc.mem_alloc()
micropython.heap_lock()
told = run()
micropython.heap_unlock()
print(gc.mem_alloc() - before)
print(told)
print(links[1])
