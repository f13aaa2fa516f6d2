"""How long to wait before the next try: twice as long each time, up to a limit, with jitter."""

import random as _random


class Backoff:
    """`await sleep_ms(backoff.next_ms())` after a failure; `backoff.reset()` after a success."""

    def __init__(self, min_ms=1000, max_ms=60_000, random=_random):
        self.min_ms = min_ms
        self.max_ms = max_ms
        self.random = random
        self.reset()

    def next_ms(self):
        """A delay from the upper half of the present span, and the next span is twice as long."""
        span_ms = self._span_ms
        self._span_ms = min(2 * span_ms, self.max_ms)
        # Jitter keeps boards that lost the same access point from coming back in one moment.
        return max(self.min_ms, span_ms - self.random.randrange(span_ms // 2 + 1))

    def reset(self):
        """The next delay is a short one again."""
        self._span_ms = min(2 * self.min_ms, self.max_ms)
