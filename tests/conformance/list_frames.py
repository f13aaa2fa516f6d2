"""Groups 1 to 5 of the conformance list: framing, pings, reserved bits, opcodes, fragmentation."""

from conformance_case import PROTOCOL_ERROR, Case, Large
from conformance_peer import BINARY, CLOSE, PING, PONG, TEXT, Peer, raw


def cases():
    yield from _framing()
    yield from _pings()
    yield from _reserved_bits()
    yield from _opcodes()
    yield from _fragmentation()


def _framing():
    for group, kind in ((1, "text"), (2, "binary")):
        for number, size in enumerate((0, 125, 126, 127, 128, 65535, 65536), 1):
            yield Large(f"1.{group}.{number}", kind, size)
        yield Large(f"1.{group}.8", kind, 65536, chop=997)


def _pings():
    peer = Peer()
    odd = bytes((0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF))
    long = b"\xfe" * 125
    ten = [b"payload-%d" % n for n in range(10)]
    unasked = b"unsolicited pong payload"
    yield Case("2.1", "ping without payload", [peer.ping()], [("pong", b"")])
    yield Case(
        "2.2", "ping, text as payload", [peer.ping(b"Hello, world!")], [("pong", b"Hello, world!")]
    )
    yield Case("2.3", "ping, payload that is no UTF-8", [peer.ping(odd)], [("pong", odd)])
    yield Case("2.4", "ping of 125 bytes", [peer.ping(long)], [("pong", long)])
    yield Case("2.5", "ping of 126 bytes", [raw(PING, b"\xfe" * 126)], [PROTOCOL_ERROR])
    yield Case(
        "2.6", "ping of 125 bytes, 1 at a time", [peer.ping(long)], [("pong", long)], chop=1
    )
    yield Case("2.7", "pong that nobody asked for", [peer.pong()], [])
    yield Case("2.8", "the same with payload", [peer.pong(unasked)], [])
    yield Case(
        "2.9",
        "the same, then a ping",
        [peer.pong(unasked), peer.ping(b"ping payload")],
        [("pong", b"ping payload")],
    )
    for name, words, chop in (("2.10", "", None), ("2.11", ", 1 byte at a time", 1)):
        yield Case(
            name,
            "ten pings with payload" + words,
            [peer.ping(data) for data in ten],
            [("pong", data) for data in ten],
            chop=chop,
        )


def _reserved_bits():
    hello = b"Hello, world!"
    first, ping = Peer().text(hello), Peer().ping()
    told = ("text", hello)
    yield Case("3.1", "text, RSV 1", [raw(TEXT, hello, reserved=1)], [PROTOCOL_ERROR])
    for name, reserved, words, chop in (
        ("3.2", 2, "", None),
        ("3.3", 3, "; frame by frame", None),
        ("3.4", 4, "; 1 byte at a time", 1),
    ):
        yield Case(
            name,
            f"text, then text with RSV {reserved}, then a ping{words}",
            [first, raw(TEXT, hello, reserved=reserved), ping],
            [told, PROTOCOL_ERROR],
            by=2,
            chop=chop,
        )
    yield Case("3.5", "binary, RSV 5", [raw(BINARY, b"\0\xff" * 4, reserved=5)], [PROTOCOL_ERROR])
    yield Case("3.6", "ping, RSV 6", [raw(PING, hello, reserved=6)], [PROTOCOL_ERROR])
    yield Case("3.7", "close, RSV 7", [raw(CLOSE, b"\x03\xe8", reserved=7)], [PROTOCOL_ERROR])


def _opcodes():
    hello = b"Hello, world!"
    first, ping = Peer().text(hello), Peer().ping()
    for group, numbers in ((1, range(3, 8)), (2, range(11, 16))):
        for number, opcode in enumerate(numbers, 1):
            data = hello if number in (2, 4) else b""
            words = f"reserved opcode {opcode}" + (" with payload" if data else "")
            bad = raw(opcode, data)
            if number < 3:
                yield Case(f"4.{group}.{number}", words, [bad], [PROTOCOL_ERROR])
            else:
                yield Case(
                    f"4.{group}.{number}",
                    f"text, then {words}, then a ping" + ("; 1 byte at a time" * (number == 5)),
                    [first, bad, ping],
                    [("text", hello), PROTOCOL_ERROR],
                    by=2,
                    chop=1 if number == 5 else None,
                )


def _fragmentation():
    one, two, three = b"fragment1", b"fragment2", b"fragment3"
    whole = ("text", one + two)
    ways = (("", None), (", frame by frame", None), (", 1 byte at a time", 1))
    peer = Peer()
    fragments = [peer.text(one, False), peer.text(two)]
    yield Case(
        "5.1", "ping in 2 fragments", [raw(PING, one, False), raw(0, two)], [PROTOCOL_ERROR], by=1
    )
    yield Case(
        "5.2", "pong in 2 fragments", [raw(PONG, one, False), raw(0, two)], [PROTOCOL_ERROR], by=1
    )
    for number, (words, chop) in enumerate(ways, 3):
        yield Case(f"5.{number}", "text in 2 fragments" + words, fragments, [whole], chop=chop)
    between = [fragments[0], peer.ping(b"ping payload"), fragments[1]]
    for number, (words, chop) in enumerate(ways, 6):
        yield Case(
            f"5.{number}",
            "text in 2 fragments, a ping between them" + words,
            between,
            [("pong", b"ping payload"), whole],
            chop=chop,
        )
    for start, fin in ((9, True), (12, False)):
        for number, (words, chop) in enumerate(ways, start):
            yield Case(
                f"5.{number}",
                f"continuation of nothing, FIN {int(fin)}, then text{words}",
                [raw(0, b"non-continuation payload", fin), peer.text(b"Hello, world!")],
                [PROTOCOL_ERROR],
                by=1,
                chop=chop,
            )
    yield Case(
        "5.15",
        "text in 2 fragments, then a continuation of nothing, FIN 0, then text",
        [*fragments, raw(0, three, False), peer.text(b"fragment4")],
        [whole, PROTOCOL_ERROR],
        by=3,
    )
    for number, fin in ((16, False), (17, True)):
        yield Case(
            f"5.{number}",
            f"twice: continuation of nothing, FIN {int(fin)}, then text in 2 fragments",
            [raw(0, one, fin), raw(TEXT, two, False), raw(0, three)] * 2,
            [PROTOCOL_ERROR],
            by=1,
        )
    yield Case(
        "5.18",
        "text in 2 fragments, both with the opcode of text",
        [raw(TEXT, one, False), raw(TEXT, two)],
        [PROTOCOL_ERROR],
        by=2,
    )
    five = [
        peer.text(one, False),
        peer.text(two, False),
        peer.ping(b"pongme 1!"),
        peer.text(three, False),
        peer.text(b"fragment4", False),
        peer.ping(b"pongme 2!"),
        peer.text(b"fragment5"),
    ]
    told = [
        ("pong", b"pongme 1!"),
        ("pong", b"pongme 2!"),
        ("text", one + two + three + b"fragment4fragment5"),
    ]
    for name, words, chop in (("5.19", "", None), ("5.20", ", 1 byte at a time", 1)):
        yield Case(
            name, "text in 5 fragments, 2 pings between them" + words, five, told, chop=chop
        )
