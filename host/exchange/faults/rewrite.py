"""Frames with something wrong in them: text in, text out, in each dialect."""

import re
from collections.abc import Callable
from decimal import Decimal
from random import Random

from host.exchange.faults.looks import Look
from host.exchange.source import FUTURES_V1, SPOT_V1
from host.exchange.texts import seconds_text, time_of, time_text

_V2_CHECKSUM = re.compile(r'("checksum"\s*:\s*)(\d+)')
_V1_CHECKSUM = re.compile(r'("c"\s*:\s*")(\d+)')
_V1_CHECKSUM_KEY = re.compile(r',?"c"\s*:\s*"\d+"')
_NUMBER = re.compile(r'("(?:price|qty)"\s*:\s*)(-?[\d.]+)')
# Price and volume of a v1 level; its time is left alone.
_V1_LEVEL = re.compile(r'(\[")(-?[\d.]+)(",")(-?[\d.]+)(",")')
_SEQ = re.compile(r'("seq"\s*:\s*)(\d+)')
_RFC3339 = re.compile(r'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"')
_V1_TIME = re.compile(r'"(\d{9,10})\.(\d{6})"')
_FUTURES_TIME = re.compile(r'("(?:timestamp|time)"\s*:\s*)(\d{12,13})')

_UNKNOWN = (
    r'"x_note":"a \"quoted\" {brace] \u20ac","x_more":{"price":1.0,"qty":[2,{"checksum":3}]},'
)


def wrong_checksum(text: str, look: Look) -> str:
    pattern = _V1_CHECKSUM if look.dialect == SPOT_V1 else _V2_CHECKSUM
    return pattern.sub(lambda found: f"{found[1]}{int(found[2]) ^ 1}", text)


def without_checksum(text: str, look: Look) -> str:
    return _V1_CHECKSUM_KEY.sub("", text).replace("{,", "{") if look.dialect == SPOT_V1 else text


def numbers(text: str, look: Look, change: Callable[[str], str]) -> str:
    """`text` with every price and size printed otherwise."""
    if look.dialect != SPOT_V1:
        return _NUMBER.sub(lambda found: found[1] + change(found[2]), text)
    return _V1_LEVEL.sub(
        lambda found: found[1] + change(found[2]) + found[3] + change(found[4]) + found[5], text
    )


def exponent(form: str) -> Callable[[str], str]:
    """How a number is printed with an exponent: `short` as floats are, `exact` with all digits."""

    def change(number: str) -> str:
        sign, digits, power = Decimal(number).as_tuple()
        if form == "short":
            mantissa = "".join(map(str, digits)).rstrip("0") or "0"
            # The value is 0.mantissa times ten to this: zeros at the end do not count.
            top = len(digits) + power - 1 if any(digits) else 0
            return f"{'-' * sign}{_pointed(mantissa)}e{top:+03d}"
        return f"{'-' * sign}{_pointed(''.join(map(str, digits)))}E{len(digits) + power - 1}"

    return change


def _pointed(digits: str) -> str:
    return digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"


def more_decimals(count: int, digit: int) -> Callable[[str], str]:
    """How a number is printed with `count` more decimals, each of them `digit`."""
    return lambda number: f"{number}{'' if '.' in number else '.'}{str(digit) * count}"


def extra_keys(text: str, look: Look) -> str:
    if look.dialect == SPOT_V1:
        # Only objects have keys; a level is an array.
        return re.sub(r"\{", lambda found: "{" + _UNKNOWN, text, count=1)
    text = text.replace('{"price"', "{" + _UNKNOWN + '"price"')
    if look.dialect != FUTURES_V1:
        text = text.replace('{"symbol"', "{" + _UNKNOWN + '"symbol"', 1)
    return "{" + _UNKNOWN + text.lstrip()[1:]


def malformed(text: str, kind: str, random: Random) -> str:
    """`text` that no JSON parser takes, whatever it forgives at the ends."""
    if kind == "brace":
        return text[: text.rindex("}")] + text[text.rindex("}") + 1 :]
    # A colon inside a time is not the grammar's.
    marks = {"comma": ",", "colon": '(?<="):', "string": '"'}
    if mark := marks.get(kind):
        place = random.choice([found.start() for found in re.finditer(mark, text)])
        if kind == "string":
            return text[:place] + text[place + 1 :]
        return text[:place] + ("" if kind == "colon" else ",,") + text[place + 1 :]
    word = "NaN" if kind == "nan" else "0x1f"
    places = list(re.finditer(r"(?<=[:\[])(\"?)-?[\d.]+(?=[\",}\]])", text))
    found = random.choice(places) if places else None
    if not found:
        return text[:-1]
    # Also a v1 number, which is a string, loses its first quotation mark and is no JSON any more.
    return text[: found.start()] + word + text[found.end() :]


def truncated(text: str, part: float) -> str:
    return text[: max(1, min(len(text) - 1, int(len(text) * part)))]


def later(text: str, look: Look, by_s: float) -> str:
    """`text` with all its times moved."""
    by_us = int(by_s * 1_000_000)
    if look.dialect == FUTURES_V1:
        return _FUTURES_TIME.sub(lambda each: f"{each[1]}{int(each[2]) + by_us // 1000}", text)
    if look.dialect == SPOT_V1:

        def moved(found: re.Match) -> str:
            time_us = int(found[1]) * 1_000_000 + int(found[2])
            return f'"{seconds_text(time_us + by_us)}"'

        return _V1_TIME.sub(moved, text)
    return _RFC3339.sub(lambda each: f'"{time_text(time_of(each[1]) + by_us)}"', text)


def number(text: str) -> int:
    """The sequence number of a futures book frame; -1 where there is none."""
    found = _SEQ.search(text)
    return int(found[2]) if found else -1


def sequence(text: str, shift: int) -> str:
    """A futures frame whose sequence number is `shift` higher."""
    return _SEQ.sub(lambda found: f"{found[1]}{int(found[2]) + shift}", text, count=1)
