"""A chunk of a capture as lines: where each ends, where its frame begins, which may tell of pairs; found natively."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from types import FunctionType

import micropython
import numpy as np

from host.captures import FUTURES_V1, SPOT_V1, SPOT_V2, frame_of
from host.replay.dialects import Dialect, Told
from host.runtimes import native

_LINE_FEED = 10
_WORD_BYTES = 8
_NO_FRAME = -1

# How the updates of a channel begin, before and behind its name.
_HEAD_V2 = np.frombuffer(b'{"channel":"', np.uint8)
_TAIL_V2 = np.frombuffer(b'","type":"update"', np.uint8)
_HEAD_FUTURES = np.frombuffer(b'{"feed":"', np.uint8)
_TAIL_FUTURES = np.frombuffer(b'","product_id":', np.uint8)


@micropython.native
def start_of_frame(data, start, end):
    """Where the frame begins that the line `data[start:end]` is; -1 if it is something else."""
    begin = start
    while start < end and ((data[start] >= 48 and data[start] <= 57) or data[start] == 46):
        start += 1
    if start > begin and start < end and data[start] == 58:
        start += 1
    while start < end and data[start] == 32:
        start += 1
    if start < end and (data[start] == 123 or data[start] == 91):
        return start
    return _NO_FRAME


@micropython.native
def begins(data, start, end, head, tail):
    """Whether the frame begins with `head`, small letters, `tail`."""
    at = start + len(head)
    while at < end and data[at] >= 97 and data[at] <= 122:
        at += 1
    if end - at < len(tail):
        return False
    # Without a way out, so that it is compared many bytes at a time.
    differs = 0
    for n in range(len(head)):
        differs |= data[start + n] ^ head[n]
    for n in range(len(tail)):
        differs |= data[at + n] ^ tail[n]
    return differs == 0


@micropython.native
def is_update_v2(data, start, end):
    """Whether the frame begins like an update, which tells of no pair."""
    return begins(data, start, end, _HEAD_V2, _TAIL_V2)


@micropython.native
def is_update_futures(data, start, end):
    """The same of the futures' dialect; the feed of a snapshot has an underscore in its name."""
    return begins(data, start, end, _HEAD_FUTURES, _TAIL_FUTURES)


@micropython.native
def is_update_v1(data, start, end):
    """The same of spot v1: `[336,{"a":[` or "b", not "as" or "bs"; or a list as in `[337,["5.1"`."""
    start += 1
    while start < end and data[start] >= 48 and data[start] <= 57:
        start += 1
    if end - start < 7 or data[start] != 44:
        return False
    if data[start + 1] == 91:
        return True
    if data[start + 1] != 123 or data[start + 2] != 34 or data[start + 4] != 34:
        return False
    return data[start + 5] == 58 and data[start + 6] == 91


is_update = is_update_v2

_IS_UPDATE = {SPOT_V2: is_update_v2, SPOT_V1: is_update_v1, FUTURES_V1: is_update_futures}


def split_lines(data, feeds, ends, starts, others):
    """Where the lines of `data` end, and where their frames start, -1 if they are none.

    `feeds` has a one for every line feed, eight bytes in a word. `others` are the numbers of those
    lines that are no updates; returns how many.
    """
    line = 0
    other = 0
    begin = 0
    for word in range(len(feeds)):
        if feeds[word] == 0:
            continue
        for at in range(_WORD_BYTES * word, _WORD_BYTES * (word + 1)):
            if data[at] != _LINE_FEED:
                continue
            start = start_of_frame(data, begin, at)
            ends[line] = at
            starts[line] = start
            if start < 0 or not is_update(data, start, at):
                others[other] = line
                other += 1
            line += 1
            begin = at + 1
    return other


@cache
def _of_dialect(dialect: Dialect) -> FunctionType:
    """`split_lines` for another dialect."""
    # A name of its own, because by that its compiled form is found again.
    name = f"split_lines_{dialect.name}"
    code = split_lines.__code__.replace(co_name=name, co_qualname=name)
    scope = {**split_lines.__globals__, "is_update": _IS_UPDATE[dialect.name]}
    return FunctionType(code, scope, name)


@dataclass(frozen=True)
class Lines:
    """Whole lines of a capture; `lines[a:b]` are some of them."""

    dialect: Dialect
    text: bytes
    data: np.ndarray
    """The same, writeable: kernels take no other buffers."""
    ends: np.ndarray
    """Of all lines of `text`, where they end and where their frames start."""
    starts: np.ndarray
    others: np.ndarray
    """The numbers of those lines that are no updates."""
    begin: int
    end: int
    """The lines that are meant."""

    def __len__(self) -> int:
        return self.end - self.begin

    def __getitem__(self, part: slice) -> "Lines":
        begin, end, _ = part.indices(len(self))
        return replace(self, begin=self.begin + begin, end=self.begin + end)

    def line(self, number: int) -> bytes:
        """One of them."""
        number += self.begin
        begin = self.ends[number - 1] + 1 if number else 0
        return self.text[begin : self.ends[number]]

    def tellings(self) -> Iterator[tuple[int, list[Told]]]:
        """Which of them may tell of pairs, and what they tell."""
        first, last = np.searchsorted(self.others, (self.begin, self.end))
        for number in (self.others[first:last] - self.begin).tolist():
            line = self.line(number)
            if not any(marker in line for marker in self.dialect.markers):
                continue
            try:
                told = list(self.dialect.told(json.loads(frame_of(line) or b"null")))
            except (ValueError, RecursionError):
                continue  # the conductor will count it as malformed
            yield number, told

    def step(self, run, report, others, sink, buffers) -> int:
        """Go on with `run_lines`, compiled; returns the bytes in `sink`."""
        ends, starts = self.ends[self.begin : self.end], self.starts[self.begin : self.end]
        return run(self.data, starts, ends, report, others, sink, buffers)


def split(dialect: Dialect, text: bytes) -> Lines:
    """The lines of a chunk, each of which ends with a line feed."""
    # Kernels take writable buffers only; whole words of it are looked at.
    data = np.zeros(len(text) + -len(text) % _WORD_BYTES, np.uint8)
    data[: len(text)] = np.frombuffer(text, np.uint8)
    feeds = data == _LINE_FEED
    count = np.count_nonzero(feeds)
    ends, starts, others = (np.empty(count, np.int64) for _ in range(3))
    run = native.compile_conductor(_of_dialect(dialect))
    found = run(data, feeds.view(np.uint64), ends, starts, others)
    return Lines(dialect, text, data, ends, starts, others[:found], 0, count)
