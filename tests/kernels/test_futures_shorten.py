"""A message that comes in pieces is copied as it is but for its lists, of which the first elements are copied."""

import json
from array import array
from itertools import pairwise

import pytest
from futures_reference import snapshot
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware.kernels import shorten as module
from host.runtimes.checked import checked

_NATIVE, _CHECKED = module.shorten, checked(module.shorten)
_STATE_WORDS = 6


def shortened(message, most, cuts, room=None, kernel=_NATIVE):
    """What is there in the end, or None if it found no room; `cuts` are where the pieces end."""
    room = len(message) if room is None else room
    out, state = bytearray(room), array("i", [0] * _STATE_WORDS)
    edges = [0, *sorted(cut % (len(message) + 1) for cut in cuts), len(message)]
    size = 0
    for start, end in pairwise(edges):
        piece = bytearray(b'"[{' + message[start:end] + b'}]"')  # what lies around does not matter
        before = size
        size = kernel(piece, 3, 3 + end - start, out, state, most, room)
        assert size == -1 or 0 <= before <= size <= room  # once full, always full
    return None if size < 0 else bytes(out[:size])


def wanted(message, most):
    value = json.loads(message)
    return {key: item[:most] if isinstance(item, list) else item for key, item in value.items()}


texts = st.text(st.sampled_from('ab"\\[]{},:\u20ac'), max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | texts,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=30,
)
cuts = st.lists(st.integers(0, 10**6), max_size=8)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(texts, values, max_size=6), st.integers(1, 4), cuts, st.booleans())
def test_the_same_json_with_short_lists(value, most, cuts, spaces):
    message = json.dumps(value, indent=1 if spaces else None, ensure_ascii=False).encode()
    short = shortened(message, most, cuts)
    assert json.loads(short) == wanted(message, most)
    assert shortened(message, most, cuts, kernel=_CHECKED) == short
    assert shortened(message, most, range(len(message))) == short
    longest = max([0, *(len(item) for item in value.values() if isinstance(item, list))])
    assert shortened(message, max(longest, 1), cuts) == message


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=80) | st.text('{}[]",\\1a', max_size=80).map(str.encode), cuts)
@example(b'[{"a":[1,2,3]}]]]]}}}"', [3])
def test_any_bytes_stay_inside(noise, cuts):
    for most, room in ((1, 0), (1, 7), (3, 40)):
        short = shortened(noise, most, cuts, room)
        assert shortened(noise, most, cuts, room, _CHECKED) == short


@pytest.mark.parametrize("kernel", [_NATIVE, _CHECKED], ids=["native", "checked"])
def test_room_counts_to_the_byte(kernel):
    sides = (
        [(f"{n}.5", "1.0") for n in range(900, 600, -1)],
        [(f"{n}.5", "1.0") for n in range(950, 1250)],
    )
    message = snapshot("PI_XBTUSD", 5, *sides)
    short = snapshot("PI_XBTUSD", 5, *(side[:16] for side in sides))
    for room, found in ((len(short), short), (len(short) - 1, None), (0, None)):
        assert shortened(message, 16, range(0, len(message), 700), room, kernel) == found
