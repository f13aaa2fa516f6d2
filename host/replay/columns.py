"""The columns of a decoded feed, and the words of the update buffer that they come from and go to."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

# What a row is: a line as it was, or a decoded message, as the decoders' _TYPE_ say it.
TEXT, SNAPSHOT, BOOK_UPDATE = 0, 1, 2

NO_PROOF = -1
"""In the place of a checksum or sequence number, where nothing proves a message."""

# The update buffer, as firmware/kernels/decode_v2.py has it; here it has one group.
UPD_GROUPS = 0
UPD_TYPE = 1
UPD_MAX_LEVELS = 2
UPD_PROOF = 5
G_PAIR = 8
G_FIRST = 9
G_LAST = 10
G_PROOF_HI = 11
G_PROOF_LO = 12
G_TIME_HI = 13
G_TIME_LO = 14
UPD_LEVEL = 32
LEVEL_STRIDE = 11
L_PRICE = 1
L_QTY = 6
N_HI = 0
N_LO = 1
N_FRAC = 2
N_POS = 3
N_LEN = 4

KIND_BOOK = 2
ERR_LEVELS = -6
BY_NOTHING, BY_CHECKSUM, BY_SEQUENCE = 0, 1, 2
BILLION = 1_000_000_000
SYMBOL_STRIDE = 20  # of the decoders' table of names


class Columns(NamedTuple):
    """One entry a row, then one a level, then the bytes of the lines; nothing in them is written to."""

    type: np.ndarray
    """int8: TEXT, SNAPSHOT or BOOK_UPDATE."""
    pair: np.ndarray
    """int32: the number of its name; of no use in a line."""
    time: np.ndarray
    """int64: the exchange's milliseconds since 1970, 0 if it does not say."""
    proof: np.ndarray
    """int64: checksum, sequence number or NO_PROOF."""
    levels: np.ndarray
    """int32: where the levels of each row begin, and where the last one's end."""
    text: np.ndarray
    """int32: where the bytes of each row begin, and where the last one's end."""
    side: np.ndarray
    """int8: 0 bid, 1 ask."""
    price: np.ndarray
    """int64: the digits, without the dot and the zeros before them."""
    price_decimals: np.ndarray
    """int8: of those, behind the dot."""
    quantity: np.ndarray
    quantity_decimals: np.ndarray
    bytes: np.ndarray
    """uint8: the lines with their line feeds. (This one is writable, as the kernels want it.)"""


def columns_of(arrays: Iterable[np.ndarray]) -> Columns:
    """The columns of these arrays, as `run_rows` is compiled for them."""
    columns = Columns(*arrays)
    for array in columns[:-1]:
        array.flags.writeable = False
    return columns
