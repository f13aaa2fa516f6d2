"""EN and GPIO0 of the chip: two transistors between DTR and RTS, two buttons, and a capacitor at EN."""

import threading
from collections.abc import Callable

EN_RISES_S = 0.3
"""How long EN takes to follow when DTR lets go of it while RTS is still on.

Tools enter the loader by "DTR on, RTS off", two settings that a local driver makes microseconds
apart, while the capacitor at EN still holds the chip in reset. Through RFC 2217 they come 50 ms
and more apart. Servers for it (esp_rfc2217_server) play the step locally; this one lets the
capacitor wait for the second setting.
"""


def levels(dtr: bool, rts: bool) -> tuple[bool, bool]:
    """EN and GPIO0, True for high: each transistor pulls only when its own line alone is on."""
    return not (rts and not dtr), not (dtr and not rts)


class ResetCircuit:
    """Turns what happens to DTR, RTS and the buttons into levels of EN and GPIO0.

    circuit = ResetCircuit(lambda en, gpio0: ...)
    circuit.drive(dtr=False, rts=True)   # EN falls
    """

    def __init__(self, apply: Callable[[bool, bool], None]) -> None:
        self.dtr = self.rts = False
        self.boot_held = False
        self._apply = apply
        self._en_held = False
        self._en = True
        self._timer: threading.Timer | None = None
        self._lock = threading.RLock()

    def drive(self, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Set one line, or both at once."""
        with self._lock:
            self.dtr = self.dtr if dtr is None else dtr
            self.rts = self.rts if rts is None else rts
            self._settle()

    def hold_boot(self, held: bool) -> None:
        with self._lock:
            self.boot_held = held
            self._settle()

    def hold_en(self, held: bool) -> None:
        """The button that most boards call EN or RST."""
        with self._lock:
            self._en_held = held
            self._settle()

    def _settle(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        en, gpio0 = levels(self.dtr, self.rts)
        en = en and not self._en_held
        gpio0 = gpio0 and not self.boot_held
        if en and not self._en and self.dtr and self.rts:
            self._timer = threading.Timer(EN_RISES_S, self._rise)
            self._timer.daemon = True
            self._timer.start()
            return
        self._en = en
        # GPIO0 first: it is sampled as EN rises.
        self._apply(en, gpio0)

    def _rise(self) -> None:
        with self._lock:
            if self._timer and threading.current_thread() is self._timer:
                self._timer = None
                self._en = True
                self._apply(True, not self.boot_held)
