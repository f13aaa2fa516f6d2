"""The ring gives back every line that it took, in their order and whole, wherever it begins anew."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.runtimes.checked import checked
from ring import _READ, Ring, append, first

lines = st.binary(max_size=12).map(lambda data: data.replace(b"\n", b"") + b"\n")
pieces = st.lists(lines, min_size=1, max_size=3).map(b"".join)
steps = st.lists(st.one_of(pieces, st.none()), max_size=60)  # what is put in; None: a line is read


def read(ring, first):
    """The first line, if there is one, as it is to be written: in one piece or two."""
    line = b""
    while not line.endswith(b"\n"):
        count = first(ring.buf, ring.state)
        if count == 0:
            assert not line
            return None
        start = ring.state[_READ]
        line += ring.buf[start : start + abs(count)]
        ring.state[_READ] += abs(count)
        assert count < 0 or line.endswith(b"\n")
    return line


@pytest.mark.parametrize("runtime", [checked, lambda kernel: kernel], ids=["checked", "native"])
@settings(deadline=None)  # the first native call compiles
@given(capacity=st.integers(2, 40), steps=steps)
def test_lines_come_out_as_they_went_in(runtime, capacity, steps):
    ring, waiting = Ring(capacity), b""
    put_in, look = runtime(append), runtime(first)
    for step in steps:
        if step is not None:
            fits = len(waiting) + len(step) < capacity
            assert bool(put_in(ring.buf, step + b"more", ring.state, len(step))) == fits
            waiting += step if fits else b""
            continue
        line = read(ring, look)
        assert line == (waiting.partition(b"\n")[0] + b"\n" if waiting else None)
        waiting = waiting[len(line or b"") :]
    while waiting:
        line = read(ring, look)
        assert waiting.startswith(line) and line.index(b"\n") == len(line) - 1
        waiting = waiting[len(line) :]
    assert read(ring, look) is None
