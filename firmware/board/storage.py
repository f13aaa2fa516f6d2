"""Where the black box keeps its files: in the flash, or on an SD card when the settings ask for one."""

import os

from micropython import const

# SPI: SCK 18, MISO 19, MOSI 23, CS 5, which are the DevKit's VSPI pins and the driver's own choice.
_SLOT = const(2)
_FLASH = "log"
_CARD = "/sd"


def folder(on):
    """The folder for `on` ("flash" or "sd"), and why that is the flash's all the same, in words, or None."""
    if on != "sd":
        return _FLASH, None
    try:
        _mount()
    except ImportError:
        return _FLASH, "this Python has no SD card; the black box is in the flash"
    except OSError as error:
        return _FLASH, "SD card: error " + str(error.errno) + "; the black box is in the flash"
    return _CARD + "/" + _FLASH, None


def _mount():
    """The card at /sd; raises OSError, ImportError."""
    import machine
    import vfs

    try:
        os.stat(_CARD)
    except OSError:
        pass
    else:
        return  # by whoever was here before
    if not hasattr(machine, "SDCard"):
        raise ImportError
    card = machine.SDCard(slot=_SLOT)
    try:
        vfs.mount(card, _CARD)
    except OSError:
        card.deinit()
        raise
