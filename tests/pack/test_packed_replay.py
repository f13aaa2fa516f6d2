"""A packed replay says what one of the recording says, byte for byte: real feeds, seeded ones, damaged ones."""

import json
import random
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packing import CHANNELS, pack, replayed

REAL = {
    "python-kraken-sdk/orderbook-v2.jsonl": ("spot_v2", 510),
    "cryptofeed/KRAKEN.ws.50.0": ("spot_v1", 4279),
    "cryptofeed/KRAKEN_FUTURES.ws.1.0": ("futures_v1", 7024),
}
PROVED = 1  # of the counters


def same(path, tmp_path, dialect, **how):
    """What a replay of `path` tells, after seeing that its pack tells the same."""
    copy = tmp_path / "feed"
    if not copy.exists():
        shutil.copyfile(path, copy)
    packed = copy.with_name("feed.parquet")
    if not packed.exists():
        pack(copy, dialect)
    raw = replayed(copy, dialect=dialect, **how)
    assert replayed(packed, dialect=dialect, **how) == raw
    return raw


@pytest.mark.parametrize("name", REAL)
def test_real_feeds(feeds, tmp_path, name):
    dialect, proved = REAL[name]
    records, told = same(feeds / name, tmp_path, dialect)
    assert told["counters"][PROVED] == proved
    assert records.count(b'"k":"book"') > proved // 2
    # Other depths cut otherwise, and cost some books their proof.
    for depth in (10, 100):
        same(feeds / name, tmp_path, dialect, depth=depth)


def test_seeded_recordings(recording, tmp_path, dialect):
    records, told = same(recording(dialect), tmp_path, dialect, channels=CHANNELS[dialect])
    kinds = {json.loads(line)["k"] for line in records.splitlines()}
    assert {"book", "state", "signal", "trade", "tick"} <= kinds
    assert told["counters"][PROVED] > 500 and told["complaint"] is None
    pair = "PF_ETHUSD" if dialect == "futures_v1" else "ETH/USD"
    _, told = same(recording(dialect), tmp_path, dialect, pairs=[pair])
    assert [found.symbol for found in told["pairs"]] == [pair]


def test_a_pack_and_a_recording_are_one_feed(recording, tmp_path, dialect):
    """The books that a pack leaves are those that the next file goes on with."""
    lines = recording(dialect).read_bytes().splitlines(keepends=True)
    parts = tmp_path / "a", tmp_path / "b"
    for part, some in zip(parts, (lines[:700], lines[700:]), strict=True):
        part.write_bytes(b"".join(some))
    packs = [pack(part, dialect) for part in parts]
    whole = replayed(recording(dialect), dialect=dialect)
    for feed in ((packs[0], parts[1]), (parts[0], packs[1]), packs):
        assert replayed(*feed, dialect=dialect) == whole


def damaged(lines, seed):
    """Lines lost, doubled, moved, cut, glued and scribbled in, with two elements, and without a feed in them."""
    dice = random.Random(seed)
    lines = list(lines)
    for _ in range(dice.randrange(1, 60)):
        at = dice.randrange(len(lines))
        line = lines[at]
        place = dice.randrange(max(1, len(line)))
        digit = b"%d" % dice.randrange(10)
        lines[at : at + 1] = dice.choice(
            [
                [],
                [line, line],
                [line[:place] + digit + line[place + 1 :]],
                [line[:place] + digit * dice.choice((1, 9, 30)) + line[place:]],
                [line[:place] + b"\n"],
                [line[:place] + dice.randbytes(1).replace(b"\n", b" ") + line[place + 1 :]],
                [line.replace(b'"data":[{', b'"data":[{"a":{"b":[1]},')],
                [line.replace(b"BTC", b"TCB"), line],
                [line.replace(b"}]}\n", b"},{}]}\n")],
                [line.replace(b".", b"e", 1), b"\r\n", b"no frame\n", line],
                [line.replace(b"0", b"")],
                [line.replace(b"}", b"} ").replace(b":", b" : ")],
                [lines[dice.randrange(len(lines))], line],
            ]
        )
    return [line if line.endswith(b"\n") else line + b"\n" for line in lines]


@given(seed=st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("spoken", CHANNELS)
def test_damaged_feeds(recording, tmp_path_factory, spoken, seed):
    """What is refused is refused in the same line for the same reason, and what it costs is the same."""
    folder = tmp_path_factory.mktemp("damaged")
    lines = recording(spoken).read_bytes().splitlines(keepends=True)
    path = folder / "given"
    path.write_bytes(b"".join([lines[0], *damaged(lines[1:600], seed)]))
    same(path, folder, spoken, channels=CHANNELS[spoken] if seed % 8 == 0 else [])


NUMBERS = st.builds(
    lambda digits, point, exponent: (
        digits[:point].lstrip("0") + "." + digits[point:] + exponent
        if point < len(digits)
        else (digits.lstrip("0") or "0") + exponent
    ),
    st.text("0123456789", min_size=1, max_size=19),
    st.integers(0, 19),
    st.sampled_from(("", "", "", "", "e2", "e-3", "E+120", "e-9999")),
).map(lambda number: "0" + number if number.startswith(".") else number)
LEVELS = st.lists(st.tuples(st.sampled_from("ab"), NUMBERS, NUMBERS), min_size=0, max_size=12)


def message(dialect, number, levels):
    sides = {
        side: [(price, quantity) for one, price, quantity in levels if one == side]
        for side in "ab"
    }
    if dialect == "spot_v2":
        texts = {
            side: ",".join(f'{{"price":{p},"qty":{q}}}' for p, q in found)
            for side, found in sides.items()
        }
        kind = "update" if number else "snapshot"
        return (
            f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"BTC/USD","bids":[{texts["b"]}]'
            f',"asks":[{texts["a"]}],"checksum":{number}}}]}}\n'
        )
    if dialect == "spot_v1":
        more = "" if number else "s"
        texts = {
            side: ",".join(f'["{p}","{q}","1618667830.918852"]' for p, q in found)
            for side, found in sides.items()
        }
        proof = f',{{"c":"{number}"}}' if number else ""
        return f'[1,{{"a{more}":[{texts["a"]}],"b{more}":[{texts["b"]}]}}{proof},"book-10","XBT/USD"]\n'
    if number:
        side, price, quantity = levels[0] if levels else ("b", "1", "0")
        word = {"a": "sell", "b": "buy"}[side]
        return (
            f'{{"feed":"book","product_id":"PF_XBTUSD","side":"{word}","seq":{number + 1},'
            f'"price":{price},"qty":{quantity},"timestamp":1626969600000}}\n'
        )
    texts = {
        side: ",".join(f'{{"price":{p},"qty":{q}}}' for p, q in found)
        for side, found in sides.items()
    }
    return (
        f'{{"feed":"book_snapshot","product_id":"PF_XBTUSD","timestamp":1626969600000,"seq":1,'
        f'"bids":[{texts["b"]}],"asks":[{texts["a"]}]}}\n'
    )


@given(snapshot=LEVELS, updates=st.lists(LEVELS, max_size=4))
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("spoken", CHANNELS)
def test_numbers_of_every_spelling(tmp_path_factory, spoken, snapshot, updates):
    """Long ones, short ones, zeros in front and behind, exponents, and what is no number of Kraken's."""
    folder = tmp_path_factory.mktemp("numbers")
    path = folder / "given"
    lines = [message(spoken, n, levels) for n, levels in enumerate([snapshot, *updates])]
    path.write_text("".join(lines))
    same(path, folder, spoken)
