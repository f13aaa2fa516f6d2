"""The soak: the firmware on the board model against the local Kraken at its worst, for long."""
