"""`inkling soak` as a user runs it: short soaks that hold, Ctrl-C, wrong options in one line."""

import json
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree

import pytest

from host.cli import main


def soak(capsys, *arguments):
    """Exit status and the one report of a soak with `--json`."""
    status = main(["soak", "--pairs", "BTC/USD", "--json", *arguments])
    reports = json.loads(capsys.readouterr().out)
    assert len(reports) == 1
    return status, reports[0]


def checks(report):
    return {check["what"]: check for check in report["checks"]}


def test_a_few_faults_are_struck_seen_through_and_told(board_model, capsys, tmp_path):
    names = ["crossed-book", "drop", "wrong-checksum"]
    status, report = soak(
        capsys,
        *("--faults", "1", "--only", ",".join(names), "--boards", "2"),
        *("--log", str(tmp_path), "--picture", str(tmp_path / "soak.svg")),
    )
    assert (status, report["passed"], report["notes"]) == (0, True, [])
    rows = {row["name"]: row for row in report["faults"]}
    assert sorted(rows) == names
    assert {(row["struck"], row["recovered"]) for row in rows.values()} == {(1, 1)}
    # What proves does no harm; what does not is seen, by its name, and takes its time.
    assert rows["crossed-book"]["most_s"] == 0
    assert "STALE checksum" in rows["wrong-checksum"]["words"]
    assert "STALE disconnect" in rows["drop"]["words"]
    assert 0 < rows["drop"]["waited_s"] < rows["drop"]["median_s"]
    assert checks(report)["no wrong book called LIVE"]["ok"] is True
    assert b'"why":"checksum"' in b"".join(path.read_bytes() for path in tmp_path.glob("*.log"))
    assert "<svg" in (tmp_path / "soak.svg").read_text()


def test_ten_minutes_of_a_day_in_no_time(board_model, capsys):
    status, report = soak(capsys, "--day", "--day-seconds", "600")
    assert (status, report["passed"]) == (0, True)
    found = checks(report)
    assert found["no message missed"]["found"].startswith("1") and " 0 missing" in str(found)
    assert found["every checksum proved"]["found"] == "0 failed, 0 skipped"
    assert found["no wrong book called LIVE"]["ok"] is True


def test_ctrl_c_ends_it_with_the_report_so_far(board_model, tmp_path):
    options = f"--faults 500 --only drop --boards 1 --pairs BTC/USD --log {tmp_path}"
    run = subprocess.Popen(
        [sys.executable, "-m", "host.cli", "soak", *options.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = tmp_path / "spot_v2-0.log"
    deadline = time.monotonic() + 30
    while not (log.exists() and log.read_bytes().count(b'"st":"STALE"') > 1):
        assert time.monotonic() < deadline and run.poll() is None
        time.sleep(0.1)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=30)
    assert run.returncode == 130
    assert "Traceback" not in err
    assert "no wrong book called LIVE" in out
    assert out.rstrip().endswith("interrupted")
    assert "STALE disconnect" in out


def test_random_faults_for_a_while_with_a_monitor_and_a_plot(board_model, capsys, tmp_path):
    status, report = soak(
        capsys,
        *("--hours", "0.0015", "--fault-rate", "30/min", "--seed", "3"),
        *("--log", str(tmp_path)),
    )
    assert (status, report["passed"]) == (0, True)
    assert "seed 3" in report["title"]
    assert report["faults"]
    assert checks(report)["every fault recovered"]["ok"] is True
    # The monitor is a process of its own, and has said in the end what the board said.
    assert checks(report)["the monitor lives, and agrees"]["ok"] is True
    shown = (tmp_path / "spot_v2-0-monitor.txt").read_text()
    assert "BTC/USD" in shown and "watched, ended by user" in shown
    root = xml.etree.ElementTree.parse(tmp_path / "soak.svg").getroot()
    texts = [node.text for node in root.findall(".//{*}text")]
    for words in ("free heap", "lag", "LIVE again", report["title"]):
        assert any(words in (text or "") for text in texts)
    faults = [node.find("{*}title").text for node in root.findall(".//{*}circle")]
    assert len(faults) == sum(row["times"] for row in report["faults"])
    assert {told.split(":")[0] for told in faults} == {row["name"] for row in report["faults"]}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--dialect", "v3"], "spot_v2, spot_v1, futures_v1, all"),
        (["--faults", "0"], "a whole number above 0"),
        (["--faults", "1", "--only", "dorp"], "did you mean drop?"),
        (["--faults", "1", "--only", "sequence-gap"], "makes no sense for spot_v2"),
        (["--faults", "1", "--day"], "not allowed with"),
        (["--hours", "1", "--fault-rate", "often"], "such as 6/min"),
        (["--fault-rate", "6/min"], "is for --hours"),
        (["--pairs", "BTC/XYZ"], "unknown pair 'BTC/XYZ'"),
        (["--pairs", "btc"], "names such as BTC/USD"),
        (["--dialect", "futures_v1", "--pairs", "PF_XYZUSD"], "unknown pair"),
        (["--boards", "65"], "1 to 64"),
        (["--picture", "/nowhere/soak.svg"], "its folder is missing"),
        (["--log", "/dev/null/x"], "Not a directory"),
        (["--plot", "/nowhere/soak.svg"], "its folder is missing"),
    ],
)
def test_wrong_options_are_told_in_one_line(arguments, words, capsys):
    try:
        status = main(["soak", *arguments])
    except SystemExit as ended:
        status = ended.code
    out, err = capsys.readouterr()
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit):
        main(["soak", "--help"])
    assert capsys.readouterr().out.count("inkling soak --") >= 4
