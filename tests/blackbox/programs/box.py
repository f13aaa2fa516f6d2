"""One life of a black box, in the folder and with the deeds that the arguments say; what it says of them."""

import sys
from time import sleep_ms, ticks_add, ticks_ms

from blackbox import BlackBox

# Numbers, from here to there, are noted as events.
# "=..." notes what follows at once, with line feeds for semicolons.
# "+1000" looks after the box as if so many ms had passed, "!" writes at once.


def main(folder, most_bytes, capacity, kinds, *deeds):
    box = BlackBox(folder + "/log", int(most_bytes), int(capacity), kinds.encode())
    box.note(b"", 0)  # on CPython the kernel is loaded now, which takes its time
    for deed in deeds:
        if deed[0] == "+":
            print(deed, box.flush(ticks_add(ticks_ms(), int(deed[1:]))))
        elif deed == "!":
            print(deed, box.flush(None))
        elif deed[0] == "=":
            data = deed[1:].replace(";", "\n").encode()
            box.note(data, len(data))
        elif deed[0] == "w":
            sleep_ms(int(deed[1:]))
        else:
            first, last = deed.split("-")
            for n in range(int(first), int(last) + 1):
                line = b'{"k":"net","n":%d}\n' % n
                box.note(line + b"what follows is not meant", len(line))


main(*sys.argv[1:])
