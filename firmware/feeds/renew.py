"""A fresh snapshot for a book that lost its proof: how it is asked for, how that went, who is refused."""

from time import ticks_diff

from micropython import const

from firmware.kernels.render import render

# A book's header, the published mid and the words, as take_book.py, features.py and buffers.py have them.
_B_STATE = const(0)
_B_REASON = const(1)
_P_COUNT = const(0)
_P_SLOT = const(4)
_P_SLOT_STRIDE = const(36)
_F_MID = const(28)
_V_STRIDE = const(4)
_V_LO = const(1)
_V_DECIMALS = const(2)
_LIVE = const(1)
_WHY_REFUSED = const(9)
_T_RESYNC = const(4)
_WHY_MOVED = const(14)
_M_BEFORE = const(0)  # of a pair's moves, as watch.py has them
_WHY_THIN = const(15)
# Their places among the buffers.
_SYMBOLS = const(1)
_BOOKS = const(2)
_PUBS = const(4)
_TEMPLATE_LIST = const(8)
_WORD_LIST = const(9)
_OUT_BUFFER = const(11)

# Seconds until a pair may be asked for again: after the first try, at most, and if it was refused.
_LEAST_WAIT_S = const(5)
_MOST_WAIT_S = const(60)
# What is kept of a pair, as proof.py has it; then since when it is asked for and the values of the record.
_R_STRIDE = const(20)
_R_WAIT = const(0)
_R_LAST_WAIT = const(1)
_R_WHY = const(2)
_R_SINCE = const(3)
_R_VALUES = const(4)
_R_BEFORE = const(8)
_R_AFTER = const(12)
_R_DONE = const(16)


def ask(proof, pair, now_ms):
    """A snapshot of `pair` is asked for at `now_ms`: remember it. The next try waits longer."""
    at = pair * _R_STRIDE
    words = proof.words
    if words[at + _R_WHY]:
        tell(proof, pair, now_ms, 0)
    words[at + _R_WHY] = proof.buffers[_BOOKS][pair][_B_REASON]
    words[at + _R_SINCE] = now_ms
    _keep_mid(proof, pair, at + _R_BEFORE)
    if words[at + _R_WHY] == _WHY_MOVED:  # the mid is already that after the move
        for n in range(_V_STRIDE):
            words[at + _R_BEFORE + n] = proof.moves[pair][_M_BEFORE + n]
    if words[at + _R_WHY] == _WHY_THIN:
        wait_s = 2  # nobody's fault: a market on the move wears a book out again and again
    else:
        wait_s = min(max(2 * words[at + _R_LAST_WAIT], _LEAST_WAIT_S), _MOST_WAIT_S)
    words[at + _R_WAIT] = words[at + _R_LAST_WAIT] = wait_s


def tell(proof, pair, now_ms, ok):
    """Say the record of what was asked for and has ended, well (1) or not (0)."""
    at = pair * _R_STRIDE
    words = proof.words
    buffers = proof.buffers
    _keep_mid(proof, pair, at + _R_AFTER)
    words[at + _R_VALUES + _V_LO] = max(0, ticks_diff(now_ms, words[at + _R_SINCE]))
    words[at + _R_DONE + _V_LO] = ok
    out = buffers[_OUT_BUFFER]
    known = buffers[_WORD_LIST]
    why = words[at + _R_WHY]
    symbols = buffers[_SYMBOLS]
    template = buffers[_TEMPLATE_LIST][_T_RESYNC]
    count = render(out, 0, template, words, at + _R_VALUES, symbols, pair, known, why)
    words[at + _R_WHY] = 0
    proof.telemetry.put(out, count)


def refused(proof, pairs, talk, name, why):
    """The exchange refuses the pair it calls `name`; without a name (a wrong depth) all that still wait."""
    for pair, shown in enumerate(pairs):
        waits = proof.buffers[_BOOKS][pair][_B_STATE] != _LIVE
        if waits if name is None else talk.wire_name(shown) == name:
            proof.telemetry.say(k="error", why=why, p=shown)
            proof.words[pair * _R_STRIDE + _R_WAIT] = _MOST_WAIT_S
            proof.stale(pair, _WHY_REFUSED)


def _keep_mid(proof, pair, to):
    """The published mid of a pair, null before there is one, as a value of the record."""
    pub = proof.buffers[_PUBS][pair]
    at = _P_SLOT + (pub[_P_COUNT] & 1) * _P_SLOT_STRIDE + _F_MID
    for n in range(_V_STRIDE):
        proof.words[to + n] = pub[at + n]
    if pub[_P_COUNT] == 0:
        proof.words[to + _V_DECIMALS] = -1
