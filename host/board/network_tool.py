"""Runs esptool or mpremote, unchanged, over RFC 2217: with our port, which does not dawdle.

python -m host.board.network_tool esptool --port rfc2217://HOST:PORT flash-id
"""

import runpy
import sys
import time
from types import SimpleNamespace

from serial import rfc2217
from serial.urlhandler import protocol_rfc2217

from host.board.network_port import NetworkPort

_LOOK_S = 0.05  # how long pyserial sleeps between two looks at whether the far end has answered
_QUICK_LOOK_S = 0.002


def main(arguments: list[str]) -> None:
    """Run the tool, a module, with its own arguments."""
    protocol_rfc2217.Serial = NetworkPort
    rfc2217.time = SimpleNamespace(sleep=_sleep)
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


def _sleep(pause_s: float) -> None:
    time.sleep(_QUICK_LOOK_S if pause_s <= _LOOK_S else pause_s)


if __name__ == "__main__":
    main(sys.argv[1:])
