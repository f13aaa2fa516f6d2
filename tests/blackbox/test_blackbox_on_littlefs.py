"""10,000 events on a littlefs with the chip's blocks: the bound, the wear, the heap; a full flash, a broken one."""

import json
from pathlib import Path

import pytest

from host.boardmodel import model

PROGRAM = Path(__file__).parent / "programs" / "littlefs.py"
KB = 128


@pytest.fixture(scope="module")
def told(board_model):
    return json.loads(model.run_script(PROGRAM, KB * 1024, binary=board_model))


def test_the_folder_never_takes_more_than_its_bound(told):
    assert KB * 1024 * 0.9 < told["wear"]["most_blocks"] * 4096 <= KB * 1024
    assert '"t":1795260009999,' in told["wear"]["last"]


def test_a_write_erases_a_block_or_two_and_the_flash_wears_evenly(told):
    wear = told["wear"]
    assert wear["erasures"] < 1.5 * wear["writes"]
    assert wear["worst_block"] < 3 * wear["erasures"] / 128


def test_nothing_stays_in_the_heap_and_noting_takes_none(told):
    assert told["wear"]["stayed"] <= 0
    assert told["lost"] > 0  # the batch was full, and that, too, took none


def test_a_full_or_broken_flash_is_told_of_once_and_old_events_stay(told):
    full, broken = told["trouble"]
    assert full[0] == ["black box: error 28"] and full[1] >= 1
    assert broken[0] == ["black box: error 5"] and broken[1] == 1
