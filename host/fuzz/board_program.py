"""Board only. Plays the inputs of a file in fenced buffers and prints, as JSON, what became of the fences.

The file: a scene as JSON in the first line, then an input a line in hexadecimal. The second argument
says where buffers stand, see fence/fence.c.
"""

import json
import sys
from array import array
from binascii import unhexlify

import doors
import fence
from second_thread import KERNELS, SecondThread

_CRC = 7


def main(path, place):
    fence.begin(place)
    with open(path) as file:
        stage = _stage(json.loads(file.readline()))
        fence.keep()
        told = {"inputs": 0, "frames": 0, "kinds": {}, "harm": None}
        for line in file:
            number = told["inputs"]
            fence.restore(number)
            for n, frame in enumerate(doors.frames_of(unhexlify(line.strip()))):
                kind = doors.take(stage, frame, n)
                told["kinds"][kind] = told["kinds"].get(kind, 0) + 1
                told["frames"] += 1
                harm = _harm()
                if harm:
                    told["harm"] = [number, n, harm]
                    break
            told["inputs"] += 1
            if told["harm"]:
                break
    told["valgrind"] = fence.errors()
    print(json.dumps(told))


def _harm():
    broken = fence.broken()
    if broken >= 0:
        return "the guards of buffer " + str(broken)
    return "an access that valgrind saw" if fence.errors() > 0 else None


def _stage(scene):
    if scene["spec"]:
        made = (_words(scene["words"]), fence.bytes(unhexlify(scene["spec"])))
        return doors.Rest(made, _found("firmware.kernels.pick", "pick"), fence.frame)
    from firmware.feeds import buffers

    made = buffers.make(scene["settings"], scene["names"])
    if scene["any_checksum"]:
        for n in range(len(made[_CRC])):
            made[_CRC][n] = 0
    made = _fenced(made, {})
    dialect = "firmware.feeds." + scene["dialect"]
    functions = (
        _found(dialect, "on_frame"),
        _found("firmware.feeds.take_market", "take_market"),
        _found(dialect, "take_piece"),
        _found(dialect, "take_end"),
    )
    look = None
    if scene["second_thread"]:
        look = SecondThread(made, [_found(*path) for path in KERNELS], _words).look
    stage = doors.Feed(made, functions, fence.frame, look)
    for n, frame in enumerate(scene["opening"]):
        stage.take(unhexlify(frame), n)
    return stage


def _fenced(value, known):
    """The same with every buffer in a fence; one that is there twice stays one."""
    if isinstance(value, (list, tuple)):
        return [_fenced(item, known) for item in value]
    if id(value) not in known:
        known[id(value)] = (
            fence.words(value) if isinstance(value, array) else fence.bytes(value),
            value,  # or its place might be another's
        )
    return known[id(value)][0]


def _words(count):
    return fence.words(array("i", bytes(4 * count)))


def _found(module, name):
    return getattr(__import__(module, None, None, (name,)), name, None)


main(sys.argv[1], int(sys.argv[2]))
