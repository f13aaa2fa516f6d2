"""Inputs: the two runtimes agree about any of them, they change as they should, captures become some."""

from array import array
from random import Random

import pytest

from firmware.kernels.shorten import shorten
from host.fuzz import compiled, corpus, marks, plain
from host.fuzz.mutate import mutate
from host.fuzz.samples import ANY_CHECKSUM
from host.fuzz.scenes import SCENES, scene_of
from host.fuzz.trapping import Stages
from host.runtimes.checked import Trap

LONGEST = 800


def mutants(count):
    """So many inputs, the same ones every time, each made of one before."""
    random = Random(7)
    inputs = list(corpus.own())
    for _ in range(count):
        data = mutate(random.choice(inputs), random, LONGEST, inputs)
        inputs.append(data)
        yield data


def test_mutants_are_never_empty_nor_too_long_and_of_all_scenes():
    found = list(mutants(3000))
    assert all(0 < len(data) <= LONGEST for data in found)
    assert {scene_of(data) for data in found} == set(range(len(SCENES)))
    assert found == list(mutants(3000))


def test_both_runtimes_do_the_same():
    """Outcomes, marks and every byte of every buffer, for inputs that are right, odd and broken."""
    stages = {}
    seen = {}
    for runtime in (plain, compiled):
        runtime.kernel.cache_clear()  # or marks of another test would be in use
        begin = len(marks.places)
        stages[runtime] = Stages(runtime)
        seen[runtime] = slice(begin, len(marks.places))
    assert marks.places[seen[plain]] == marks.places[seen[compiled]]
    kinds = set()
    for data in [*corpus.own(), *mutants(600)]:
        marks.seen[:] = bytes(len(marks.seen))
        did = {runtime: each.of(data).play(data) for runtime, each in stages.items()}
        assert did[plain] == did[compiled], data
        assert marks.seen[seen[plain]] == marks.seen[seen[compiled]], data
        assert stages[plain].of(data).written() == stages[compiled].of(data).written(), data
        kinds.update(did[plain])
    assert {-5, -3, -2, -1, 0, 1, 2, 3} <= kinds


def test_an_input_begins_afresh():
    stages = Stages(plain)
    first, *others = [data for data in corpus.own() if data[0] == 0]
    did = stages.of(first).play(first), stages.of(first).written()
    for data in others:
        stages.of(data).play(data)
    assert (stages.of(first).play(first), stages.of(first).written()) == did


@pytest.mark.parametrize("runtime", [plain, compiled])
def test_runtimes_trap(runtime):
    """Before a buffer and behind one, reading and writing."""

    def run(i, end, room, words=6):
        state = runtime.buffer(array("i", bytes(4 * words)))
        piece, out = runtime.buffer(b'{"a":1}'), runtime.buffer(bytearray(4))
        return runtime.kernel(shorten)(piece, i, end, out, state, 9, room)

    assert run(0, 4, 4) == 4
    for i, end, room, words in ((-1, 4, 4, 6), (0, 8, 9, 6), (0, 5, 5, 6), (0, 1, 4, 5)):
        with pytest.raises(Trap):
            run(i, end, room, words)


def test_captures_become_inputs(tmp_path):
    file = tmp_path / "capture.jsonl"
    file.write_bytes(
        b'{"channel":"book","type":"snapshot","data":[{"symbol":"XRP/EUR","bids":[],"asks":[],'
        b'"checksum":12}]}\n' + b'{"channel":"heartbeat"}\n' * 9
    )
    found = list(corpus.real([file, tmp_path / "beside.txt"]))
    assert b"XRP" not in b"".join(found) and any(b'"BTC/USD"' in data for data in found)
    for data in found:
        scene = SCENES[scene_of(data)]
        assert scene.dialect == "spot_v2"
        if b"checksum" in data:
            assert (b"%d" % ANY_CHECKSUM in data) == scene.any_checksum
    alone = [data for data in found if data[1:] == b'{"channel":"heartbeat"}']
    assert len(alone) == len(set(alone)) * 3, "the same frame thrice in each scene at most"


def test_a_corpus_is_a_folder_of_inputs(tmp_path):
    corpus.write(tmp_path, [b"long", b"b", b"a"])
    assert corpus.read(tmp_path) == [b"a", b"b", b"long"]
    (tmp_path / "notes.txt").write_text("mine")
    corpus.keep(tmp_path, [b"b", b"new"])
    assert sorted(path.read_bytes() for path in tmp_path.iterdir()) == [b"b", b"mine", b"new"]
