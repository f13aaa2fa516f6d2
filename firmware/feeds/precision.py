"""Compares the decimals that REST told with those that the books show, once a pair."""

from micropython import const

# As listing.py has them.
_L_PAIRS = const(2)
_L_STRIDE = const(6)
_L_PRICE_DECIMALS = const(0)
_L_CHECKED = const(5)  # 1: compared
_B_DECIMALS = const(6)


def check(settings, listing, books, telemetry):
    """Say where both are known and differ; returns how many pairs are still to be compared.

    Only v2 prints the decimals that the listing has.
    """
    left = 0
    if settings["dialect"] == "spot_v2":
        at = _L_PAIRS
        for pair, book in zip(settings["pairs"], books):
            if listing[at + _L_PRICE_DECIMALS] >= 0 and listing[at + _L_CHECKED] == 0:
                if book[_B_DECIMALS] < 0:
                    left += 1
                else:
                    listing[at + _L_CHECKED] = 1
                    for n, what in enumerate(("prices", "quantities")):
                        told = listing[at + _L_PRICE_DECIMALS + n]
                        if told >= 0 and told != book[_B_DECIMALS + n]:
                            telemetry.say(
                                k="error",
                                why="%s: %s have %d decimals, AssetPairs says %d"
                                % (pair, what, book[_B_DECIMALS + n], told),
                            )
            at += _L_STRIDE
    return left
