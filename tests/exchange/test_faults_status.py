"""The fault `status`: WebSocket and REST say the same, but of what a single client is told."""

import json
import threading
from datetime import datetime

import pytest
from raw_client import RawClient

from host.exchange.clock import FULL_SPEED
from host.exchange.market import Market
from host.exchange.player import Player
from host.exchange.recording import record_market
from host.exchange.thread import exchange_in_thread

START_S = 1_790_000_000
_SYSTEM_STATUS = (
    "GET /0/public/SystemStatus HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
)


@pytest.fixture
def exchange():
    """Its time stands until somebody subscribes, and then flies."""
    with exchange_in_thread(Market(["BTC/USD"], start_s=START_S), speed=FULL_SPEED) as running:
        yield running


def state(text):
    """What a status frame of v2 says."""
    return json.loads(text)["data"][0]


def v2_says(client):
    return state(client.until(lambda text: '"channel":"status"' in text))["system"]


def v1_says(client):
    return json.loads(client.until(lambda text: '"systemStatus"' in text))["status"]


def rest_says(exchange):
    with RawClient(exchange, upgrade=False) as client:
        client.request(_SYSTEM_STATUS)
        body, _ = client.read_to_end()
    return json.loads(body)["result"]["status"]


def test_it_is_announced_and_goes_there_and_back(exchange):
    with RawClient(exchange) as client:
        assert v2_says(client) == "online"
        exchange.fault("status", system="maintenance", announced_s=2.0, seconds=10.0)
        announced = state(client.text())
        assert announced["system"] == "online"
        (plan,) = announced["upcoming_maintenance"]
        assert (plan["phase"], plan["time_to_start_s"]) == ("announced", 2)
        begin, end = (
            datetime.fromisoformat(plan[key]) for key in ("expected_start_utc", "expected_end_utc")
        )
        assert (end - begin).total_seconds() == 10
        with RawClient(exchange) as newcomer:
            assert state(newcomer.text())["upcoming_maintenance"] == [plan]
        client.subscribe(["BTC/USD"])
        begun = state(client.until(lambda text: '"channel":"status"' in text))
        assert (begun["system"], begun["upcoming_maintenance"]) == ("maintenance", [])
        assert v2_says(client) == "online"


@pytest.mark.parametrize("word", ["maintenance", "cancel_only", "post_only"])
def test_websocket_and_rest_agree_during_the_fault_and_after(exchange, word):
    with RawClient(exchange) as v2, RawClient(exchange, path="/") as v1:
        assert v2_says(v2) == v1_says(v1) == rest_says(exchange) == "online"
        exchange.fault("status", system=word, announced_s=0, seconds=20.0)
        assert v2_says(v2) == v1_says(v1) == rest_says(exchange) == word
        with RawClient(exchange) as newcomer:
            assert v2_says(newcomer) == word
        v2.subscribe(["BTC/USD"])
        assert v2_says(v2) == v1_says(v1) == rest_says(exchange) == "online"


def test_what_a_single_client_is_told_is_not_so(exchange):
    with RawClient(exchange) as told, RawClient(exchange) as other:
        assert v2_says(told) == v2_says(other) == "online"
        exchange.fault("status", system="post_only", announced_s=0, seconds=10.0, client=1)
        assert v2_says(told) == "post_only"
        assert rest_says(exchange) == "online"
        # Whatever the exchange says meanwhile, the one hears the same as before, and the truth later.
        exchange.set_system("cancel_only")
        assert v2_says(told) == "post_only"
        assert v2_says(other) == rest_says(exchange) == "cancel_only"
        other.subscribe(["BTC/USD"])
        assert v2_says(told) == "cancel_only"


def test_a_capture_that_is_played_again_begins_online(tmp_path):
    record_market(tmp_path / "a.log", seconds=5, symbols=("BTC/USD",))
    has_ended, has_left = threading.Event(), threading.Event()

    def hear(line):
        if "capture has ended" in line:
            has_ended.set()
        if "client 1 left" in line:
            has_left.set()

    player = Player(tmp_path / "a.log")
    with exchange_in_thread(player, speed=FULL_SPEED, on_event=hear) as exchange:
        with RawClient(exchange) as client:
            assert v2_says(client) == "online"
            exchange.fault("status", system="maintenance", announced_s=0, seconds=3600)
            assert v2_says(client) == "maintenance"
            client.subscribe(["BTC/USD"])
            assert has_ended.wait(10)
        assert has_left.wait(10)
        with RawClient(exchange) as client:
            assert v2_says(client) == "online"
