"""How long to wait before the next try: twice as long each time, with jitter, and never too many tries in all."""

import random as _random
from time import ticks_diff

from micropython import const

# Cloudflare bans an address that connects about 150 times in ten minutes: half of that is ours to
# spend, a dozen of it at once.
_TRY_MS = const(8000)
_MOST_TRIES = const(12)


class Backoff:
    """`await sleep_ms(backoff.next_ms(ticks_ms()))` after a failure; `backoff.reset()` after a success."""

    def __init__(self, min_ms=1000, max_ms=60_000, random=_random):
        self.min_ms = min_ms
        self.max_ms = max_ms
        self.random = random
        self._left_ms = _MOST_TRIES * _TRY_MS  # tries that may be made at once, in milliseconds
        self._last_ms = 0
        self.reset()

    def next_ms(self, now_ms):
        """A delay from the upper half of the present span, and the next span is twice as long.

        It is longer if the tries since the start, successes too, would else pass their budget.
        """
        span_ms = self._span_ms
        self._span_ms = min(2 * span_ms, self.max_ms)
        # Jitter keeps boards that lost the same access point from coming back in one moment.
        delay_ms = max(self.min_ms, span_ms - self.random.randrange(span_ms // 2 + 1))
        since_ms = ticks_diff(now_ms, self._last_ms)
        if since_ms < 0:  # of more than six days
            since_ms = _MOST_TRIES * _TRY_MS
        self._last_ms = now_ms
        left_ms = min(self._left_ms + since_ms, _MOST_TRIES * _TRY_MS) - _TRY_MS
        self._left_ms = left_ms
        return max(delay_ms, -left_ms)

    def reset(self):
        """The next delay is a short one again."""
        self._span_ms = min(2 * self.min_ms, self.max_ms)
