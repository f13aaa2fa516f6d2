"""What futures are asked for, what the answers mean, and how a message too large for the receive buffer is taken."""

import json

import pytest
from futures_reference import delta, snapshot
from programs.look import look

from firmware import config
from firmware.feeds import buffers, futures_v1

DIALECT = "futures_v1"
AROUND = ('{"event":"error","message":"x"}', '"event":"alert","product_ids":["y"]}')
BOOK, MARKET = 2, 3
_LONGEST_REQUEST = 504  # what fits one frame of the WebSocket client
PRODUCT = "PF_XBTUSD"


def test_requests(ask):
    names = ["pi_btcusd", "PF_XBTUSD", "FI_ETHUSD_211231"]
    plain, full = (
        config.check({"dialect": DIALECT, "pairs": names, "channels": channels})
        for channels in ([], ["ticker", "trade"])
    )
    requests, all_requests, renewal = (
        [json.loads(text) for text in texts]
        for texts in ask(["requests", plain], ["requests", full], ["renewal", plain, 0])
    )
    ids = ["PI_XBTUSD", "PF_XBTUSD", "FI_ETHUSD_211231"]
    book = {"event": "subscribe", "feed": "book", "product_ids": ids}
    assert requests == [book, {"event": "subscribe", "feed": "heartbeat"}]
    assert all_requests == [*requests, {**book, "feed": "ticker"}, {**book, "feed": "trade"}]
    one = {**book, "product_ids": ids[:1]}
    assert renewal == [{**one, "event": "unsubscribe"}, one]


def test_requests_fit_a_frame(ask):
    longest = [f"FF_ABCDEF{n}USD_261225" for n in range(8)]
    settings = {
        "pairs": [name[:19] + str(n) for n, name in enumerate(longest)],
        "channels": ["ticker"],
    }
    (texts,) = ask(["requests", settings])
    assert max(map(len, texts)) <= _LONGEST_REQUEST


def test_names_on_the_wire(ask):
    given = ["PI_XBTUSD", "PI_BTCUSD", "pf_btcusd", "FF_BTCUSD_261225", "FI_ETHUSD_211231"]
    wanted = ["PI_XBTUSD", "PI_XBTUSD", "PF_XBTUSD", "FF_XBTUSD_261225", "FI_ETHUSD_211231"]
    assert ask(*(["wire_name", name] for name in given)) == wanted


def test_answers(told):
    refused = '{"event":"subscribed_failed","feed":"book","product_ids":["PI_NOUSD"],"message":"no such"}'
    cases = {
        '{"event":"info","version":1}': None,
        '{"event":"subscribed","feed":"book","product_ids":["PI_XBTUSD"]}': None,
        '{"event":"unsubscribed","feed":"book","product_ids":["PI_XBTUSD"]}': None,
        '{"event":"unsubscribed_failed","feed":"book","product_ids":["PI_XBTUSD"]}': None,
        '{"event":"challenge","message":"5a2d547e-2226-4193-957e-7b19e32cf5b4"}': None,
        '{"event":"alert","message":"Not subscribed to feed"}': None,
        '{"feed":"candles_trade_1m_snapshot"}': None,
        refused: ["refused", "PI_NOUSD", "no such"],
        refused.replace(',"message":"no such"', ""): ["refused", "PI_NOUSD", "subscribed_failed"],
        refused.replace('"book"', '"ticker"'): ["alert", "PI_NOUSD", "no such"],
        refused.replace("USD", 'USD","PI_X'): ["alert", None, "no such"],
        '{"event":"error","message":"Invalid product id"}': ["alert", None, "Invalid product id"],
        '{"event":"alert","message":"rate_limited"}': ["alert", None, "rate_limited"],
        '{"event":"error"}': ["alert", None, "error"],
    }
    assert told(*cases) == list(cases.values())


def test_real_answers(told, feeds):
    frames = (feeds / "frames" / "futures_v1_frames_2026.jsonl").read_text().splitlines()
    capture = (feeds / "cryptofeed" / "KRAKEN_FUTURES.ws.1.0").read_text().splitlines()
    events = [
        line.partition(": ")[2] for line in capture if ': {"event":' in line and "<-" not in line
    ]
    assert len(events) == 31
    alerts = [
        json.loads(frame)["message"] for frame in frames if frame.startswith('{"event":"alert"')
    ]
    said = told(*frames, *events)
    assert [item for item in said if item] == [["alert", None, words] for words in alerts]
    assert len(alerts) == 2


@pytest.fixture
def made():
    settings = config.check({"dialect": DIALECT, "pairs": [PRODUCT]})
    return buffers.make(settings)


def pieces(made, message, size=1000):
    """Hand a message over as the WebSocket client does; what `take_end` returns."""
    for at in range(0, len(message), size):
        piece = bytearray(b'"' + message[at : at + size] + b'"')
        futures_v1.take_piece(piece, 1, len(piece) - 1, made)
    return futures_v1.take_end(0, made)


def large(seq, count=1000):
    sides = [[(f"{84_000 + sign * n}.0", f"{n}.5") for n in range(1, count)] for sign in (-1, 1)]
    return snapshot(PRODUCT, seq, *sides)


@pytest.mark.parametrize("size", [100, 977, 3000])
def test_a_large_snapshot_in_pieces_is_the_snapshot(made, size):
    whole = buffers.make(config.check({"dialect": DIALECT, "pairs": [PRODUCT]}))
    for seq in (7, 2**40):
        message = large(seq)
        assert futures_v1.on_frame(bytearray(message), 0, len(message), 0, whole) == BOOK
        assert pieces(made, message, size) == BOOK
        assert look(made) == look(whole) and made[10] == whole[10] and made[11] == whole[11]
        after = bytearray(delta(PRODUCT, seq + 1, "buy", "83999.0", "0.0"))
        for each in (made, whole):
            assert futures_v1.on_frame(after, 0, len(after), 0, each) == BOOK
        assert look(made) == look(whole) and look(made)[0][0] == 1


def test_what_is_damaged_in_pieces_is_told(made):
    message = large(7)
    for damaged in (
        message[:-1],
        message + b"}",
        message[:200] + b"," + message[200:],
        b"{" * 5000,
    ):
        assert pieces(made, damaged) < 0
        assert look(made)[0][0] == 0
        assert pieces(made, message) == BOOK  # the next one is whole again
        made[2][0][0] = 0


def test_a_broken_connection_leaves_no_half_message(made):
    half = bytearray(large(7)[:5000])
    futures_v1.take_piece(half, 0, len(half), made)
    futures_v1.take_piece(half, 0, 0, made)
    assert pieces(made, large(8)) == BOOK


def test_other_large_messages_harm_no_book(made):
    assert pieces(made, large(7)) == BOOK
    before = look(made)
    trade = (
        '{"feed":"trade","product_id":"PF_XBTUSD","uid":"8a2be12f-7a3f-4f8f-a111-d1b5200ab1d0",'
        '"side":"sell","type":"fill","time":1790360004381,"qty":0.0002,"price":83994.0,"seq":4}'
    )
    trades = ",".join([trade] * 100)
    message = f'{{"feed":"trade_snapshot","product_id":"PF_XBTUSD","trades":[{trades}]}}'
    assert len(message) > 16_000
    assert pieces(made, message.encode()) == MARKET
    skipped = made[10][3]
    # Nor a book whose levels are too long for the room, but that one may not be believed.
    sides = [
        [(f"{500 + sign * n}.0000000000", "1.00000000000000") for n in range(99)]
        for sign in (-1, 1)
    ]
    wide = snapshot(PRODUCT, 9, *sides)
    assert pieces(made, wide) < 0 and made[10][3] == skipped + 1
    assert look(made) == before


def test_the_room_stays_free(made):
    """What an other dialect keeps for checksums is not written to."""
    for buffer in (made[3], made[7]):
        for n in range(len(buffer)):
            buffer[n] = 170
    message = large(7, 30)
    assert futures_v1.on_frame(bytearray(message), 0, len(message), 0, made) == BOOK
    assert {*made[3]} == {*made[7]} == {170}


def test_the_room_is_enough_for_real_books(feeds):
    """Every snapshot of the capture, and the longest levels that real tick and lot sizes give."""
    lines = (feeds / "cryptofeed" / "KRAKEN_FUTURES.ws.1.0").read_bytes().splitlines()
    books = [line.partition(b": ")[2] for line in lines]
    books = [book for book in books if book.startswith(b'{"feed":"book_snapshot"')]
    assert len(books) == 10
    longest = [("123456.5", "12345678.1234")] * 99
    for depth in (10, 25):
        made = buffers.make(
            {**config.check({"dialect": DIALECT}), "pairs": [PRODUCT], "depth": depth}
        )
        for book in (*books, snapshot("FF_XBTUSD_261225", 2**50, longest, longest)):
            assert pieces(made, book) == BOOK
