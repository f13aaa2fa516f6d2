"""What happened to the board and its books, in words: in the live view, in plain lines and in the header."""

import io

import pytest
from monitor_story import CONTAGION, MORE, NOW_S, STORY, UTC_S, tell, told_state

from host.monitor import words
from host.monitor.board_state import BoardState
from host.monitor.show import show
from host.monitor.summary import summarize

BOOT = b'{"k":"boot","v":"0.1.0","py":"micropython 1.26.1","cause":"hard","n":3%s}\n'
UP, DOWN = b'{"k":"net","st":"up"}\n', b'{"k":"net","st":"down","why":"%s"}\n'
RESYNC = b'{"k":"resync","p":"BTC/USD","why":"%s","ms":%d,"a":45000.5,"b":%s,"ok":%d}\n'
LINK = b'{"k":"link","re":0,"skip":0,"off":%s}\n'
BEGINS = CONTAGION % (b"BTC/USD", b"ETH/USD", 1732111786000, 1, b"0.9123", 300)
STATUS = b'{"k":"status","st":"%s"}\n'


def told(*said):
    state = BoardState("test")
    state.tick(NOW_S, UTC_S)
    for after_s, line in enumerate(said):
        state.tick(NOW_S + after_s, UTC_S + after_s)
        tell(state, line)
    return state


def texts(state):
    """The events, oldest first."""
    return [(event.mood, event.text) for event in reversed(state.events.newest_first)]


def plain(stream):
    out = io.BytesIO()
    summary = show(io.BytesIO(stream), mode="plain", out=out)
    return [line[len("00:00:00 ") :] for line in out.getvalue().decode().splitlines()], summary


STORIES = [
    (
        [RESYNC % (b"checksum", 312, b"45000.5", 1)],
        "ok",
        "BTC/USD re-synced after checksum in 312 ms",
    ),
    (
        [RESYNC % (b"moved", 1312, b"45010.05", 1)],
        "ok",
        "BTC/USD re-synced after a price jump in 1,312 ms, price 45000.5 to 45010.05",
    ),
    (
        [RESYNC % (b"sequence", 5000, b"null", 0)],
        "wait",
        "BTC/USD not re-synced after a missing message in 5,000 ms, asking again",
    ),
    ([b'{"k":"restart","why":"out of memory"}\n'], "bad", "restarts itself: out of memory"),
    (
        [BOOT % b',"why":"heap below its floor"'],
        "bad",
        "started: its own restart: heap below its floor",
    ),
    ([STATUS % b"maintenance"], "wait", "exchange: maintenance"),
    ([STATUS % b"maintenance", STATUS % b"online"], "ok", "exchange: online again"),
    ([STATUS % b"post_only"], "wait", "exchange: post only"),
    (
        [b'{"k":"listing","p":"XMR/EUR","pd":2,"qd":8,"st":"reduce_only"}\n'],
        "wait",
        "XMR/EUR: reduce only at the exchange",
    ),
    (
        [b'{"k":"leak","lost":1200,"free":5344}\n'],
        "bad",
        "memory leaks: 1,200 B in an hour, 5,344 B are free",
    ),
    (
        [BEGINS],
        "wait",
        "contagion: BTC/USD leads ETH/USD by 300 ms, correlation +0.91",
    ),
    (
        [CONTAGION % (b"ETH/USD", b"BTC/EUR", 1732111786000, 1, b"-0.9500", 0)],
        "wait",
        "contagion: ETH/USD and BTC/EUR move as one, correlation -0.95",
    ),
    # Who leads may have changed until it ends.
    (
        [BEGINS, CONTAGION % (b"ETH/USD", b"BTC/USD", 1732111798300, 0, b"0.4000", 100)],
        "ok",
        "contagion is over: ETH/USD and BTC/USD, it lasted 12.3 s",
    ),
    (
        [CONTAGION % (b"ETH/USD", b"BTC/USD", 1732111798300, 0, b"0.4000", 100)],
        "ok",
        "contagion is over: ETH/USD and BTC/USD",
    ),
    ([b'{"k":"wifi","st":"down","why":"lost"}\n'], "bad", "Wi-Fi lost"),
    ([b'{"k":"wifi","st":"down","why":"wrong password"}\n'], "bad", "no Wi-Fi: wrong password"),
    (
        [b'{"k":"wifi","st":"down","why":"lost"}\n', b'{"k":"wifi","st":"up","rssi":-50}\n'],
        "ok",
        "Wi-Fi back",
    ),
    ([DOWN % b"no such host"], "bad", "not connected: no such host"),
    ([UP, DOWN % b"lag"], "bad", "disconnected: too far behind the exchange"),
    ([UP, DOWN % b"closed", DOWN % b"no such host", UP], "ok", "connected again after 2.0 s"),
    ([LINK % b"null"], "wait", "clock doubted: lag is told, but not believed"),
    ([LINK % b"null", LINK % b"3"], "ok", "clock trusted again"),
    ([b'{"k":"clock","st":"wait","why":"no answer"}\n'], "wait", "no time yet: no answer"),
    (
        [b'{"k":"error","why":"Currency pair not supported","p":"FOO/USD"}\n'],
        "bad",
        "error: FOO/USD: Currency pair not supported",
    ),
]


@pytest.mark.parametrize(("said", "mood", "text"), STORIES)
def test_what_happens_is_told_in_plain_words(said, mood, text):
    assert texts(told(*said))[-1] == (mood, text)


@pytest.mark.parametrize(
    "said",
    [
        [BOOT % b""],
        [b'{"k":"wifi","st":"join"}\n', b'{"k":"wifi","st":"up","rssi":-50}\n'],
        [b'{"k":"clock","st":"set"}\n'],
        [UP, LINK % b"-3", LINK % b"12"],
        [STATUS % b"online"],
        [b'{"k":"listing","p":"BTC/USD","pd":1,"qd":8,"st":"online"}\n'],
        [b'{"k":"resync"}\n', b'{"k":"link"}\n', b'{"k":"status"}\n', b'{"k":"net"}\n'],
        [b'{"k":"contagion"}\n', b'{"k":"contagion","p":"A","q":"B","on":1}\n'],
    ],
)
def test_a_start_as_it_should_be_and_half_records_are_no_events(said):
    assert texts(told(*said)) == []


def test_what_happens_again_and_again_is_one_line_with_a_count():
    state = told(*[DOWN % b"no such host", b'{"k":"net","st":"retry","ms":1000}\n'] * 40)
    (event,) = state.events.newest_first
    assert (event.times, state.events.count) == (40, 40)
    assert event.utc_s == UTC_S + 78  # the last time


def test_the_board_starts_anew_and_nothing_was_before():
    state = told(STATUS % b"maintenance", LINK % b"null", DOWN % b"closed", BOOT % b"")
    assert texts(state)[-1] == ("ok", "started: the program asked for it, or crashed")
    before = len(texts(state))
    for line in (STATUS % b"online", LINK % b"3", UP):
        tell(state, line)
    assert len(texts(state)) == before


def test_the_header_says_maintenance_until_the_exchange_is_online():
    state = told(UP, STATUS % b"maintenance")
    assert words.connection(state) == ("wait", "exchange: maintenance")
    tell(state, DOWN % b"closed" + b'{"k":"net","st":"retry","ms":5000}\n')
    assert words.connection(state) == ("wait", "exchange: maintenance, next try in 5 s")
    tell(state, b'{"k":"net","st":"connect","host":"x"}\n')
    assert words.connection(state) == ("wait", "exchange: maintenance, connecting")
    tell(state, UP + STATUS % b"mai~tenance")  # line noise
    assert words.connection(state) == ("wait", "exchange: maintenance")
    tell(state, STATUS % b"online" + STATUS % b"mai~tenance")
    assert words.connection(state) == ("ok", "connected")


def test_the_header_says_that_the_wifi_is_lost_until_there_is_a_way_again():
    state = told(UP, DOWN % b"connection lost", b'{"k":"net","st":"retry","ms":1000}\n')
    tell(state, b'{"k":"clock","st":"set"}\n{"k":"wifi","st":"down","why":"lost"}\n')
    assert words.connection(state) == ("bad", "Wi-Fi lost")
    tell(state, b'{"k":"wifi","st":"join"}\n')
    assert words.connection(state) == ("wait", "joining Wi-Fi, 0 s")
    tell(state, b'{"k":"net","st":"connect","host":"x"}\n')
    assert words.connection(state) == ("wait", "connecting")


def test_a_restart_is_not_taken_for_silence():
    state = told(UP, b'{"k":"restart","why":"crash: ValueError"}\n')
    state.tick(NOW_S + 20, UTC_S)
    assert words.connection(state) == ("wait", "restarting for 19 s: crash: ValueError")
    tell(state, BOOT % b',"why":"crash: ValueError"')
    assert words.connection(state)[1] == "board is up"
    assert state.start_cause == "its own restart: crash: ValueError"
    assert "the board restarted itself: crash: ValueError" in str(summarize(state, "stop"))


def test_plain_lines_say_the_same():
    lines, summary = plain(STORY + MORE)
    for line in (
        "trade    BTC/USD sell 0.12500000 at 44999.9  exchange time 14:09:46.500",
        "resync   BTC/USD re-synced after checksum in 312 ms, price 45000.5 to 45010.05",
        "ERROR    FOO/USD: Currency pair not supported",
        "listing  XMR/EUR prices to 2 decimals, quantities to 8, least order 0.05, "
        "price step 0.01, reduce only",
        "net      disconnected: too far behind the exchange",
        "wifi     lost",
        "wifi     up, -78 dBm, weak, 192.168.1.40",
        "link     clock doubted: lag is told, but not believed",
        "status   exchange: maintenance",
    ):
        assert line in lines
    assert summary.resyncs == 1 and "books were re-synced 1 time" in str(summary)


def test_a_candle_is_a_line_once_it_has_ended():
    candle = b'{"k":"ohlc","p":"A/B","t":%d,"o":1.5,"h":2.5,"l":1.0,"c":2.0,"v":7.5,"n":%d}\n'
    lines, _ = plain(candle % (60_000, 3) + candle % (60_000, 4) + candle % (120_000, 1) * 2)
    said = "from 00:01:00  open 1.5  high 2.5  low 1.0  close 2.0  volume 7.5  trades 4"
    assert lines == [f"candle   A/B {said}"]


def test_a_kind_that_is_not_known_is_shown_as_text(capfdbinary):
    new = b'{"k":"weather","p":"BTC/URD","sun":true}'
    state = tell(told_state(), new + b"\n")
    assert new in state.other_text.shown(5, NOW_S) and "BTC/URD" not in state.pairs
    out = io.BytesIO()
    show(io.BytesIO(new + b"\n"), mode="plain", out=out)
    assert out.getvalue() == new + b"\n"
    show(iter([new + b"\n"]), mode="json")
    assert capfdbinary.readouterr().out == new + b"\n"


def test_what_is_said_of_a_pair_that_is_not_followed_makes_none():
    assert "BTC/USD" not in told(RESYNC % (b"checksum", 1, b"1.5", 1)).pairs
    assert not {"XMR/EUR", "FOO/USD"} & set(tell(told_state(), MORE).pairs)
