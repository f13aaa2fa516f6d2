"""Runs on the board model: times the kernels, the conductor and what they are compared with, in turns.

Arguments: a file of frames, one a line, and a file with the settings of the run as JSON. Prints one
JSON object a line: for each round the microseconds of every contestant for each ten frames, then what
was found out.
"""

import gc
import json
import sys
import time

import micropython
from micropython import const
from usual_micropython import UsualFeed

from firmware import config
from firmware.feeds import buffers
from firmware.feeds.spot_v2 import on_frame
from firmware.kernels.book import apply
from firmware.kernels.checksum import prove
from firmware.kernels.decode_v2 import decode
from firmware.kernels.features import features
from firmware.kernels.flow import touch
from firmware.kernels.swift_v2 import swift

_KIND_BOOK = const(2)
_TYPE_SNAPSHOT = const(1)
_UPD_TYPE = const(1)
_UPD_GROUP = const(8)
_G_PAIR = const(0)
_G_CRC_HIGH = const(3)
_G_CRC_LOW = const(4)
_PROVED = const(1)
_RECORDS = const(8)
_FLOWS = const(18)

_DECODE = const(1)
_APPLY = const(2)
_PROVE = const(3)
_FEATURES = const(4)
_FLOW = const(5)

_PIECE = const(
    10
)  # frames: short enough that most are not interrupted by what the PC does besides


# All loops are compiled the same way, so that the empty one can be subtracted from any of them.
@micropython.native
def run_nothing(frames):
    for _frame in frames:
        pass


@micropython.native
def run_kernels(frames, steps, update, symbols, books, pubs, settings, crc, flows):
    """The first `steps` kernels on each frame; how many checksums held."""
    proved = 0
    for frame in frames:
        kind = swift(frame, 0, len(frame), update, symbols)
        if kind == 0:
            kind = decode(frame, 0, len(frame), update, symbols)
        if steps == _DECODE or kind != _KIND_BOOK:
            continue
        # The frames that are timed have one data element each.
        pair = update[_UPD_GROUP + _G_PAIR]
        book = books[pair]
        apply(book, update, _UPD_GROUP, frame, crc)
        if steps == _APPLY:
            continue
        high = update[_UPD_GROUP + _G_CRC_HIGH]
        proved += prove(crc, book, high, update[_UPD_GROUP + _G_CRC_LOW])
        if steps == _PROVE:
            continue
        features(pubs[pair], settings, book, 0)
        if steps == _FEATURES:
            continue
        touch(flows[pair], book, update[_UPD_TYPE] == _TYPE_SNAPSHOT)
    return proved


@micropython.native
def run_conductor(frames, whole):
    for frame in frames:
        on_frame(frame, 0, len(frame), 0, whole)


@micropython.native
def run_json(frames):
    loads = json.loads
    for frame in frames:
        loads(frame)


@micropython.native
def run_usual(frames, feed):
    on_frame = feed.on_frame
    for frame in frames:
        on_frame(frame)


def timed(function, pieces, *args):
    """Microseconds of each piece of the feed."""
    # The heap holds a whole pass, so nobody pays for collecting garbage: what the kernels never
    # make is not held against the others.
    gc.collect()
    times = []
    for piece in pieces:
        begin = time.ticks_us()
        function(piece, *args)
        times.append(time.ticks_diff(time.ticks_us(), begin))
    return times


def allocated(function, *args):
    gc.collect()
    before = gc.mem_alloc()
    function(*args)
    return gc.mem_alloc() - before


def main(frames_path, run_path):
    with open(run_path) as file:
        run = json.load(file)
    with open(frames_path, "rb") as file:
        frames = [line.strip() for line in file]
    gc.disable()
    settings = config.check({"pairs": run["pairs"], "depth": run["depth"]})
    whole = buffers.make(settings)
    update, symbols, books, _, pubs, _, numbers, crc, _, _, counters, *_ = whole
    kernels = (update, symbols, books, pubs, numbers, crc, whole[_FLOWS])
    usual = UsualFeed(run["decimals"], run["depth"])
    pieces = [frames[at : at + _PIECE] for at in range(0, len(frames), _PIECE)]
    for _ in range(run["rounds"]):
        times = {
            "empty": timed(run_nothing, pieces),
            "decode": timed(run_kernels, pieces, _DECODE, *kernels),
            "apply": timed(run_kernels, pieces, _APPLY, *kernels),
            "prove": timed(run_kernels, pieces, _PROVE, *kernels),
            "features": timed(run_kernels, pieces, _FEATURES, *kernels),
            "flow": timed(run_kernels, pieces, _FLOW, *kernels),
            "conductor": timed(run_conductor, pieces, whole),
            "json": timed(run_json, pieces),
            "usual": timed(run_usual, pieces, usual),
        }
        print(json.dumps(times))
    nothing = allocated(run_nothing, frames)
    found = {
        "allocated": allocated(run_conductor, frames, whole) - nothing,
        "allocated_json": allocated(run_json, frames) - nothing,
        "allocated_usual": allocated(run_usual, frames, usual) - nothing,
        "proved_kernels": run_kernels(frames, _FEATURES, *kernels),
        "micropython": ".".join(str(part) for part in sys.implementation[1][:3]),
    }
    counters[_PROVED] = counters[_RECORDS] = usual.proved = 0
    run_conductor(frames, whole)
    run_usual(frames, usual)
    found["proved"] = counters[_PROVED]
    found["proved_usual"] = usual.proved
    found["records"] = counters[_RECORDS]
    print(json.dumps(found))


main(*sys.argv[1:])
