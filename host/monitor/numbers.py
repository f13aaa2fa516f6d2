"""The numbers in records: exact, and only such as a board would send."""

from decimal import Decimal

DIGITS_KEPT = 20  # Kraken's numbers have at most 18; more is line noise


def number(value: object) -> Decimal | None:
    """A record's number, or None for null and for anything that no board would send."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    exact = Decimal(value)
    if not exact.is_finite() or abs(exact.adjusted()) > DIGITS_KEPT:
        return None
    return exact if len(exact.as_tuple().digits) <= DIGITS_KEPT else None


def whole(value: object) -> int | None:
    """A record's whole number, or None."""
    exact = number(value)
    return None if exact is None else int(exact)


def decimals(value: Decimal | None) -> int:
    """Digits behind the point, as printed in the record."""
    return 0 if value is None else max(0, -int(value.as_tuple().exponent))
