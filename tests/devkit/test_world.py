"""The world file: what one side writes the other reads, in the places that the model's C code knows."""

import re

import pytest

from host.boardmodel import build
from host.devkit import powered, world
from host.devkit.world import World


def constants_of_c(prefix):
    header = (build.VARIANT / "board.h").read_text()
    return {name: int(value) for name, value in re.findall(rf"{prefix}_(\w+) = (\d+)", header)}


def test_c_and_python_agree_where_everything_lies():
    words = constants_of_c("WORLD")
    assert {name: words[name] for name in world.WORDS} == world.WORDS
    places = world.SSID_AT, world.PASSWORD_AT, world.MAC_AT, world.SIZE_BYTES
    assert places == (words["SSID"], words["PASSWORD"], words["MAC"], words["BYTES"])


def test_c_and_python_agree_on_endings_and_causes():
    assert constants_of_c("ENDING") == {ending.name: ending for ending in powered.Ending}
    assert constants_of_c("CAUSE") == {cause.name: cause for cause in powered.ResetCause}


def test_two_who_open_it_share_it(tmp_path):
    mine = World(tmp_path / "world", create=True)
    yours = World(tmp_path / "world")
    mine.ssid, mine.password, mine.mac = "café", "x" * 64, b"\1\2\3\4\5\6"
    mine.gpio0, mine.radio, mine.rssi_dbm, mine.ntp = 0, False, -90, False
    assert (yours.ssid, yours.password, yours.mac) == ("café", "x" * 64, b"\1\2\3\4\5\6")
    assert (yours.gpio0, yours.radio, yours.rssi_dbm, yours.ntp) == (0, False, -90, False)
    mine.close()
    yours.close()


def test_a_new_one_has_boot_released_and_everything_on_the_air(tmp_path):
    new = World(tmp_path / "world", create=True)
    assert (new.gpio0, new.radio, new.ntp, new.associated) == (1, True, True, False)
    assert -70 < new.rssi_dbm < 0 and len(new.mac) == 6
    new.close()


@pytest.mark.parametrize(("name", "most"), [("ssid", 32), ("password", 64)])
def test_a_text_that_no_radio_could_send_is_refused(name, most, tmp_path):
    new = World(tmp_path / "world", create=True)
    setattr(new, name, "x" * most)
    with pytest.raises(ValueError, match="more than"):
        setattr(new, name, "x" * (most + 1))
    assert getattr(new, name) == "x" * most
    new.close()
