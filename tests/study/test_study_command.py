"""`inkling study`: its table, its page, its JSON, one line for every bad input, and nothing half-written."""

import html.parser
import json
import re
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest

from host import cli
from host.study import page

PAIRS = ["BTC/USD", "ETH/USD", "BTC/EUR"]


def study(*args):
    done = subprocess.run(
        [sys.executable, "-m", "host.cli", "study", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    # Whoever is the first after a change compiles, and says so; the step's title is its progress.
    beside = ("inkling: compiling", "Reading the feed")
    lines = done.stderr.splitlines(keepends=True)
    done.stderr = "".join(line for line in lines if not line.startswith(beside))
    return done


@pytest.fixture(scope="module")
def studied(planted_feed, tmp_path_factory):
    """The run on the planted market that most tests look at, and its page."""
    path = tmp_path_factory.mktemp("page") / "study.html"
    return study(planted_feed, "--html", path), path


@pytest.fixture(scope="module")
def short_feed(recorded):
    return recorded(None, seconds=20)


def test_a_person_reads_whether_the_signals_are_true(studied):
    done, path = studied
    assert done.returncode == 0, done.stderr
    for pair in PAIRS:
        assert re.search(rf"^{pair}  yes, \+\d\.\d+ bps after 1 s", done.stdout, re.MULTILINE)
    assert "BTC/USD leads ETH/USD by 400 ms" in done.stdout
    for word in ("100 ms", "1 s", "10 s", "1 min", "hit rate", "IC", "net", "conf 60-100"):
        assert word in done.stdout
    assert done.stderr == f"inkling study: the page is {path}\n"


def test_the_table_fits_a_terminal(studied):
    done, _ = studied
    assert max(map(len, done.stdout.splitlines())) <= 80


class _Page(html.parser.HTMLParser):
    """What a page opens and closes, and where it points to."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.links = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else(studied):
    _, path = studied
    text = path.read_text(encoding="utf-8")
    found = _Page(text)
    assert found.open == []
    assert found.links == []
    assert "url(" not in text
    assert "script" not in found.tags
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    # Decay curves and hit rates of all and of each pair, and three leads.
    assert len(pictures) == 4 + 4 + 3
    for picture in pictures:
        root = xml.etree.ElementTree.fromstring(picture)
        numbers = [
            float(number)
            for node in root.iter()
            for name in ("points", "cx", "cy", "x", "y", "x1", "x2", "y1", "y2")
            for number in re.split(r"[ ,]", node.get(name, "0"))
        ]
        assert all(-5 <= number <= 425 for number in numbers)
    for words in (*PAIRS, "BTC/USD leads ETH/USD by 400 ms", "How it was reckoned", "conf 60-100"):
        assert words in text.replace("&gt;", ">")
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_the_numbers_as_json(planted_feed):
    done = study(planted_feed, "--json", "--horizons", "2s,250ms", "--fee-bps", "1.5")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert told["horizons_ms"] == [250, 2000]
    assert told["fee_bps"] == 1.5
    assert sorted(told["pairs"]) == sorted(PAIRS)
    assert told["failed"] == 0
    groups = told["groups"]
    assert [group["by"] for group in groups].count("pair") == 3
    assert {group["by"] for group in groups} == {
        "all",
        "pair",
        "confidence",
        "pair and confidence",
        "reason",
    }
    (everything,) = [group for group in groups if group["by"] == "all"]
    assert everything["signals"] == told["signals"]
    for kind in ("pair", "confidence", "pair and confidence", "reason"):
        assert sum(group["signals"] for group in groups if group["by"] == kind) == told["signals"]
    for group in groups:
        assert [after["ms"] for after in group["after"]] == [250, 2000]
        for after in group["after"]:
            assert after["moved"] <= after["known"] <= group["signals"]
            for name in ("hit_rate", "ic", "gross_bps", "net_bps"):
                estimate = after[name]
                assert estimate is None or estimate["low"] <= estimate["value"] <= estimate["high"]
    assert all("verdict" in group for group in groups if group["by"] == "pair")
    # No pair leads another for long enough that the board would believe it.
    assert [group["why"] for group in groups if group["by"] == "reason"] == ["imbalance"]
    assert told["contagions"] == []
    assert [lead["leader"] for lead in told["leads"]].count("BTC/USD") == 1
    assert all(len(lead["lags_ms"]) == len(lead["correlations"]) == 41 for lead in told["leads"])


def test_where_there_is_too_little_it_says_so_and_tells_no_number(short_feed, tmp_path):
    done = study(short_feed, "--html", tmp_path / "study.html")
    assert done.returncode == 0, done.stderr
    assert "too few" in done.stdout
    told = json.loads(study(short_feed, "--json", "--pairs", "BTC/EUR").stdout)
    last = told["groups"][0]["after"][-1]
    assert (last["hit_rate"], last["ic"], last["net_bps"], last["holds"]) == (None,) * 3 + (False,)
    assert "too few" in (tmp_path / "study.html").read_text(encoding="utf-8")


def test_pairs_and_thresholds_can_be_chosen(short_feed, tmp_path):
    (tmp_path / "config.json").write_text('{"imbalance_threshold": 0.5}')
    plain = json.loads(study(short_feed, "--json").stdout)
    strict = json.loads(study(short_feed, "--json", "--config", tmp_path / "config.json").stdout)
    assert 0 < strict["signals"] < plain["signals"]
    one = json.loads(study(short_feed, "--json", "--pairs", "ETH/USD").stdout)
    assert one["pairs"] == ["ETH/USD"]
    (of_pair,) = [group for group in plain["groups"] if group["pair"] == "ETH/USD"][:1]
    # Not the very same: what the other pairs do scales a pair's threshold.
    assert abs(one["signals"] - of_pair["signals"]) <= 0.2 * of_pair["signals"]


def check(done, says, status=2):
    assert done.returncode == status
    assert says in done.stderr
    assert done.stderr.startswith("inkling study: ")
    assert done.stderr.count("\n") == 1


def test_bad_input_is_one_line_and_status_2(short_feed, tmp_path):
    check(study(tmp_path / "missing"), "no such file")
    check(study(tmp_path), "is a folder")
    binary = tmp_path / "binary"
    binary.write_bytes(b"\x00\x01\x02")
    check(study(binary), "binary")
    check(study(short_feed, "--pairs", "XRP/USD"), "no book of XRP/USD; the feed has BTC/EUR")
    check(study(short_feed, "--pairs", "spoon"), "pair")
    check(study(short_feed, "--horizons", "1s,soon"), "soon: times such as 100ms, 1s or 1m")
    check(study(short_feed, "--horizons", "0ms"), "0ms")
    check(study(short_feed, "--fee-bps", "nan"), "nan: a number of basis points")
    check(study(short_feed, "--html", tmp_path), "is a folder; name a file")
    check(study(short_feed, "--html", tmp_path / "no" / "page.html"), "its folder is missing")
    (tmp_path / "config.json").write_text('{"imbalance_threshold": 1.0, "levels": 10}')
    check(study(short_feed, "--config", tmp_path / "config.json"), "no signal in it")
    (tmp_path / "config.json").write_text('{"depth": 3}')
    check(study(short_feed, "--config", tmp_path / "config.json"), "depth must be 10 or 25")
    updates = tmp_path / "updates.feed"
    lines = short_feed.read_bytes().splitlines(keepends=True)
    updates.write_bytes(b"".join(line for line in lines if b'"update"' in line))
    check(study(updates), "no book could be built from it")


def test_what_stands_before_the_damage_is_studied(short_feed, tmp_path):
    cut = tmp_path / "cut.feed"
    cut.write_bytes(short_feed.read_bytes()[:-60])
    done = study(cut)
    check(done, "ends in the middle of a frame")
    assert "BTC/USD" in done.stdout


def test_a_failed_checksum_is_told_and_status_1(short_feed, tmp_path):
    lines = short_feed.read_bytes().splitlines(keepends=True)
    at = max(n for n, line in enumerate(lines) if b'"update"' in line and b"ETH/USD" in line)
    lines[at] = lines[at].replace(b'"qty":', b'"qty":1', 1)
    path = tmp_path / "damaged.feed"
    path.write_bytes(b"".join(lines))
    check(study(path), "1 message was not proved", status=1)


@pytest.mark.parametrize("is_there", [False, True], ids=["no page before", "a page before"])
def test_ctrl_c_leaves_no_half_written_page(short_feed, tmp_path, monkeypatch, is_there):
    path = tmp_path / "study.html"
    if is_there:
        path.write_text("the page of yesterday")
    write = Path.write_text

    def interrupted(self, text, **options):
        write(self, text[: len(text) // 2], **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", interrupted)
    assert cli.main(["study", str(short_feed), "--html", str(path)]) == 130
    left = {each.name: each.read_text() for each in tmp_path.iterdir()}
    assert left == ({path.name: "the page of yesterday"} if is_there else {})


def test_a_full_disk_is_one_line(short_feed, tmp_path, monkeypatch, capsys):
    def full(study, files):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(page, "render", full)
    path = tmp_path / "study.html"
    assert cli.main(["study", str(short_feed), "--html", str(path)]) == 2
    assert f"--html {path}: cannot be written (No space left on device)" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_help_has_an_example():
    done = study("--help")
    assert done.returncode == 0
    assert "inkling study monday.feed.zst tuesday.feed.zst --html study.html" in done.stdout
