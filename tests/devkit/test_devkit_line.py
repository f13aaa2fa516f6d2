"""The virtual DevKit's serial line: its pace, its noise, and two ends that disagree on the baud rate."""

import time
from pathlib import Path

import pytest
from devkit_tools import (
    open_port,
    read_for,
    read_until,
    wait_for,
)

from host.devkit.devkit import DevKit
from host.devkit.line import START_BAUD, misread


@pytest.fixture
def kit(tmp_path: Path):
    with DevKit(tmp_path / "board", speed=8) as kit:
        yield kit


def test_the_line_has_its_pace(kit: DevKit) -> None:
    kit.speed = 1
    data = bytes(2000)
    with open_port(kit.device) as port:
        started = time.monotonic()
        port.write(data)
        wait_for(lambda: kit.received == len(data))
        seconds = time.monotonic() - started
    assert len(data) * 10 / START_BAUD == pytest.approx(seconds, rel=0.25)


@pytest.mark.parametrize("door", ["url", "device"])
def test_a_wrong_baud_rate_shows_garbage(kit: DevKit, door: str) -> None:
    with open_port(getattr(kit, door), 9600) as port:
        seen = read_for(port, 0.6)
    assert seen
    assert b"invalid header" not in seen
    with open_port(getattr(kit, door)) as port:
        read_until(port, b"invalid header")


def test_reading_at_another_rate_is_sampling_the_same_wave() -> None:
    text = b"The quick brown fox"
    assert misread(text, 115200, 115200) == text
    assert misread(text, 115200, 117000) == text  # a good clock's error does no harm
    assert misread(text, 115200, 57600) != text
    assert len(misread(text, 115200, 9600)) < len(text) / 4


def test_noise_damages_its_share_and_can_be_switched(kit: DevKit) -> None:
    clean = "invalid header: 0xffffffff"
    with open_port(kit.device) as port:
        kit.noise = 0.05
        lines = read_for(port, 1).decode(errors="replace").split("\r\n")
        damaged = [line for line in lines if clean not in line and "header" in line]
        assert damaged
        kit.noise = 0
        kit.reset()
        read_until(port, b"POWERON")
        assert read_for(port, 0.3).count(clean.encode()) >= 8
