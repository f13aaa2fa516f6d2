"""What series, correlation and contagion should say: the formulas in float64, over whole windows, by numpy."""

import math
from fractions import Fraction

import numpy as np

UNIT = 5e-11
LONGEST = 1_073_700_000 * UNIT
LAGS = 3
ONE = 10_000


def number(price):
    """The exact value of a published [hi, lo, decimals]."""
    hi, lo, decimals = price
    return Fraction(hi * 10**9 + lo, 10**decimals)


def words(value, decimals):
    """A value as it is published, cut to so many decimals."""
    return [*divmod(int(value * 10**decimals), 10**9), decimals]


def log_returns(prices):
    """Of one pair's rounds (see programs/meaning_cases.py): nan where a gap makes that there is none."""
    found, last, now = [], None, None
    for price in prices:
        if price == 0:
            now = None
        elif price is not None:
            now = number(price) or None
        found.append(_log(now / last) if now and last else math.nan)
        last = now
    return np.array(found)


def _log(ratio):
    # The quotient minus 1 is exact until it becomes a float.
    if abs(ratio - 1) < Fraction(1, 2):
        return math.log1p(float(ratio - 1))
    return math.log(ratio.numerator) - math.log(ratio.denominator)


def windows(returns, window):
    """For every round the returns since the last gap, at most `window` of them."""
    since = 0
    for n, value in enumerate(returns):
        if math.isnan(value):
            since = n + 1
        yield returns[max(since, n + 1 - window) : n + 1]


def root_mean_square(returns):
    return math.sqrt(np.mean(np.square(returns))) if len(returns) else 0.0


def averages(returns, most_shift):
    """The moving average's volatility after every round; gaps leave it as it is."""
    variance, seen, found = 0.0, 0, []
    for value in returns:
        if not math.isnan(value):
            seen += 1
            weight = 2.0 ** -min(most_shift, int(math.log2(seen)))
            variance += (value * value - variance) * weight
        found.append(math.sqrt(variance))
    return found


def correlation(x, y):
    """Pearson's, 0 where a price stood still."""
    if len(x) < 2 or not np.ptp(x) or not np.ptp(y):
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def cross_correlation(x, y):
    """{lag: correlation}, positive where x leads; the textbook's estimator."""
    n = len(x)
    if n < 2 or not np.ptp(x) or not np.ptp(y):
        return dict.fromkeys(range(-LAGS, LAGS + 1), 0.0)
    every = np.correlate(y - y.mean(), x - x.mean(), "full") / (n * x.std() * y.std())
    return {lag: float(every[n - 1 + lag]) for lag in range(-LAGS, LAGS + 1)}
