"""Every buffer of a feed, made once at start: the only allocation that books, features, signals and records need."""

from array import array

from micropython import const

# What the words of a record are, in the order of _SYNCING.. and _WHY_.. in session.py and take_book.py;
# render.py looks them up.
_WORDS = const(
    b"SYNCING\nLIVE\nSTALE\nFLAT\nBUY\nSELL\nchecksum\nprecision\ndisconnect\nrefused\nlost\n"
    b"sequence\nheartbeat\nlag\nmoved\nthin\nimbalance\nleader\nfaded\nspread\nbook\n"
)

# In the order of _T_BOOK.. in take_book.py and pulse.py.
_TEMPLATES = const(
    (
        b'{"k":"book","p":"%p","t":%0,"b":%1,"a":%2,"s":%3,"u":%4,"i":%5,"r":%6}%\0',
        b'{"k":"signal","p":"%p","t":%0,"side":"%w","px":%1,"q":%2,"c":%3,"why":"%v"}%\0',
        b'{"k":"state","p":"%p","t":%0,"st":"%w"}%\0',
        b'{"k":"state","p":"%p","t":%0,"st":"STALE","why":"%w"}%\0',
        b'{"k":"resync","p":"%p","why":"%w","ms":%0,"a":%1,"b":%2,"ok":%3}%\0',
        b'{"k":"vol","p":"%p","t":%0,"v":%1,"f":%2,"s":%3,"m":%4,"x":%5}%\0',
        b'{"k":"corr","p":"%p","q":"%q","t":%0,"c":%1,"l":%2,"lag":%3}%\0',
        b'{"k":"contagion","p":"%p","q":"%q","t":%0,"on":%4,"c":%2,"lag":%3}%\0',
        b'{"k":"flow","p":"%p","t":%6,"o":%0,"v":%1,"x":%5}%\0',
        b'{"k":"depth","p":"%p","t":%6,"r":%4,"sb":%2,"sa":%3}%\0',
    )
)

_UNIT = const(10_000)  # thresholds are kept in 1/10000
_COUNTER_WORDS = const(16)
_B_DEPTH = const(2)
_B_CAPACITY = const(3)
_B_DECIMALS = const(6)
_B_SHOWN_HI = const(14)
_B_ORDER = const(64)
_SLOT_STRIDE = const(4)
_TEXT_STRIDE = const(2)  # of a book that has checksums
# Levels a side beyond the depth: more than a message brings before the book is cut (recorded ones bring
# one); and what a futures book lives on, which is never told what it once cut off.
_SPARE_LEVELS = const(3)
_FUTURES_SPARE_LEVELS = const(6)

_UPD_MAX_LEVELS = const(2)
_UPD_PROOF = const(5)
_PROOF_CHECKSUM = const(1)
_UPD_LEVEL = const(32)
_LEVEL_STRIDE = const(11)
_SPARE_ENTRIES = const(4)
_SYMBOL_STRIDE = const(20)
_PUB_WORDS = const(76)
_SETTINGS_WORDS = const(58)
_POWERS_OF_TEN = const(48)  # of the settings: 10**0 to 10**9, for `features`
_SIG_WORDS = const(24)
_OUT_BYTES = const(896)  # for the records of a message, the last of which has 256 (take_book.py)

# As series.py, correlate.py, flow.py, depth.py and adapt.py have them.
_PULSE_WORDS = const(7)
_SERIES_ROWS = const(4)
_SERIES_ROW = const(26)  # and a ring
_LEAST_RETURNS = const(20)  # that are not 0, of both pairs of an alert
_LINK_WORDS = const(36)
_FLOW_WORDS = const(20)
_VALUE_WORDS = const(60)
_CALM = const(256)

_SHORT_HEAD = const(200)  # bytes of a snapshot without its levels, and of a level
_SHORT_LEVEL = const(44)
_SHORT_WORDS = const(6)
_LEVEL_DIGITS = const(36)  # digits of a level
_CRC_TEXT = const(360)  # bytes: ten levels
_CRC_POWERS = const(32)
_CRC_MASK31 = const(78)
_CRC_FREE = const(80)
_CRC_END = const(81)
_CRC_TABLE_OF = const(99)
_CRC_TABLE_WORDS = const(128)
_CRC_TABLES = const(4)  # of 512 bytes: so many lengths of a level's text are nine of ten


def make(settings, names=None, plan=None):
    """The buffers for the pairs of `settings` (see config.py), in the order that `on_frame` takes them.

    update, symbols, books, short, pubs, sigs, settings, crc, templates, words, counters, out, wire,
    pick_words, spec, pulse, series, links, flows, moods, values; books, pubs, sigs, flows and
    moods have one buffer for each pair. `names` are the pairs as the exchange spells them, if it
    spells them otherwise, for `wire`; pick_words and spec are for the channels that are no books, the
    `plan` that market.make made of these settings, if that is done; what comes behind them is
    pulse.py's.
    """
    pairs = settings["pairs"]
    names = names or pairs
    depth = settings["depth"]
    symbols = _table(pairs)
    wire = symbols if names == pairs else _table(names)
    if settings["channels"]:
        if plan is None:
            from firmware.feeds import market

            plan = market.make(settings)
        pick_words, spec = plan
    else:
        pick_words = _words(1)
        spec = (b"\0",)
    futures = settings["dialect"] == "futures_v1"
    capacity = depth + (_FUTURES_SPARE_LEVELS if futures else _SPARE_LEVELS)
    if futures:
        # No checksums: in the place of their tables is the state of what large snapshots are shortened into.
        short = bytearray(_SHORT_HEAD + 2 * capacity * _SHORT_LEVEL)
        crc = _words(_SHORT_WORDS)
    else:
        short = bytearray(1)
        crc = _crc_table()
    most = 2 * capacity if futures else 2 * depth + _SPARE_ENTRIES
    update = _words(_UPD_LEVEL + most * _LEVEL_STRIDE)
    update[_UPD_MAX_LEVELS] = most
    update[_UPD_PROOF] = _PROOF_CHECKSUM
    limits = _words(_SETTINGS_WORDS)  # four settings, then the work area of `features`
    limits[0] = settings["levels"]
    limits[1] = round(settings["imbalance_threshold"] * _UNIT)
    limits[2] = round(settings["spread_threshold_bps"] * _UNIT)
    limits[3] = settings["book_interval_ms"]
    limits[4] = settings["signal_cooldown_ms"]
    for n in range(10):
        limits[_POWERS_OF_TEN + n] = 10**n
    pulse = _words(_PULSE_WORDS)
    pulse[4] = settings["depth_bps"]
    pulse[5] = len(pairs)
    window = settings["correlation_window"]
    series = _words(_SERIES_ROWS + len(pairs) * (_SERIES_ROW + window))
    series[0] = window
    series[1] = round(settings["contagion_threshold"] * _UNIT)
    series[2] = _LEAST_RETURNS
    moods = [array("i", (_CALM, 0)) for _ in pairs]
    return (
        update,
        symbols,
        [_book(depth, capacity, 0 if futures else _TEXT_STRIDE) for _ in pairs],
        short,
        [_words(_PUB_WORDS) for _ in pairs],
        [_words(_SIG_WORDS) for _ in pairs],
        limits,
        crc,
        _TEMPLATES,
        _WORDS,
        _words(_COUNTER_WORDS),
        bytearray(_OUT_BYTES),
        wire,
        pick_words,
        spec,
        pulse,
        series,
        _words(_LINK_WORDS * max(1, len(pairs) * (len(pairs) - 1) // 2)),
        [_words(_FLOW_WORDS) for _ in pairs],
        moods,
        _words(_VALUE_WORDS),
    )


def _table(names):
    """The symbol table of the decoders: a count, then for each name its length and its bytes."""
    table = bytearray(1 + _SYMBOL_STRIDE * len(names))
    table[0] = len(names)
    for n, name in enumerate(names):
        name = name.encode()
        at = 1 + n * _SYMBOL_STRIDE
        table[at] = len(name)
        table[at + 1 : at + 1 + len(name)] = name
    return table


def _words(count):
    # Not from bytes(4 * count): each would stand behind a hole of its own size.
    return array("i", memoryview(bytes(count)))


def _book(depth, capacity, text_stride):
    book = _words(_B_ORDER + 2 * capacity * (1 + _SLOT_STRIDE + text_stride))
    book[_B_DEPTH] = depth
    book[_B_CAPACITY] = capacity
    book[_B_DECIMALS] = book[_B_DECIMALS + 1] = -1
    book[_B_SHOWN_HI] = -1
    for slot in range(2 * capacity):
        book[_B_ORDER + slot] = slot
    return book


def _crc_table():
    """What `prove` wants of zlib's CRC-32, with room for what `learn` makes."""
    first = _CRC_TABLE_OF + _LEVEL_DIGITS + 1
    crc = _words(first + _CRC_TABLES * _CRC_TABLE_WORDS)
    crc[_CRC_FREE] = first
    crc[_CRC_END] = len(crc)
    for n in range(32):
        crc[n] = _signed(_after_byte(n if n < 16 else n - 16 << 4))
    power = 1 << 31  # x**0: the bits of a CRC register run backwards
    for n in range(_CRC_TEXT + 1):
        if n & 7 == 0:
            crc[_CRC_POWERS + n // 8] = _signed(power)
        power = _after_byte(power)
    crc[_CRC_MASK31] = 0x7FFFFFFF
    return crc


def _after_byte(register):
    for _ in range(8):
        register = register >> 1 ^ (0xEDB88320 if register & 1 else 0)
    return register


def _signed(word):
    return word - (1 << 32) if word >> 31 else word
