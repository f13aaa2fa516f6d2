"""What is frozen into the board model: asyncio, as in the stock firmware, and a powered board's stand-ins."""

include("$(MPY_DIR)/extmod/asyncio")  # noqa: F821  (MicroPython's manifest language)

# In a folder that only a powered board has on sys.path, and only while it starts.
package("devkit", base_path="frozen")  # noqa: F821
