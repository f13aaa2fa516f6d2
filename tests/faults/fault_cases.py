"""Every fault that one scheme fits: what is to be seen of it, and how soon all books are to be LIVE again."""

from contextlib import suppress
from dataclasses import dataclass, field

from fault_lab import BACKOFF_MOST_S, Lab, NotSaid, measured

SPOT = ("spot_v2", "spot_v1")
ALL = (*SPOT, "futures_v1")
# A future's book of ten levels runs low by itself, faults or not.
_THIN = "thin"
# What a new subscription takes here: the exchange answers after 0.15 s.
_ANEW_S = 2.0
_MOST_STRIKES = 5
_NOTICED_S = 1.0

LOST = "connection lost"


@dataclass(frozen=True)
class Case:
    """One fault of the local Kraken, by its name there, which is the row's name in docs/faults.md."""

    name: str
    options: dict = field(default_factory=dict)
    stale: str | None = None
    """Why books go STALE; None if they are to stay LIVE."""
    is_of_all: bool = True
    """Whether it strikes all pairs, not just one."""
    downs: tuple = ()
    """Why connections end, in order."""
    said: tuple = ()
    """Other records, as far as they tell of the fault."""
    lasts_s: float = 0.0
    """How long it goes on after it has struck."""
    live_s: float = _ANEW_S
    """LIVE again after so long, backoff and `lasts_s` aside."""
    dialects: tuple = ("spot_v2",)
    is_told_otherwise: bool = False
    """Whether the exchange tells its client of another book, or another time, than it has."""
    may_repeat: bool = False
    """Whether a connection may end several times for the same reason."""
    variant: str = ""

    @property
    def id(self) -> str:
        return f"{self.name}-{self.variant}" if self.variant else self.name

    @property
    def bound_s(self) -> float:
        return self.lasts_s + self.live_s + len(self.downs) * BACKOFF_MOST_S


def _cut(name, *downs, **more):
    """A fault that waits for the next connection, so the present one is cut."""
    return Case(name, stale="disconnect", downs=(LOST, *downs), **more)


CONNECTION = (
    Case("drop", stale="disconnect", downs=(LOST,), dialects=ALL),
    Case("reset-mid-frame", stale="disconnect", downs=(LOST,)),
    Case("no-close-notify", stale="disconnect", downs=(LOST,), live_s=3.0),
    Case(
        "close",
        stale="disconnect",
        downs=("closed by the exchange (1001 going away)",),
        variant="1001",
    ),
    Case(
        "close",
        {"code": 1012},
        stale="disconnect",
        downs=("closed by the exchange (1012 service restarts)",),
        live_s=7.0,
        variant="1012",
    ),
    Case("fragmented", dialects=ALL),
    Case("ping-storm"),
    Case("drip", {"ms": 1500}, lasts_s=2.0),
    Case("huge-frame", stale="lost", dialects=ALL),
)
DOOR = (
    _cut("certificate", variant="another"),
    _cut(
        "certificate",
        "certificate expired (is the clock set?)",
        options={"kind": "expired"},
        variant="expired",
    ),
    _cut(
        "refuse-connects", "connection refused", options={"ms": 1200}, live_s=4.0, may_repeat=True
    ),
    _cut("upgrade-refused", "upgrade refused: HTTP 503", variant="503"),
    _cut("upgrade-refused", "upgrade refused: HTTP 429", options={"status": 429}, variant="429"),
    _cut("upgrade-silent", "timed out", live_s=4.0),
    _cut("wrong-accept", "upgrade refused: wrong accept key"),
)
SUBSCRIBE = (
    _cut("late-snapshot", options={"seconds": 2}, lasts_s=2.0, dialects=ALL),
    _cut("snapshot-twice"),
    _cut("late-ack", options={"seconds": 1}),
)


def _proof(name, stale, dialects=ALL, **options):
    return Case(name, options, stale=stale, is_of_all=False, dialects=dialects)


def _proves(name, *dialects, variant="", **options):
    return Case(
        name, options, is_of_all=False, dialects=dialects or ALL, variant=variant, lasts_s=0.5
    )


FRAMES = (
    _proof("wrong-checksum", "checksum", SPOT),
    _proof("missing-update", "checksum", SPOT),
    _proof("missing-update", "sequence", ("futures_v1",)),
    _proof("reordered-updates", "checksum", SPOT),
    _proof("reordered-updates", "sequence", ("futures_v1",)),
    _proof("sequence-gap", "sequence", ("futures_v1",)),
    _proves("duplicate-update"),
    _proves("extra-snapshot", "spot_v2", "futures_v1"),
    # A snapshot of v1 bears the time of its newest level, so nobody can say when it was true.
    Case(
        "extra-snapshot",
        is_of_all=False,
        lasts_s=0.5,
        dialects=("spot_v1",),
        is_told_otherwise=True,
    ),
    _proves("exponent", variant="short"),
    _proves("exponent", variant="exact", form="exact"),
    _proves("extra-keys"),
    _proves("excess-decimals", variant="zeros"),
    Case(
        "excess-decimals",
        {"digit": 1},
        stale="precision",
        is_of_all=False,
        dialects=ALL,
        variant="ones",
    ),
    Case("without-checksum", stale="lost", dialects=("spot_v1",)),
    Case("malformed-json", stale="lost"),
    Case("truncated-frame", stale="lost", dialects=ALL),
    Case("binary-frame", stale="lost"),
)
LASTING = (
    Case("empty-side", {"seconds": 1}, is_of_all=False, lasts_s=1.5, is_told_otherwise=True),
    Case("crossed-book", {"seconds": 1}, is_of_all=False, lasts_s=1.5, is_told_otherwise=True),
    Case(
        "missing-heartbeats",
        {"seconds": 4},
        stale="heartbeat",
        downs=("silent, no heartbeat",),
        lasts_s=4.0,
    ),
    Case("lag", {"lag_s": 2, "seconds": 2.5}, stale="lag", downs=("lag",), lasts_s=4.5),
    Case(
        "status",
        {"seconds": 1.5, "announced_s": 0.5},
        said=({"k": "status", "st": "maintenance"}, {"k": "status", "st": "online"}),
        lasts_s=2.0,
    ),
    Case("clock-jump", {"by_s": 60, "seconds": 1.5}, lasts_s=2.0, is_told_otherwise=True),
)
CASES = CONNECTION + DOOR + SUBSCRIBE + FRAMES + LASTING


def of(dialect, cases=CASES):
    return [case for case in cases if dialect in case.dialects]


def prove(lab: Lab, case: Case) -> float:
    """Strike a board with a fault; what is to be seen is seen, and nothing else. Seconds until LIVE."""
    pair = None if case.is_of_all else lab.cleanest()
    lab.begin(pair, connects_anew=bool(case.downs))
    options = case.options | ({"symbol": pair} if pair else {})
    lab.strike(case.name, **options)
    if case.downs:
        lab.until(lambda: len(lab.downs()) >= len(case.downs), case.bound_s + 5, "not down")
    elif case.stale:
        for _ in range(_MOST_STRIKES):
            with suppress(NotSaid):
                lab.until_said(_NOTICED_S, k="state", st="STALE")
                break
            # What one update leaves wrong the next may put right: then there was no harm.
            lab.strike(case.name, **options)
    lab.settle(max(0.0, lab.struck_s + case.lasts_s - lab.now_s()))
    lab.until_live(case.bound_s + 10)
    lab.settle()
    downs = lab.downs()
    told = list(dict.fromkeys(downs)) if case.may_repeat else downs
    assert told == list(case.downs), (told, lab.said("net", "state"))
    stales = {each: [why for why in whys if why != _THIN] for each, whys in lab.stales().items()}
    struck = [] if case.stale is None else [pair] if pair else list(lab.pairs)
    assert {each: whys for each, whys in stales.items() if whys} == {
        each: [case.stale] for each in struck
    }, (stales, struck, lab.said("state", "resync"))
    for record in case.said:
        assert any(record.items() <= told.items() for told in lab.said(record["k"])), record
    if not case.said:
        assert not lab.said("error", "status") or case.downs
    if case.is_told_otherwise:
        lab.skip_check()
    else:
        lab.check()
    took_s = 0.0
    if case.stale:
        took_s = lab.live_again(struck, case.stale) - lab.struck_s
        assert took_s <= case.bound_s
        measured(f"{case.id} {lab.dialect}", took_s)
    return took_s
