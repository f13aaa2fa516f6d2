"""What a pack holds is what Kraken sent, and what is no pack of this layout is refused in one line."""

import gzip
import hashlib
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from in_process import inkling
from packing import pack

from host import captures
from host.pack.layout import HEAD_KEY

SIDES = {"spot_v2": ("bids", "asks"), "spot_v1": ("b", "a"), "futures_v1": ("bids", "asks")}


def told_by_json(line, dialect):
    """Pair, whether it is a snapshot, proof and levels, as any JSON parser reads them."""
    frame = json.loads(line.partition(b": ")[2], parse_float=str, parse_int=str)
    if dialect == "spot_v2":
        (data,) = frame["data"]
        sides = [data["bids"], data["asks"]]
        levels = [(n, one["price"], one["qty"]) for n in (0, 1) for one in sides[n]]
        return data["symbol"], frame["type"] == "snapshot", int(data["checksum"]), levels
    if dialect == "spot_v1":
        told = {key: value for part in frame[1:-2] for key, value in part.items()}
        levels = [
            (n, one[0], one[1])
            for keys, n in ((("b", "bs"), 0), (("a", "as"), 1))
            for key in keys
            for one in told.get(key, ())
        ]
        return frame[-1], "as" in told, int(told["c"]) if "c" in told else None, levels
    if frame["feed"] == "book":
        side = ["buy", "sell"].index(frame["side"])
        levels = [(side, frame["price"], frame["qty"])]
    else:
        sides = [frame["bids"], frame["asks"]]
        levels = [(n, one["price"], one["qty"]) for n in (0, 1) for one in sides[n]]
    return frame["product_id"], frame["feed"] != "book", int(frame["seq"]), levels


def test_the_columns_are_what_kraken_sent(recording, packed, dialect):
    table = pq.read_table(packed(dialect))
    received_ns = table["received"].cast(pa.int64()).to_pylist()
    rows = table.drop_columns(["received"]).to_pylist()
    lines = recording(dialect).read_bytes().splitlines(keepends=True)
    assert len(rows) == len(lines)
    messages = 0
    for row, line, received in zip(rows, lines, received_ns, strict=True):
        assert received == Decimal(line.partition(b":")[0].decode()) * 10**9
        if row["kind"] == 0:
            assert (row["text"], row["levels"], row["pair"]) == (line, [], None)
            continue
        messages += 1
        pair, is_snapshot, proof, levels = told_by_json(line, dialect)
        assert (row["pair"], row["proof"], row["text"]) == (pair, proof, None)
        assert row["kind"] == (1 if is_snapshot else 2)
        found = [
            (
                level["side"],
                Decimal(level["price"]).scaleb(-level["price_decimals"]).as_tuple(),
                Decimal(level["quantity"]).scaleb(-level["quantity_decimals"]).as_tuple(),
            )
            for level in row["levels"]
        ]
        # As tuples, so that the zeros that were printed count as well.
        wanted = [(n, Decimal(p).as_tuple(), Decimal(q).as_tuple()) for n, p, q in levels]
        assert sorted(found) == sorted(wanted)
    assert messages > 500


def test_the_file_says_where_it_comes_from(recording, packed, dialect):
    told = json.loads(pq.ParquetFile(packed(dialect)).metadata.metadata[HEAD_KEY])
    data = recording(dialect).read_bytes()
    assert told == {
        "layout": 1,
        "dialect": dialect,
        "source": f"{dialect}.feed",
        "sha256": hashlib.sha256(data).hexdigest(),
        "lines": data.count(b"\n"),
        "damage": None,
    }


def check(done, says):
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_the_command_packs_beside_and_replay_and_study_take_it(recording, tmp_path):
    feed = tmp_path / "monday.feed.gz"
    feed.write_bytes(gzip.compress(recording("spot_v2").read_bytes()))
    done = inkling("pack", feed)
    assert done.returncode == 0, done.stderr
    assert "messages of Kraken's spot v2" in done.stdout
    packed = tmp_path / "monday.feed.parquet"
    assert sorted(path.name for path in tmp_path.iterdir()) == [feed.name, packed.name]
    for verb, more in (("replay", ["--records"]), ("study", ["--json"])):
        raw, fast = inkling(verb, feed, *more), inkling(verb, packed, *more)
        assert fast.returncode == raw.returncode
        assert fast.stdout.replace(packed.name, feed.name) == raw.stdout != ""


def test_another_place_and_several_files(recording, tmp_path):
    out = tmp_path / "there.parquet"
    assert inkling("pack", recording("spot_v1"), "--out", out).returncode == 0
    assert captures.dialect(out) == "spot_v1"
    check(inkling("pack", out, out, "--out", out), "--out names the pack of one recording")
    check(inkling("pack", recording("spot_v1"), "--out", tmp_path), "is no file")
    check(inkling("pack", recording("spot_v1"), "--out", tmp_path / "no" / "x"), "No such file")
    check(inkling("pack", tmp_path / "missing"), "no such file")
    assert [path.name for path in tmp_path.iterdir()] == ["there.parquet"]


def test_a_cut_recording_is_packed_up_to_the_cut(recording, tmp_path):
    cut = tmp_path / "cut.feed"
    cut.write_bytes(recording("spot_v2").read_bytes()[:-20])
    check(inkling("pack", cut), "cut.feed: ends in the middle of a frame, the ")
    done = inkling("replay", tmp_path / "cut.feed.parquet")
    assert "checksums proved, 0 failed" in done.stdout
    check(done, "cut.feed.parquet: ends in the middle of a frame, the ")


def test_what_wants_a_recording_says_so_of_a_pack(packed):
    path = packed("spot_v2")
    check(inkling("pack", path), "a pack; name the recording it was made of")
    check(inkling("exchange", "--capture", path), "a pack; name the recording it was made of")


def changed(source, path, head=None, columns=None):
    """A copy of a pack with another head, or with other columns."""
    file = pq.ParquetFile(source)
    told = json.loads(file.metadata.metadata[HEAD_KEY]) | (head or {})
    table = file.read()
    for name, change in (columns or {}).items():
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(at), change(table.column(at)))
    table = table.replace_schema_metadata({HEAD_KEY: json.dumps(told)})
    pq.write_table(table, path)
    return path


def test_another_layout_is_refused(packed, tmp_path):
    path = changed(packed("spot_v2"), tmp_path / "new", {"layout": 2})
    check(inkling("replay", path), "a pack of layout 2; this inkling reads layout 1")


def test_no_pack_at_all(packed, tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "other")
    check(inkling("replay", tmp_path / "other"), "a Parquet file, but no pack")
    whole = packed("spot_v2").read_bytes()
    (tmp_path / "short").write_bytes(whole[:-100])
    check(inkling("replay", tmp_path / "short"), "a damaged pack")


@pytest.mark.parametrize("column", ["kind", "proof", "levels.list.element.price", "text"])
def test_a_single_wrong_bit_is_seen(packed, tmp_path, column):
    group = pq.ParquetFile(packed("spot_v2")).metadata.row_group(0)
    chunks = [group.column(n) for n in range(group.num_columns)]
    (chunk,) = [chunk for chunk in chunks if chunk.path_in_schema == column]
    begin = chunk.dictionary_page_offset or chunk.data_page_offset
    data = bytearray(packed("spot_v2").read_bytes())
    data[begin + chunk.total_compressed_size - 3] ^= 4
    (tmp_path / "wrong").write_bytes(data)
    check(
        inkling("replay", tmp_path / "wrong"), "a damaged pack, the 0 lines before that were read"
    )


def test_one_dialect_at_a_time(packed):
    check(inkling("replay", packed("spot_v2"), packed("spot_v1")), "replay one dialect at a time")
    done = inkling("replay", packed("spot_v2"), "--dialect", "spot_v1")
    check(done, "packed as spot_v2; it cannot be read as spot_v1")


def level_with(**wrong):
    """Changes the first level of the first message that has one."""

    def change(column):
        rows = column.to_pylist()
        next(row for row in rows if row)[0].update(wrong)
        return pa.array(rows, column.type)

    return change


def first(value):
    return lambda column: pa.array([value, *column.to_pylist()[1:]], column.type)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("levels", level_with(side=2)),
        ("levels", level_with(side=-1)),
        ("levels", level_with(price=-1)),
        ("levels", level_with(quantity=10**18)),
        ("levels", level_with(price_decimals=127)),
        ("kind", first(3)),
        ("kind", first(-1)),
        ("proof", lambda column: pa.nulls(len(column), column.type)),
        ("proof", first(1 << 32)),
        ("proof", first(-5)),
    ],
)
def test_numbers_that_no_feed_has_do_not_come_to_the_kernels(packed, tmp_path, name, change):
    path = changed(packed("spot_v2"), tmp_path / "wrong", columns={name: change})
    check(inkling("replay", path), "a damaged pack: ")


def test_a_pack_is_there_whole_or_not_at_all(recording, tmp_path, monkeypatch):
    """Whoever stops in the middle leaves neither a part nor a broken pack in the place of an old one."""
    feed = tmp_path / "a.feed"
    feed.write_bytes(recording("spot_v2").read_bytes())
    old = pack(feed, "spot_v2")
    before = old.read_bytes()

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pq.ParquetWriter, "write_table", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pack(feed, "spot_v2")
    assert old.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.feed", "a.feed.parquet"]
