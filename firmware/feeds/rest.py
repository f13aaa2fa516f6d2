"""Asks Kraken's public REST interface: the envelope around its answers, the counter that must not run over."""

import sys
from array import array
from asyncio import sleep_ms
from time import ticks_diff, ticks_ms

from micropython import const

from firmware.kernels.pick import pick
from tlsstream import ConnectError

# An answer, in words: the work area of `pick`, Kraken's error text, what was asked for.
_R_ERROR = const(48)
_R_RESULT = const(57)
_R_WORDS = const(104)

_TIMEOUT_MS = const(10_000)

_PICK_STATUS = const(0)
_PICK_ROW = const(2)
_TEXT_MOST = const(32)
_WARNING = const(87)
_GENERAL = const(b"SA")

# The counter of the lowest tier, in units of which a millisecond takes 33 away.
_CALL = const(100_000)
_COUNTER_MOST = const(1_500_000)
_DECAY = const(33)
_EMPTY_MS = const(46_000)  # it is at 0 again
_LEVEL = const(0)
_TICKS = const(1)


class RestError(ConnectError):
    """Kraken refuses this very question, or knows no answer; others it would answer."""


def plan(columns):
    """What `ask` wants, from columns (see paths.py) of which the first is a text or a time in every good answer.

    The heap has more room for it while there is no session: plan then what is asked at start.
    """
    from firmware.feeds import paths

    try:
        return paths.plan(b". error/0$ " + columns, _R_ERROR)
    finally:
        del sys.modules["firmware.feeds.paths"]
        delattr(sys.modules["firmware.feeds"], "paths")


class Rest:
    """Asks one thing after another in one TLS session; `buf` is lent until `close`.

    `state`, two words of an array that outlives this object, keeps the rate limit.
    """

    def __init__(self, host, port, trusted, buf, state):
        # Not before: here the plans are made, and what made them is gone.
        from httpget import HttpGet

        https = HttpGet(host, port, trusted, buf, _TIMEOUT_MS)
        self.get = https.get
        self.close = https.close
        self.state = state
        self.words = array("i", bytes(4 * _R_WORDS))

    async def ask(self, path, spec):
        """What `spec`, made by `plan`, picks out of the answer, from _R_RESULT on; the same array each time.

        Raises ConnectError, its `why` in Kraken's words or ours, if no question would be answered
        now, and RestError, which is one, if only this one is not.
        """
        words = self.words

        def take(buf, size):
            # The row is the whole text: what may stand behind it does not matter.
            if words[_PICK_STATUS] < _PICK_ROW:
                pick(buf, 0, size, words, spec, words)
                if words[_PICK_STATUS] < 0:
                    raise ConnectError("the answer is no JSON")

        wait_ms = due_ms(self.state, ticks_ms())
        while wait_ms:
            await sleep_ms(wait_ms)
            wait_ms = due_ms(self.state, ticks_ms())
        words[_PICK_STATUS] = 0
        try:
            await self.get(path, take)
        except ConnectError as error:
            if error.why.startswith("HTTP 429 too many"):
                self.state[_LEVEL] = _COUNTER_MOST
            raise
        if words[_PICK_STATUS] != _PICK_ROW:
            raise ConnectError("the answer was cut off")
        # E or W, a category, a colon, a text; a warning (W) comes with its result.
        if words[_R_ERROR] and words[_R_ERROR + 1] & 255 != _WARNING:
            why = text(words, _R_ERROR)
            if words[_R_ERROR + 1] >> 8 & 255 not in _GENERAL:
                raise RestError(why)
            # EService and EAPI. If that was the rate limit, someone else at this address asks, too.
            self.state[_LEVEL] = _COUNTER_MOST
            raise ConnectError(why)
        if words[_R_RESULT] == 0:
            raise RestError("the answer has no result")
        return words


def due_ms(state, now_ms):
    """How long to wait before the next call, by ticks; if it is 0 the call is counted."""
    since_ms = ticks_diff(now_ms, state[_TICKS])
    if not 0 <= since_ms < _EMPTY_MS:
        since_ms = _EMPTY_MS  # ticks wrap after days
    level = max(0, state[_LEVEL] - since_ms * _DECAY)
    over = level + _CALL - _COUNTER_MOST
    if over > 0:
        return (over + _DECAY - 1) // _DECAY
    state[_LEVEL] = level + _CALL
    state[_TICKS] = now_ms
    return 0


def wire_name(pair):
    """How REST names a pair of v2, with the slash that its addresses leave out."""
    base, _, quote = pair.partition("/")
    return _old(base) + "/" + _old(quote)


def _old(name):
    return "XBT" if name == "BTC" else "XDG" if name == "DOGE" else name


def query(path, pair, suffix):
    """`path` with the pair behind it; a tokenised stock (AAPLx/USD) needs `suffix` as well."""
    path += wire_name(pair).replace("/", "")
    return path + suffix if pair.encode().find(b"x/") > 0 else path


def text(words, at):
    """The picked text at `words[at]`."""
    return bytes(words[at + 1 : at + 9])[: min(words[at], _TEXT_MOST)].decode()


def decimal(words, at):
    """The picked number at `words[at]` as it is written; None without one."""
    value = words[at] * 1_000_000_000 + words[at + 1]
    unit = 10 ** max(0, words[at + 2])
    if words[at + 2] < 0:
        return None
    if unit == 1:
        return str(value)
    return str(value // unit) + "." + str(unit + value % unit)[1:]
