"""What the monitor believes of a board."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from monitor_story import MOVES, NOW_S, UTC_S, tell, told_state

from host.monitor import words
from host.monitor.board_state import SILENT_AFTER_S, BoardState
from host.monitor.plain import describe
from host.monitor.records import Line
from host.monitor.summary import summarize
from host.monitor.view import svg


def test_the_story_is_learned():
    state = told_state()
    btc = state.pairs["BTC/USD"]
    assert (btc.best_bid, btc.best_ask) == (Decimal("45000.0"), Decimal("45001.0"))
    assert btc.mid == Decimal("45000.5")
    assert words.mid(btc) == "45000.50"
    assert (btc.lag_ms, btc.updates, btc.bad_checksums) == (12, 250, 0)
    assert words.microprice(btc) == "45000.875"
    assert state.pairs["ETH/USD"].reason == "checksum"
    assert state.books.signals[0].price == Decimal("45001.0")
    assert state.other_text.shown(5, NOW_S) == [b"ets Jul 29 2019 12:21:46"]


def test_only_a_live_book_heard_of_just_now_is_believed():
    state = told_state()
    pairs = state.pairs
    assert [name for name in pairs if state.believed(pairs[name])] == ["BTC/USD"]
    state.tick(NOW_S + SILENT_AFTER_S + 1, UTC_S)
    assert not state.believed(pairs["BTC/USD"])
    assert words.pair_state(state, pairs["BTC/USD"]) == "SILENT"
    assert words.connection(state) == ("bad", "board silent for 4 s")


def test_no_book_is_believed_once_the_cable_is_out():
    state = told_state()
    state.port_trouble = "unplugged"
    assert words.pair_state(state, state.pairs["BTC/USD"]) == "SILENT"
    assert words.connection(state) == ("bad", "unplugged")


def test_a_pair_that_noise_has_spelled_goes_again_and_no_other():
    state = tell(told_state(), b'{"k":"signal","p":"BTC/URD","side":"BUY"}\n')
    known = b"".join(
        b'{"k":"pair","p":"%s","st":"LIVE"}\n' % name
        for name in (b"BTC/USD", b"ETH/USD", b"SHIB/USD")
    )
    assert "BTC/URD" in state.pairs
    for second in range(1, 40):
        state.tick(NOW_S + second, UTC_S)
        tell(state, known)
    assert list(state.pairs) == ["BTC/USD", "ETH/USD", "SHIB/USD"]
    # A board that hung is heard again, one pair after the other.
    state.tick(NOW_S + 500, UTC_S)
    tell(state, known.splitlines(keepends=True)[0])
    assert list(state.pairs) == ["BTC/USD", "ETH/USD", "SHIB/USD"]


def test_totals_survive_a_reset_of_the_board_but_no_book_does():
    state = tell(
        told_state(), b'{"k":"boot","v":"0.1.0","py":"micropython 1.26.1","cause":"watchdog"}\n'
    )
    assert not state.pairs
    tell(state, b'{"k":"pair","p":"BTC/USD","st":"SYNCING","lag":null,"n":5,"bad":1}\n')
    summary = summarize(state, "stop")
    assert (summary.messages, summary.reconnects, summary.boots) == (12345, 2, 2)
    assert (summary.updates, summary.bad_checksums, summary.signals) == (250 + 99 + 5, 2, 1)
    assert "BTC/USD" in str(summary) and "reset 1 time" in str(summary)


def test_a_quiet_second_repeats_the_last_sample():
    state = BoardState()
    book = b'{"k":"book","p":"X/Y","t":%d,"b":1.0,"a":%d.0}\n'
    tell(state, book % (1000, 2) + book % (1900, 3) + book % (4100, 5))
    mids = list(state.pairs["X/Y"].mids)
    assert mids == [Decimal("2"), Decimal("2"), Decimal("2"), Decimal("3")]


def test_the_connection_in_words():
    state = told_state()
    tell(state, b'{"k":"net","st":"down","why":"certificate expired"}\n')
    assert words.connection(state) == ("bad", "disconnected: certificate expired")
    tell(state, b'{"k":"net","st":"retry","ms":2000}\n{"k":"error","why":"bad key"}\n')
    assert words.connection(state) == ("wait", "next try in 2 s: certificate expired")
    assert state.error_stands
    tell(state, b'{"k":"net","st":"up"}\n')
    assert words.connection(state) == ("ok", "connected") and not state.error_stands


def test_a_book_that_is_live_tells_of_the_connection_that_was_not_heard():
    state = BoardState()
    state.tick(NOW_S, UTC_S)
    tell(state, b'{"k":"pair","p":"A/B","st":"SYNCING"}\n')
    assert words.connection(state) == ("wait", "board is up")
    tell(state, b'{"k":"pair","p":"A/B","st":"LIVE"}\n')
    assert words.connection(state) == ("ok", "connected")
    tell(state, b'{"k":"net","st":"down","why":"closed"}\n{"k":"pair","p":"A/B","st":"STALE"}\n')
    assert words.connection(state) == ("bad", "disconnected: closed")
    tell(state, b'{"k":"book","p":"A/B","t":1,"b":1.5,"a":1.6}\n')
    assert words.connection(state) == ("ok", "connected")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.decimals(),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
) | st.sampled_from(
    [Decimal("1e999999"), Decimal("-0.0"), 10**4000, "LIVE", "BTC/USD", "ETH/USD", "\ud800"]
)
keys = ["p", "t", "b", "a", "s", "u", "i", "r", "side", "px", "c", "st", "why", "v", "py"]
keys += ["cause", "free", "n", "ms", "lag", "bad", "up", "ps", "alloc", "re", "drop", "skip"]
keys += ["hb", "rssi", "off", "ppm", "low", "l", "h", "lo", "q", "o", "bq", "aq", "ok", "min"]
keys += ["pd", "qd", "tick", "ip", "lost", "key", "f", "m", "x", "on", "sb", "sa"]
kinds = ["book", "signal", "state", "pair", "boot", "net", "health", "link", "error", "new"]
kinds += ["tick", "trade", "ohlc", "spread", "resync", "restart", "status", "listing", "wifi"]
kinds += ["clock", "safe", "leak", "set", "vol", "flow", "depth", "corr", "contagion"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(kinds), st.dictionaries(st.sampled_from(keys), anything)))
)
def test_senseless_values_do_no_harm(records):
    state = tell(told_state(), MOVES)
    for kind, values in records:
        state.take(Line(b"", {**values, "k": kind}))
        state.tick(NOW_S, UTC_S)
        describe(kind, values, state)
    svg(state, 100, 30)
    str(summarize(state, "stop"))


def test_what_is_cut_off_a_record_is_unknown():
    """A record that would grow too long ends after the last key that fits."""
    state = tell(BoardState(), b'{"k":"book","p":"A/B","t":1,"b":1.5,"a":1.6}\n')
    assert state.pairs["A/B"].imbalance is None
