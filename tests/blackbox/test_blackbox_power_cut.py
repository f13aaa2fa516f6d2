"""The supply of the powered board fails at any moment: at most the batch that was being written is missing."""

import random
import re
import time

from on_the_line import FLASH_IMAGE

from host.boardmodel import model
from host.devkit.powered import ResetCause
from host.pull import events

BOUND = 32 * 1024
A_BATCH = 3
CUTS = 25

WRITE = """
from blackbox import BlackBox
box = BlackBox("log", {bound}, 512, b"")
n = {first}
print("going")
while True:
    for _ in range({a_batch}):
        line = b'{{"k":"net","n":%d,"why":"the connection was lost"}}\\n' % n
        box.note(line, len(line))
        n += 1
    if box.flush(None):
        print("failed")
    print("<%d>" % (n - 1))
"""


def kept(board):
    """All events in the flash image."""
    return events.read([model.run_script(FLASH_IMAGE, board.flash).encode()])


def test_at_any_moment(board):
    chance = random.Random(5)
    written = 0
    boots = 0
    removed = False
    for _ in range(CUTS):
        board.on(ResetCause.PWRON)
        board.start(WRITE.format(bound=BOUND, first=written + 1, a_batch=A_BATCH))
        board.until(b"going")
        time.sleep(chance.uniform(0.0, 0.2))
        board.kill()
        assert b"failed" not in board.seen
        said = [int(n) for n in re.findall(rb"<(\d+)>", board.seen)]
        told = kept(board)
        numbers = [event["n"] for event in told.events]
        assert told.torn == 0 and told.lost == 0
        assert numbers == list(range(numbers[0], numbers[-1] + 1)) if numbers else not said
        last = numbers[-1] if numbers else 0
        # What it had said to be written is there; of the next batch all or nothing.
        assert last >= max(said, default=written) and last % A_BATCH == 0
        if last > written:
            boots += 1
            assert told.events[-1]["boot"] == boots
        written = last
        removed = removed or numbers[:1] not in ([], [1])
    assert boots > CUTS // 2 and removed  # the ring turned meanwhile
