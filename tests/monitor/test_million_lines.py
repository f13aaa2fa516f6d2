"""A million records with garbage between them: each arrives, once, in order."""

import random

from host.monitor.show import show

RECORDS = 1_000_000
AT_ONCE = 500


def stream():
    """Records numbered from 0, and in front of every seventh one something that is none."""
    chance = random.Random(7)
    garbage = [
        chance.randbytes(chance.randrange(1, 60)).replace(b"{", b"") + b"\n" for _ in range(997)
    ]
    garbage += [b"x" * 9000 + b"\n", b"\r\n\n", b'{"k":"pair","p":"BT', b"rst:0x1 (POWERON)\r\n"]
    parts = []
    for number in range(RECORDS):
        if number % 7 == 0:
            parts.append(garbage[number % len(garbage)])
        parts.append(b'{"k":"pair","p":"BTC/USD","st":"LIVE","lag":12,"n":%d}\n' % number)
        if number % AT_ONCE == AT_ONCE - 1:
            yield b"".join(parts)
            parts.clear()


class Numbers:
    """Takes records as standard output would; keeps the numbers that do not follow each other."""

    def __init__(self) -> None:
        self.next = 0
        self.wrong: list[bytes] = []

    def write(self, line: bytes) -> None:
        if not line.endswith(b'"n":%d}\n' % self.next):
            self.wrong.append(line)
        self.next += 1

    def flush(self) -> None:
        pass


def test_none_of_a_million_records_is_lost(capfdbinary):
    out = Numbers()
    summary = show(stream(), mode="json", out=out)
    assert (summary.records, out.next, out.wrong) == (RECORDS, RECORDS, [])
    assert summary.other_lines > RECORDS // 10
