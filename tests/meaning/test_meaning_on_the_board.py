"""What the kernels of meaning need on the board: no heap at all, besides their buffers."""

from pathlib import Path

from host.boardmodel.model import HEAP_BYTES, run_script

_PROGRAM = Path(__file__).parent / "programs" / "meaning_locked.py"


def test_nothing_is_allocated(board_model):
    grown, told, correlation = map(int, run_script(_PROGRAM, heap_bytes=HEAP_BYTES).split())
    assert grown == 0
    assert told > 250 * 3
    assert correlation >= 9999  # three pairs of the same price
