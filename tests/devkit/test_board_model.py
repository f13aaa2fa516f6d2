"""The board model counts, compiles and schedules as an ESP32 does."""

import pytest

from host.boardmodel import probe
from host.boardmodel.model import HEAP_BYTES, ScriptFailed, run_script

ALLOCATES = """
import gc
def used_by(f):
    gc.collect()
    before = gc.mem_alloc()
    f()
    return gc.mem_alloc() - before
"""


def test_it_has_every_trait_the_firmware_relies_on(board_model):
    traits = probe.require(board_model)
    assert traits["name"] == "micropython"
    assert all(traits[name] for name in probe.TRAITS)


def test_an_int_is_small_up_to_30_bits_and_an_object_from_there(board_model):
    text = run_script(
        ALLOCATES
        + """
n = 2**30 - 2
def small(): n + 1
def large(): n + 2
used_by(small)
print(used_by(small), used_by(large) > 0)
"""
    )
    assert text.split() == ["0", "True"]


def test_a_float_has_24_bits(board_model):
    assert run_script("print(float('16777217') == 16777216)").split() == ["True"]


def test_viper_adds_and_reads_words_of_32_bits(board_model):
    text = run_script("""
import micropython
from array import array
@micropython.viper
def square(n: int) -> int:
    return n * n
@micropython.viper
def first(p: ptr32) -> int:
    return p[0]
print(square(65537), first(array('i', [-5])))
""")
    assert text.split() == ["131073", "-5"]


def test_a_thread_runs_while_another_sleeps_but_not_while_it_is_in_viper(board_model):
    text = run_script("""
import _thread, time, micropython
count = [0, True]
def spin():
    while count[1]:
        count[0] += 1
@micropython.viper
def busy(n: int) -> int:
    s = 0
    for i in range(n):
        s += i ^ 3
    return s
_thread.start_new_thread(spin, ())
time.sleep_ms(20)
slept = count[0]
busy(10000000)
print(slept > 1000, count[0] - slept)
count[1] = False
""")
    assert text.split() == ["True", "0"]


def test_a_tls_client_verifies_unless_told_otherwise(board_model):
    text = run_script("""
import tls
print(tls.SSLContext(tls.PROTOCOL_TLS_CLIENT).verify_mode == tls.CERT_REQUIRED)
""")
    assert text.split() == ["True"]


def test_the_heap_of_the_board_is_all_there_is(board_model):
    text = run_script("import gc; print(gc.mem_free())", heap_bytes=HEAP_BYTES)
    assert 48 * 1024 < int(text) < HEAP_BYTES
    with pytest.raises(ScriptFailed, match="MemoryError"):
        run_script("keep = [bytearray(1024) for _ in range(56)]", heap_bytes=HEAP_BYTES)


def test_a_program_gets_its_arguments_and_finds_firmware_and_lib(board_model):
    text = run_script("import sys, firmware.kernels, backoff; print(sys.argv[1:])", "a", 7)
    assert text.strip() == "['a', '7']"


def test_a_program_that_fails_shows_its_traceback(board_model):
    with pytest.raises(ScriptFailed, match=r"line 2.*\n.*ValueError: no"):
        run_script("print('before')\nraise ValueError('no')")


def test_a_program_that_hangs_is_ended(board_model):
    with pytest.raises(ScriptFailed, match=r"said this\n+still running"):
        run_script("print('said this')\nwhile True: pass", timeout_s=0.3)
