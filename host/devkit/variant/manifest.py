"""What is frozen into the board model: asyncio, as in the stock firmware."""

include("$(MPY_DIR)/extmod/asyncio")  # noqa: F821  (MicroPython's manifest language)
