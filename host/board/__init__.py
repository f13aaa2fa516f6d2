"""The board on the serial port: find it, flash it, ask it how it is."""
