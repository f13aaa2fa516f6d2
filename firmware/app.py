"""The application: what is done once, while the heap is one piece; then the code that runs for ever."""

import gc

from micropython import const

from firmware.telemetry import Telemetry

_COLLECT_EVERY = const(1024)  # bytes


def run():
    """Run until the power goes; returns when the board cannot, or shall not, go on, and has said why."""
    # What loading leaves behind is swept up at once: it would break the heap to pieces too small
    # for a TLS session.
    gc.threshold(_COLLECT_EVERY)
    telemetry = Telemetry()
    try:
        prepared = _begin(telemetry)
        if prepared is None:
            return
        # Imported now, because code comes in small blocks that fit where large buffers would not.
        import asyncio

        from firmware.online import stay_connected

        gc.threshold(-1)
        asyncio.run(stay_connected(telemetry, *prepared))
    except OSError as error:
        why = str(error)
    except MemoryError:
        why = "too little heap for so many pairs: fewer, or depth 10"
    telemetry.bytes_per_s = 0  # the last words are worth waiting for
    telemetry.say(k="error", why=why)
    telemetry.drain()


def _begin(telemetry):
    """What is done once (see start.py); None when the board is to stay safe. Raises OSError, MemoryError."""
    # Native code passes through the heap in one piece on its way to the chip's instruction memory,
    # 11 KB for the decoder: that needs the heap while it is empty.
    import wsframe  # noqa: F401
    from firmware import start
    from firmware.feeds import spot_v2  # noqa: F401

    prepared = start.prepare(telemetry)
    online = start.reach_network(telemetry)
    start.forget("firmware", "start")
    return prepared if online else None
