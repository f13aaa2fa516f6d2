"""Changes one setting of a running board: what a line asks for is checked, kept in config.json, then in force.

A line is `{"set":{"levels":4}}`; the answer is a record, see docs/records.md. Who sends it has
checked the value by config.py, which would take the heap that is left. Here it is checked again
by the same bounds: with a value beyond them in config.json the board would not start any more.
"""

import json
import os
from asyncio import sleep_ms

from micropython import const

_FILE = const("config.json")
_NEW = const("config.new")
_SET_HEAD = const(b'{"set":{')
_SET_TAIL = const(b"}}")
_LONGEST_SET = const(80)
_WAITS = const(20)  # a line that comes in one go is there within 100 ms
_REST_OF_LINE_MS = const(5)
_LONGEST_KEY = const(32)  # of an answer, which has to be a whole record

# Each with least, most, in how many parts one is counted (a decimal where there are some), and the
# place of its word: _BUFFER times the number of its buffer (see buffers.py) and where it stands
# there, below _BUFFER where in what is kept of each pair's moves (see watch.py), or -1, since the
# setting itself is looked at. One text, for a dict would take three times the heap.
_BUFFER = const(100)
_M_THRESHOLD = const(5)
_BY_NAME = const(
    b"\nlevels [1,10,1,600]"
    b"\nimbalance_threshold [0.01,1.0,10000,601]"
    b"\nspread_threshold_bps [0.0,1000.0,10000,602]"
    b"\nsignal_cooldown_ms [0,600000,1,604]"
    b"\nbook_interval_ms [0,60000,1,603]"
    b"\ndepth_bps [1,1000,1,1504]"
    b"\ncontagion_threshold [0.1,1.0,10000,1601]"
    b"\ndelta_threshold [0.0,0.1,100000,5]"
    b"\nresync_cooldown_ms [100,600000,1,6]"
    b"\nhealth_interval_ms [1000,600000,1,-1]"
    b"\nmax_lag_ms [500,600000,1,-1]"
    b"\nheap_floor [0,32000,1,-1]\n"
)


async def update(heard, stdin, session):
    """Take the rest of a line whose brace has come, and do what it asks for. Raises MemoryError.

    Half a line, or a strange one, is nothing: noise, or somebody who types.
    """
    line = b"{"
    byte = bytearray(1)
    for _ in range(_WAITS):
        for _ in range(_LONGEST_SET):
            byte[0] = 0
            for _ in heard(0):
                stdin.readinto(byte)
            if byte[0] == 0:
                break
            if byte[0] in b"\n\r":
                if line.startswith(_SET_HEAD):
                    _change(line, session)
                return
            if not 32 <= byte[0] <= 126 or len(line) == _LONGEST_SET:
                return
            line += byte
        await sleep_ms(_REST_OF_LINE_MS)


def rule(key):
    """What there is to know of this setting, a list; None if a restart is needed to change it."""
    key = b"\n" + key + b" "
    at = _BY_NAME.find(key)
    if at < 0:
        return None
    return json.loads(_BY_NAME[at + len(key) : _BY_NAME.find(b"\n", at + 1)])


def _change(line, session):
    """Do what `line` asks for, and say so, or why not."""
    key, _, text = line[len(_SET_HEAD) : -len(_SET_TAIL)].partition(b":")
    key = key.replace(b" ", b"").strip(b'"')
    found = rule(key)
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not line.endswith(_SET_TAIL):
        why = "must be a number"
    elif not found:
        why = "needs a restart"
    else:
        why = _set(found, key, text, value, session)
    key = key.decode()
    if why:
        session.telemetry.say(k="set", key=key[:_LONGEST_KEY], why=why)
    else:
        session.telemetry.say(k="set", key=key, v=value)


def _set(found, key, text, value, session):
    """None once it is kept and in force, else why not."""
    least, most, parts, place = found
    if parts == 1 and not isinstance(value, int):
        return "must be a whole number"
    if not least <= value <= most:
        return "must be %s to %s" % (least, most)
    word = round(value * parts)
    moves = session.health.moves
    if value and place == _M_THRESHOLD:
        if not moves:
            return "is off since the start: needs a restart"
        word = word or 1
    try:
        _keep(key, text)
    except OSError as error:
        return "cannot be kept: error " + str(error.errno)
    if place >= _BUFFER:
        session.buffers[place // _BUFFER][place % _BUFFER] = word
    elif place >= 0:
        for move in moves:
            move[place] = word
    key = key.decode()
    if key in session.settings:  # without those that are of no use after the start
        session.settings[key] = value
    return None


def _keep(key, text):
    """Write the value's own digits into the file, in one step: a power cut leaves the old file or the new one."""
    with open(_FILE, "rb") as file:
        old = file.read()
    key = b'"' + key + b'":'
    start = old.find(key)
    if start < 0:
        # It becomes the last one. A file from other hands, with a space before the colon, has it
        # twice then, and the last one counts.
        start = end = old.rfind(b"}")
        text = (b"," if b":" in old else b"") + key + text
    else:
        start += len(key)
        end = old.find(b"}", start)
        comma = old.find(b",", start, end)
        end = end if comma < 0 else comma
    if old[start:end] == text:
        return
    view = memoryview(old)  # without copies
    with open(_NEW, "wb") as file:
        file.write(view[:start])
        file.write(text)
        file.write(view[end:])
    os.rename(_NEW, _FILE)
