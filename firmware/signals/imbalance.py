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

# The signal buffer: the side, then the record's values: time, price, imbalance, spread, confidence.
_SIG_SIDE = const(0)
_SIG_TIME = const(4)
_SIG_PRICE = const(8)
_SIG_IMBALANCE = const(12)
_SIG_SPREAD = const(16)
_SIG_CONFIDENCE = const(20)
_FLAT = const(0)
_BUY = const(1)
_SELL = const(2)

# The settings buffer.
_SET_THRESHOLD = const(1)  # of the imbalance, in 1/10000
_SET_SPREAD = const(2)  # in 1/10000 bps
_ONE = const(10000)


@micropython.viper
def imbalance(pub: ptr32, sig: ptr32, settings: ptr32) -> int:
    """Look at what was last published in `pub`; 1 if the signal changed, 0 if not.

    A signal begins when |imbalance| reaches the threshold with the spread inside its gate. It ends
    when |imbalance| falls below half the threshold or the spread leaves twice the gate, so that it
    does not chatter. Confidence is 0..100: half of it how far the imbalance is beyond the
    threshold, half how far the spread is inside the gate.
    """
    slot = _P_SLOT + (pub[_P_COUNT] & 1) * _P_SLOT_STRIDE
    threshold = settings[_SET_THRESHOLD]
    gate = settings[_SET_SPREAD]
    spread = pub[slot + _F_SPREAD + _V_LO]
    strength = pub[slot + _F_IMBALANCE + _V_LO]
    side = sig[_SIG_SIDE]
    leaning = _BUY
    if pub[slot + _F_IMBALANCE + _V_SIGN]:
        leaning = _SELL
    if pub[slot + _F_IMBALANCE + _V_DECIMALS] < 0 or pub[slot + _F_SPREAD + _V_SIGN]:
        side = _FLAT  # one side is empty, or the book is crossed
    elif strength >= threshold and spread <= gate:
        side = leaning
    elif side != _FLAT:
        if side != leaning or strength * 2 < threshold or spread > gate * 2:
            side = _FLAT
    if side == sig[_SIG_SIDE]:
        return 0
    sig[_SIG_SIDE] = side
    k = 0
    while k < 4:
        sig[_SIG_TIME + k] = pub[slot + _F_TIME + k]
        sig[_SIG_IMBALANCE + k] = pub[slot + _F_IMBALANCE + k]
        sig[_SIG_SPREAD + k] = pub[slot + _F_SPREAD + k]
        if side == _SELL:
            sig[_SIG_PRICE + k] = pub[slot + _F_BID + k]
        else:
            sig[_SIG_PRICE + k] = pub[slot + _F_ASK + k]
        k += 1
    if side == _FLAT:
        sig[_SIG_PRICE + _V_DECIMALS] = -1
    confidence = 0
    if side != _FLAT:
        if threshold < _ONE:
            confidence = (strength - threshold) * 50 // (_ONE - threshold)
        confidence += 50
        if gate > 0:
            confidence -= spread * 50 // gate
    sig[_SIG_CONFIDENCE + _V_HI] = 0
    sig[_SIG_CONFIDENCE + _V_LO] = confidence
    sig[_SIG_CONFIDENCE + _V_DECIMALS] = 0
    sig[_SIG_CONFIDENCE + _V_SIGN] = 0
    return 1
