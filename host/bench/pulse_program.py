"""Runs on the board model: times the pulse's passes over all pairs, slice by slice, beside json.loads.

Arguments: a file of frames of the exchange's time order, one a line, and the settings of the run as
JSON. Prints one JSON object a line for each round: the microseconds of every slice of every pass,
and those of json.loads for each frame that came between them.
"""

import gc
import json
import sys
import time

from micropython import const

from firmware import config
from firmware.feeds import buffers
from firmware.feeds.pulse import pulse
from firmware.feeds.spot_v2 import on_frame
from firmware.kernels.decode_v2 import decode
from firmware.kernels.overdue import overdue

_KIND_BOOK = const(2)
_UPDATE = const(0)
_WIRE = const(12)
_BEAT = const(15)
_UPD_GROUP = const(8)
_G_TIME_HI = const(5)
_G_TIME_LO = const(6)
_DUE_HI = const(0)
_DUE_LO = const(1)
_STAGE = const(2)


def timed(function, *args):
    begin = time.ticks_us()
    function(*args)
    return time.ticks_diff(time.ticks_us(), begin)


def nothing(hi, lo, behind, whole):
    pass


def is_due(beat, update):
    """Whether the pulse has something to do before the message in `update`."""
    hi = update[_UPD_GROUP + _G_TIME_HI]
    lo = update[_UPD_GROUP + _G_TIME_LO]
    return beat[_DUE_HI] < hi or (beat[_DUE_HI] == hi and beat[_DUE_LO] <= lo)


def one_pass(beat, whole):
    """The microseconds of each slice of what is due."""
    hi = beat[_DUE_HI]
    lo = beat[_DUE_LO]
    slices = [timed(pulse, hi, lo, overdue(beat, hi, lo) - 1, whole)]
    while beat[_STAGE]:
        slices.append(timed(pulse, hi, lo, -1, whole))
    return slices


def play(frames, whole):
    """All passes that the frames cause, before the message itself finds anything to do."""
    update = whole[_UPDATE]
    beat = whole[_BEAT]
    passes = []
    for frame in frames:
        if decode(frame, 0, len(frame), update, whole[_WIRE]) == _KIND_BOOK:
            # The first message begins the count of time.
            while beat[_DUE_HI] and is_due(beat, update):
                passes.append(one_pass(beat, whole))
            on_frame(frame, 0, len(frame), 0, whole)
    return passes


def main(frames_path, run_path):
    with open(run_path) as file:
        run = json.load(file)
    with open(frames_path, "rb") as file:
        frames = [line.strip() for line in file]
    gc.disable()
    settings = config.check({"pairs": run["pairs"], "depth": run["depth"]})
    whole = buffers.make(settings)
    warm = run["warm"]  # frames until the windows are full
    play(frames[:warm], whole)
    size = (len(frames) - warm) // run["rounds"]
    for n in range(run["rounds"]):
        some = frames[warm + n * size : warm + (n + 1) * size]
        gc.collect()
        empty = [timed(nothing, 0, 0, 0, whole) for _ in range(200)]
        passes = play(some, whole)
        parsed = [timed(json.loads, frame) for frame in some]
        print(json.dumps({"empty": empty, "passes": passes, "json": parsed}))


main(*sys.argv[1:])
