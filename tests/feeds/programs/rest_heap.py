"""Board only. Looks up with only so many bytes of heap free; says the last record, what stays, the listing's bytes.

Arguments: port, CA file, pairs, bytes free from the second round on, rounds.
"""

import asyncio
import gc
import json
import sys

import tlsconn
from firmware import core  # noqa: F401  it is there all the same
from firmware.kernels.pick import pick  # noqa: F401  native code is loaded once, at the beginning


class Said:
    """A telemetry that keeps the last record."""

    def say(self, **record):
        self.record = record

    def drain(self):
        pass


def forget():
    for name in ("listing", "rest"):
        if sys.modules.pop("firmware.feeds." + name, None):
            delattr(sys.modules["firmware.feeds"], name)
    sys.modules.pop("httpget", None)


def look_up(settings, trusted, receive, said):
    from firmware.feeds import listing

    known = listing.make(settings)
    asyncio.run(listing.look_up(settings, trusted, receive, said, known))
    return known


def main(port, ca_file, pairs, room, rounds):
    with open(ca_file, "rb") as file:
        trusted = tlsconn.trust(file.read())
    settings = {"rest_host": "localhost", "rest_port": port, "pairs": pairs.split(",")}
    receive = bytearray(2048)
    said = Said()
    gc.threshold(1024)  # as while the firmware starts
    for turn in range(rounds):
        known = said.record = None
        gc.collect()
        # The first time names come that are never forgotten: it has all the room it wants.
        ballast = bytearray(gc.mem_free() - room if turn else 0)
        gc.collect()
        before = gc.mem_alloc()
        try:
            known = look_up(settings, trusted, receive, said)
        except MemoryError:
            pass
        forget()
        record = said.record
        said.record = None
        gc.collect()
        after = gc.mem_alloc() - before
        del ballast
        print(json.dumps([record and record["k"], after, known and 4 * len(known)]))


main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
