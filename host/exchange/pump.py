"""Steps the engine and the faults by the clock, each as soon as it is due."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from host.exchange.clock import Clock
from host.exchange.engine import Engine
from host.exchange.faults.injector import Injector

# Clients have their turn after so many steps in one go.
_STEPS_A_TURN = 64


class Pump:
    """`speed` times true speed, `clock.FULL_SPEED` for as fast as clients read.

    A capture that has been played to its end `repeats` for the next who comes.
    """

    def __init__(self, engine: Engine, faults: Injector, speed: float, repeats: bool):
        self._engine = engine
        self._faults = faults
        self._speed = speed
        self._repeats = repeats
        self._clock = self._new_clock()
        self._changed = asyncio.Event()
        self._has_ended = False

    def now_us(self) -> int:
        """Exchange time."""
        return self._clock.now_us()

    def wake(self) -> None:
        """Look again what is due."""
        self._changed.set()

    def start_clock(self) -> None:
        """Let time run, unless it does."""
        self._clock.start()

    def begin(self) -> None:
        """Be ready to run; time waits for a subscriber if the source does."""
        if not self._engine.source.waits_for_subscriber:
            self._clock.start()
        self._faults.begin(self.now_us())

    def rewind(self) -> None:
        """Nobody is connected: begin again if the source has ended."""
        if not self._has_ended or not self._repeats:
            return
        self._engine.rewind()
        self._clock = self._new_clock()
        self._faults.begin(self.now_us())
        self._has_ended = False

    async def run(
        self, caught_up: Callable[[], Awaitable[None]], ended: Callable[[], Awaitable[None]]
    ) -> None:
        """Go on for ever; wait until clients have `caught_up`, tell when the source has `ended`."""
        steps = 0
        while True:
            engine_us, faults_us = self._engine.next_us(), self._faults.next_us()
            due_us = min((us for us in (engine_us, faults_us) if us is not None), default=None)
            by_hand = self._clock.is_set_by_hand
            self._changed.clear()
            if due_us is None or (by_hand and not self._engine.is_subscribed):
                await self._changed.wait()
                continue
            if by_hand:
                self._clock.set(due_us)
            elif (wait_s := self._clock.seconds_until(due_us)) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), wait_s)
                continue
            if due_us == faults_us:
                self._faults.step(due_us)
            else:
                self._engine.step()
            if self._engine.has_ended and not self._has_ended:
                self._has_ended = True
                await ended()
                if by_hand:
                    # Only heartbeats are left, and those have their second.
                    self._clock.run_true()
            steps += 1
            if steps % _STEPS_A_TURN == 0:
                await asyncio.sleep(0)
                if by_hand:
                    await caught_up()

    def _new_clock(self) -> Clock:
        return Clock(self._engine.start_us, self._speed, self._engine.source.is_now)
