"""What goes wrong on the way, what the board says of it, and that it comes back by itself."""

import pytest
from running import board

from host.exchange import certificates, protocol
from host.exchange.market import Market
from host.exchange.thread import exchange_in_thread

PAIRS = ["BTC/USD", "ETH/USD", "BTC/EUR"]


@pytest.fixture
def exchange():
    with exchange_in_thread(Market(PAIRS, seed=3)) as running:
        yield running


def test_a_failed_checksum_makes_the_book_stale_until_a_new_snapshot_proves_it(exchange, tmp_path):
    with board(tmp_path, exchange, pairs=PAIRS) as running:
        running.until_live(PAIRS)
        exchange.fault("wrong-checksum", symbol="BTC/USD")
        stale = running.until(lambda r: r["k"] == "state" and r["st"] == "STALE")
        assert (stale["p"], stale["why"]) == ("BTC/USD", "checksum")
        seen = len(running.lines)
        running.until(lambda r: r["k"] == "state" and r["p"] == "BTC/USD" and r["st"] == "LIVE")
        meanwhile = [line for line in running.lines[seen:-1] if b'"k":"pair"' not in line]
        assert not any(b'"p":"BTC/USD"' in line for line in meanwhile)


def test_a_dropped_connection_comes_back(exchange, tmp_path):
    with board(tmp_path, exchange, pairs=PAIRS) as running:
        running.until_live(PAIRS)
        exchange.fault("drop")
        running.until(lambda r: r["k"] == "net" and r["st"] == "down")
        assert {r["why"] for r in running.records("state") if r["st"] == "STALE"} == {"disconnect"}
        running.until_live(PAIRS)
        assert running.until(lambda r: r["k"] == "link")["re"] == 1


def test_a_refused_upgrade_is_tried_again_later(exchange, tmp_path):
    exchange.fault("upgrade-refused", status=429, times=2)
    with board(tmp_path, exchange, pairs=PAIRS) as running:
        running.until_live(PAIRS)
        whys = [r["why"] for r in running.records("net") if r["st"] == "down"]
        assert whys == ["upgrade refused: HTTP 429"] * 2
        delays = [r["ms"] for r in running.records("net") if r["st"] == "retry"]
        assert 200 <= delays[0] <= 400 <= delays[1] <= 800


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("untrusted", "certificate not trusted"),
        ("expired", "certificate expired (is the clock set?)"),
        ("not-yet-valid", "certificate not yet valid (is the clock set?)"),
        ("other-host", "certificate is for another host"),
    ],
)
def test_a_certificate_that_is_not_good_is_refused_and_tried_again(fault, why, tmp_path):
    mine = None if fault == "untrusted" else certificates.broken(fault, tmp_path / "certs")
    trusted = certificates.local(tmp_path / "other").ca_der if fault == "untrusted" else None
    with (
        exchange_in_thread(Market(PAIRS, seed=3), credentials=mine) as exchange,
        board(tmp_path / "flash", exchange, trusted, pairs=PAIRS) as running,
    ):
        for _ in range(2):
            down = running.until(lambda r: r["k"] == "net" and r["st"] == "down")
            assert down["why"] == why
        assert not any(r["st"] == "up" for r in running.records("net"))
        assert not running.records("book", "signal", "state")


def test_nobody_listens(exchange, tmp_path):
    exchange.stop()
    with board(tmp_path, exchange, pairs=PAIRS) as running:
        for _ in range(2):
            down = running.until(lambda r: r["k"] == "net" and r["st"] == "down")
            assert down["why"] == "connection refused"


def test_an_unknown_pair_is_named_and_the_others_live(exchange, tmp_path):
    with board(tmp_path, exchange, pairs=["BTC/USD", "DOGE/EUR"]) as running:
        error = running.until(lambda r: r["k"] == "error")
        assert error["why"] == "Currency pair not supported DOGE/EUR"
        running.until_live(["BTC/USD"])
        states = {r["p"]: r for r in running.records("state")}
        assert (states["DOGE/EUR"]["st"], states["DOGE/EUR"]["why"]) == ("STALE", "refused")


def test_a_long_status_with_maintenance_plans_does_not_hurt(monkeypatch, tmp_path):
    """The page of protocol facts has one of 0.5 kB; parsed into objects three of them fill the heap."""
    short = protocol.status
    plan = '{"affected_services":["spot_trading"],"title":"' + "x" * 600 + '"}'
    monkeypatch.setattr(
        protocol,
        "status",
        lambda *state: short(*state).replace(
            '"upcoming_maintenance":[]', f'"upcoming_maintenance":[{plan},{plan}]'
        ),
    )
    with (
        exchange_in_thread(Market(PAIRS, seed=3)) as exchange,
        board(tmp_path, exchange, pairs=PAIRS) as running,
    ):
        running.until_live(PAIRS)
        assert not [r for r in running.records("net") if r["st"] == "down"]


@pytest.mark.parametrize(
    ("fault", "options"),
    [("huge-frame", {"size": 9000}), ("truncated-frame", {"part": 0.1})],
    ids=["too large for the buffer", "cut short"],
)
def test_a_message_that_cannot_be_read_makes_every_book_stale_until_asked_anew(
    fault, options, exchange, tmp_path
):
    with board(tmp_path, exchange, pairs=PAIRS) as running:
        running.until_live(PAIRS)
        exchange.fault(fault, **options)
        stale = running.until(lambda r: r["k"] == "state" and r["st"] == "STALE")
        assert stale["why"] == "lost"
        running.until_live(PAIRS)
        assert running.until(lambda r: r["k"] == "link" and r["skip"])["skip"] == 1


def test_every_second_a_pair_says_its_state_and_lag(exchange, tmp_path):
    with board(tmp_path, exchange, pairs=PAIRS) as running:
        running.until_live(PAIRS)
        for pair in PAIRS:
            told = running.until(lambda r, p=pair: r["k"] == "pair" and r["p"] == p and r["n"] > 0)
            assert told["st"] == "LIVE"
            assert told["bad"] == 0
            assert -50 <= told["lag"] < 2000  # one machine, one clock
