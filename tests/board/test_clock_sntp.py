"""The time by SNTP: right to 2 ms from a good server, refused from a bad one, its drift learnt between two settings."""

import importlib.util
import json
import random
import socket
import struct
import time
from pathlib import Path

import pytest

from host.boardmodel.model import run_script
from host.devkit.time_server import TimeServer

_PROGRAM = Path(__file__).parent / "programs" / "ask_time.py"
_MOST_ERROR_MS = 2
_NO_ANSWER = "no answer from the time server"
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS


@pytest.fixture(params=["cpython", "board model"])
def call(request):
    """`call(door, *arguments)`: a function of programs/ask_time.py on each runtime in turn."""
    if request.param == "board model":
        request.getfixturevalue("board_model")
        return lambda door, *given: json.loads(run_script(_PROGRAM, door, json.dumps(given)))
    spec = importlib.util.spec_from_file_location("ask_time", _PROGRAM)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return lambda door, *given: json.loads(json.dumps(program.DOORS[door](*given)))


class Server(TimeServer):
    """One whose answers go through `change(reply, number)`: another reply, or None for none."""

    def __init__(self, change):
        super().__init__()
        self.change = change
        self.asked = 0

    def reply(self, request, received_ns):
        self.asked += 1
        return self.change(super().reply(request, received_ns), self.asked)


def on_a_quiet_moment(call, server):
    """What `ask` says when this machine did not keep anybody waiting; of the last try if it always did."""
    for _ in range(8):
        server.answered = 0
        error_ms, trip_us = call("ask", server.host, server.port)
        if trip_us < 1000:
            break
    return error_ms, trip_us


def patched(reply, at, data):
    return reply[:at] + data + reply[at + len(data) :]


@pytest.mark.parametrize("offset_ms", [0, 3_600_000.25, -86_400_000, 315_360_000_000])
def test_it_is_the_servers_time_to_two_milliseconds(call, offset_ms):
    """Ten years ahead is beyond 2036, where NTP's seconds begin anew."""
    with TimeServer() as server:
        server.offset_ms = offset_ms
        error_ms, trip_us = on_a_quiet_moment(call, server)
    assert abs(error_ms - offset_ms) < _MOST_ERROR_MS + trip_us / 2000


def test_the_shortest_of_three_round_trips_counts(call):
    seeded = random.Random(4)
    delays_s = [0.25, 0.05, 0.15]
    seeded.shuffle(delays_s)

    def slow(reply, number):
        time.sleep(delays_s[number - 1])
        return reply

    with Server(slow) as server:
        error_ms, trip_us = call("ask", server.host, server.port)
    assert server.asked == 3
    assert 50_000 <= trip_us < 150_000
    # The delay is all on the way back, which nobody can know: half of it is the error.
    assert -trip_us / 2000 - _MOST_ERROR_MS < error_ms < -15


def test_a_good_answer_is_enough(call):
    with TimeServer() as server:
        _, trip_us = on_a_quiet_moment(call, server)
    assert server.answered == (1 if trip_us <= 20_000 else 3)


def test_a_lost_packet_is_asked_for_again(call):
    with Server(lambda reply, number: reply if number > 1 else None) as server:
        why, _, trusted, error_ms, _ = call("set_clock", server.host, server.port)
    assert why is None and trusted and abs(error_ms) < 100


def _behind_garbage(server_socket, client, reply):
    for junk in (b"", b"x" * 47, bytes(48), patched(reply, 24, b"not ours"), b"y" * 300):
        server_socket.sendto(junk, client)
    server_socket.sendto(reply, client)


def test_garbage_before_the_answer_is_passed_over(call):
    class Noisy(TimeServer):
        def _serve(self):
            while True:
                request, client = self._socket.recvfrom(1024)
                if self._ended:
                    return
                _behind_garbage(self._socket, client, self.reply(request, self.now_ns()))

    with Noisy() as server:
        why, _, trusted, error_ms, _ = call("set_clock", server.host, server.port)
    assert why is None and trusted and abs(error_ms) < 100


def _later(reply):
    (sent_s,) = struct.unpack_from("!I", reply, 40)
    return struct.pack("!I", sent_s + 60)


_BAD = {
    "wrong originate": lambda reply, _: patched(reply, 24, b"\1\2\3\4\5\6\7\10"),
    "a client's packet": lambda reply, _: patched(reply, 0, b"\x23"),
    "cut short": lambda reply, _: reply[:47],
    "not synchronised": lambda reply, _: patched(reply, 0, b"\xe4"),
    "stratum 16": lambda reply, _: patched(reply, 1, b"\x10"),
    "no time": lambda reply, _: patched(reply, 40, bytes(8)),
    "sent before it was received": lambda reply, _: patched(reply, 32, _later(reply)),
    "silent": lambda reply, _: None,
}


@pytest.mark.parametrize("fault", _BAD)
def test_a_bad_server_is_not_believed(call, fault):
    with Server(_BAD[fault]) as server:
        why, _, trusted, _, _ = call("set_clock", server.host, server.port)
    assert why == _NO_ANSWER and not trusted
    assert server.asked == 2


def test_a_kiss_of_death_is_obeyed_at_once_and_for_long(call):
    with Server(lambda reply, _: patched(reply, 1, b"\0" + reply[2:12] + b"RATE")) as server:
        why, wait_s, trusted, _, _ = call("set_clock", server.host, server.port)
    assert why == "the time server wants to be left alone"
    assert wait_s >= 600 and not trusted
    assert server.asked == 1


def test_nobody_there_and_no_such_name(call):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        free_port = taken.getsockname()[1]
    assert call("set_clock", "127.0.0.1", free_port)[:3] == [_NO_ANSWER, 60, False]
    assert call("set_clock", "no-such-name.invalid", 123)[0] == "cannot resolve its name"


def test_the_code_for_it_is_given_back(board_model):
    with TimeServer() as server:
        text = run_script(_PROGRAM, "set_clock", json.dumps([server.host, server.port]))
    assert json.loads(text)[4] is False


def test_too_little_heap_for_it_is_no_end(board_model):
    with TimeServer() as server:
        given = json.dumps([server.host, server.port])
        starving, fed = json.loads(run_script(_PROGRAM, "starved", given, heap_bytes=64 * 1024))
    assert starving == ["out of memory", 60]
    assert fed == [None, 3600]


@pytest.mark.parametrize("ppm", [50, -50, 0, 7])
def test_the_drift_is_found_and_from_then_on_the_clock_is_right(call, ppm):
    first, second, third = call("drift", [_HOUR_MS, _DAY_MS, _DAY_MS], ppm)
    assert first[0] == ppm and abs(first[1] - 3.6 * ppm) <= 1
    # A day on the drift of the first hour, which was known to a millisecond; then on that of a day.
    assert second[0] == ppm and abs(second[1]) <= 25
    assert third[0] == ppm and abs(third[1]) <= 2


def test_a_correction_that_no_crystal_explains_is_no_drift(call):
    assert call("drift", [_HOUR_MS], 20_000) == [[None, 72_000, True]]
