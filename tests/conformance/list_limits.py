"""Groups 9 and 10 of the conformance list: large messages, many messages, many fragments, many reads."""

from conformance_case import Large

_K = 1024
_M = 1024 * 1024


def cases():
    kinds = ("text", "binary")
    for group, kind in enumerate(kinds, 1):
        for number, size in enumerate((64 * _K, 256 * _K, _M, 4 * _M, 8 * _M, 16 * _M), 1):
            yield Large(f"9.{group}.{number}", kind, size)
    for group, kind in enumerate(kinds, 3):
        for number in range(9):
            yield Large(f"9.{group}.{number + 1}", kind, 4 * _M, part=64 << 2 * number)
    for group, kind in enumerate(kinds, 5):
        for number in range(6):
            yield Large(f"9.{group}.{number + 1}", kind, _M, chop=64 << number)
    for group, kind in enumerate(kinds, 7):
        for number, size in enumerate((0, 16, 64, 256, _K, 4 * _K), 1):
            yield Large(f"9.{group}.{number}", kind, size, count=1000)
    yield Large("10.1.1", "text", 64 * _K, part=1300)
