"""Faults of those who connect, and of REST: seen by bare sockets."""

import json
import ssl
import time

import pytest
from raw_client import CUT, RESET, SILENT, EndError, RawClient

from host.errors import UserError
from host.exchange.market import Market
from host.exchange.thread import exchange_in_thread


@pytest.fixture
def exchange():
    with exchange_in_thread(Market(["BTC/USD"])) as running:
        yield running


def assert_serves(exchange):
    with RawClient(exchange) as client:
        assert client.status == 101
        assert '"status"' in client.text()


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("expired", "expired"),
        ("not-yet-valid", "not yet valid"),
        ("other-host", "not valid for 'localhost'"),
        ("other-ca", "unable to get local issuer|signature failure|self-signed|self signed"),
    ],
)
def test_wrong_certificates(exchange, kind, why):
    exchange.fault("certificate", kind=kind, times=2)
    for _ in range(2):
        with pytest.raises(ssl.SSLCertVerificationError, match=why):
            RawClient(exchange)
    assert_serves(exchange)
    assert [each.name for each in exchange.injected] == ["certificate"] * 2


def test_another_certificate_of_the_same_ca(exchange):
    with RawClient(exchange) as client:
        usual = client.certificate
    exchange.fault("certificate")
    with RawClient(exchange) as client:
        assert client.status == 101
        assert client.certificate != usual
    with RawClient(exchange) as client:
        assert client.certificate == usual


def test_who_is_inside_is_cut_off_so_that_somebody_comes(exchange):
    for cut in (True, False):
        with RawClient(exchange) as client:
            client.subscribe(["BTC/USD"])
            client.book()
            exchange.fault("upgrade-refused", cut=cut)
            if cut:
                assert client.read_to_end()[1] in (CUT, RESET)
            else:
                client.book()
            with RawClient(exchange) as other:
                assert other.status == 503


def test_refuse_connects(exchange):
    with RawClient(exchange) as client:
        client.subscribe(["BTC/USD"])
        exchange.fault("refuse-connects", ms=300, cut=False)
        began, refused = time.monotonic(), 0
        while time.monotonic() - began < 5:
            try:
                RawClient(exchange).tcp.close()
                break
            except ConnectionRefusedError:
                refused += 1
                time.sleep(0.02)
        assert refused
        assert time.monotonic() - began > 0.2
        client.book()
    assert_serves(exchange)


@pytest.mark.parametrize("status", [500, 502, 503, 429, 403])
def test_upgrade_refused(exchange, status):
    exchange.fault("upgrade-refused", status=status)
    with RawClient(exchange) as client:
        assert client.status == status
        assert "text/html" in client.head
        length = int(client.head.lower().split("content-length: ")[1].split("\r\n")[0])
        assert b"<html" in client.read(length)
    assert_serves(exchange)


def test_upgrade_silent(exchange):
    exchange.fault("upgrade-silent")
    with pytest.raises(EndError) as end:
        RawClient(exchange, patience_s=0.3)
    assert end.value.how == SILENT
    assert_serves(exchange)


def test_upgrade_silent_ends(exchange):
    exchange.fault("upgrade-silent", seconds=0.2)
    with pytest.raises(EndError) as end:
        RawClient(exchange)
    assert end.value.how in (CUT, RESET)


def test_wrong_accept(exchange):
    exchange.fault("wrong-accept")
    with RawClient(exchange) as client:
        assert client.status == 101
        assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in client.head
    assert_serves(exchange)


_TIME = "GET /0/public/Time HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_PAIRS = "GET /0/public/AssetPairs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def rest(exchange, head=_TIME, **options):
    """Status, head, body and end of an answer."""
    with RawClient(exchange, upgrade=False, **options) as client:
        status, head = client.request(head)
        return status, head, *client.read_to_end()


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_rest_refused(exchange, status):
    exchange.fault("rest-refused", status=status, times=2)
    for _ in range(2):
        got, head, body, _ = rest(exchange)
        assert (got, b"<html" in body) == (status, True)
        assert "text/html" in head
    assert rest(exchange)[0] == 200


def test_rest_errors(exchange):
    exchange.fault("rest-error", error="EService:Busy")
    exchange.fault("rest-throttled")
    bodies = [json.loads(rest(exchange)[2]) for _ in range(3)]
    assert bodies[0] == {"error": ["EService:Busy"]}
    assert bodies[1]["error"][0].startswith("EService: Throttled: 1")
    assert bodies[2]["error"] == []


@pytest.mark.parametrize("head", [_TIME, _PAIRS])
def test_rest_cut_and_slow(exchange, head):
    exchange.fault("rest-cut")
    _, answer, body, how = rest(exchange, head)
    length = int(answer.lower().split("content-length: ")[1].split("\r\n")[0])
    assert 0 < len(body) < length
    assert how in (CUT, RESET)
    exchange.fault("rest-slow", pause_ms=0)
    with RawClient(exchange, upgrade=False) as client:
        client.request(head)
        records = len(client.records)
        body, _ = client.read_to_end()
        assert json.loads(body)["error"] == []
        assert len(client.records) - records > len(body) // 2


def test_rest_faults_by_path(exchange):
    exchange.fault("rest-error", path="AssetPairs")
    assert json.loads(rest(exchange)[2])["error"] == []
    assert json.loads(rest(exchange, _PAIRS)[2])["error"] == ["EService:Unavailable"]


def test_rest_silent(exchange):
    exchange.fault("rest-silent")
    with pytest.raises(EndError) as end:
        rest(exchange, patience_s=0.3)
    assert end.value.how == SILENT
    assert rest(exchange)[0] == 200


def test_a_certificate_that_cannot_be_had_is_told(exchange):
    with pytest.raises(UserError, match="certificate: kind is one of another, expired"):
        exchange.fault("certificate", kind="green")
