"""Every buffer of a feed, made once at start: the only allocation that books, features, signals and records need."""

from array import array

from micropython import const

# What the words of a record are, in the order of _SYNCING.. and _WHY_.. in session.py; render.py
# looks them up.
_WORDS = const(
    b"SYNCING\nLIVE\nSTALE\nFLAT\nBUY\nSELL\nchecksum\nprecision\ndisconnect\nrefused\nlost\n"
)

# In the order of _T_BOOK.. in spot_v2.py.
_TEMPLATES = const(
    (
        b'{"k":"book","p":"%p","t":%0,"b":%1,"a":%2,"s":%3,"u":%4,"i":%5,"r":%6}\0',
        b'{"k":"signal","p":"%p","t":%0,"side":"%w","px":%1,"i":%2,"s":%3,"c":%4}\0',
        b'{"k":"state","p":"%p","t":%0,"st":"%w"}\0',
        b'{"k":"state","p":"%p","t":%0,"st":"STALE","why":"%w"}\0',
    )
)

_UNIT = const(10_000)  # thresholds are kept in 1/10000
_COUNTER_WORDS = const(16)
_B_DEPTH = const(2)
_B_CAPACITY = const(3)
_B_DECIMALS = const(6)
_B_SHOWN_HI = const(14)
_B_ORDER = const(64)
_SLOT_STRIDE = const(5)
_TEXT_STRIDE = const(36)
_SPARE_LEVELS = const(6)  # insertions a side that one message may bring before it is cut

_UPD_MAX_LEVELS = const(2)
_UPD_LEVEL = const(32)
_LEVEL_STRIDE = const(11)
_SPARE_ENTRIES = const(12)
_SYMBOL_STRIDE = const(16)
_PUB_WORDS = const(104)
_SETTINGS_WORDS = const(48)
_SIG_WORDS = const(24)
_OUT_BYTES = const(
    1216
)  # three data elements with three records of 120 bytes, the last one has 256

_CRC_TEXT = const(360)  # bytes: ten levels of 36 digits
_CRC_POWERS = const(256)
_CRC_MASK31 = const(302)


def make(settings):
    """The buffers for the pairs of `settings` (see config.py), in the order that `on_frame` takes them.

    update, symbols, books, texts, pubs, sigs, settings, crc, templates, words, counters, out;
    books, texts, pubs and sigs have one buffer for each pair.
    """
    pairs = settings["pairs"]
    depth = settings["depth"]
    symbols = bytearray(1 + _SYMBOL_STRIDE * len(pairs))
    symbols[0] = len(pairs)
    for n, pair in enumerate(pairs):
        name = pair.encode()
        at = 1 + n * _SYMBOL_STRIDE
        symbols[at] = len(name)
        symbols[at + 1 : at + 1 + len(name)] = name
    capacity = depth + _SPARE_LEVELS
    most = 2 * depth + _SPARE_ENTRIES
    update = _words(_UPD_LEVEL + most * _LEVEL_STRIDE)
    update[_UPD_MAX_LEVELS] = most
    limits = _words(_SETTINGS_WORDS)  # four settings, then the work area of `features`
    limits[0] = settings["levels"]
    limits[1] = round(settings["imbalance_threshold"] * _UNIT)
    limits[2] = round(settings["spread_threshold_bps"] * _UNIT)
    limits[3] = settings["book_interval_ms"]
    return (
        update,
        symbols,
        [_book(depth, capacity) for _ in pairs],
        [bytearray(2 * capacity * _TEXT_STRIDE) for _ in pairs],
        [_words(_PUB_WORDS) for _ in pairs],
        [_words(_SIG_WORDS) for _ in pairs],
        limits,
        _crc_table(),
        _TEMPLATES,
        _WORDS,
        _words(_COUNTER_WORDS),
        bytearray(_OUT_BYTES),
    )


def _words(count):
    return array("i", bytes(4 * count))


def _book(depth, capacity):
    book = _words(_B_ORDER + 2 * capacity * (1 + _SLOT_STRIDE))
    book[_B_DEPTH] = depth
    book[_B_CAPACITY] = capacity
    book[_B_DECIMALS] = book[_B_DECIMALS + 1] = -1
    book[_B_SHOWN_HI] = -1
    for slot in range(2 * capacity):
        book[_B_ORDER + slot] = slot
    return book


def _crc_table():
    """The byte table of zlib's CRC-32, x**(8 * n) for every eighth n of a text, and a mask of 31 ones."""
    crc = _words(_CRC_MASK31 + 1)
    for n in range(256):
        register = n
        for _ in range(8):
            register = register >> 1 ^ (0xEDB88320 if register & 1 else 0)
        crc[n] = _signed(register)
    power = 1 << 31  # x**0: the bits of a CRC register run backwards
    for n in range(_CRC_TEXT + 1):
        if n & 7 == 0:
            crc[_CRC_POWERS + n // 8] = _signed(power)
        power = power >> 8 ^ (crc[power & 255] & 0xFFFFFFFF)
    crc[_CRC_MASK31] = 0x7FFFFFFF
    return crc


def _signed(word):
    return word - (1 << 32) if word >> 31 else word
