"""The cable is pulled at every tenth of a transfer: the old application runs, and repeats heal it."""

from interrupting import CABLE, change_everything, cut_at_tenths, flash_of


def test_at_every_tenth(flashed, checkout, firmware_file, settings, tmp_path):
    change_everything(checkout)
    cut_at_tenths(
        CABLE,
        lambda cache: flash_of(checkout, tmp_path / cache, firmware_file, settings),
        flashed,
        tmp_path,
    )
