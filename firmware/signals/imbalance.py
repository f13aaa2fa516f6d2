"""The imbalance signal: BUY or SELL while one side of the book outweighs the other and the spread is tight."""

import micropython
from micropython import const

# The published features, as features.py lays them out.
_P_COUNT = const(0)
_P_SLOT = const(4)
_P_SLOT_STRIDE = const(36)
_V_HI = const(0)
_V_LO = const(1)
_V_DECIMALS = const(2)
_V_SIGN = const(3)
_F_TIME = const(0)
_F_BID = const(4)
_F_ASK = const(8)
_F_SPREAD = const(12)
_F_IMBALANCE = const(20)

# The book, as book.py has it.
_B_CAPACITY = const(3)
_B_DECIMALS = const(6)  # of prices, then of quantities
_B_ORDER = const(64)
_SLOT_STRIDE = const(4)
_S_QTY_HI = const(2)

# The signal buffer: the side, the word of its reason, when it began; then the record's values.
_SIG_SIDE = const(0)
_SIG_REASON = const(1)
_SIG_BEGAN_HI = const(2)
_SIG_BEGAN_LO = const(3)
_SIG_TIME = const(4)
_SIG_PRICE = const(8)
_SIG_QUANTITY = const(12)
_SIG_CONFIDENCE = const(16)
_FLAT = const(0)
_BUY = const(1)
_SELL = const(2)

# Reasons, as buffers.py has the words.
_WHY_IMBALANCE = const(16)
_WHY_LEADER = const(17)
_WHY_FADED = const(18)
_WHY_SPREAD = const(19)
_WHY_BOOK = const(20)

# The settings buffer.
_SET_THRESHOLD = const(1)  # of the imbalance, in 1/10000
_SET_SPREAD = const(2)  # in 1/10000 bps
_SET_COOLDOWN_MS = const(4)
_ONE = const(10000)
_MOOD_SCALE = const(0)  # as adapt.py has it
_CALM = const(256)

_BILLION = const(1000000000)
_LIFT = const(20)  # of the confidence, where the leader says the same
_SURE = const(100)


@micropython.viper
def imbalance(pub: ptr32, sig: ptr32, settings: ptr32, book: ptr32, mood: ptr32, led: int) -> int:
    """Look at what was last published in `pub` of `book`; 1 if the signal changed, 0 if not.

    A signal begins when |imbalance| reaches the threshold with the spread inside its gate, if the
    last one began at least the cooldown ago. It ends when |imbalance| falls below half the
    threshold or turns, or the spread leaves twice the gate, so that it does not chatter. The
    threshold is scaled by the pair's `mood` (see adapt.py). Confidence is 0..100: half of it how
    far the imbalance is beyond the threshold, half how far the spread is inside the gate, and 20
    more where the signal of the pair that leads this one (`led`: its side) says the same. Price and
    quantity are those of the best level that it would deal with.
    """
    slot = _P_SLOT + (pub[_P_COUNT] & 1) * _P_SLOT_STRIDE
    threshold = settings[_SET_THRESHOLD] * mood[_MOOD_SCALE] // _CALM
    if threshold > _ONE:
        threshold = _ONE
    gate = settings[_SET_SPREAD]
    spread = pub[slot + _F_SPREAD + _V_LO]
    strength = pub[slot + _F_IMBALANCE + _V_LO]
    side = sig[_SIG_SIDE]
    why = _WHY_BOOK
    leaning = _BUY
    if pub[slot + _F_IMBALANCE + _V_SIGN]:
        leaning = _SELL
    if pub[slot + _F_IMBALANCE + _V_DECIMALS] < 0 or pub[slot + _F_SPREAD + _V_SIGN]:
        side = _FLAT  # one side is empty, or the book is crossed
    else:
        if side != _FLAT and (side != leaning or strength * 2 < threshold):
            side = _FLAT
            why = _WHY_FADED
        elif side != _FLAT and spread > gate * 2:
            side = _FLAT
            why = _WHY_SPREAD
        if side == _FLAT and strength >= threshold and spread <= gate:
            passed = pub[slot + _F_TIME + _V_LO] - sig[_SIG_BEGAN_LO]
            k = pub[slot + _F_TIME] - sig[_SIG_BEGAN_HI]
            if k == 1 and passed < 0:
                passed += _BILLION
                k = 0
            if (
                k != 0
                or passed < 0
                or passed >= settings[_SET_COOLDOWN_MS]
                or sig[_SIG_BEGAN_HI] == 0  # none has begun, or nobody tells the time
            ):
                side = leaning
                why = _WHY_LEADER if led == side else _WHY_IMBALANCE
    if side == sig[_SIG_SIDE]:
        return 0
    sig[_SIG_SIDE] = side
    sig[_SIG_REASON] = why
    k = 0
    while k < 4:
        sig[_SIG_TIME + k] = pub[slot + _F_TIME + k]
        if side == _SELL:
            sig[_SIG_PRICE + k] = pub[slot + _F_BID + k]
        else:
            sig[_SIG_PRICE + k] = pub[slot + _F_ASK + k]
        sig[_SIG_QUANTITY + k] = 0
        sig[_SIG_CONFIDENCE + k] = 0
        k += 1
    if side == _FLAT:
        sig[_SIG_PRICE + _V_DECIMALS] = -1
        sig[_SIG_QUANTITY + _V_DECIMALS] = -1
        return 1
    sig[_SIG_BEGAN_HI] = pub[slot + _F_TIME]
    sig[_SIG_BEGAN_LO] = pub[slot + _F_TIME + _V_LO]
    capacity = book[_B_CAPACITY]
    k = _B_ORDER
    if side == _BUY:
        k += capacity
    k = _B_ORDER + 2 * capacity + book[k] * _SLOT_STRIDE + _S_QTY_HI
    sig[_SIG_QUANTITY] = book[k]
    sig[_SIG_QUANTITY + _V_LO] = book[k + 1]
    sig[_SIG_QUANTITY + _V_DECIMALS] = book[_B_DECIMALS + 1]
    confidence = 50
    if threshold < _ONE:
        confidence += (strength - threshold) * 50 // (_ONE - threshold)
    if gate > 0:
        confidence -= spread * 50 // gate
    if why == _WHY_LEADER:
        confidence += _LIFT
        if confidence > _SURE:
            confidence = _SURE
    sig[_SIG_CONFIDENCE + _V_LO] = confidence
    return 1
