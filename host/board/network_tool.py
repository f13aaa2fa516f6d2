"""Runs esptool or mpremote, unchanged, over RFC 2217: with a port that does not dawdle.

python -m host.board.network_tool esptool --port rfc2217://HOST:PORT flash-id
"""

import runpy
import sys
import time
from types import SimpleNamespace

from serial import rfc2217
from serial.urlhandler import protocol_rfc2217

_LOOK_S = 0.05  # how long pyserial sleeps between two looks at whether the far end has answered
_QUICK_LOOK_S = 0.002


class _Port(rfc2217.Serial):
    """pyserial sends all settings anew and waits for the answers whenever the time-out is set.

    That takes 0.1 s, and esptool does it twice for each of its hundreds of commands. But how long
    a read waits is the reader's affair alone.
    """

    @property
    def timeout(self) -> float | None:
        return self._timeout

    @timeout.setter
    def timeout(self, timeout_s: float | None) -> None:
        self._timeout = timeout_s


def main(arguments: list[str]) -> None:
    """Run the tool, a module, with its own arguments."""
    protocol_rfc2217.Serial = _Port
    rfc2217.time = SimpleNamespace(sleep=_sleep)
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


def _sleep(pause_s: float) -> None:
    time.sleep(_QUICK_LOOK_S if pause_s <= _LOOK_S else pause_s)


if __name__ == "__main__":
    main(sys.argv[1:])
