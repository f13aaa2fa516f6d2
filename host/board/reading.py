"""Reads what has come on an open port, in one piece, after waiting for it no longer than asked."""

import select

_CHUNK_BYTES = 4096


def read_some(serial, wait_s: float) -> bytes:
    """What is there, or comes first within `wait_s`; empty if nothing does. Raises OSError.

    The port must be open with a time-out of 0. To ask pyserial for a number of bytes would mean
    waiting for all of them, and `in_waiting` is not the number with every kind of port.
    """
    if not select.select([serial.fileno()], [], [], wait_s)[0]:
        return b""
    return serial.read(_CHUNK_BYTES)
