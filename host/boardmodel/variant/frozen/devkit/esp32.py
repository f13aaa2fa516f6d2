"""Stands in for the chip's `esp32`."""

import _devkit
from _devkit import NVS, Partition  # noqa: F401  (these are the module)

HEAP_DATA = 4
HEAP_EXEC = 1

# Total, free, largest free block and least ever free of each region of ESP-IDF's heap. What is free
# in all and in the largest block was measured with stock firmware on an emulated ESP32, after boot
# and with Wi-Fi; how it is spread over the regions is a guess, and nothing that runs here changes it.
_AFTER_BOOT = ((87144, 31244, 22528, 31244), (113840, 112840, 110592, 112840))
_WITH_WIFI = ((87144, 1456, 1024, 1456), (113840, 94208, 94208, 94208))


def idf_heap_info(capabilities):
    regions = _WITH_WIFI if _devkit.wifi_active() else _AFTER_BOOT
    return list(regions[1:] if capabilities == HEAP_EXEC else regions)


def raw_temperature():
    return 128
