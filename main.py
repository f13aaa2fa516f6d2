"""Starts the application, unless the board is asked to stay safe: BOOT held after a reset, or a file `safe`."""

from firmware.board import power

safe = power.safe_mode()
del power  # or its code would stay in the heap
if not safe:
    from firmware.app import run

    run()
