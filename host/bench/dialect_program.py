"""Runs on the board model: one dialect's feed, from the frame to the signal, beside json.loads and the usual program.

Arguments: a file of frames, one a line, and a file with the settings of the run as JSON. Prints one
JSON object a line: for each round the microseconds of every contestant for the updates that are
timed, then what was found out. All contestants take in all frames; only some are timed.
"""

import gc
import json
import sys
import time
from array import array

import micropython
import usual_micropython
from micropython import const

from firmware import config
from firmware.feeds import buffers
from firmware.kernels.book import apply
from firmware.kernels.checksum import prove
from firmware.kernels.features import features
from firmware.kernels.flow import touch
from firmware.kernels.sequence import cut, follow
from firmware.signals.imbalance import imbalance

_KIND_BOOK = const(2)
_UPD_TYPE = const(1)
_UPD_PROOF = const(5)
_UPD_GROUP = const(8)
_G_PAIR = const(0)
_G_CRC_HIGH = const(3)
_G_CRC_LOW = const(4)
_TYPE_SNAPSHOT = const(1)
_PROOF_CHECKSUM = const(1)
_PROOF_SEQUENCE = const(2)
_B_STATE = const(0)
_LIVE = const(1)
_PROVED = const(1)
_COUNTERS = const(10)


@micropython.native
def nothing(frame, whole):
    pass


@micropython.native
def loads(frame, whole):
    json.loads(frame)


@micropython.native
def to_signal(frame, whole):
    """What take_book.py does with an update of one book, without counters, records and the pulse."""
    (
        update,
        _,
        books,
        _,
        pubs,
        sigs,
        settings,
        crc,
        _,
        _,
        _,
        _,
        wire,
        _,
        _,
        _,
        _,
        _,
        flows,
        moods,
        _,
    ) = whole
    kind = 0
    if swift:
        kind = swift(frame, 0, len(frame), update, wire)
    if kind == 0:
        kind = decode(frame, 0, len(frame), update, wire)
    if kind != _KIND_BOOK:
        return 0
    pair = update[_UPD_GROUP + _G_PAIR]
    book = books[pair]
    proof = update[_UPD_PROOF]
    proved = 1
    if proof == _PROOF_SEQUENCE:
        proved = 1 - follow(book, update, _UPD_GROUP)
    apply(book, update, _UPD_GROUP, frame, crc)
    if proof == _PROOF_CHECKSUM:
        high = update[_UPD_GROUP + _G_CRC_HIGH]
        proved = prove(crc, book, high, update[_UPD_GROUP + _G_CRC_LOW])
    elif proof == _PROOF_SEQUENCE:
        cut(book, update, _UPD_GROUP, settings)
    book[_B_STATE] = _LIVE
    features(pubs[pair], settings, book, 0)
    touch(flows[pair], book, update[_UPD_TYPE] == _TYPE_SNAPSHOT)
    imbalance(pubs[pair], sigs[pair], settings, book, moods[pair], 0)
    return proved


@micropython.native
def whole_frame(frame, whole):
    on_frame(frame, 0, len(frame), 0, whole)


@micropython.native
def usual_frame(frame, usual):
    usual.on_frame(frame)


@micropython.native
def run(frames, timed, function, state, times):
    """Every frame; the microseconds of those that `timed` has a 1 for go to `times`."""
    ticks = time.ticks_us
    diff = time.ticks_diff
    at = 0
    for n, frame in enumerate(frames):
        begin = ticks()
        function(frame, state)
        end = ticks()
        if timed[n]:
            times[at] = diff(end, begin)
            at += 1


def allocated(frames, timed, function, state, times):
    gc.collect()
    before = gc.mem_alloc()
    run(frames, timed, function, state, times)
    return gc.mem_alloc() - before


def main(frames, run_settings):
    timed = bytes(run_settings["timed"])
    settings = config.check(run_settings["settings"])
    names = run_settings["names"]
    plain = buffers.make(settings, names)
    whole = buffers.make(settings, names)
    usual = usual_micropython.FEEDS[settings["dialect"]](run_settings["decimals"])
    contestants = {
        "empty": (nothing, None),
        "signal": (to_signal, plain),
        "on_frame": (whole_frame, whole),
        "json": (loads, None),
        "usual": (usual_frame, usual),
    }
    times = array("i", bytes(4 * sum(timed)))
    for _ in range(run_settings["rounds"]):
        told = {}
        for name, (function, state) in contestants.items():
            gc.collect()
            run(frames, timed, function, state, times)
            told[name] = list(times)
        print(json.dumps(told))
    empty = allocated(frames, timed, nothing, None, times)
    before = whole[_COUNTERS][_PROVED]
    usual.proved = 0
    found = {
        "allocated": allocated(frames, timed, whole_frame, whole, times) - empty,
        "allocated_json": allocated(frames, timed, loads, None, times) - empty,
        "allocated_usual": allocated(frames, timed, usual_frame, usual, times) - empty,
        "proved": whole[_COUNTERS][_PROVED] - before,
        "proved_usual": usual.proved,
    }
    print(json.dumps(found))


with open(sys.argv[1], "rb") as file:
    frames = [line.strip() for line in file]
with open(sys.argv[2]) as file:
    run_settings = json.load(file)
gc.disable()
name = run_settings["settings"]["dialect"]
dialect = getattr(__import__("firmware.feeds." + name).feeds, name)
decode = dialect.decode
swift = getattr(dialect, "swift", None)  # v1 has none
on_frame = dialect.on_frame
main(frames, run_settings)
