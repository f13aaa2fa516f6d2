"""Group 7 of the conformance list: how connections are closed."""

from conformance_case import BAD_TEXT, PROTOCOL_ERROR, Case, pattern
from conformance_peer import CLOSE, Peer, raw
from list_utf8 import SURROGATE


def cases():
    yield from _closing()
    yield from _close_codes()


def _closing():
    peer = Peer()
    hello, close = peer.text(b"Hello, world!"), peer.close(1000)
    told, closed = ("text", b"Hello, world!"), ("close", 1000)
    yield Case("7.1.1", "text, then close", [hello, close], [told, closed])
    yield Case("7.1.2", "close twice", [close, close], [closed], note="answered once")
    yield Case("7.1.3", "close, then a ping", [close, peer.ping()], [closed], note="no pong")
    yield Case("7.1.4", "close, then text", [close, hello], [closed], note="nothing delivered")
    yield Case(
        "7.1.5",
        "the first of 2 fragments, close, the second",
        [peer.text(b"fragment1", False), close, peer.text(b"fragment2")],
        [closed],
        note="nothing delivered",
    )
    long = pattern(256 * 1024, True)
    yield Case(
        "7.1.6",
        "text of 262,144 bytes, text, close, ping",
        [peer.text(long), hello, close, peer.ping()],
        [("text", long), told, closed],
    )
    longest = "*" * 123
    yield Case("7.3.1", "close without payload", [peer.close()], [("close", 1005)])
    yield Case("7.3.2", "close with 1 byte of payload", [raw(CLOSE, b"a")], [PROTOCOL_ERROR])
    yield Case("7.3.3", "close with a code", [close], [closed])
    yield Case("7.3.4", "close with code and reason", [peer.close(1000, "Hello World!")], [closed])
    yield Case("7.3.5", "close with a reason of 123 bytes", [peer.close(1000, longest)], [closed])
    yield Case(
        "7.3.6",
        "close with a reason of 124 bytes",
        [raw(CLOSE, b"\x03\xe8" + b"*" * 124)],
        [PROTOCOL_ERROR],
    )
    yield Case(
        "7.5.1",
        "close, its reason no UTF-8",
        [raw(CLOSE, b"\x03\xe8" + SURROGATE)],
        [BAD_TEXT],
    )


_GOOD_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
_BAD_CODES = (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)


def _close_codes():
    for number, code in enumerate(_GOOD_CODES, 1):
        yield Case(f"7.7.{number}", f"close {code}", [Peer().close(code)], [("close", code)])
    for number, code in enumerate(_BAD_CODES, 1):
        frame = raw(CLOSE, code.to_bytes(2, "big"))
        yield Case(f"7.9.{number}", f"close {code}", [frame], [PROTOCOL_ERROR])
    for number, code in ((1, 5000), (2, 65535)):
        yield Case(
            f"7.13.{number}",
            f"close {code}",
            [raw(CLOSE, code.to_bytes(2, "big"))],
            [PROTOCOL_ERROR],
            note="the list leaves it open",
        )
