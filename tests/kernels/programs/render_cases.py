"""Board only. Calls `render` with the cases of a file and prints the lines in hexadecimal.

A case is a line of JSON: template, values, symbols, pair, words, word; texts in hexadecimal.
"""

import json
import sys
from array import array
from binascii import hexlify, unhexlify

from firmware.kernels.render import render


def main(path):
    out = bytearray(300)
    with open(path) as file:
        for line in file:
            template, values, symbols, pair, words, word = json.loads(line)
            end = render(
                out,
                7,
                unhexlify(template),
                array("i", values),
                4,
                unhexlify(symbols),
                pair,
                unhexlify(words),
                word,
            )
            print(hexlify(out[7:end]).decode())


main(sys.argv[1])
