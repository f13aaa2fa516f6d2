"""Power-on habits of the board: full clock speed, and the end of an installation that a power cut interrupted."""

from firmware.board import power

power.begin()
del power  # or its code would stay in the heap
