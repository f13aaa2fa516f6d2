"""What Kraken answers over REST, right or wrong, comes out as integers or as one line that says why not."""

import json

import pytest
from http_peer import HttpServer, chunked, with_length
from rest_kraken import ANSWERS, NO_PAIR, Kraken, ask_kraken, body, refused
from tls_peer import ca_file, server_context, serving

from firmware.feeds.rest import due_ms
from host.exchange.market import Market
from host.exchange.thread import exchange_in_thread


def test_every_call_in_one_session(run, certs):
    server = Kraken()
    calls = ["status", "time", "listing:BTC/USD", "listing:DOGE/USD", "listing:AAPLx/USD"]
    calls += ["ticker:BTC/USD", "ticker:AAPLx/USD", "depth:BTC/USD"]
    *said, counter = ask_kraken(run, certs, server, *calls)
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
    said = ask_kraken(run, certs, server, "listing:BTC/USD", "time")
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
    *said, _ = ask_kraken(run, certs, server, *["listing:BTC/USD", "anew"] * len(answers))
    wanted = ["refused: " + why for _, why in PARTICULAR] + ["none: " + why for _, why in GENERAL]
    assert said == wanted


@pytest.mark.parametrize(
    "answer",
    [refused("EAPI:Rate limit exceeded"), b"HTTP/1.1 429 Slow down\r\n\r\n"],
    ids=["in the envelope", "429"],
)
def test_when_kraken_says_too_often_the_next_call_waits(run, certs, answer):
    *_, counter = ask_kraken(run, certs, Kraken({"Time": answer}), "time")
    assert due_ms([counter, 0], 0) > 3000


def test_a_warning_comes_with_its_answer(run, certs):
    server = Kraken({"Time": body({"unixtime": 7654321}, ["WGeneral:Soon no more"])})
    assert ask_kraken(run, certs, server, "time")[0] == 7654321


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
