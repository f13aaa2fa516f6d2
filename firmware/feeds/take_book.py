"""What a decoded frame does, in every dialect: counters, books, proof, states, features, signals, records."""

import micropython
from micropython import const

from firmware.feeds.pulse import pulse
from firmware.kernels.book import apply
from firmware.kernels.checksum import learn, prove
from firmware.kernels.features import features
from firmware.kernels.flow import touch
from firmware.kernels.overdue import overdue
from firmware.kernels.render import render
from firmware.kernels.sequence import cut, follow
from firmware.signals.imbalance import imbalance

# What the decoders say a frame is; below zero it could not be read.
_KIND_HEARTBEAT = const(1)
_KIND_BOOK = const(2)

_UPD_GROUPS = const(0)
_UPD_TYPE = const(1)
_UPD_PROOF = const(5)  # what proves the message
_UPD_GROUP = const(8)
_GROUP_STRIDE = const(8)
_G_PAIR = const(0)
_G_CRC_HIGH = const(3)
_G_CRC_LOW = const(4)
_G_TIME_HI = const(5)
_G_TIME_LO = const(6)
_TYPE_SNAPSHOT = const(1)
_PROOF_CHECKSUM = const(1)  # 0: nothing does (the snapshots of spot v1)
_PROOF_SEQUENCE = const(2)

_B_STATE = const(0)
_B_REASON = const(1)
_B_TIME_HI = const(8)
_B_TIME_LO = const(9)
_B_NEAREST = const(62)
_B_SHOWN_HI = const(14)
_B_SHOWN_LO = const(15)
_B_UPDATES = const(60)
_B_BAD = const(61)
_P_COUNT = const(0)
_P_SLOT = const(4)
_P_SLOT_STRIDE = const(36)
_SIG_SIDE = const(0)
_SIG_REASON = const(1)
_SIG_TIME = const(4)
_SET_BOOK_INTERVAL_MS = const(3)
_MOOD_LEADER = const(1)
# The pulse and the series, as pulse.py and series.py have them; a row begins with the last price.
_BEAT_BACK = const(6)
_WINDOW = const(0)
_SERIES_ROWS = const(4)
_SERIES_ROW = const(26)

_CRC_WANTED = const(79)  # a text of that length has no table yet

_MESSAGES = const(0)
_PROVED = const(1)
_BAD = const(2)
_SKIPPED = const(3)
_SIGNALS = const(4)
_HEARTBEATS = const(5)
_RESYNC = const(6)
_OUT = const(7)
_RECORDS = const(8)
_SNAPSHOTS = const(9)
_UNPROVED = const(10)
_EARLY = const(11)

_LIVE = const(1)
_STALE = const(2)
_WORD_FLAT = const(3)
_WHY_CHECKSUM = const(6)
_WHY_PRECISION = const(7)
# Where in `out` a book's record may begin if a message has more groups than one: the states and
# signals of all three have room in any case, and so has all of a group that is alone.
_BOOK_ROOM = const(360)
_T_BOOK = const(0)
_T_SIGNAL = const(1)
_T_STATE = const(2)
_T_STALE = const(3)


@micropython.native
def take_book(kind, frame, now_ms, buffers):
    """Count a frame of which a decoder said `kind`, and apply what it put into `update` of `buffers`.

    The records it causes are in `out`, `counters[_OUT]` bytes of them. A conductor: it allocates
    nothing, and the host compiles it whole together with its kernels. Returns `kind`.
    """
    (
        update,
        symbols,
        books,
        _,
        pubs,
        sigs,
        settings,
        crc,
        templates,
        words,
        counters,
        out,
        _,
        _,
        _,
        beat,
        series,
        _,
        flows,
        moods,
        _,
    ) = buffers
    counters[_MESSAGES] += 1
    counters[_OUT] = 0
    if kind != _KIND_BOOK:
        if kind == _KIND_HEARTBEAT:
            counters[_HEARTBEATS] += 1
        elif kind < 0:
            counters[_SKIPPED] += 1
        return kind
    pos = 0
    alone = update[_UPD_GROUPS] == 1
    if alone:
        hi = update[_UPD_GROUP + _G_TIME_HI]
        lo = update[_UPD_GROUP + _G_TIME_LO]
        due = overdue(beat, hi, lo)
        if due >= 0:
            pos = pulse(hi, lo, due - 1, buffers)
    snapshot = update[_UPD_TYPE] == _TYPE_SNAPSHOT
    proof = update[_UPD_PROOF]
    group = _UPD_GROUP
    last = _UPD_GROUP + update[_UPD_GROUPS] * _GROUP_STRIDE
    while group < last:
        pair = update[group + _G_PAIR]
        if pair < 0:
            counters[_SKIPPED] += 1
        else:
            book = books[pair]
            if snapshot or book[_B_STATE] == _LIVE:
                pub = pubs[pair]
                sig = sigs[pair]
                why = 0
                if proof == _PROOF_SEQUENCE:
                    why = follow(book, update, group)
                if why:
                    pass
                elif apply(book, update, group, frame, crc) < 0:
                    why = _WHY_PRECISION
                elif proof == _PROOF_CHECKSUM:
                    high = update[group + _G_CRC_HIGH]
                    if prove(crc, book, high, update[group + _G_CRC_LOW]) == 0:
                        why = _WHY_CHECKSUM
                    if crc[_CRC_WANTED]:
                        learn(crc)
                elif proof == _PROOF_SEQUENCE:
                    why = cut(book, update, group, settings)
                book[_B_UPDATES] += 1
                if snapshot:
                    counters[_SNAPSHOTS] += 1
                if why:
                    counters[_BAD] += 1
                    counters[_RECORDS] += 1
                    counters[_RESYNC] = 1
                    book[_B_BAD] += 1
                    book[_B_STATE] = _STALE
                    book[_B_REASON] = why
                    book[_B_SHOWN_HI] = -1
                    sig[_SIG_SIDE] = 0
                    pos = render(
                        out, pos, templates[_T_STALE], book, _B_TIME_HI, symbols, pair, words, why
                    )
                else:
                    counters[_PROVED] += 1
                    features(pub, settings, book, now_ms)
                    if book[_B_NEAREST] == 0:
                        touch(flows[pair], book, snapshot)
                    if book[_B_STATE] != _LIVE:
                        book[_B_STATE] = _LIVE
                        book[_B_REASON] = 0
                        # No return spans the time without a proof: there was no price.
                        beat[_BEAT_BACK] = 1
                        at = _SERIES_ROWS + pair * (_SERIES_ROW + series[_WINDOW])
                        series[at] = 0
                        series[at + 1] = 0
                        counters[_RECORDS] += 1
                        counters[_RESYNC] = 1  # who asked for the snapshot will hear of it
                        pos = render(
                            out,
                            pos,
                            templates[_T_STATE],
                            book,
                            _B_TIME_HI,
                            symbols,
                            pair,
                            words,
                            _LIVE,
                        )
                    leader = moods[pair][_MOOD_LEADER]
                    led = sigs[leader - 1][_SIG_SIDE] if leader else 0
                    changed = imbalance(pub, sig, settings, book, moods[pair], led)
                    if (alone or pos < _BOOK_ROOM) and (
                        changed
                        or book[_B_TIME_HI] != book[_B_SHOWN_HI]
                        or book[_B_TIME_LO] - book[_B_SHOWN_LO] >= settings[_SET_BOOK_INTERVAL_MS]
                        or book[_B_TIME_LO] < book[_B_SHOWN_LO]
                    ):
                        book[_B_SHOWN_HI] = book[_B_TIME_HI]
                        book[_B_SHOWN_LO] = book[_B_TIME_LO]
                        counters[_RECORDS] += 1
                        pos = render(
                            out,
                            pos,
                            templates[_T_BOOK],
                            pub,
                            _P_SLOT + (pub[_P_COUNT] & 1) * _P_SLOT_STRIDE,
                            symbols,
                            pair,
                            words,
                            0,
                        )
                    if changed:
                        counters[_SIGNALS] += 1
                        counters[_RECORDS] += 1
                        pos = render(
                            out,
                            pos,
                            templates[_T_SIGNAL],
                            sig,
                            _SIG_TIME,
                            symbols,
                            pair,
                            words,
                            _WORD_FLAT + sig[_SIG_SIDE] + (sig[_SIG_REASON] << 8),
                        )
            elif book[_B_STATE] == _STALE:
                counters[_UNPROVED] += 1
            else:
                counters[_EARLY] += 1
        group += _GROUP_STRIDE
    counters[_OUT] = pos
    return kind
