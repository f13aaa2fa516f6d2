"""The application follows a local Kraken's spot v1 over TLS, every checksum proved."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "board"))

from running import board

from host.exchange.market import Market
from host.exchange.thread import exchange_in_thread

PAIR = "DOGE/USD"  # which v1 spells otherwise


@pytest.mark.parametrize("on_cpython", [False, True], ids=["board model", "cpython"])
def test_a_pair_of_v1_is_followed(board_model, tmp_path, on_cpython):
    """And a wrong checksum brings a fresh snapshot."""
    with (
        exchange_in_thread(Market(("BTC/USD", PAIR))) as exchange,
        board(
            tmp_path, exchange, dialect="spot_v1", pairs=[PAIR], on_cpython=on_cpython
        ) as running,
    ):
        running.until_live([PAIR])
        running.until(lambda record: record["k"] == "health" and record["n"] > 50)
        assert running.records("health")[-1]["bad"] == 0
        assert {record["p"] for record in running.records("book")} == {PAIR}
        assert not [record for record in running.records("state") if record["st"] != "LIVE"]
        exchange.fault("wrong-checksum", symbol=PAIR)
        stale = running.until(lambda r: r["k"] == "state" and r["st"] == "STALE")
        assert (stale["p"], stale["why"]) == (PAIR, "checksum")
        running.until_live([PAIR])
