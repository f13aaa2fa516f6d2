"""Group 6 of the conformance list: texts that are UTF-8 and texts that are not."""

from conformance_case import BAD_TEXT, Case
from conformance_peer import TEXT, Peer, raw

KOSME = "\u03ba\u1f79\u03c3\u03bc\u03b5".encode()
_GREEK = b"Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!"
SURROGATE = KOSME + b"\xed\xa0\x80edited"


def cases():
    yield from _fragments()
    yield from _sequences()


def _in_fragments(parts):
    last = len(parts) - 1
    return [raw(0 if n else TEXT, part, n == last) for n, part in enumerate(parts)]


def _octets(data):
    return [data[at : at + 1] for at in range(len(data))]


def _fragments():
    peer = Peer()
    yield Case("6.1.1", "text without payload", [peer.text(b"")], [("text", b"")])
    yield Case(
        "6.1.2",
        "text in 3 fragments, all empty",
        [peer.text(b"", False), peer.text(b"", False), peer.text(b"")],
        [("text", b"")],
    )
    yield Case(
        "6.1.3",
        "text in 3 fragments, the first and the last empty",
        [peer.text(b"", False), peer.text(b"middle frame payload", False), peer.text(b"")],
        [("text", b"middle frame payload")],
    )
    at = _GREEK.index(b"\xc3\xa4")
    yield Case("6.2.1", "valid UTF-8", [peer.text(_GREEK)], [("text", _GREEK)])
    yield Case(
        "6.2.2",
        "valid UTF-8 in 2 fragments, cut between characters",
        [peer.text(_GREEK[:at], False), peer.text(_GREEK[at:])],
        [("text", _GREEK)],
    )
    yield Case(
        "6.2.3",
        "valid UTF-8 in fragments of 1 byte",
        _in_fragments(_octets(_GREEK)),
        [("text", _GREEK)],
    )
    yield Case(
        "6.2.4",
        "valid UTF-8 (\u03ba\u1f79\u03c3\u03bc\u03b5) in fragments of 1 byte",
        _in_fragments(_octets(KOSME)),
        [("text", KOSME)],
    )
    yield Case("6.3.1", "a surrogate in a text", [raw(TEXT, SURROGATE)], [BAD_TEXT])
    yield Case(
        "6.3.2",
        "the same in fragments of 1 byte",
        _in_fragments(_octets(SURROGATE)),
        [BAD_TEXT],
        by=len(KOSME) + 2,
    )
    late = [KOSME, b"\xf4\x90\x80\x80", b"edited"]
    early = [KOSME + b"\xf4", b"\x90", b"\x80\x80edited"]
    for number, parts in ((1, late), (2, early)):
        yield Case(
            f"6.4.{number}",
            f"text in 3 fragments, the second is beyond U+10FFFF (`{parts[1].hex()}`)",
            _in_fragments(parts),
            [BAD_TEXT],
            note="with the second, at once",
            by=2,
        )
    for number, parts in ((3, late), (4, early)):
        frame = raw(TEXT, b"".join(parts))
        at = len(frame) - len(parts[2])
        yield Case(
            f"6.4.{number}",
            f"the same in one frame, 3 chops ({', '.join(str(len(part)) for part in parts)} bytes)",
            [frame[: at - len(parts[1])], frame[at - len(parts[1]) : at], frame[at:]],
            [BAD_TEXT],
            note="when the frame is whole, which the list calls non-strict: a frame is looked at once",
        )


def _sequences():
    for number, (words, sequences) in enumerate(_SEQUENCES, 5):
        for place, data in enumerate(sequences, 1):
            valid = _is_utf8(data)
            yield Case(
                f"6.{number}.{place}",
                f"{words}: `{_short(data.hex())}`",
                [Peer().text(data) if valid else raw(TEXT, data)],
                [("text", data) if valid else BAD_TEXT],
            )


def _short(text):
    return text if len(text) <= 32 else f"{text[:16]}..{text[-8:]}"


def _is_utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _last_byte_missing():
    return [
        b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80",
        b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf", b"\xfb\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf",
    ]  # fmt: skip


def _with_spaces(first, last):
    return b"".join(bytes((byte, 0x20)) for byte in range(first, last))


def _surrogates(*pairs):
    return [b"".join(bytes.fromhex("ed" + half) for half in pair.split()) for pair in pairs]


def _non_characters():
    found = [b"\xef\xbf\xbe", b"\xef\xbf\xbf"]
    for plane in range(1, 17):
        for low in (0xFFFE, 0xFFFF):
            found.append(chr(plane << 16 | low).encode())
    return found


# Of Markus Kuhn's UTF-8 decoder stress test, as the list has them.
_SEQUENCES = [
    ("valid", [
        b"hello$world", b"hello\xc2\xa2world", b"hello\xe2\x82\xacworld",
        b"hello\xf0\xa4\xad\xa2world", KOSME,
    ]),
    ("beginning of a text", [KOSME[:n] for n in range(1, len(KOSME) + 1)]),
    ("first of its length", [b"\x00", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80"]),
    ("first of 5, 6 bytes", [b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"]),
    ("last of its length", [b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf"]),
    ("last of 4, 5, 6 bytes", [
        b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf",
    ]),
    ("other boundaries", [
        b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xf4\x8f\xbf\xbf",
        b"\xf4\x90\x80\x80",
    ]),
    ("unexpected continuation", [
        b"\x80", b"\xbf", *[(b"\x80\xbf" * 3)[:n] for n in range(2, 7)], bytes(range(0x80, 0xBF)),
    ]),
    ("lonely starts", [
        _with_spaces(*ends)
        for ends in ((0xC0, 0xDF), (0xE0, 0xEF), (0xF0, 0xF7), (0xF8, 0xFB), (0xFC, 0xFD))
    ]),
    ("last byte missing", _last_byte_missing()),
    ("all these together", [b"".join(_last_byte_missing())]),
    ("impossible", [b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"]),
    ("overlong `/`", [
        b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf",
        b"\xfc\x80\x80\x80\x80\xaf",
    ]),
    ("last overlong", [
        b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf",
        b"\xfc\x83\xbf\xbf\xbf\xbf",
    ]),
    ("overlong NUL", [
        b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80",
        b"\xfc\x80\x80\x80\x80\x80",
    ]),
    ("surrogate", _surrogates("a080", "adbf", "ae80", "afbf", "b080", "be80", "bfbf")),
    ("surrogates in a pair", _surrogates(
        "a080 b080", "a080 bfbf", "adbf b080", "adbf bfbf",
        "ae80 b080", "ae80 bfbf", "afbf b080", "afbf bfbf",
    )),
    ("no character, yet valid", _non_characters()),
    ("specials", [chr(code).encode() for code in range(0xFFF9, 0x10000)]),
]  # fmt: skip
