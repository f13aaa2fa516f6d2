"""Taking events into the batch: checked runtime, Numba and a plain reference agree on any bytes."""

import re
from array import array

from hypothesis import given, settings
from hypothesis import strategies as st

import blackbox
from host.runtimes.checked import checked

FILL, CAPACITY, SINCE, LOST = range(4)
KINDS = [b'net"', b"stat", b"erro"]
line = st.builds(
    lambda before, kind, rest: b"{" + before + b'"k":"' + kind + rest + b"\n",
    st.sampled_from([b"", b'"n":1,', b'"k":'])
    | st.binary(max_size=9).map(lambda data: data.replace(b"\n", b" ")),
    st.sampled_from([*KINDS, b"book", b"", b"ne"]),
    st.binary(max_size=40).map(lambda data: data.replace(b"\n", b" ")),
)
pieces = st.lists(st.one_of(line, st.binary(max_size=12)), max_size=8).map(b"".join)


def reference(batch, data, state, kinds, now_ms):
    """The same in ordinary Python."""
    taken = 0
    for each in data.splitlines(keepends=True) if data else []:
        found = re.findall(rb'(?=(?s:"k":"(.{4}).))', each) if each.endswith(b"\n") else []
        if kinds and not any(kind in kinds for kind in found):
            continue
        if state[FILL] + 13 + len(each) + (not each.endswith(b"\n")) > state[CAPACITY]:
            state[LOST] += 1
            continue
        if state[FILL] == 0:
            state[SINCE] = now_ms
        ms = min((now_ms - state[SINCE]) % 2**30, 999_999)
        event = b'{"ms":%d,' % ms + each[1:]
        batch[state[FILL] : state[FILL] + len(event)] = event
        state[FILL] += len(event)
        taken += 1
    return taken


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(pieces, st.integers(0, 2**30 - 1)), min_size=1, max_size=4),
    st.integers(0, 300),
    st.lists(st.sampled_from(KINDS), max_size=3, unique=True),
)
def test_all_runtimes_take_the_same(calls, capacity, kinds):
    said = []
    for run in (checked(blackbox._append), blackbox._append, None):
        batch, state = bytearray(capacity), array("i", [0, capacity, 0, 0])
        counts = []
        for data, now_ms in calls:
            data = data.replace(b"\r", b" ").replace(b"\x0b", b" ").replace(b"\x0c", b" ")
            if run:
                joined = b"".join(kinds)
                given_data = data or b" "  # an array of no bytes is none to Numba
                counts.append(
                    run(batch, given_data, state, joined or b" ", len(joined), len(data), now_ms)
                )
            else:
                counts.append(reference(batch, data, state, kinds, now_ms))
        said.append((counts, bytes(batch), list(state)))
    assert said[0] == said[1] == said[2]
