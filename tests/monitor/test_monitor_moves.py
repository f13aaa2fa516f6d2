"""How pairs move and go together, as a person sees it: true, as old as it is, and gone when it is over."""

import io
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monitor_story import (
    BOOKS,
    CONTAGION,
    CORR,
    FLOW,
    MOVES,
    NOW_S,
    STORY,
    UTC_S,
    VOL,
    render,
    tell,
    told_state,
)
from rich.cells import cell_len

from host.monitor import words
from host.monitor.board_state import BoardState
from host.monitor.movement import FLOW_MS, GONE_AFTER_S, Flow
from host.monitor.records import LineSplitter
from host.monitor.show import show
from host.monitor.summary import summarize

SIZES = [(80, 24), (100, 30), (140, 40), (180, 50)]
T_MS = 1732111786000
BEGINS = CONTAGION % (b"ETH/USD", b"BTC/USD", T_MS, 1, b"0.9123", 300)
ENDS = CONTAGION % (b"BTC/USD", b"ETH/USD", T_MS + 5000, 0, b"0.3000", 0)
STALE = b'{"k":"state","p":"%s","t":1732111786500,"st":"STALE","why":"checksum"}\n'
LIVE = b'{"k":"pair","p":"%s","st":"LIVE","lag":12,"n":250,"bad":0}\n'
NAMES = (b"BTC/USD", b"ETH/USD", b"BTC/EUR")


def moving() -> BoardState:
    state = BoardState("test")
    state.tick(NOW_S, UTC_S)
    return tell(state, MOVES)


def look(state, width=140, height=40, **options):
    return render(state, width, height, color_system=None, **options)


def row(lines, name, title="MOVEMENT"):
    """The line of this pair below a heading."""
    start = next(n for n, line in enumerate(lines) if line.strip().startswith(title))
    return next(line for line in lines[start:] if line.strip().startswith(name))


def pass_time(state, seconds):
    """The board goes on, but tells no more of how the pairs move."""
    state.tick(NOW_S + seconds, UTC_S + seconds)
    return tell(state, b"".join(LIVE % name for name in NAMES))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_how_each_pair_moves_is_there_at_every_size(size, encoding):
    lines = look(moving(), *size, encoding=encoding)
    assert len(lines) == size[1] and max(map(cell_len, lines)) <= size[0]
    btc, eth = row(lines, "BTC/USD"), row(lines, "ETH/USD")
    assert all(part in btc.split() for part in ("0.812", "up", "x1.75", "+1.500", "-0.25"))
    assert all(part in eth.split() for part in ("0.100", "down", "-12,346", "+0.43"))
    assert "x1.00" not in eth  # a threshold as it was set
    assert "-0.75" in row(lines, "BTC/EUR").split()
    assert "ETH/USD leads BTC/USD by 200 ms (+0.88)" in row(lines, "LEADS")
    if size[0] >= 100:
        assert "0.325" in btc.split()  # what is usual


def test_a_board_that_tells_of_no_movement_has_no_table_for_it():
    text = "\n".join(look(told_state()))
    assert "MOVEMENT" not in text and "LEADS" not in text


def test_one_pair_has_nobody_to_go_together_with():
    lines = look(tell(BoardState(), BOOKS.splitlines(keepends=True)[0] + MOVES[len(BOOKS) :]))
    assert "0.812" in row(lines, "BTC/USD")
    assert "LEADS" not in "\n".join(lines) and "correlation" not in "\n".join(lines)


def test_the_columns_stand_still_while_the_numbers_change():
    state = moving()
    before = look(state, 100, 30)
    tell(
        state,
        VOL % (b"BTC/USD", b"12.345678", b"0.001000", 0, b"1.00")
        + VOL % (b"ETH/USD", b"0.000000", b"0.000000", 1, b"2.00")
        + FLOW % (b"BTC/USD", T_MS + 200, b"-99.5", b"5", b"1.00000")
        + CORR % (b"BTC/USD", b"ETH/USD", b"-1.0000", b"-1.0000", 0),
    )
    after = look(state, 100, 30)
    silent = look(tell(state, b"".join(STALE % name for name in NAMES)), 100, 30)
    assert before != after != silent
    assert row(before, "PAIR") == row(after, "PAIR") == row(silent, "PAIR")


@given(st.sampled_from(SIZES), st.booleans())
@settings(max_examples=8, deadline=None)
def test_keys_of_a_later_firmware_change_nothing(size, in_front):
    def later(line):
        if in_front:
            return line.replace(b'"k":', b'"k":', 1).replace(b',"p"', b',"new":{"a":[1]},"p"', 1)
        return line[:-2] + b',"zz":null,"y":[1,"a"]}\n'

    plain, more = moving(), BoardState("test")
    more.tick(NOW_S, UTC_S)
    tell(more, b"".join(map(later, (MOVES + BEGINS).splitlines(keepends=True))))
    assert look(more, *size) == look(tell(plain, BEGINS), *size)


def test_a_book_that_is_not_proved_has_no_movement_and_begins_anew():
    state = tell(moving(), STALE % b"BTC/USD")
    lines = look(state)
    assert row(lines, "BTC/USD").split() == ["BTC/USD", "not", "known"]
    assert "0.812" not in "\n".join(lines) and "LEADS  nobody" in row(lines, "LEADS")
    assert "+0.43" not in row(lines, "ETH/USD") and "0.100" in row(lines, "ETH/USD")
    tell(state, BOOKS)
    assert not any(part in row(look(state), "BTC/USD") for part in ("0.812", "+1.500", "x1.75"))
    tell(state, VOL % (b"BTC/USD", b"0.031", b"0.3", 0, b"1.00"))
    assert "0.031" in row(look(state), "BTC/USD")


def test_what_is_told_no_more_fades_and_then_goes():
    state = pass_time(moving(), 1)
    fresh = "\n".join(render(state, 140, 40, color_system="truecolor"))
    assert "\x1b[1m0.812" in fresh
    old = "\n".join(render(pass_time(state, 7), 140, 40, color_system="truecolor"))
    assert "\x1b[1m0.812" not in old and "\x1b[2;" in old.partition("0.812")[0][-24:]
    gone = look(pass_time(state, GONE_AFTER_S + 1))
    assert "0.812" not in "\n".join(gone) and "BTC/USD leads" not in "\n".join(gone)


def test_a_lead_is_told_once_it_has_held_and_no_longer_than_that():
    state, lead = tell(BoardState(), BOOKS), "BTC/USD leads ETH/USD by 300 ms"
    told = CORR % (b"BTC/USD", b"ETH/USD", b"0.1000", b"-0.6000", 300)
    vol = VOL % (b"BTC/USD", b"0.5", b"0.5", 0, b"1.00")
    shown = []
    for _ in range(6):
        shown.append(lead in "\n".join(look(tell(state, told + vol))))
    assert shown == [False] * 4 + [True] * 2
    for ends in (
        CORR % (b"BTC/USD", b"ETH/USD", b"0.1000", b"0.4900", 300),  # weak
        CORR % (b"BTC/USD", b"ETH/USD", b"0.9000", b"0.9000", 0),  # both at once
        CORR % (b"BTC/USD", b"ETH/USD", b"0.1000", b"0.9000", -300),  # the other way round
    ):
        tell(state, told * 5)
        assert lead in "\n".join(look(state))
        assert "LEADS  nobody" in row(look(tell(state, ends)), "LEADS")


@pytest.mark.parametrize("size", [*SIZES, (80, 12)])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_contagion_is_above_everything_else_while_it_lasts(size, encoding):
    state = tell(moving(), BEGINS)
    said = "CONTAGION  ETH/USD leads BTC/USD by 300 ms, since 14:09:46, correlation +0.91"
    assert look(state, *size, encoding=encoding)[1].strip() == said
    # It tells how they go together now.
    tell(state, CORR % (b"BTC/USD", b"ETH/USD", b"0.8800", b"0.8800", 0))
    assert look(state, *size, encoding=encoding)[1].strip() == (
        "CONTAGION  BTC/USD and ETH/USD move as one, since 14:09:46, correlation +0.88"
    )
    assert look(tell(state, ENDS), *size, encoding=encoding)[1].strip() == ""


def test_several_contagions_are_counted_the_oldest_first():
    later = CONTAGION % (b"BTC/EUR", b"ETH/USD", T_MS + 1, 1, b"-0.9900", 100)
    alert = look(tell(moving(), later + BEGINS), 80, 24)[1].rstrip()
    assert alert.startswith("  CONTAGION  ETH/USD leads BTC/USD by 300 ms")
    assert alert.endswith("  and 1 more") and cell_len(alert) <= 80


ENDINGS = [
    pytest.param(STALE % b"ETH/USD", id="a book is not proved"),
    pytest.param(b'{"k":"pair","p":"BTC/USD","st":"SYNCING"}\n', id="a book waits"),
    pytest.param(b'{"k":"boot","v":"0.1.0","cause":"hard"}\n' + BOOKS, id="restart"),
    # Where the record of the end got lost:
    pytest.param(VOL % (b"ETH/USD", b"0.1", b"0.1", 0, b"1.24"), id="a calm threshold"),
    pytest.param(CORR % (b"BTC/USD", b"ETH/USD", b"0.0000", b"0.0000", 0), id="a gap"),
]


@pytest.mark.parametrize("said", ENDINGS)
def test_a_contagion_that_cannot_be_any_more_is_not_shown(said):
    state = tell(moving(), BEGINS)
    others = CORR % (b"BTC/USD", b"BTC/EUR", b"0.0000", b"0.0000", 0)
    tell(state, others + VOL % (b"BTC/EUR", b"0.1", b"0.1", 0, b"1.00"))
    assert "CONTAGION" in look(state)[1]
    assert "CONTAGION" not in look(tell(state, said))[1]


def test_a_contagion_is_not_shown_while_nothing_is_heard():
    state = tell(moving(), BEGINS)
    state.tick(NOW_S + 4, UTC_S + 4)
    assert "CONTAGION" not in look(state)[1]
    state.tick(NOW_S + 5, UTC_S + 5)
    assert "CONTAGION" in look(tell(state, b"".join(LIVE % name for name in NAMES)))[1]


def test_pairs_that_are_not_followed_have_no_links():
    state = tell(moving(), BEGINS.replace(b"BTC/USD", b"BTC/URD"))
    assert "CONTAGION" not in look(state)[1] and "BTC/URD" not in state.pairs


def test_eight_pairs_have_their_matrix_or_leave_it_out():
    names = [b"%s/USD" % base for base in b"AAVE BTC DOGE ETH LINK PEPE SOL XRP".split()]
    book = BOOKS.splitlines(keepends=True)[0]
    state = BoardState("test")
    state.tick(NOW_S, UTC_S)
    for n, name in enumerate(names):
        tell(state, book.replace(b"BTC/USD", name) + VOL % (name, b"0.5", b"0.5", 0, b"1.00"))
        for m in range(n):
            tell(state, CORR % (names[m], name, b"0.%d%d00" % (m, n), b"0.9000", 0))
    assert "MOVEMENT" not in "\n".join(look(state, 80, 20))
    for size in ((80, 40), (100, 30), (160, 40)):
        lines = look(state, *size)
        assert len(lines) == size[1] and max(map(cell_len, lines)) <= size[0]
        assert row(lines, "XRP/USD").split()[-7:] == [f"+0.{m}7" for m in range(7)]


amounts = st.decimals(0, 10**6, places=8)
parts = st.tuples(st.integers(1, 4000), st.decimals(-(10**6), 10**6, places=8), amounts, amounts)


@given(st.lists(parts, min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_flow_is_that_of_the_last_ten_seconds(told):
    flow, t_ms, happened = Flow(), T_MS, []
    for passed_ms, order_flow, bought, sold in told:
        t_ms += passed_ms
        share = b"null"
        if bought + sold:
            # As the board has it: five digits, cut to none where there would be too many places.
            share = f"{(bought - sold) / (bought + sold):.18f}".encode()
        happened.append((t_ms, *map(Fraction, (order_flow, bought, sold))))
        line = FLOW % (b"A/B", t_ms, b"%.8f" % order_flow, b"%.8f" % (bought - sold), share)
        (heard,) = LineSplitter().feed(line)
        flow.take(heard.record, NOW_S)
    recent = [part for part in happened if part[0] > t_ms - FLOW_MS]
    assert Fraction(flow.order_flow) == sum(part[1] for part in recent)
    net = sum(bought - sold for _, _, bought, sold in recent)
    # Trades in balance say nothing of their volume.
    dealt = sum(bought + sold for _, _, bought, sold in recent if bought != sold)
    if dealt:
        assert float(flow.trade_imbalance) == pytest.approx(float(net / dealt), abs=1e-4)
    else:
        assert flow.trade_imbalance is None


def test_plain_lines_tell_how_pairs_move_with_the_boards_health():
    out = io.BytesIO()
    health = STORY.splitlines(keepends=True)[-1]
    show(io.BytesIO(MOVES + BEGINS + health + ENDS), mode="plain", out=out)
    lines = [line[len("00:00:00 ") :] for line in out.getvalue().decode().splitlines()]
    assert "contagion: ETH/USD leads BTC/USD by 300 ms, correlation +0.91" in lines
    assert lines[-6:] == [
        "moves    BTC/USD volatility 0.812 bps per 100 ms  usual 0.325  trend up  "
        "threshold x1.75  order flow +1.500 in 10 s  trades -0.25",
        "moves    ETH/USD volatility 0.100 bps per 100 ms  usual 0.200  trend down  "
        "order flow -12,346 in 10 s",
        "moves    BTC/EUR volatility 0.000 bps per 100 ms  usual 0.300",
        "together BTC/USD ETH/USD correlation +0.43  ETH/USD leads BTC/USD by 300 ms (+0.91)",
        "together BTC/USD BTC/EUR correlation -0.75",
        "contagion is over: BTC/USD and ETH/USD, it lasted 5.0 s",
    ]


def test_the_summary_counts_contagions():
    text = str(summarize(tell(moving(), BEGINS + ENDS + BEGINS), "stop"))
    assert "contagion began 2 times" in text


SIGNAL = b'{"k":"signal","p":"BTC/USD","t":%d,"side":"%s","px":%s,"q":%s,"c":%d,"why":"%s"}\n'
BUY = SIGNAL % (T_MS, b"BUY", b"45001.0", b"0.12500000", 64, b"leader")


@pytest.mark.parametrize("size", SIZES)
def test_a_signal_has_its_deal_its_reason_its_age_and_its_book(size):
    state = pass_time(tell(moving(), BUY), 75)
    line = row(look(state, *size), "BTC/USD" if size[0] < 100 else "14:09:46", "SIGNALS").split()
    for part in ("BUY", "45001.0", "0.12500000", "64", "leader", "0.500", "+0.10"):
        assert part in line
    assert " ".join(line).count("1 min") == 1


def test_the_columns_of_signals_stand_still_while_they_scroll():
    long = BUY.replace(b"45001.0", b"0.0000123456").replace(b"0.125", b"98765.125")
    state = tell(moving(), BUY + long)
    before = look(state, 80, 24)
    after = look(tell(state, BUY * 20), 80, 24)
    assert "0.0000123456" in "\n".join(before) and "0.0000123456" not in "\n".join(after)
    assert row(before, "PAIR", "SIGNALS") == row(after, "PAIR", "SIGNALS")


def test_a_signal_whose_books_record_got_lost_shows_no_other_books_numbers():
    line = row(look(tell(moving(), BUY.replace(b"786000", b"786111"))), "14:09:46", "SIGNALS")
    assert "0.500" not in line and "+0.10" not in line


def test_the_signal_that_stands_is_the_one_that_catches_the_eye():
    def bold(state):
        lines = render(state, 140, 40, color_system="truecolor")
        at = next(n for n, line in enumerate(lines) if "SIGNALS" in line)
        return ["\x1b[1mBTC/USD" in line for line in lines[at:] if "45001.0" in line]

    state = tell(moving(), BUY)
    assert bold(state) == [True]
    flat = SIGNAL % (T_MS, b"FLAT", b"null", b"null", 0, b"faded")
    assert bold(tell(state, flat)) == [False]
    assert bold(tell(state, BUY)) == [True, False]
    assert bold(tell(state, STALE % b"BTC/USD")) == [False, False]
    assert bold(tell(state, BOOKS)) == [False, False]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (172_800, "2 d")],
)
def test_ages(seconds, text):
    assert words.age(seconds) == text
