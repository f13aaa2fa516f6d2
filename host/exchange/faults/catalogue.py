"""All faults by name, with their options; `table` is what `inkling exchange --list-faults` prints."""

from difflib import get_close_matches
from typing import Any

from host.errors import UserError
from host.exchange.faults.kinds import CONNECT, FEED, NOW, REST, SUBSCRIBE, WINDOW, Kind, Option

_LONGEST_S = 86_400.0
_MOST = 1_000_000


def find(name: str, where: str | None = None) -> Kind:
    """The fault of that name; raises UserError with a suggestion if there is none."""
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        near = get_close_matches(str(name), KINDS, n=1)
        hint = f"did you mean {near[0]}?" if near else "inkling exchange --list-faults lists all"
        raise UserError(f"{f'{where}: ' if where else ''}no fault is called {name}; {hint}")
    return kind


def table() -> str:
    """All faults, as `--list-faults` prints them."""
    lines = []
    for kind in KINDS.values():
        lines.append(f"{kind.name:<20} {kind.when:<10} {kind.summary}")
        options = [f"{each.name}={_shown(each.default)}" for each in kind.options]
        if options:
            lines.append(f"{'':<20} {'':<10}   {' '.join(options)}")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if value is None:
        return "any"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _count(name: str, default: int, low: int = 1, high: int = _MOST, vary: tuple = ()) -> Option:
    return Option(name, default, low, high, vary=vary)


def _seconds(default: float, vary: tuple = (), name: str = "seconds") -> Option:
    return Option(name, default, 0.0, _LONGEST_S, vary=vary)


def _ms(name: str, default: float, vary: tuple = ()) -> Option:
    return Option(name, default, 0.0, _LONGEST_S * 1000, vary=vary)


def _word(name: str, words: tuple, vary: bool = True) -> Option:
    return Option(name, words[0], words=words, vary=words if vary else ())


_CLIENT = _count("client", 0, 0)
_SYMBOL = Option("symbol", None)
_FRAMES = _count("frames", 1)
_TIMES = _count("times", 1, vary=(1, 1, 2, 3))
_CUT = Option("cut", True)
_OF = _word("of", ("update", "snapshot", "book"), vary=False)
_ONE = (_SYMBOL, _FRAMES, _CLIENT)
_REST = (_TIMES, Option("path", None))

_CLOSE_CODES = tuple(range(1000, 1014))
# What a peer may really send; 1004 to 1006 are for no wire, and are sent when asked for.
_LAWFUL_CODES = tuple(code for code in _CLOSE_CODES if code not in (1004, 1005, 1006))
CERTIFICATES = ("another", "expired", "not-yet-valid", "other-host", "other-ca")
MALFORMATIONS = ("brace", "comma", "number", "string", "nan", "colon")
SYSTEMS = ("maintenance", "cancel_only", "post_only", "online")

_ALL = (
    # The connection.
    Kind("drop", NOW, "the connection is cut without a word", (_CLIENT,)),
    Kind(
        "reset-mid-frame",
        NOW,
        "half of a frame, then a TCP reset",
        (_ms("after_ms", 50.0), _CLIENT),
    ),
    Kind(
        "half-open",
        NOW,
        "nothing is said or read any more, the connection stays for that long",
        (_seconds(60.0), _CLIENT),
    ),
    Kind(
        "drip",
        NOW,
        "single bytes, each a TLS record, with a pause after each",
        (_ms("ms", 2000.0, (500.0, 2000.0, 5000.0)), _ms("pause_ms", 2.0), _CLIENT),
    ),
    Kind(
        "fragmented",
        NOW,
        "frames in so many pieces, a ping between them",
        (
            _count("frames", 20),
            _count("pieces", 3, 2, 1000, vary=(2, 3, 10)),
            Option("ping", True),
            _CLIENT,
        ),
    ),
    Kind(
        "huge-frame",
        NOW,
        "one text frame of that size, of a channel nobody asked for",
        (_count("size", 1_000_000, 100, 1_048_576, vary=(10_000, 100_000, 1_000_000)), _CLIENT),
    ),
    Kind(
        "ping-storm",
        NOW,
        "so many pings at once",
        (_count("count", 1000, 1, 100_000), _count("size", 4, 0, 125, vary=(0, 4, 125)), _CLIENT),
    ),
    Kind("no-close-notify", NOW, "TCP ends between two frames, TLS is not closed", (_CLIENT,)),
    Kind(
        "close",
        NOW,
        "the WebSocket is closed with that code",
        (
            Option("code", 1001, words=_CLOSE_CODES, vary=_LAWFUL_CODES),
            Option("reason", "CloudFlare WebSocket proxy restarting"),
            _CLIENT,
        ),
    ),
    # The next connection.
    Kind(
        "certificate",
        CONNECT,
        "another certificate of the same CA, or a wrong one",
        (_word("kind", CERTIFICATES), _TIMES, _CUT),
    ),
    Kind(
        "refuse-connects",
        CONNECT,
        "nobody listens at the port for that long",
        (_ms("ms", 1000.0, (200.0, 1000.0, 3000.0)), _CUT),
    ),
    Kind(
        "upgrade-refused",
        CONNECT,
        "the upgrade is answered with that status and an HTML page",
        (_word("status", (503, 500, 502, 429, 403)), _TIMES, _CUT),
    ),
    Kind(
        "upgrade-silent",
        CONNECT,
        "the upgrade is not answered for that long",
        (_seconds(60.0), _TIMES, _CUT),
    ),
    Kind(
        "wrong-accept",
        CONNECT,
        "the upgrade is answered with a wrong Sec-WebSocket-Accept",
        (_TIMES, _CUT),
    ),
    # Subscribing.
    Kind(
        "late-snapshot",
        SUBSCRIBE,
        "snapshot and updates come that much later; proves",
        (_seconds(5.0, (2.0, 5.0, 15.0)), _SYMBOL, _CUT, _CLIENT),
    ),
    Kind(
        "snapshot-twice",
        SUBSCRIBE,
        "the snapshot comes twice; proves",
        (_SYMBOL, _CUT, _CLIENT),
    ),
    Kind(
        "late-ack",
        SUBSCRIBE,
        "the ack comes that much later, after the snapshot; proves",
        (_seconds(5.0, (1.0, 5.0)), _SYMBOL, _CUT, _CLIENT),
    ),
    Kind(
        "error-ack",
        SUBSCRIBE,
        "the subscription is refused with that text",
        (_SYMBOL, Option("error", None), _CUT, _CLIENT),
    ),
    # Single book frames.
    Kind("wrong-checksum", FEED, "a wrong checksum (v2, v1); does not prove", _ONE),
    Kind("missing-update", FEED, "an update is left out; does not prove", _ONE),
    Kind("duplicate-update", FEED, "twice the same; proves, but for futures' numbers", _ONE),
    Kind(
        "reordered-updates", FEED, "two updates change places; does not prove", (_SYMBOL, _CLIENT)
    ),
    Kind("extra-snapshot", FEED, "a true snapshot that nobody asked for; proves", _ONE),
    Kind(
        "exponent",
        FEED,
        "1.5e-05 (short) or 1.50E-5 (exact) for 0.0000150; proves",
        (_word("form", ("short", "exact")), _OF, *_ONE),
    ),
    Kind(
        "extra-keys",
        FEED,
        "keys and values that nobody knows, in all places; proves",
        (_OF, *_ONE),
    ),
    Kind(
        "excess-decimals",
        FEED,
        "so many more of that digit: 0 may prove, others are to be refused",
        (_count("decimals", 4, 1, 40, (1, 4, 12)), _count("digit", 0, 0, 9, (0, 1)), _OF, *_ONE),
    ),
    Kind(
        "malformed-json",
        FEED,
        "no JSON, by a wrong brace, comma, number ...; does not prove",
        (_word("kind", MALFORMATIONS), _OF, *_ONE),
    ),
    Kind(
        "truncated-frame",
        FEED,
        "the text ends in its middle; does not prove",
        (Option("part", 0.5, 0.0, 1.0, vary=(0.02, 0.1, 0.5, 0.9)), _OF, *_ONE),
    ),
    Kind(
        "binary-frame",
        FEED,
        "the text in a binary frame; proves if that is read",
        (_OF, *_ONE),
    ),
    Kind(
        "sequence-gap",
        FEED,
        "sequence numbers (futures) go on that much higher; does not prove",
        (_count("by", 1, 1, vary=(1, 2, 1000)), _SYMBOL, _CLIENT),
    ),
    Kind("without-checksum", FEED, "no `c` (v1): the update is not proved", _ONE),
    # What lasts.
    Kind(
        "empty-side",
        FEED,
        "one side of the book empties and stays so, checksums true; proves",
        (_seconds(2.0, (0.0, 2.0, 10.0)), _word("side", ("bids", "asks")), _SYMBOL, _CLIENT),
    ),
    Kind(
        "crossed-book",
        FEED,
        "a bid above the best ask for that long, checksums true; proves",
        (_seconds(2.0, (0.0, 2.0, 10.0)), _SYMBOL, _CLIENT),
    ),
    Kind(
        "quiet-pair",
        FEED,
        "a pair silent for that long, then all its changes in one; proves",
        (_seconds(30.0, (5.0, 30.0)), _SYMBOL, _CLIENT),
    ),
    Kind(
        "status",
        WINDOW,
        "the system's word, announced beforehand, then online again; proves",
        (_seconds(10.0), _word("system", SYSTEMS), _seconds(5.0, name="announced_s"), _CLIENT),
    ),
    Kind(
        "missing-heartbeats",
        WINDOW,
        "no heartbeats, all else goes on; proves",
        (_seconds(5.0, (2.0, 5.0, 10.0)), _CLIENT),
    ),
    Kind(
        "lag",
        WINDOW,
        "all comes that much later, at the end the rest at once; proves",
        (_seconds(5.0, (1.0, 5.0), "lag_s"), _seconds(15.0), _CLIENT),
    ),
    Kind(
        "clock-jump",
        WINDOW,
        "the exchange's times are off by that; proves",
        (
            Option("by_s", 60.0, -_LONGEST_S * 365, _LONGEST_S * 365, vary=(-60.0, 60.0, 3600.0)),
            _seconds(10.0),
            _CLIENT,
        ),
    ),
    # REST.
    Kind(
        "rest-refused",
        REST,
        "that HTTP status and an HTML page",
        (_word("status", (502, 500, 503, 429)), *_REST),
    ),
    Kind(
        "rest-error",
        REST,
        "HTTP 200 and that error in the envelope",
        (Option("error", "EService:Unavailable"), *_REST),
    ),
    Kind("rest-throttled", REST, "the error of one who asks too often", _REST),
    Kind("rest-cut", REST, "the body ends before its length", _REST),
    Kind("rest-slow", REST, "the body comes byte by byte", (_ms("pause_ms", 5.0), *_REST)),
    Kind("rest-silent", REST, "no answer for that long", (_seconds(30.0), *_REST)),
)

KINDS = {kind.name: kind for kind in _ALL}
