"""Every buffer of a feed, made once at start: the only allocation that books, features, signals and records need."""

from array import array

# What the words of a record are, in the order of the constants below; render.py looks them up.
WORDS = b"SYNCING\nLIVE\nSTALE\nFLAT\nBUY\nSELL\nchecksum\nmalformed\nprecision\ndisconnect\nrefused\n"
SYNCING = 0
LIVE = 1
STALE = 2
_WORD_FLAT = 3
WHY_CHECKSUM = 6
WHY_MALFORMED = 7
WHY_PRECISION = 8
WHY_DISCONNECT = 9
WHY_REFUSED = 10

TEMPLATES = (
    b'{"k":"book","p":"%p","t":%0,"b":%1,"a":%2,"s":%3,"u":%4,"i":%5,"r":%6}\0',
    b'{"k":"signal","p":"%p","t":%0,"side":"%w","px":%1,"i":%2,"s":%3,"c":%4}\0',
    b'{"k":"state","p":"%p","t":%0,"st":"%w"}\0',
    b'{"k":"state","p":"%p","t":%0,"st":"STALE","why":"%w"}\0',
)

# The counters, see docs/records.md.
MESSAGES = 0
PROVED = 1
BAD = 2
SKIPPED = 3  # malformed frames, and data of pairs that are not ours
SIGNALS = 4
HEARTBEATS = 5
RESYNC = 6  # 1 once a book has lost its proof, until the owner has looked
OUT = 7  # bytes in `out`
RECORDS = 8
SNAPSHOTS = 9
UNPROVED = 10  # updates of a book that waits for its snapshot
_COUNTERS = 16

# A book's header, see kernels/book.py.
B_STATE = 0
B_REASON = 1
_B_DEPTH = 2
_B_CAPACITY = 3
_B_DECIMALS = 6
B_TIME = 8
B_SHOWN = 14
B_UPDATES = 60
B_BAD = 61
_B_ORDER = 64
_SLOT_STRIDE = 5
_TEXT_STRIDE = 36

_UPD_MAX_LEVELS = 2
_UPD_LEVEL = 40
_LEVEL_STRIDE = 12
_MAX_GROUPS = 4
_SYMBOL_STRIDE = 16
LONGEST_SYMBOL = 15
_PUB_WORDS = 144
_SIG_WORDS = 24
_OUT_BYTES = _MAX_GROUPS * 3 * 120 + 256  # three records a data element, and room to render

_CRC_POLYNOMIAL = 0xEDB88320
_CRC_TEXT = 360  # bytes: ten levels of 36 digits


class Buffers:
    """The buffers of `pairs` (texts such as BTC/USD, 15 characters at most) at `depth` levels a side.

    `threshold` is the imbalance's in 1/10000, `spread` the gate in 1/10000 bps.
    """

    def __init__(self, pairs, depth, levels, threshold, spread, book_interval_ms):
        self.pairs = pairs
        self.settings = array("i", (levels, threshold, spread, book_interval_ms))
        self.symbols = bytearray(1 + _SYMBOL_STRIDE * len(pairs))
        self.symbols[0] = len(pairs)
        for n, pair in enumerate(pairs):
            name = pair.encode()
            at = 1 + n * _SYMBOL_STRIDE
            self.symbols[at] = len(name)
            self.symbols[at + 1 : at + 1 + len(name)] = name
        # A snapshot brings 2 * depth levels; an update may add as many before it is cut.
        capacity = 2 * depth
        most = capacity + 32
        self.update = array("i", bytes(4 * (_UPD_LEVEL + most * _LEVEL_STRIDE)))
        self.update[_UPD_MAX_LEVELS] = most
        self.books = [_book(depth, capacity) for _ in pairs]
        self.texts = [bytearray(2 * capacity * _TEXT_STRIDE) for _ in pairs]
        self.pubs = [array("i", bytes(4 * _PUB_WORDS)) for _ in pairs]
        self.sigs = [array("i", bytes(4 * _SIG_WORDS)) for _ in pairs]
        self.crc = _crc_table()
        self.counters = array("i", bytes(4 * _COUNTERS))
        self.out = bytearray(_OUT_BYTES)

    def arguments(self):
        """The buffers in the order that the conductors (`on_frame`) take them."""
        return (
            self.update,
            self.symbols,
            self.books,
            self.texts,
            self.pubs,
            self.sigs,
            self.settings,
            self.crc,
            TEMPLATES,
            WORDS,
            self.counters,
            self.out,
        )


def _book(depth, capacity):
    book = array("i", bytes(4 * (_B_ORDER + 2 * capacity * (1 + _SLOT_STRIDE))))
    book[_B_DEPTH] = depth
    book[_B_CAPACITY] = capacity
    book[_B_DECIMALS] = book[_B_DECIMALS + 1] = -1
    book[B_SHOWN] = -1
    for slot in range(2 * capacity):
        book[_B_ORDER + slot] = slot
    return book


def _crc_table():
    """The byte table of CRC-32, x**(8 * n) for texts of n bytes, and a mask of 31 ones."""
    crc = array("i", bytes(4 * (256 + _CRC_TEXT + 2)))
    for n in range(256):
        register = n
        for _ in range(8):
            register = register >> 1 ^ (_CRC_POLYNOMIAL if register & 1 else 0)
        crc[n] = _signed(register)
    power = 1 << 31  # x**0, the bits of a CRC register run backwards
    for n in range(_CRC_TEXT + 1):
        crc[256 + n] = _signed(power)
        power = power >> 8 ^ (crc[power & 255] & 0xFFFFFFFF)
    crc[256 + _CRC_TEXT + 1] = 0x7FFFFFFF
    return crc


def _signed(word):
    return word - (1 << 32) if word >> 31 else word
