"""What is known of the board from the records heard so far: the state that every view shows."""

from collections import Counter, deque

from host.monitor import chip_text, reasons
from host.monitor.books import Books
from host.monitor.events import Event, Events, error_text
from host.monitor.links import Lead
from host.monitor.numbers import whole
from host.monitor.other_text import OtherText
from host.monitor.pair import LIVE, Pair, Signal
from host.monitor.records import Line, Record
from host.monitor.safe_text import safe_text
from host.monitor.startup import Boot, Wifi
from host.monitor.totals import Totals

SILENT_AFTER_S = 3.0  # a board reports every pair once a second
# Before that it joins the Wi-Fi, asks for the time and makes its first connection.
STARTING_SILENT_AFTER_S = 30.0
ERRORS_KEPT = 20


class BoardState:
    """Feed it lines with `take` and time with `tick`; read the fields."""

    def __init__(self, title: str = "") -> None:
        self.title = title
        self.books = Books()
        self.pairs = self.books.pairs
        self.record_counts: Counter[str] = Counter()
        self.boot = Boot()
        self.health: Record = {}
        self.link: Record = {}
        self.errors: deque[str] = deque(maxlen=ERRORS_KEPT)
        self.error_stands = False  # not yet answered by a reset or a connection
        self.other_text = OtherText()
        self.events = Events()
        self.event: Event | None = None  # what the last record told of
        self.exchange = ""  # its own word for how it is
        self.restarting = ""  # why the board restarts itself: until it is heard again
        self.restarts: deque[str] = deque(maxlen=ERRORS_KEPT)
        self.resyncs = 0
        self.net = ""
        self.net_why = ""
        self.retry_s = 0.0
        self.wifi = Wifi()
        self.clock = ""
        self.clock_why = ""
        self.safe = ""  # why the board stays in safe mode
        # Why it started last, in words, and when that was heard.
        self.start_cause = ""
        self.start_utc_s = 0.0
        self.note: chip_text.Meaning | None = None  # until the next record: what it does instead
        self.port_trouble = ""  # why nothing can be heard, said by whoever reads the line
        self.log_trouble = ""
        self._rom_cause = ""  # until the next record
        self._crash = ""
        self.totals = Totals()
        self.now_s = 0.0  # monotonic
        self.utc_s = 0.0
        self.started_s: float | None = None
        self.heard_s: float | None = None

    def tick(self, now_s: float, utc_s: float) -> None:
        """Tell the time: monotonic for what has elapsed, UTC for the clock on the screen."""
        if self.started_s is None:
            self.started_s = now_s
        self.now_s, self.utc_s = now_s, utc_s

    def take(self, line: Line) -> None:
        """Learn from one line."""
        record = line.record
        if record is None:
            self._take_text(line)
            return
        self.heard_s = self.now_s
        self.note = self.event = None
        self.restarting = ""
        if not self.knows(record):
            self.other_text.take(line, self.now_s)
            return
        kind = record["k"]
        self.record_counts[kind] += 1
        if not self.books.knows(kind):
            self._LEARN[kind](self, record)
        elif self.books.take(record, self.now_s):
            self._proves_connection()
        self.event = self.events.take(record, self.now_s, self.utc_s, self.start_cause)

    def knows(self, record: Record) -> bool:
        """Whether this record means something here; a newer board may have other kinds."""
        return self.books.knows(record["k"]) or record["k"] in self._LEARN

    def _take_text(self, line: Line) -> None:
        said = chip_text.meaning(self.other_text.take(line, self.now_s))
        if said is None:
            return
        if said.kind == "crash":
            self._crash = said.text
        elif said.kind == "note":
            self.note = said
        else:
            self._rom_cause = chip_text.after_crash(said.text, self._crash)
            self._crash = self.safe = ""
            self._started(self._rom_cause)
            if self.note is None or self._rom_cause != chip_text.NO_PROGRAM:
                self.note = chip_text.Meaning("note", "starting")

    def _started(self, cause: str) -> None:
        self.start_cause, self.start_utc_s = cause, self.utc_s

    def believed(self, pair: Pair) -> bool:
        """Whether this book's numbers may be shown as good: proved, and heard of just now."""
        return pair.state == LIVE and not (self.port_trouble or self.silent(pair.heard_s))

    def both_believed(self, lead: Lead) -> bool:
        """Whether the books of both pairs are to be believed."""
        pairs = [self.pairs.get(name) for name in (lead.leader, lead.follower)]
        return all(pair is not None and self.believed(pair) for pair in pairs)

    def stands(self, signal: Signal) -> bool:
        """Whether this signal is in force: not ended, and its book still to be believed."""
        pair = self.pairs.get(signal.pair)
        return pair is not None and pair.signal is signal and self.believed(pair)

    def silent(self, heard_s: float | None) -> bool:
        """Whether what was heard last at this time should have been heard again."""
        return heard_s is None or self.now_s - heard_s > SILENT_AFTER_S

    @property
    def board_silent(self) -> bool:
        """Whether nothing has been heard for longer than can be while all is well."""
        starting = self.boot.version and not self.pairs and self.net in ("", "connect")
        patience_s = STARTING_SILENT_AFTER_S if starting else SILENT_AFTER_S
        return self.heard_s is None or self.now_s - self.heard_s > patience_s

    @property
    def elapsed_s(self) -> float:
        return 0.0 if self.started_s is None else self.now_s - self.started_s

    @property
    def said(self) -> Record:
        """What the last health and link records say."""
        return {**self.link, **self.health}

    def _proves_connection(self) -> None:
        """A book is LIVE on a connection only: its record was missed, or came before we listened."""
        if self.net != "up":
            self._on_net({"k": "net", "st": "up"})

    def _on_boot(self, record: Record) -> None:
        # The board counts from zero again and has proved no book yet; signals stay, as history.
        self.totals.reset(self.said, self.pairs.values())
        self.boot = Boot(
            version=safe_text(record.get("v")),
            python=safe_text(record.get("py")),
            cause=safe_text(record.get("cause")),
        )
        why = safe_text(record.get("why"))
        self._started(chip_text.boot_cause(self.boot.cause, self._rom_cause, why))
        self._rom_cause = self._crash = ""
        self.health = {}
        self.link = {}
        self.books.clear()
        self.net = self.net_why = self.exchange = ""
        self.wifi = Wifi()
        self.clock = self.clock_why = self.safe = ""
        self.error_stands = False

    def _on_net(self, record: Record) -> None:
        self.net = safe_text(record.get("st"))
        if self.net == "down":
            self.net_why = safe_text(record.get("why"))
        elif self.net == "retry":
            self.retry_s = self.now_s + (whole(record.get("ms")) or 0) / 1000
        elif self.net == "up":
            self.net_why = ""
            self.error_stands = False

    def _on_wifi(self, record: Record) -> None:
        self.wifi = Wifi(
            state=safe_text(record.get("st")),
            why=safe_text(record.get("why")),
            rssi_dbm=whole(record.get("rssi")),
            address=safe_text(record.get("ip")),
            since_s=self.now_s,
        )
        if self.wifi.state in ("join", "down"):
            self.net = self.net_why = ""  # there is nothing that it could go over

    def _on_clock(self, record: Record) -> None:
        self.clock, self.clock_why = safe_text(record.get("st")), safe_text(record.get("why"))

    def _on_safe(self, record: Record) -> None:
        self.safe = safe_text(record.get("why")) or "asked for"

    def _on_health(self, record: Record) -> None:
        self.health = record

    def _on_link(self, record: Record) -> None:
        self.link = record
        rssi_dbm = whole(record.get("rssi"))
        if rssi_dbm is not None:
            self.wifi.rssi_dbm = rssi_dbm

    def _on_status(self, record: Record) -> None:
        status = safe_text(record.get("st"))
        if reasons.is_status(status):
            self.exchange = status

    def _on_restart(self, record: Record) -> None:
        self.restarting = safe_text(record.get("why")) or "no reason told"
        self.restarts.append(self.restarting)

    def _on_error(self, record: Record) -> None:
        self.errors.append(error_text(record))
        self.error_stands = True

    def _on_resync(self, record: Record) -> None:
        self.resyncs += whole(record.get("ok")) == 1

    def _on_event(self, record: Record) -> None:
        """Nothing but what the event says of it."""

    _LEARN = {  # noqa: RUF012
        "boot": _on_boot,
        "net": _on_net,
        "wifi": _on_wifi,
        "clock": _on_clock,
        "safe": _on_safe,
        "health": _on_health,
        "link": _on_link,
        "status": _on_status,
        "resync": _on_resync,
        "listing": _on_event,
        "leak": _on_event,
        "set": _on_event,
        "restart": _on_restart,
        "error": _on_error,
    }
