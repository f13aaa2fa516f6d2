"""The board model: a 32-bit MicroPython that stands in for an ESP32, and the files it runs."""
