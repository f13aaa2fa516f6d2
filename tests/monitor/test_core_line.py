"""A traceback's place in the board's core is told as one in the checkout; whatever else came is left alone."""

import io

import pytest
from monitor_story import tell, told_state
from rich.console import Console

from host.board.core_line import located
from host.boardmodel import bundle, flash_folder
from host.monitor.plain import JsonOutput, PlainOutput
from host.monitor.records import Line
from host.monitor.view import BoardView

IF = ", if this checkout is what the board runs]"


@pytest.fixture(scope="module")
def core():
    """The core's lines that begin a function or a class, by their numbers."""
    text, _ = bundle.linked(flash_folder.checkout())
    numbered = enumerate(text.splitlines(), 1)
    return {n: line for n, line in numbered if line.lstrip().startswith(("def ", "class "))}


@pytest.fixture
def raw(core):
    return f'  File "firmware/core.mpy", line {max(core)}, in _a'.encode()


def test_the_place_is_that_of_the_source(core):
    assert len(core) > 50
    for number, said in core.items():
        raw = f'  File "firmware/core.mpy", line {number}, in _a'
        told = located(raw.encode()).decode()
        assert told.startswith(raw + " [") and told.endswith(IF)
        file, line = told.removesuffix(IF).partition(" [")[2].split(", line ")
        assert (bundle.ROOT / file).read_text().splitlines()[int(line) - 1] == said


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"ValueError: no",
        b'  File "firmware/config.mpy", line 7, in load',
        b'  File "firmware/core.mpy", line 0, in <module>',
        b'  File "firmware/core.mpy", line 999999, in <module>',
        b'  File "firmware/core.mpy", line ' + b"9" * 5000,
        b'  File "firmware/core.mpy", line \xff',
    ],
)
def test_what_is_no_place_in_the_core_stays_as_it_came(raw):
    assert located(raw) == raw


def test_a_checkout_that_is_being_edited_is_no_trouble(raw, monkeypatch, tmp_path):
    monkeypatch.setattr(bundle, "ROOT", tmp_path)
    bundle._checkout.cache_clear()
    try:
        assert located(raw) == raw
    finally:
        bundle._checkout.cache_clear()


def test_both_views_for_people_tell_it_and_programs_get_what_came(raw):
    told = located(raw)
    state = tell(told_state(), raw + b"\r\n")
    out = io.StringIO()
    Console(file=out, width=200, height=60).print(BoardView(state, "q leaves", 60))
    assert told.decode() in out.getvalue()

    plain, aside = io.BytesIO(), io.BytesIO()
    PlainOutput(plain).take(Line(raw, None), state)
    assert plain.getvalue() == told + b"\n"
    JsonOutput(io.BytesIO(), aside).take(Line(raw, None), state)
    assert aside.getvalue() == raw + b"\n"


def test_half_a_line_is_not_explained(raw):
    plain = io.BytesIO()
    PlainOutput(plain).take(Line(raw, None, whole=False), told_state())
    assert plain.getvalue() == raw
