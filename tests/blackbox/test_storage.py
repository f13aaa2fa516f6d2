"""Where the black box goes: a card of RAM stands in for the SD card, since no real one was at hand."""

from pathlib import Path

import pytest

from firmware.board import storage
from host.boardmodel import model

PROGRAM = Path(__file__).parent / "programs" / "card.py"


@pytest.fixture
def lines(board_model):
    return lambda card: model.run_script(
        PROGRAM, card, binary=board_model, timeout_s=60
    ).splitlines()


def test_a_card_with_a_fat_holds_the_box(lines):
    assert lines("good") == [
        "/sd/log None 1",
        "/sd/log None 1",  # mounted already
        "True",
        '{"k":"at","boot":3',
        '{"ms":0,"k":"net","n":99}',
    ]


@pytest.mark.parametrize(
    ("card", "why"),
    [
        ("no card", "SD card: error -259; the black box is in the flash"),
        ("no FAT", "SD card: error 19; the black box is in the flash"),
        ("no slot", "this Python has no SD card; the black box is in the flash"),
    ],
)
def test_without_one_it_is_in_the_flash_and_that_is_said(lines, card, why):
    assert lines(card) == [f"log {why} 0"] * 2


def test_the_flash_needs_no_card():
    assert storage.folder("flash") == ("log", None)
