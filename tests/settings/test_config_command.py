"""`inkling config` and inkling.toml: shown, changed with its comments kept, checked by the board's own rules."""

import json
import os

import pytest
import trustme

from firmware import config
from host import ROOT, cli
from host.errors import UserError
from host.settings import project

TEXT = """\
# My board.
pairs = ["BTC/USD", "ETH/USD"]  # two of them

depth = 10 # levels
host = "localhost"
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "inkling.toml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def run(file, capsys):
    def run(*args):
        status = cli.main(["config", "--file", str(file), *args])
        out, err = capsys.readouterr()
        return status, out, err

    return run


def test_the_committed_settings_are_the_firmwares_defaults():
    settings = project.load()
    assert config.check(settings.config) == config.check({})
    assert settings.path == ROOT / "inkling.toml" and settings.path.is_file()
    assert settings.ca == "auto" and settings.config["ca"] == "ca.der"


def test_the_table_has_every_setting_with_its_unit_and_range(run):
    status, out, _ = run()
    assert status == 0
    rows = {line.split()[0]: line for line in out.splitlines()[3:]}
    assert set(rows) == set(config.check({}))
    assert rows["silence_ms"].split() == [
        "silence_ms",
        "3500",
        "ms",
        "1500",
        "to",
        "60000",
        "default",
    ]
    for said in (
        "signal_cooldown_ms 1000 ms 0 to 600000 default",
        "depth_bps 10 bps 1 to 1000 default",
        "correlation_window 100 x 100 ms 20 to 500 default",
        "contagion_threshold 0.85 0.1 to 1.0 default",
    ):
        assert rows[said.partition(" ")[0]].split() == said.split()
    assert rows["host"].split() == ["host", "localhost", "text", "set"]
    assert rows["depth"].endswith("set to its default")
    assert run("show")[1] == out


def test_one_setting_and_json(run):
    assert run("show", "host")[1] == "localhost\n"
    assert json.loads(run("show", "--json")[1])["pairs"] == ["BTC/USD", "ETH/USD"]
    assert run("show", "pairs", "--json")[1] == '["BTC/USD", "ETH/USD"]\n'
    status, _, err = run("show", "dept")
    assert (status, err) == (2, "inkling config: dept is not a setting; depth is\n")


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("depth", "25", "depth = 25 # levels"),
        ("host", "ws.kraken.com", 'host = "ws.kraken.com"'),
        ("host", "10.0", 'host = "10.0"'),
        ("host", '"quoted.example"', 'host = "quoted.example"'),
        ("pairs", "BTC/USD,SOL/USD", 'pairs = ["BTC/USD", "SOL/USD"]  # two of them'),
        ("pairs", '["BTC/USD"]', 'pairs = ["BTC/USD"]  # two of them'),
        ("imbalance_threshold", "0.25", "imbalance_threshold = 0.25"),
    ],
)
def test_set_changes_one_line_and_keeps_the_rest(run, file, key, value, line):
    assert run("set", key, value)[0] == 0
    changed = file.read_text()
    assert line in changed.splitlines()
    others = [each for each in TEXT.splitlines() if not each.startswith(key)]
    assert [each for each in changed.splitlines() if each in others] == others
    assert [path.name for path in file.parent.iterdir()] == ["inkling.toml"]


def test_several_are_set_together_or_none(run, file):
    status, out, _ = run("set", "depth=25", "pairs=BTC/USD,SOL/USD", "path=/v2?a=b")
    assert status == 0 and out.splitlines() == [
        "depth = 25; `make flash` puts it on the board",
        'pairs = ["BTC/USD", "SOL/USD"]; `make flash` puts it on the board',
        'path = "/v2?a=b"; `make flash` puts it on the board',
    ]
    text = file.read_text()
    assert "depth = 25 # levels\n" in text and 'path = "/v2?a=b"\n' in text
    status, out, err = run("set", "levels=4", "levels=11", "depth=10")
    assert (status, out) == (2, "") and "levels must be 1 to 10; nothing changed" in err
    assert file.read_text() == text
    assert json.loads(run("set", "levels", "4", "--json")[1]) == {
        "set": {"levels": 4},
        "board": None,
    }


@pytest.mark.parametrize(
    "given", [["depth"], ["depth", "25", "levels", "3"], ["depth=25", "levels"]]
)
def test_a_key_without_a_value_is_told(run, file, given):
    status, _, err = run("set", *given)
    assert status == 2 and err.endswith(": say KEY=VALUE, or one KEY VALUE\n")
    assert file.read_text() == TEXT


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("depth", "11", "depth must be 10 or 25; nothing changed"),
        ("port", "https", "port must be a number; nothing changed"),
        ("silence_ms", "1", "silence_ms must be 1500 to 60000; nothing changed"),
        ("imbalance_threshold", "nan", "imbalance_threshold must be 0.01 to 1.0; nothing changed"),
        ("pairs", "BTCUSD", "pairs must be names such as BTC/USD; nothing changed"),
        ("ca", "", 'ca must be "auto" or a PEM or DER file; nothing changed'),
        ("ca", "no.pem", "no.pem: the certificate cannot be read"),
        ("colour", "red", "colour is not a setting; `inkling config` lists them"),
    ],
)
def test_a_wrong_value_changes_nothing(run, file, key, value, says):
    status, _, err = run("set", key, value)
    assert status == 2 and err.startswith("inkling config: ") and says in err
    assert len(err.splitlines()) == 1 and ".toml" not in err
    assert file.read_text() == TEXT


def test_what_was_wrong_before_is_told_with_the_line_it_is_in(run, file):
    file.write_text("\n[wifi]\nssid = 'x'\n")
    status, _, err = run("set", "levels", "4")
    assert status == 2 and f"{file}:2: wifi is not a setting" in err


def test_only_files_are_written_to(run, tmp_path):
    """Root could rename a file over a device."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    status, _, err = run("--file", str(fifo), "set", "levels", "4")
    assert status == 2 and err.endswith("fifo: is not a file; nothing changed\n")
    assert fifo.is_fifo()


def test_a_certificate_is_named_beside_the_settings(run, file):
    (file.parent / "my root.pem").write_bytes(trustme.CA().cert_pem.bytes())
    assert run("set", "ca", "my root.pem")[0] == 0
    assert 'ca = "my root.pem"' in file.read_text().splitlines()


def test_unset_goes_back_to_the_default(run, file):
    assert run("unset", "host")[1].startswith('host = "ws.kraken.com" (default)')
    assert "localhost" not in file.read_text() and "# two of them" in file.read_text()
    assert run("unset", "host")[0] == 0
    assert run("unset", "dept")[0] == 2


def test_what_is_wrong_in_the_file_can_be_mended_by_command(run, file):
    file.write_text(TEXT + "dept = 3\n")
    assert run("check")[0] == 1
    assert run("unset", "dept")[0] == 0
    assert run("check")[0] == 0
    file.write_text(TEXT.replace("10", "11"))
    assert run("set", "depth", "10")[0] == 0
    assert file.read_text() == TEXT


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TEXT + "levels = 0\n", ":6: levels must be 1 to 10"),
        (TEXT + "[wifi]\nssid = 'x'\n", ":6: wifi is not a setting; `inkling config` lists them"),
        (TEXT + "depth = 25\n", ":6: is not TOML: cannot overwrite a value"),
        ("pairs = [\n", ": is not TOML: "),
        ("\n\nhost = \n", ":3: is not TOML: invalid value"),
        ('ca = "no.pem"\n', "no.pem: the certificate cannot be read"),
        ("ca = 7\n", ':1: ca must be "auto" or a PEM or DER file'),
    ],
)
def test_check_names_file_line_key_and_range(run, file, text, says):
    file.write_text(text)
    status, out, err = run("check")
    assert status == 1 and not out
    assert says in err and len(err.splitlines()) == 1 and str(file.parent) in err


def test_check_of_a_file_that_is_not_there_is_bad_input(run, tmp_path):
    assert run("check", str(tmp_path / "no.toml"))[0] == 2
    (tmp_path / "latin.toml").write_bytes(b"host = '\xff'\n")
    assert "is not UTF-8" in run("check", str(tmp_path / "latin.toml"))[2]


def test_a_missing_file_of_the_checkout_means_defaults(tmp_path, monkeypatch):
    monkeypatch.setattr(project, "ROOT", tmp_path)
    assert config.check(project.load().config) == config.check({})
    with pytest.raises(UserError, match="no such file"):
        project.load(tmp_path / "other.toml")
