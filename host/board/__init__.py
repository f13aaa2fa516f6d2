"""The board on the serial port: find it, get its attention, run the tools on it, ask it how it is."""
