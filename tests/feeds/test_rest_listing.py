"""What REST tells of each pair is said before the books begin, in little time and little of the heap."""

import json

from http_peer import chunked
from rest_kraken import XBT, Kraken, ask_kraken, body
from rest_running import on_board, on_cpython
from tls_peer import ca_file, server_context, serving

from firmware.feeds import listing

_ROOM = 13 * 1024  # bytes of heap, and no more, are free when it begins
_BLOCKS = 128  # that look taken, by what is on the stack


def test_what_is_said_before_the_books_begin(run, certs):
    server = Kraken({"AssetPairs?pair=ETHUSD": body({"XETHZUSD": XBT})})
    pairs = "BTC/USD,NO/USD,ETH/USD,DOGE/USD"
    *said, known, _ = ask_kraken(run, certs, server, "look_up:" + pairs)
    assert said == [
        {"k": "status", "st": "online"},
        listed("BTC/USD", 1, "0.00005"),
        {"k": "error", "why": "NO/USD: EQuery:Unknown asset pair"},
        {"k": "error", "why": "ETH/USD: the answer is about XBT/USD"},
        listed("DOGE/USD", 7, "13"),
    ]
    nothing = [-1, -1, 0, 0, -1, 0]
    assert known == [1, 8, 0, 5, 5, 0, *nothing, *nothing, 7, 8, 0, 13, 0, 0]
    assert server.connections == 1


def listed(pair, decimals, least):
    return {
        "k": "listing",
        "p": pair,
        "pd": decimals,
        "qd": 8,
        "min": least,
        "tick": "0.1",
        "st": "online",
    }


def test_an_exchange_that_cannot_be_asked_is_said_once(run, certs):
    server = Kraken({"AssetPairs?pair=XBTUSD": b"HTTP/1.1 502 Bad\r\n\r\n"})
    *said, known, _ = ask_kraken(run, certs, server, "look_up:BTC/USD,DOGE/USD")
    assert said == [
        {"k": "status", "st": "online"},
        {"k": "error", "why": "REST of localhost: HTTP 502 bad gateway"},
    ]
    assert known == [-1, -1, 0, 0, -1, 0] * 2


def test_the_whole_list_of_pairs_for_an_answer(run, certs, feeds):
    """173 KB go through the receive buffer and leave nothing, neither on the heap nor in the listing."""
    pairs = (feeds / "cryptofeed" / "KRAKEN.0").read_bytes().splitlines()[0].split(b": ", 1)[1]
    server = Kraken({"AssetPairs?pair=XBTUSD": chunked(pairs, [4096, 1, 16384])})
    *said, _, _ = ask_kraken(run, certs, server, "look_up:BTC/USD,DOGE/USD")
    last = list(json.loads(pairs)["result"].values())[-1]["wsname"]
    assert said[1:] == [
        {"k": "error", "why": f"BTC/USD: the answer is about {last}"},
        listed("DOGE/USD", 7, "13"),
    ]


def test_what_it_takes_of_the_heap_and_what_stays(board_model, certs, tmp_path):
    """Beside the names that the first time brings: MicroPython never forgets one."""
    run = on_board(tmp_path)
    pairs = "BTC/USD,DOGE/USD,AAPLx/USD"
    with serving(Kraken().talk, server_context()) as port:
        _, *rounds = run("rest_heap.py", port, ca_file("good", certs), pairs, _ROOM, 3)
    for last, stays, listing_bytes in rounds:
        assert last == "listing"
        assert abs(stays - listing_bytes) <= _BLOCKS


def test_the_books_do_not_wait_for_ever(certs, monkeypatch):
    clock_ms = iter(range(0, 10**6, 8000))
    monkeypatch.setattr(listing, "ticks_ms", lambda: next(clock_ms))
    pairs = "BTC/USD,DOGE/USD,AAPLx/USD,BTC/USD"
    said = ask_kraken(on_cpython, certs, Kraken(), "look_up:" + pairs)
    assert [record["k"] for record in said[:-2]] == ["status", "listing", "listing", "error"]
    assert said[-3]["why"] == "REST of localhost: too slow to wait for"
