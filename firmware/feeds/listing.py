"""What REST tells before the books begin: precisions and least orders of the pairs, the system's status."""

from array import array
from time import ticks_diff, ticks_ms

from micropython import const

from firmware.feeds.rest import Rest, RestError, decimal, plan, query, text, wire_name
from tlsstream import ConnectError

# The listing: REST's rate counter, then for each pair.
_L_PAIRS = const(2)
_L_STRIDE = const(6)
_L_PRICE_DECIMALS = const(0)  # -1: not known
_L_QTY_DECIMALS = const(1)
_L_MIN_HI = const(2)  # the least quantity of an order, as two limbs and its decimals
_L_MIN_DECIMALS = const(4)
# The last word is precision.py's.

# Where the answers have what is asked for.
_R_RESULT = const(57)
_R_PRICE_DECIMALS = const(66)
_R_QTY_DECIMALS = const(70)
_R_MIN = const(74)
_R_MIN_COST = const(78)
_R_TICK = const(82)
_R_NAME = const(86)
_R_STATUS = const(95)

_STATUS_COLUMNS = const(b"result/status$ result/timestamp@")
_PAIR_COLUMNS = const(
    b"result/*# result/*/pair_decimals result/*/lot_decimals result/*/ordermin result/*/costmin"
    b" result/*/tick_size result/*/wsname$ result/*/status$"
)

_MOST_DECIMALS = const(19)
_MOST_MS = const(20_000)  # the books wait for all this


def make(settings):
    """The listing of the pairs of `settings`, of which nothing is known."""
    count = len(settings["pairs"])
    listing = array("i", bytes(4 * (_L_PAIRS + count * _L_STRIDE)))
    for at in range(_L_PAIRS, len(listing), _L_STRIDE):
        listing[at + _L_PRICE_DECIMALS] = listing[at + _L_QTY_DECIMALS] = -1
        listing[at + _L_MIN_DECIMALS] = -1
    return listing


async def look_up(settings, trusted, receive, telemetry, listing):
    """Ask `rest_host`, fill `listing`, say a record of each pair. What fails is said, and raises nothing.

    Only `listing` needs to outlive the call; `receive` is free again behind it.
    """
    rest = why = None
    began = ticks_ms()
    try:
        status_spec = plan(_STATUS_COLUMNS)
        pair_spec = plan(_PAIR_COLUMNS)
        rest = Rest(settings["rest_host"], settings["rest_port"], trusted, receive, listing)
        words = await status(rest, status_spec)
        telemetry.say(k="status", st=text(words, _R_RESULT))
        at = _L_PAIRS
        for pair in settings["pairs"]:
            telemetry.drain()
            if ticks_diff(ticks_ms(), began) > _MOST_MS:
                raise ConnectError("too slow to wait for")
            try:
                words = await asset_pair(rest, pair, pair_spec)
                _keep(words, pair, listing, at)
                telemetry.say(
                    k="listing",
                    p=pair,
                    pd=listing[at + _L_PRICE_DECIMALS],
                    qd=listing[at + _L_QTY_DECIMALS],
                    min=decimal(words, _R_MIN),
                    tick=decimal(words, _R_TICK),
                    st=text(words, _R_STATUS),
                )
            except RestError as error:
                telemetry.say(k="error", why=pair + ": " + error.why)
            at += _L_STRIDE
    except ConnectError as error:
        why = error.why
    except MemoryError:
        why = "out of memory"
    finally:
        if rest:
            rest.close()
    if why:
        telemetry.say(k="error", why=f"REST of {settings['rest_host']}: {why}")
    telemetry.drain()


async def status(rest, spec=None):
    """The system's status, as text at _R_RESULT, and since when."""
    return await rest.ask("/0/public/SystemStatus", spec or plan(_STATUS_COLUMNS))


async def asset_pair(rest, pair, spec=None):
    """What AssetPairs says of a pair: the _R_ places above."""
    stock = "&aclass_base=tokenized_asset"
    return await rest.ask(
        query("/0/public/AssetPairs?pair=", pair, stock), spec or plan(_PAIR_COLUMNS)
    )


def _keep(words, pair, listing, at):
    """The answer's integers into the listing; raises RestError for an answer that is about something else."""
    name = text(words, _R_NAME)
    if name and name != wire_name(pair):
        raise RestError("the answer is about " + name)
    for n in range(2):
        place = _R_PRICE_DECIMALS + n * (_R_QTY_DECIMALS - _R_PRICE_DECIMALS)
        if words[place] or words[place + 2] or not 0 <= words[place + 1] <= _MOST_DECIMALS:
            raise RestError("the answer has no decimals")
        listing[at + _L_PRICE_DECIMALS + n] = words[place + 1]
    for n in range(3):
        listing[at + _L_MIN_HI + n] = words[_R_MIN + n]
