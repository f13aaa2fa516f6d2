"""Calls functions of a dialect's talk module; on the board, from a file of JSON calls, one a line.

A call is `[name, *arguments]`; `control` is given a text, and where in it the frame begins and ends.
Arguments: the file, the dialect.
"""

import json
import sys


def call(dialect, name, *args):
    """What the function returns."""
    talk = __import__("firmware.feeds." + dialect + "_talk", None, None, (name,))
    if name == "control":
        args = (bytearray(args[0].encode()),) + args[1:]
    return getattr(talk, name)(*args)


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        for line in file:
            print(json.dumps(call(sys.argv[2], *json.loads(line))))
