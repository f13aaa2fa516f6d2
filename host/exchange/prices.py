"""What the assets are worth: a seeded random walk with a shared factor, moods and pressure.

Time is a grid of fixed steps, so that prices follow from the seed and the time alone.
"""

import math
from random import Random

from host.exchange.books import Book
from host.exchange.pairs import ASSETS

STEP_US = 50_000
STEP_S = STEP_US / 1_000_000

BPS = 1e-4

# Moods: (how likely to follow, mean length in s, times the usual moves, times the usual activity).
_MOODS = (
    (0.38, 14.0, 0.3, 0.4),  # quiet
    (0.44, 18.0, 1.0, 1.0),  # ordinary
    (0.18, 4.0, 3.5, 2.4),  # burst
)
_ORDINARY, _BURST = 1, 2
# A market opens in an ordinary mood.
_FIRST_MOOD_S = 6.0
# A burst begins with a push one way, in standard deviations of the pressure.
_BURST_PUSH = 1.5
_FULL_PUSH_BETA_BPS = 0.3
# A mood sets in over about this time.
_MOOD_FADE_S = 0.6

# Pressure is how much more is wanted than offered: 0 on average, standard deviation 1. It fades
# over seconds and pulls the price after it while it lasts.
_PRESSURE_FADE_S = 5.0
_PRESSURE_SHARED = 0.6
_PRESSURE_PULL = 0.3


class Prices:
    """Prices, pressure and mood from `start_us` (microseconds since 1970) on."""

    has_even_sizes = False

    def __init__(self, seed: int | str, start_us: int):
        self._random = Random(f"{seed}:prices")
        # All assets, listed or not: what is listed must not change the numbers drawn.
        self._log = {name: math.log(asset.usd) for name, asset in ASSETS.items()}
        self._pressure = dict.fromkeys(ASSETS, 0.0)
        self._time_us = start_us
        self._mood = _ORDINARY
        self._mood_left_s = _FIRST_MOOD_S
        self._moves = 1.0
        self.activity = 1.0
        """Times the usual rate of events."""

    def price(self, base: str, quote: str) -> float:
        return math.exp(self._log[base] - self._log[quote])

    def pressure(self, base: str, quote: str) -> float:
        """How much more of `base` is wanted for `quote`, each as far as it moves the price."""
        base_bps, quote_bps = ASSETS[base].moves_bps, ASSETS[quote].moves_bps
        pull = base_bps * self._pressure[base] - quote_bps * self._pressure[quote]
        return pull / max(base_bps, quote_bps)

    def visit(self, book: Book, time_us: int) -> bool:
        """Whether a message was made in the flow's place: nobody in this market does."""
        return False

    def advance(self, time_us: int) -> None:
        """Go on to the last step that is not after `time_us`."""
        while self._time_us + STEP_US <= time_us:
            self._time_us += STEP_US
            self._step()

    def _step(self) -> None:
        self._change_mood()
        gauss = self._random.gauss
        _, _, moves, activity = _MOODS[self._mood]
        fade = STEP_S / _MOOD_FADE_S
        self._moves += (moves - self._moves) * fade
        self.activity += (activity - self.activity) * fade

        root_s = math.sqrt(STEP_S)
        shared_move = gauss(0.0, root_s)
        kick = math.sqrt(2 * STEP_S / _PRESSURE_FADE_S)
        shared_kick = gauss(0.0, kick * _PRESSURE_SHARED)
        own_kick = kick * math.sqrt(1 - _PRESSURE_SHARED**2)
        for name, asset in ASSETS.items():
            if not asset.moves_bps:
                continue
            pressure = self._pressure[name]
            move_bps = asset.beta_bps * shared_move + asset.own_bps * gauss(0.0, root_s)
            move_bps += asset.moves_bps * _PRESSURE_PULL * pressure * STEP_S
            self._log[name] += move_bps * self._moves * BPS
            pressure -= pressure * STEP_S / _PRESSURE_FADE_S
            self._pressure[name] = pressure + shared_kick + gauss(0.0, own_kick)

    def _change_mood(self) -> None:
        self._mood_left_s -= STEP_S
        if self._mood_left_s > 0:
            return
        others = [mood for mood in range(len(_MOODS)) if mood != self._mood]
        chances = [_MOODS[mood][0] for mood in others]
        (self._mood,) = self._random.choices(others, chances)
        self._mood_left_s = self._random.expovariate(1 / _MOODS[self._mood][1])
        if self._mood == _BURST:
            push = self._random.choice((-_BURST_PUSH, _BURST_PUSH))
            for name, asset in ASSETS.items():
                # Currencies hardly follow: their share of the common factor is small.
                self._pressure[name] += push * min(1.0, asset.beta_bps / _FULL_PUSH_BETA_BPS)
