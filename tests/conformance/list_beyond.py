"""Cases beyond the public list: what else a server could do wrong, and what this client does its own way."""

from conformance_case import BAD_TEXT, OWN, PROTOCOL_ERROR, Case, pattern
from conformance_peer import BINARY, CLOSE, PING, TEXT, Peer, raw


def cases():
    hello = b"Hello, world!"
    peer = Peer()
    masked = (
        bytes((0x81, 0x80 | 5))
        + b"\1\2\3\4"
        + bytes(c ^ (1 + n % 4) for n, c in enumerate(b"Hello"))
    )
    yield Case(OWN + "1", "masked text: a server must not", [masked], [PROTOCOL_ERROR])
    for number, (words, length) in enumerate(
        (
            ("125 bytes, their length in 2 bytes", b"\x7e\0\x7d"),
            ("125 bytes, their length in 8 bytes", b"\x7f" + bytes(7) + b"\x7d"),
            ("65,535 bytes, their length in 8 bytes", b"\x7f" + bytes(6) + b"\xff\xff"),
            ("2**63 bytes", b"\x7f\x80" + bytes(7)),
        ),
        2,
    ):
        size = 65535 if number == 4 else 125
        yield Case(
            OWN + str(number), words, [raw(BINARY, bytes(size), length=length)], [PROTOCOL_ERROR]
        )
    yield Case(
        OWN + "6",
        "2**30 bytes",
        [raw(BINARY, bytes(99), length=b"\x7f" + (1 << 30).to_bytes(8, "big"))],
        [("fail", 1009)],
        note="no number of the client counts them",
        reference=False,
    )
    yield Case(
        OWN + "7", "ping, its length in 2 bytes", [raw(PING, length=b"\x7e\0\0")], [PROTOCOL_ERROR]
    )
    yield Case(OWN + "8", "close in 2 fragments", [raw(CLOSE, b"\x03", False)], [PROTOCOL_ERROR])
    for number, code in ((9, 1012), (10, 1013)):
        frame = raw(CLOSE, code.to_bytes(2, "big"))
        yield Case(
            OWN + str(number),
            f"close {code}, registered since",
            [frame],
            [("close", code)],
        )
    yield Case(OWN + "11", "close 1015", [raw(CLOSE, b"\x03\xf7")], [PROTOCOL_ERROR])
    yield Case(
        OWN + "12",
        "a binary message within one of text",
        [peer.text(hello, False), raw(BINARY, hello)],
        [PROTOCOL_ERROR],
        by=2,
    )
    large = pattern(6000, True)
    cut = large[:5000] + "\u20ac".encode() + large
    yield Case(
        OWN + "13",
        "text larger than the buffer, a character across reads and fragments, a ping between",
        [raw(TEXT, cut[:5001], False), peer.ping(b"now"), raw(0, cut[5001:])],
        [("pong", b"now"), ("text", cut)],
    )
    yield Case(
        OWN + "14",
        "the same, the character not finished",
        [raw(TEXT, large[:5000] + b"\xe2\x82", False), raw(0, b"", True), peer.ping()],
        [BAD_TEXT],
        by=2,
    )
    yield Case(
        OWN + "15",
        "text in 2 fragments, a close with a reason between the halves of a character",
        [raw(TEXT, b"\xe2\x82", False), peer.close(1001, "\u20ac"), raw(0, b"\xac")],
        [("close", 1001)],
    )
    yield Case(
        OWN + "16",
        "a ping between the halves of a character, not looked at as text",
        [raw(TEXT, b"\xe2\x82", False), peer.ping(b"\xff"), raw(0, b"\xac")],
        [("pong", b"\xff"), ("text", b"\xe2\x82\xac")],
    )
