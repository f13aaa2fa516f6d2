"""config.json: defaults, ranges, and one line that names the key; a board with a bad one says it and stops."""

import json
from importlib.metadata import version

import pytest

from firmware import config, start
from host.boardmodel import model

DEFAULTS = config.check({})


def test_the_defaults_are_the_live_exchange():
    assert (DEFAULTS["host"], DEFAULTS["port"], DEFAULTS["path"]) == ("ws.kraken.com", 443, "/v2")
    assert DEFAULTS["pairs"] == ["BTC/USD", "ETH/USD", "BTC/EUR"]
    assert (DEFAULTS["imbalance_threshold"], DEFAULTS["spread_threshold_bps"]) == (0.3, 2.0)


def test_the_board_says_the_version_of_the_package():
    assert version("inkling") == start.VERSION


BAD = [
    ([], "must be an object"),
    ({"dept": 10}, "dept is not a setting"),
    ({"depth": 11}, "depth must be 10 or 25"),
    ({"depth": 10.5}, "depth must be 10 or 25"),
    ({"port": "443"}, "port must be a number"),
    ({"port": True}, "port must be a number"),
    ({"port": 0}, "port must be 1 to 65535"),
    ({"imbalance_threshold": 1.5}, "imbalance_threshold must be 0.01 to 1.0"),
    ({"book_interval_ms": 0.5}, "book_interval_ms must be a number"),
    ({"host": ""}, "host must be a text"),
    ({"host": "wss://ws.kraken.com"}, "host must be a name such as ws.kraken.com"),
    ({"host": 'ws"kraken'}, "host must be a name"),
    ({"path": "v2"}, "path must begin with /"),
    ({"pairs": []}, "pairs must be a list of 1 to 8"),
    ({"pairs": ["btc/usd"]}, "pairs must be names such as BTC/USD"),
    ({"pairs": ["BTCUSD"]}, "pairs must be names such as BTC/USD"),
    ({"pairs": ["BTC/USD", "BTC/USD"]}, "pairs has BTC/USD twice"),
    ({"pairs": [f"A{n}/USD" for n in range(9)]}, "pairs must be a list of 1 to 8"),
]


@pytest.mark.parametrize(("given", "says"), BAD)
def test_a_wrong_value_is_named(given, says):
    with pytest.raises(config.ConfigError) as error:
        config.check(given)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "config.json cannot be read"),
        ({"config.json": "{"}, "config.json is not JSON"),
        ({"config.json": '{"depth":7}'}, "config.json: depth must be 10 or 25"),
        ({"config.json": "{}"}, "the certificate ca.der cannot be read"),
        (
            {"config.json": "{}", "ca.der": "nonsense"},
            "ca.der: the CA certificate is not valid DER",
        ),
    ],
)
def test_a_board_that_cannot_start_says_why_in_one_line(files, says, board_model, tmp_path):
    from host.boardmodel import flash_folder

    flash_folder.write(tmp_path, {}, b"")
    (tmp_path / "config.json").unlink()
    (tmp_path / "ca.der").unlink()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    process = model.start(tmp_path)
    said = process.stdout.read().splitlines()
    assert process.wait(5) == 0
    records = [json.loads(line) for line in said]
    # A board that knows its settings says that it starts.
    assert [record for record in records if record["k"] != "boot"] == [{"k": "error", "why": says}]


def test_more_pairs_than_the_heap_holds_is_said_at_once(board_model, tmp_path):
    from host.boardmodel import flash_folder
    from host.exchange import certificates

    settings = {"host": "localhost", "depth": 25}
    flash_folder.write(tmp_path, settings, certificates.local(tmp_path / "certs").ca_der)
    process = model.start(tmp_path)
    said = [json.loads(line) for line in process.stdout.read().splitlines()]
    assert process.wait(5) == 0
    assert said[-1] == {
        "k": "error",
        "why": "too little heap: fewer pairs or channels, or depth 10",
    }
