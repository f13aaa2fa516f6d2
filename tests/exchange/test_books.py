"""What the exchange shows of a book is what a client that follows the frames holds."""

import json

from client_book import ClientBook
from hypothesis import given, settings
from hypothesis import strategies as st

from host.exchange.books import ASK, BID, Book, checksum, decimal_text
from host.exchange.pairs import PAIRS, Pair
from host.exchange.spot_v2_channels import book_snapshot, book_update
from host.exchange.texts import time_of, time_text

# Bids below 100 ticks, asks from there on, so that no sequence crosses the book.
_CHANGES = st.lists(
    st.tuples(st.sampled_from((BID, ASK)), st.integers(1, 40), st.integers(0, 3)), max_size=6
)
_DEPTHS = (10, 25)


def _apply(book, changes):
    for side, distance, qty in changes:
        price = 100 - distance if side == BID else 99 + distance
        if qty or price in book.sides[side]:
            book.change(side, price, qty)


@settings(deadline=None)
@given(_CHANGES, st.lists(_CHANGES, max_size=30), st.sampled_from((0, 1, 5)))
def test_a_client_at_any_depth_proves_every_frame(first, messages, decimals):
    book = Book(Pair("BTC/USD", decimals))
    book.begin(())
    _apply(book, [(side, at, 1) for side in (BID, ASK) for at in range(1, 25)])
    _apply(book, first)
    clients = {depth: ClientBook(depth) for depth in _DEPTHS}
    for depth, client in clients.items():
        assert client.apply(book_snapshot(book, depth, 0))
    for changes in messages:
        book.begin(_DEPTHS)
        _apply(book, changes)
        for depth, client in clients.items():
            if seen := book.seen(depth):
                assert client.apply(book_update(book, seen, 0))
        for depth, client in clients.items():
            # Below the ten that the checksum covers, too: the whole of what is shown is right.
            shown = json.loads(book_snapshot(book, depth, 0), parse_float=str, parse_int=str)[
                "data"
            ][0]
            for name in ("bids", "asks"):
                held = [client.sides[name][price] for price in client.ordered(name)]
                assert held == [(level["price"], level["qty"]) for level in shown[name]]


def test_published_example():
    book = Book(PAIRS["BTC/USD"])
    book.begin(())
    asks = (
        "45285.2 0.00100000 | 45286.4 1.54571953 | 45286.6 1.54571109 | 45289.6 1.54560911 |"
        "45290.2 0.15890660 | 45291.8 1.54553491 | 45294.7 0.04454749 | 45296.1 0.35380000 |"
        "45297.5 0.09945542 | 45299.5 0.18772827"
    )
    bids = (
        "45283.5 0.10000000 | 45283.4 1.54582015 | 45282.1 0.10000000 | 45281.0 0.10000000 |"
        "45280.3 1.54592586 | 45279.0 0.07990000 | 45277.6 0.03310103 | 45277.5 0.30000000 |"
        "45277.3 1.54602737 | 45276.6 0.15445238"
    )
    for side, levels in ((ASK, asks), (BID, bids)):
        for level in levels.split("|"):
            price, qty = (int(text.replace(".", "")) for text in level.split())
            book.change(side, price, qty)
    assert checksum(book) == 3310070434


def test_update_is_printed_as_kraken_does():
    book = Book(Pair("BTC/USD", 1))
    book.begin(())
    for rank in range(11):
        book.change(ASK, 840_001 + rank, 100_000_000)
        book.change(BID, 840_000 - rank, 5)
    book.begin((10,))
    book.change(ASK, 840_001, 0)
    book.change(ASK, 840_003, 42)
    frame = book_update(book, book.seen(10), 1_787_604_117_110_183)
    assert frame == (
        '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[],"asks":['
        '{"price":84000.1,"qty":0.00000000},{"price":84001.1,"qty":1.00000000},'
        '{"price":84000.3,"qty":0.00000042}],'
        f'"checksum":{checksum(book)},"timestamp":"2026-08-24T20:41:57.110183Z"}}]}}'
    )


def test_a_level_pushed_out_goes_without_saying():
    book = Book(Pair("BTC/USD", 1))
    book.begin(())
    for rank in range(10):
        book.change(ASK, 110 + rank, 1)
    book.begin((10, 25))
    book.change(ASK, 109, 7)
    for depth in (10, 25):
        frame = book_update(book, book.seen(depth), 0)
        assert [level["price"] for level in json.loads(frame)["data"][0]["asks"]] == [10.9]


@given(st.integers(0, 10**18), st.integers(0, 10))
def test_decimals(value, decimals):
    text = decimal_text(value, decimals)
    assert int(text.replace(".", "")) == value
    assert len(text.partition(".")[2]) == decimals


@given(st.integers(0, 4_000_000_000_000_000))
def test_times(time_us):
    assert time_of(time_text(time_us)) == time_us
