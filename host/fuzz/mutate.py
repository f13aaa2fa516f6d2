"""Changes an input as an exchange, a bad line or an attacker might: by frames, by what JSON is made of, by bytes."""

import re
from random import Random

from host.fuzz.doors import FRAME, PIECE
from host.fuzz.samples import ANY_CHECKSUM
from host.fuzz.scenes import SCENES, scene_of

_NUMBER = re.compile(rb"-?\d[\d.]*(?:[eE][+-]?\d+)?")
_TEXT = re.compile(rb'"[^"]{0,40}"')
_INNERMOST = re.compile(rb"\{[^{}]+\}|\[[^{}\[\]]+\]")
_SEQUENCE = re.compile(rb'"seq":(\d+)')
_TIME = re.compile(rb'"2\d{3}-[^"]*"|"1\d{9}\.\d+"|"timestamp":\d+')
_BEGIN_MS = 1_791_061_115_000  # behind the samples' times
_JOINT = re.compile(rb"[{}\[\],:]")

_NUMBERS = (
    *(b"0", b"1", b"0.0", b"00", b"-1", b"1e3", b"1E-99", b"1e99", b"1e100", b"0e5", b".5", b"5."),
    *(b"999999999", b"1000000000", b"2147483647", b"2147483648", b"4294967295", b"4294967296"),
    *(b"999999999999999999", b"1000000000000000000", b"99999999999.9999999", b"1e-18", b"1e17"),
    *(b"0.000000000000000001", b"0.0000000000000000001", b"100000000", b"99999999.5", b"1.10"),
    *(b"123456789012345678", b"12345678901234567.8", b"1790359997229", b"9999999999999999"),
)
_WORDS = (
    *(b"null", b"true", b'""', b"{}", b"[]", b'"\\u0031"', b'"\\"', b"\\", b'"', b"\x00", b"\xff"),
    *(b'"BTC/USD"', b'"ETH/USD"', b'"XBT/USD"', b'"PF_XBTUSD"', b'"PF_ETHUSD"', b'"DOGE/USD"'),
    *(
        b'"snapshot"',
        b'"update"',
        b'"book"',
        b'"book_snapshot"',
        b'"trade"',
        b'"ticker"',
        b'"buy"',
    ),
    *(b'"ohlc-1"', b'"spread"', b'"book-10"', b'"heartbeat"', b'"a"', b'"bs"', b'"c"', b'"qty"'),
    *(b'"2026-02-29T23:59:60.999Z"', b'"9999-12-31T00:00:00Z"', b'"1618678136.268208"', b'"r"'),
    *(b" ", b"\t", b"\r\n", b",", b":", b"}", b"]", b"{", b"[", b'"a":[{"b":' * 12, b"[" * 30),
)
_LONGEST_RUN = 64


def mutate(data: bytes, random: Random, longest: int, others: list[bytes]) -> bytes:
    """The input changed in one to four ways, where that is not too long; `others` lend frames."""
    data = data or b"\0"
    for _ in range(random.choice((1, 1, 1, 1, 2, 4))):
        changed = random.choice(_WAYS)(data, random, others)
        if 0 < len(changed) <= longest:
            data = changed
    return data[:longest]


def _scene(data: bytes, random: Random, others: list[bytes]) -> bytes:
    return bytes([random.randrange(len(SCENES))]) + data[1:]


def _bytes(data: bytes, random: Random, others: list[bytes]) -> bytes:
    at = random.randrange(1, len(data) + 1)
    way = random.randrange(4)
    if way == 0 and at < len(data):
        return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]
    if way == 1:
        return data[:at] + data[at + random.randrange(1, 16) :]
    if way == 2:
        return data[:at] + random.randbytes(random.randrange(1, 4)) + data[at:]
    return data[:at]


def _number(data: bytes, random: Random, others: list[bytes]) -> bytes:
    span = _some(_NUMBER, data, random)
    if span is None:
        return data
    number = random.choice(_NUMBERS)
    if random.randrange(3) == 0:
        number = b"%d" % random.getrandbits(random.randrange(1, 64))
    elif random.randrange(3) == 0:
        # A digit, a dot or an exponent, wherever it falls.
        old = data[span[0] : span[1]]
        at = random.randrange(len(old) + 1)
        number = old[:at] + random.choice((b"0", b"9", b".", b"e", b"-", b"00000000")) + old[at:]
    return data[: span[0]] + number + data[span[1] :]


def _word(data: bytes, random: Random, others: list[bytes]) -> bytes:
    word = random.choice(_WORDS)
    if random.randrange(2) and (span := _some(_TEXT, data, random)):
        return data[: span[0]] + word + data[span[1] :]
    span = _some(_JOINT, data, random)
    at = span[1 - random.randrange(2)] if span else random.randrange(1, len(data) + 1)
    return data[:at] + word + data[at:]


def _members(data: bytes, random: Random, others: list[bytes]) -> bytes:
    """An innermost object or list several times more, or none of it."""
    span = _some(_INNERMOST, data, random)
    if span is None:
        return data
    part = data[span[0] : span[1]]
    if random.randrange(3) == 0:
        head, tail = data[: span[0]], data[span[1] :]
        return head + tail[1:] if tail[:1] == b"," else head.removesuffix(b",") + tail
    times = random.choice((1, 1, 2, 3, random.randrange(_LONGEST_RUN)))
    if random.randrange(2):  # each with a number of its own
        parts = [
            _NUMBER.sub(b"%d.5" % random.getrandbits(20), part, count=1) for _ in range(times)
        ]
    else:
        parts = [part] * times
    return data[: span[0]] + b"".join(part + b"," for part in parts) + data[span[0] :]


def _frames(data: bytes, random: Random, others: list[bytes]) -> bytes:
    joint = bytes([FRAME])
    frames = data[1:].split(joint)
    at = random.randrange(len(frames))
    way = random.randrange(5)
    if way == 0:
        frames.insert(at, frames[random.randrange(len(frames))])
    elif way == 1 and len(frames) > 1:
        del frames[at]
    elif way == 2:
        random.shuffle(frames)
    elif others:
        lender = random.choice(others)
        if scene_of(lender) == scene_of(data) or random.randrange(8) == 0:
            frames.insert(at + way % 2, random.choice(lender[1:].split(joint)))
    return data[:1] + joint.join(frames)


def _pieces(data: bytes, random: Random, others: list[bytes]) -> bytes:
    at = random.randrange(1, len(data) + 1)
    if random.randrange(2):
        at = data.rfind(bytes([FRAME]), 0, at) + 1 or 1
    return data[:at] + bytes([PIECE]) + data[at:]


def _sequence(data: bytes, random: Random, others: list[bytes]) -> bytes:
    """Futures count their messages: here as they should, from the first one on."""
    first = _SEQUENCE.search(data)
    if first is None:
        return data
    count = int(first[1]) % 10**18 - 1 if random.randrange(4) == 0 else 1000

    def next_one(_: re.Match) -> bytes:
        nonlocal count
        count += 1
        return b'"seq":%d' % count

    return _SEQUENCE.sub(next_one, data)


def _march(data: bytes, random: Random, others: list[bytes]) -> bytes:
    """The messages' times, one behind the other."""
    step_ms = random.choice((1, 100, 100, 250, 3000, 20_000))
    count = -1

    def next_one(found: re.Match) -> bytes:
        nonlocal count
        count += 1
        ms = _BEGIN_MS + count * step_ms
        if found[0][:2] == b'"2':
            seconds = ms // 1000 % 3600
            return b'"2026-10-03T20:%02d:%02d.%03dZ"' % (seconds // 60, seconds % 60, ms % 1000)
        if found[0][:1] == b'"' and b"." in found[0]:
            return b'"%d.%03d000"' % (ms // 1000, ms % 1000)
        return b'"timestamp":%d' % ms

    return _TIME.sub(next_one, data)


def _checksum(data: bytes, random: Random, others: list[bytes]) -> bytes:
    return re.sub(rb'("checksum":|"c":")\d+', rb"\g<1>%d" % ANY_CHECKSUM, data)


def _some(pattern: re.Pattern, data: bytes, random: Random) -> tuple[int, int] | None:
    """Where one of the pattern's places is, behind the first byte."""
    found = pattern.search(data, random.randrange(1, len(data) + 1)) or pattern.search(data, 1)
    return found.span() if found else None


_WAYS = (
    *(_scene, _bytes, _number, _number, _number, _word, _members, _members),
    *(_frames, _frames, _frames, _pieces, _sequence, _sequence, _march, _march, _checksum),
)
