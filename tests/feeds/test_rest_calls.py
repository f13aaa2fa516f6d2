"""What Kraken answers over REST, right or wrong, comes out as integers or as one line that says why not."""

import json

import pytest
from rest_running import on_board, on_cpython

from firmware.feeds import listing
from firmware.feeds.rest import due_ms
from host.exchange.market import Market
from host.exchange.thread import exchange_in_thread

# Where rest_running.py says that they are.
# isort: split
from http_peer import HttpServer, chunked, with_length
from tls_peer import ca_file, server_context, serving

XBT = {
    "altname": "XBTUSD",
    "wsname": "XBT/USD",
    "aclass_base": "currency",
    "base": "XXBT",
    "quote": "ZUSD",
    "pair_decimals": 1,
    "cost_decimals": 5,
    "lot_decimals": 8,
    "leverage_buy": [2, 3, 4, 5],
    "fees": [[0, 0.26], [50000, 0.24]],
    "ordermin": "0.00005",
    "costmin": "0.5",
    "tick_size": "0.1",
    "status": "online",
}
DOGE = {**XBT, "altname": "XDGUSD", "wsname": "XDG/USD", "pair_decimals": 7, "ordermin": "13"}
STOCK = {**XBT, "altname": "AAPLxUSD", "wsname": "AAPLx/USD", "pair_decimals": 2}
TICKER = {
    "a": ["30300.10000", "1", "1.000"],
    "b": ["30300.00000", "1", "1.000"],
    "c": ["30303.20000", "0.00067643"],
    "v": ["4083.67001100", "4412.73601799"],
    "p": ["30706.77771", "30689.13205"],
    "t": [34619, 38907],
    "l": ["29868.30000", "29868.30001"],
    "h": ["31631.00000", "31631.00001"],
    "o": "30502.80000",
}
DEPTH = {
    "asks": [["30384.10000", "2.059", 1688671659], ["30387.90000", "1.500", 1688671380]],
    "bids": [["30297.00000", "1.115", 1688671636], ["30296.70000", "2.002", 1688671674]],
}
STATUS = {"status": "online", "timestamp": "2023-07-06T18:52:00Z", "upcoming_maintenance": []}


def body(result, errors=()):
    return json.dumps({"error": list(errors), "result": result}).encode()


def refused(text):
    return json.dumps({"error": [text]}).encode()


ANSWERS = {
    "SystemStatus": body(STATUS),
    "Time": body({"unixtime": 1688669448, "rfc1123": "Thu, 06 Jul 23 18:50:48 +0000"}),
    "AssetPairs?pair=XBTUSD": body({"XXBTZUSD": XBT}),
    "AssetPairs?pair=XDGUSD": body({"XDGUSD": DOGE}).replace(b"/", b"\\/"),
    "AssetPairs?pair=AAPLxUSD&aclass_base=tokenized_asset": body({"AAPLxUSD": STOCK}),
    "Ticker?pair=XBTUSD": body({"XXBTZUSD": TICKER}),
    "Ticker?pair=AAPLxUSD&asset_class=tokenized_asset": body({"AAPLxUSD": TICKER}),
    "Depth?count=5&pair=XBTUSD": body({"XXBTZUSD": DEPTH}),
}
_ROOM = 13 * 1024  # bytes of heap, and no more, are free when it begins
_BLOCKS = 128  # that look taken, by what is on the stack
NO_PAIR = refused("EQuery:Unknown asset pair")


@pytest.fixture(scope="session")
def certs(tmp_path_factory):
    return tmp_path_factory.mktemp("certs")


@pytest.fixture(scope="module", params=["cpython", "board"])
def run(request, tmp_path_factory):
    if request.param == "cpython":
        return on_cpython
    request.getfixturevalue("board_model")
    return on_board(tmp_path_factory.mktemp("flash"))


class Kraken(HttpServer):
    """Answers what ANSWERS says, and what `others` say instead."""

    def __init__(self, others=(), piece=0):
        answers = {**ANSWERS, **dict(others)}
        super().__init__(lambda path: _reply(answers.get(path.removeprefix("/0/public/"))), piece)

    def paths(self):
        return [question.split()[1].decode() for question in self.questions]


def _reply(answer):
    if callable(answer):
        answer = answer()
    if answer is None:
        answer = NO_PAIR
    return answer if answer.startswith((b"HTTP", b"<")) else with_length(answer)


def ask(run, certs, server, *calls):
    """What came of each call, and the rate counter at last."""
    with serving(server.talk, server_context()) as port:
        return run("rest_calls.py", port, ca_file("good", certs), *calls)


def test_every_call_in_one_session(run, certs):
    server = Kraken()
    calls = ["status", "time", "listing:BTC/USD", "listing:DOGE/USD", "listing:AAPLx/USD"]
    calls += ["ticker:BTC/USD", "ticker:AAPLx/USD", "depth:BTC/USD"]
    *said, counter = ask(run, certs, server, *calls)
    touch = ["30384.10000", "2.059", "30297.00000", "1.115"]
    day = ["30303.20000", "31631.00001", "29868.30001", "4412.73601799"]
    assert said == [
        ["online", [1688, 669520000]],
        1688669448,
        [["1", "8", "0.00005", "0.5", "0.1"], "XBT/USD", "online"],
        [["7", "8", "13", "0.5", "0.1"], "XDG/USD", "online"],
        [["2", "8", "0.00005", "0.5", "0.1"], "AAPLx/USD", "online"],
        ["XXBTZUSD", day],
        ["AAPLxUSD", day],
        ["XXBTZUSD", touch],
    ]
    assert server.connections == 1
    assert 0 < counter <= 800_000


@pytest.mark.parametrize("piece", [1, 5])
def test_it_does_not_matter_how_the_bytes_come(run, certs, piece):
    pairs = chunked(ANSWERS["AssetPairs?pair=XBTUSD"], [1, 2, 30], b";x")
    time = chunked(ANSWERS["Time"] + b"\n\n", [len(ANSWERS["Time"]), 1])
    server = Kraken({"AssetPairs?pair=XBTUSD": pairs, "Time": time}, piece)
    said = ask(run, certs, server, "listing:BTC/USD", "time")
    assert said[:2] == [
        [["1", "8", "0.00005", "0.5", "0.1"], "XBT/USD", "online"],
        1688669448,
    ]


GENERAL = [
    (refused("EService:Unavailable"), "EService:Unavailable"),
    (refused("EService: Throttled: 1688669448"), "EService: Throttled: 1688669448"),
    (refused("EAPI:Rate limit exceeded"), "EAPI:Rate limit exceeded"),
    (b'{"error":["EAPI:Rate limit exceeded"],"result":null}', "EAPI:Rate limit exceeded"),
    (b"<!DOCTYPE html>\n<html>Just a moment...", "no HTTP/1.1 answer"),
    (with_length(b"<!DOCTYPE html><html>Just a moment..."), "the answer is no JSON"),
    (with_length(b'{"error":[],"result"'), "the answer was cut off"),
    (with_length(b""), "the answer was cut off"),
    (b"HTTP/1.1 429 Slow down\r\n\r\n", "HTTP 429 too many requests"),
    (b"HTTP/1.1 502 Bad\r\n\r\n<html>", "HTTP 502 bad gateway"),
]
PARTICULAR = [
    (NO_PAIR, "EQuery:Unknown asset pair"),
    (refused('EGeneral:Invalid "arguments"'), "EGeneral:Invalid ?arguments?"),
    (b'{"error":[]}', "the answer has no result"),
    (b'{"error":[],"result":null}', "the answer has no result"),
    (b'{"error":[],"result":{}}', "the answer has no result"),
    (b'{"error":[],"result":[]}', "the answer has no result"),
]


def test_the_envelope_and_what_is_no_envelope(run, certs):
    answers = [answer for answer, _ in PARTICULAR + GENERAL]
    turn = iter(answers)
    server = Kraken({"AssetPairs?pair=XBTUSD": lambda: next(turn)})
    *said, _ = ask(run, certs, server, *["listing:BTC/USD", "anew"] * len(answers))
    wanted = ["refused: " + why for _, why in PARTICULAR] + ["none: " + why for _, why in GENERAL]
    assert said == wanted


@pytest.mark.parametrize(
    "answer",
    [refused("EAPI:Rate limit exceeded"), b"HTTP/1.1 429 Slow down\r\n\r\n"],
    ids=["in the envelope", "429"],
)
def test_when_kraken_says_too_often_the_next_call_waits(run, certs, answer):
    *_, counter = ask(run, certs, Kraken({"Time": answer}), "time")
    assert due_ms([counter, 0], 0) > 3000


def test_a_warning_comes_with_its_answer(run, certs):
    server = Kraken({"Time": body({"unixtime": 7654321}, ["WGeneral:Soon no more"])})
    assert ask(run, certs, server, "time")[0] == 7654321


def test_what_is_said_before_the_books_begin(run, certs):
    server = Kraken({"AssetPairs?pair=ETHUSD": body({"XETHZUSD": XBT})})
    pairs = "BTC/USD,NO/USD,ETH/USD,DOGE/USD"
    *said, known, _ = ask(run, certs, server, "look_up:" + pairs)
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
    *said, known, _ = ask(run, certs, server, "look_up:BTC/USD,DOGE/USD")
    assert said == [
        {"k": "status", "st": "online"},
        {"k": "error", "why": "REST of localhost: HTTP 502 bad gateway"},
    ]
    assert known == [-1, -1, 0, 0, -1, 0] * 2


def test_the_whole_list_of_pairs_for_an_answer(run, certs, feeds):
    """173 KB go through the receive buffer and leave nothing, neither on the heap nor in the listing."""
    pairs = (feeds / "cryptofeed" / "KRAKEN.0").read_bytes().splitlines()[0].split(b": ", 1)[1]
    server = Kraken({"AssetPairs?pair=XBTUSD": chunked(pairs, [4096, 1, 16384])})
    *said, _, _ = ask(run, certs, server, "look_up:BTC/USD,DOGE/USD")
    last = list(json.loads(pairs)["result"].values())[-1]["wsname"]
    assert said[1:] == [
        {"k": "error", "why": f"BTC/USD: the answer is about {last}"},
        listed("DOGE/USD", 7, "13"),
    ]


def test_every_recorded_pair(run, certs, feeds):
    """As REST would answer for one; the fee tables of then and what is new since do not matter."""
    pairs = (feeds / "cryptofeed" / "KRAKEN.0").read_bytes().splitlines()[0].split(b": ", 1)[1]
    found = json.loads(pairs)["result"]
    names = {v["altname"]: k for k, v in found.items() if "wsname" in v and not k.endswith(".d")}

    def answer(path):
        name = path.rpartition("=")[2]
        return with_length(body({names[name]: found[names[name]]}))

    wanted = [found[names[name]] for name in sorted(names)[::25]]
    calls = [
        "listing:" + pair["wsname"].replace("XBT", "BTC").replace("XDG", "DOGE") for pair in wanted
    ]
    said = []
    server = HttpServer(answer)
    with serving(server.talk, server_context()) as port:
        for first in range(0, len(calls), 14):
            some = calls[first : first + 14]
            said += run("rest_calls.py", port, ca_file("good", certs), *some)[:-1]
    assert len(said) == len(wanted) > 10
    for (numbers, name, status), pair in zip(said, wanted, strict=True):
        assert name == pair["wsname"]
        assert numbers[:2] == [str(pair["pair_decimals"]), str(pair["lot_decimals"])]
        assert numbers[2:] == [pair["ordermin"], None, None]
        assert status == ""


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
    said = ask(on_cpython, certs, Kraken(), "look_up:" + pairs)
    assert [record["k"] for record in said[:-2]] == ["status", "listing", "listing", "error"]
    assert said[-3]["why"] == "REST of localhost: too slow to wait for"


def test_the_local_kraken(run, tmp_path):
    """Its AssetPairs and Depth come in odd chunks."""
    pairs = ["BTC/USD", "DOGE/USD", "EUR/USD"]
    calls = ["look_up:BTC/USD,ADA/USD,DOGE/USD,EUR/USD", "time"]
    calls += [f"{what}:{pair}" for pair in pairs for what in ("ticker", "depth")]
    market = Market(pairs, seed=5)
    with exchange_in_thread(market) as exchange:
        (tmp_path / "ca.der").write_bytes(exchange.ca_der)
        said = run("rest_calls.py", exchange.port, tmp_path / "ca.der", *calls)
    assert said[0] == {"k": "status", "st": "online"}
    assert said[2] == {"k": "error", "why": "ADA/USD: EQuery:Unknown asset pair"}
    for record, symbol in zip((said[1], *said[3:5]), pairs, strict=True):
        pair = market.states[symbol].pair
        assert (record["p"], record["st"]) == (symbol, "online")
        assert (record["pd"], record["qd"]) == (pair.price_decimals, pair.qty_decimals)
    assert said[6] > 1_700_000_000
    for (key, day), (same_key, touch) in zip(said[7:-1:2], said[8:-1:2], strict=True):
        assert key == same_key
        last, high, low, volume = map(float, day)
        ask_price, ask_qty, bid_price, bid_qty = map(float, touch)
        assert low <= last <= high and volume > 0
        assert 0 < bid_price < ask_price and ask_qty > 0 and bid_qty > 0


def test_the_counter_never_runs_over():
    """Fifteen calls at once; then one about every three seconds, and never more than the counter gives back."""
    counter = [0, 0]
    now_ms = 1000
    calls = []
    while now_ms < 200_000:
        wait_ms = due_ms(counter, now_ms)
        if wait_ms == 0:
            calls.append(now_ms)
        now_ms += wait_ms
    assert calls[:15] == [1000] * 15
    for first, at in enumerate(calls):
        for last in range(first, len(calls)):
            assert last - first + 1 - 0.33 * (calls[last] - at) / 1000 <= 15
    assert len(calls) >= 15 + 0.32 * 199
