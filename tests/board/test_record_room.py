"""The longest health and link records that a board can come to are whole: no key is cut off for want of room."""

import json

import pytest

from firmware import health
from firmware.telemetry import Line

_LONGEST = {
    # up: three years; n: what the counter holds; lag: what the kernel lets through; drop: at most what the line takes.
    "_HEALTH": [99_999_999, 2**31 - 1, 9999, -9999, 999, 999_999, 56_000, 9_999_999],
    "_LINK": [999_999, 9_999_999, -100, -99_999_999_999, -300, 56_000, 56_000],
}


class Telemetry:
    """Keeps what is put."""

    def put_aside(self, data, count):
        self.line = bytes(data[:count])


@pytest.mark.parametrize("template", _LONGEST)
def test_the_longest_record_has_all_its_keys(template):
    telemetry = Telemetry()
    line = Line(telemetry, bytearray(1), b"\n")
    for place, value in enumerate(_LONGEST[template]):
        line.set(place, value)
    line.send(getattr(health, template), 0, 0)
    assert len(telemetry.line) <= 120
    assert list(json.loads(telemetry.line).values())[1:] == _LONGEST[template]
