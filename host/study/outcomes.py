"""What became of the signals: how far the mid had moved a horizon later, in basis points."""

import numpy as np

from host.study.gather import BPS, Quotes, Recording


def moves(recording: Recording, horizon_ms: int) -> np.ndarray:
    """The move of the mid towards each signal's side, `horizon_ms` after it, in bps.

    Not a number where there is no outcome: the recording ends before, or the book was not LIVE all
    the time. A mid that nobody changed is known to stand; one behind a gap is not.
    """
    signals = recording.signals
    found = np.full(len(signals), np.nan)
    for pair, quotes in enumerate(recording.quotes):
        ours = signals.pair == pair
        later_ms = signals.times_ms[ours] + horizon_ms
        mids, gaps = at(quotes, later_ms)
        relative = mids / signals.mids[ours] - 1
        is_known = (gaps == signals.gaps[ours]) & (later_ms <= recording.end_ms)
        found[ours] = np.where(is_known, signals.side[ours] * relative * BPS, np.nan)
    return found


def moves_of(recording: Recording, pair: int, times_ms: np.ndarray, horizon_ms: int) -> np.ndarray:
    """The move of the mid of `pair` in the `horizon_ms` after each of those times, in bps.

    Not a number where it is not known, as with `moves`.
    """
    quotes = recording.quotes[pair]
    later_ms = times_ms + horizon_ms
    before, gaps_before = at(quotes, times_ms)
    later, gaps = at(quotes, later_ms)
    is_known = (gaps == gaps_before) & (later_ms <= recording.end_ms)
    return np.where(is_known, (later / before - 1) * BPS, np.nan)


def at(quotes: Quotes, times_ms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mid at each time, not a number if there is none, and how many gaps had begun by then."""
    row = np.searchsorted(quotes.times_ms, times_ms, side="right") - 1
    if not len(quotes.times_ms):
        return np.full(len(times_ms), np.nan), np.zeros(len(times_ms), np.int64)
    mids = np.where(row < 0, np.nan, quotes.mids[row])
    return mids, np.where(row < 0, 0, quotes.gaps[row])
