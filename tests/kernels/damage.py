r"""Damages frames in every way and place, and holds what came of them against the rule of all dialects.

Damaged frames never trap, change nothing when they are refused, and are no book where json refuses
them. The last has one exception: text. Inside quotes only the closing quote is looked for and
control characters are refused, so a wrong escape and bytes that are no UTF-8 pass (an unknown key,
a name that is then none of ours, a time that is then unknown). Inside the value of an unknown key,
likewise, only quotes and brackets count. And escapes are not undone: `BTC\/USD` is no pair of ours.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType

from agreement import assert_same_book
from hypothesis import strategies as st
from reference import NotABook
from runtimes import BOOK, Step, player

_INSERTED = b"\"{}[],:\\0.-eE \n\x00'\xff"
_TEXT = re.compile(r'"((?:\\[^\0-\x1f]|[^"\\\0-\x1f])*)"')

_steps = st.lists(
    st.tuples(
        st.sampled_from(["flip", "drop", "repeat", "insert", "cut", "swap"]),
        st.integers(0, 500),
        st.integers(0, 255) | st.sampled_from(_INSERTED),
    ),
    min_size=1,
    max_size=6,
)


def shapes(frame: bytes) -> Iterator[bytes]:
    """The frame with one byte damaged, in every way and place."""
    for at in range(len(frame)):
        yield frame[:at] + frame[at + 1 :]
        yield frame[:at] + frame[at : at + 1] + frame[at:]
        for bit in range(8):
            yield frame[:at] + bytes([frame[at] ^ 1 << bit]) + frame[at + 1 :]
        for byte in _INSERTED:
            yield frame[:at] + bytes([byte]) + frame[at:]


def broken(frames: list[bytes]):
    """A strategy: one of the frames, damaged in several places."""
    return st.builds(_damaged, st.sampled_from(frames), _steps)


def _damaged(frame, steps):
    for kind, at, value in steps:
        at %= len(frame) + 1
        head, tail = frame[:at], frame[at:]
        some = tail[: value % 24 + 1]
        frame = {
            "flip": head + bytes(byte ^ 1 << value % 8 for byte in tail[:1]) + tail[1:],
            "drop": head + tail[len(some) :],
            "repeat": head + some + tail,
            "insert": head + bytes([value]) + tail,
            "cut": head + b"}" * (value % 3),
            "swap": tail + head if value % 8 == 0 else frame,
        }[kind]
    return frame


def noise(letters: str, *around: bytes):
    """A strategy: lists of any bytes, bare or in a frame's place for `%b`, and of words in JSON's letters."""
    anything = st.binary(max_size=60)
    frames = [anything.map(lambda some, frame=frame: frame % some) for frame in around]
    words = st.text('{}[]":,\\ 0123456789.eE-' + letters, max_size=80).map(str.encode)
    return st.lists(st.one_of(anything, *frames, words), min_size=5, max_size=20)


def assert_no_part_is_a_book(play, snapshot: bytes, frame: bytes, **settings) -> None:
    """Cut behind every byte, where all are refused, and before every byte."""
    whole, first = len(frame.rstrip()), len(frame) - len(frame.lstrip())
    parts = [frame[:at] for at in range(whole)]
    parts += [frame[at:] for at in range(first + 1, len(frame))]
    begin, *steps = play([snapshot, *parts], **settings)
    assert all(step.kind < 0 for step in steps[:whole])
    assert all(step.kind != BOOK for step in steps[whole:])
    assert {step.state for step in steps} == {begin.state}
    assert not any(step.lines for step in steps)


def assert_every_cut_is_refused(snapshot: bytes, frames: Iterable[bytes], **settings) -> int:
    """Frames cut behind every byte, on the native runtime alone, for there are many cuts: how many."""
    parts = [frame[:at] for frame in frames for at in range(len(frame))]
    begin, *steps = player("native")([snapshot, *parts], **settings)
    assert all(step.kind < 0 and step.state == begin.state for step in steps)
    return len(parts)


def taken(play, snapshot: bytes, frames: Iterable[bytes], **settings) -> Iterator[tuple]:
    """(frame, step before, step) of each that was taken for a book; the others have changed nothing.

    Each frame meets a fresh snapshot.
    """
    frames = list(frames)
    steps: list[Step] = play([part for frame in frames for part in (snapshot, frame)], **settings)
    for frame, before, step in zip(frames, steps[::2], steps[1::2], strict=True):
        assert before.books[0].state == "LIVE"
        if step.kind == BOOK:
            yield frame, before, step
        else:
            assert step.state == before.state and step.lines == b"", frame


def tamed(frame: bytes, tame: Callable[[str], str]) -> bytes:
    """The frame with `tame(text)` for every text. (Only for one damaged byte: see the module's text.)"""
    return _TEXT.sub(lambda found: f'"{tame(found[1])}"', frame.decode("latin-1")).encode()


@dataclass(frozen=True)
class Spot:
    """A spot dialect, whose books the reference has as they must be."""

    snapshot: bytes
    reference: ModuleType
    tame: Callable[[str], str]
    """What may stand for a text, which itself json may refuse."""
    escape: bytes
    """A frame that has this in it may have a name that is ours to json alone."""
    settings: dict

    def assert_harmless(self, play, frames: Iterable[bytes], strict: bool = True) -> None:
        """Each frame meets a fresh snapshot; json and the reference say what may come of it."""
        for frame, _, step in taken(play, self.snapshot, frames, **self.settings):
            feed = self.reference.Feed(["BTC/USD"], 10)
            feed.take(self.snapshot)
            try:
                feed.take(frame)
            except NotABook:
                assert not strict or self._is_excused(frame), frame
                continue
            if self.escape in frame:
                continue
            # Not the time: only Kraken's spelling of it is read, whatever else damage allows.
            assert_same_book(step.books[0], feed.books[0], time=False)

    def _is_excused(self, frame: bytes) -> bool:
        """Is it only its texts that json refuses?"""
        try:
            self.reference.read(tamed(frame, self.tame))
        except NotABook:
            return False
        return True
