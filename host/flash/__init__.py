"""From a checkout to a board that runs it: MicroPython, files, secrets."""
