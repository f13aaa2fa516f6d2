"""Power-on habits of the board: full clock speed. Kept short, so that a board with a bad application still boots."""

from firmware.board.power import full_speed

full_speed()
