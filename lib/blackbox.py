"""A black box: events in a ring of small files, written in batches, that outlives any power cut."""

from os import remove
from time import ticks_diff, ticks_ms, time_ns

import micropython
from micropython import const

# Offsets in the state; boxfiles.py has some of them, too.
_BOX_FILL = const(0)  # bytes in the batch
_BOX_CAPACITY = const(1)  # how many it may have: 0 once the file system has failed
_BOX_SINCE = const(2)  # the ticks of its first event
_BOX_LOST = const(3)  # events that found no room in it
_BOX_BEGAN = const(4)  # the ticks of the start
_BOX_BOOT = const(5)  # how often there was a start, this one included
_BOX_LAST = const(6)  # number of the newest file
_BOX_SIZE = const(7)  # bytes in it
_BOX_MOST = const(8)  # how many files there may be
_BOX_EPOCH_S = const(9)  # from 1970 to where this Python begins to count

_GATHER_MS = const(5000)  # every write costs the flash an erasure, so events wait for company
_HALF_FULL_MS = const(1000)  # but not so long when the batch is half full
_FILE_BYTES = const(8188)  # two blocks of littlefs, less the pointer in the second one
_HEAD_ROOM = const(13)  # of `{"ms":999999,` before an event's own keys
_LATEST_MS = const(999_999)
_HEAD = const(b'{"k":"at","boot":%d,"up":%d,"t":%d,"lost":%d}\n')
_TICKS_MASK = const(0x3FFFFFFF)
_LINE_FEED = const(10)
_KIND_AT = const(5)  # after `"k":"`
_KIND_BYTES = const(4)  # so many tell kinds apart: `net"`


@micropython.viper
def _append(
    batch: ptr8, data: ptr8, state: ptr32, kinds: ptr8, kinds_end: int, count: int, now_ms: int
) -> int:
    """The lines of `data` that are events, at the batch's end; how many. Their first key becomes `ms`."""
    taken = 0
    start = 0
    while start < count:
        end = start
        while end < count and data[end] != _LINE_FEED:
            end += 1
        end += 1
        is_event = 1 if kinds_end == 0 else 0
        # Its kind is what follows `"k":"`, which need not come first.
        i = start
        while i + _KIND_AT + _KIND_BYTES < end and end <= count and kinds_end > 0:
            if (
                data[i] == 34
                and data[i + 1] == 107
                and data[i + 2] == 34
                and data[i + 3] == 58
                and data[i + 4] == 34
            ):
                k = 0
                while k + _KIND_BYTES <= kinds_end:
                    n = 0
                    while n < _KIND_BYTES and data[i + _KIND_AT + n] == kinds[k + n]:
                        n += 1
                    if n == _KIND_BYTES:
                        is_event = 1
                    k += _KIND_BYTES
            i += 1
        at = state[_BOX_FILL]
        if is_event and at + _HEAD_ROOM + end - start > state[_BOX_CAPACITY]:
            state[_BOX_LOST] += 1
        elif is_event:
            if at == 0:
                state[_BOX_SINCE] = now_ms
            ms = (now_ms - state[_BOX_SINCE]) & _TICKS_MASK
            if ms > _LATEST_MS:
                ms = _LATEST_MS
            batch[at] = 123  # {"ms":
            batch[at + 1] = 34
            batch[at + 2] = 109
            batch[at + 3] = 115
            batch[at + 4] = 34
            batch[at + 5] = 58
            at += 6
            unit = 1
            while unit * 10 <= ms:
                unit *= 10
            while unit > 0:
                digit = ms // unit
                batch[at] = 48 + digit
                at += 1
                ms -= digit * unit
                unit = unit // 10
            batch[at] = 44  # and a comma in place of the line's own brace
            at += 1
            n = start + 1
            while n < end and n < count:
                batch[at] = data[n]
                at += 1
                n += 1
            state[_BOX_FILL] = at
            taken += 1
        start = end
    return taken


class BlackBox:
    """Keeps events in a folder, which never takes more than `most_bytes` of a littlefs.

        box = BlackBox("log", 128 * 1024, 512, b'net"wifierro')
        box.note(line, len(line))       # b'{"k":"net","st":"up"}\\n'
        why = box.flush(ticks_ms())     # every turn of the main loop

    A file system that fails is told of once, in words; after that the box is silent. For one thread.
    """

    def __init__(self, path, most_bytes, capacity, words):
        from boxfiles import find

        # `path` of a file by its number, `state`, and `buf`: the batch.
        self.path, self.state, self.buf = find(path, most_bytes, capacity)
        self.words = words

    def note(self, data, count):
        """Take the events among `count` bytes of whole lines, JSON objects. Allocates nothing.

        An event's kind begins like one of `words`, four bytes each; if there are none, all are events.
        """
        # With a local more MicroPython would take heap for this function, at every call.
        _append(self.buf, data, self.state, self.words, len(self.words), count, ticks_ms())

    def flush(self, now_ms):
        """Write what has waited long enough, at most once a second; why it cannot be, in words, once.

        At once, as is due before a restart, with None for `now_ms`.
        """
        state = self.state
        fill = state[_BOX_FILL]
        if not fill:
            return None
        if now_ms is not None:
            waited_ms = ticks_diff(now_ms, state[_BOX_SINCE])
            if waited_ms < _GATHER_MS and (
                waited_ms < _HALF_FULL_MS or 2 * fill < state[_BOX_CAPACITY]
            ):
                return None
        now_ms = ticks_ms()
        waited_ms = ticks_diff(now_ms, state[_BOX_SINCE])
        try:
            head = _HEAD % (
                state[_BOX_BOOT],
                ticks_diff(state[_BOX_SINCE], state[_BOX_BEGAN]) & _TICKS_MASK,
                time_ns() // 1_000_000 + state[_BOX_EPOCH_S] * 1000 - waited_ms,
                state[_BOX_LOST],
            )
            batch = memoryview(self.buf)[:fill]
            fill += len(head)
            if state[_BOX_SIZE] + fill > _FILE_BYTES:
                # A new file; the oldest goes first, so that they are never too many.
                state[_BOX_LAST] += 1
                state[_BOX_SIZE] = 0
                try:
                    remove(self.path % (state[_BOX_LAST] - state[_BOX_MOST]))
                except OSError:  # not so many yet; any other fault the write will meet, too
                    pass
            with open(self.path % state[_BOX_LAST], "ab") as file:
                file.write(head)
                file.write(batch)
        except MemoryError:
            return None  # a later turn of the loop may find the room
        except OSError as error:
            state[_BOX_CAPACITY] = state[_BOX_FILL] = 0
            return "black box: error " + str(error.errno)
        state[_BOX_SIZE] += fill
        state[_BOX_FILL] = state[_BOX_LOST] = 0
        return None
