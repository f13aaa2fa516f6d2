"""Building the board model: its cache, what a user may give instead, one line when it fails."""

import os
import shutil
import sys
import threading
import time

import pytest

from host.boardmodel import build, compiling, probe, sources, toolchain
from host.boardmodel.build import ModelUnavailable
from host.cli import main
from host.errors import UserError
from host.progress import Progress, Quiet

SHELL = "#!/bin/sh\n"


@pytest.fixture
def empty_cache(monkeypatch, tmp_path):
    """The start of a user who has built nothing and gives nothing."""
    monkeypatch.delenv("INKLING_MICROPYTHON", raising=False)
    monkeypatch.delenv("INKLING_MICROPYTHON_SRC", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "inkling" / "board-model"


def program(path, text):
    path.write_text(SHELL + text)
    path.chmod(0o755)
    return path


def one_line(error):
    text = str(error.value)
    assert "\n" not in text
    return text


def test_the_second_call_finds_the_first_ones_work(board_model, monkeypatch):
    monkeypatch.setattr(build, "_build", lambda *_: pytest.fail("built again"))
    since = time.monotonic()
    assert build.board_model() == board_model
    assert time.monotonic() - since < 2


def test_a_given_binary_is_used_as_it_is(board_model, monkeypatch, empty_cache):
    monkeypatch.setenv("INKLING_MICROPYTHON", str(board_model))
    assert build.board_model() == board_model
    assert not empty_cache.exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("/no/such/micropython", "INKLING_MICROPYTHON=/no/such/micropython: no such file"),
        ("/etc/passwd", "not a program"),
        ("/bin/true", "not MicroPython"),
        (sys.executable, "this is cpython, not MicroPython"),
    ],
)
def test_a_given_binary_that_is_no_good_is_one_line(given, says, monkeypatch):
    monkeypatch.setenv("INKLING_MICROPYTHON", given)
    with pytest.raises(UserError) as error:
        build.board_model()
    assert says in one_line(error)
    assert not isinstance(error.value, ModelUnavailable)  # the user's mistake is not passed over


def test_a_64_bit_micropython_is_told_what_it_lacks(tmp_path):
    desktop = program(
        tmp_path / "micropython",
        """echo 'inkling-probe {"name": "micropython", "small_ints": false, "single_float": false,
"viper": true, "asyncio": true, "thread": true, "gil": false, "tls": true}' | tr -d '\\n'""",
    )
    with pytest.raises(UserError) as error:
        probe.require(desktop)
    text = one_line(error)
    assert "31-bit small ints" in text and "single-precision" in text and "GIL" in text
    assert "tls" not in text


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "no such file or folder"),
        (lambda path: path.mkdir(), "has no ports/unix/Makefile"),
        (lambda path: path.write_bytes(b"not a tarball"), "cannot be unpacked"),
    ],
)
def test_a_given_source_that_is_no_good_is_one_line(
    make, says, monkeypatch, tmp_path, empty_cache
):
    source = tmp_path / "source"
    make(source)
    monkeypatch.setenv("INKLING_MICROPYTHON_SRC", str(source))
    monkeypatch.setattr(toolchain, "missing_packages", lambda: [])
    with pytest.raises(UserError) as error:
        build.board_model(Quiet())
    assert says in one_line(error)
    assert not (empty_cache / "building").exists()


def fake_apt(monkeypatch, tmp_path, text):
    """Let a shell script answer for apt-get."""
    apt_get = program(tmp_path / "apt-get", text)
    run = sources.subprocess.run
    monkeypatch.setattr(
        sources.subprocess, "run", lambda command, **k: run([apt_get, *command[1:]], **k)
    )
    monkeypatch.setattr(sources.shutil, "which", lambda name: str(apt_get))
    monkeypatch.setattr(sources, "KEYRINGS", [apt_get])
    monkeypatch.setattr(toolchain, "missing_packages", lambda: [])


def test_a_mirror_out_of_reach_is_one_line(monkeypatch, tmp_path, empty_cache):
    fake_apt(monkeypatch, tmp_path, "echo 'E: Temporary failure resolving x' >&2; exit 100")
    with pytest.raises(ModelUnavailable) as error:
        build.board_model(Quiet())
    assert "Temporary failure resolving x" in one_line(error)
    assert "INKLING_MICROPYTHON_SRC" in str(error.value)


def test_a_mirror_without_the_package_is_asked_for_every_suite(monkeypatch, tmp_path):
    asked = tmp_path / "asked"
    fake_apt(
        monkeypatch,
        tmp_path,
        f"cat {tmp_path}/apt-*/sources/* | grep Suites >>{asked}\n"
        "echo 'E: 404  Not Found' >&2; exit 100",
    )
    with pytest.raises(ModelUnavailable) as error:
        sources.fetch_debian(tmp_path)
    assert "none of trixie, forky, sid" in one_line(error)
    assert asked.read_text().split()[1::2] == ["trixie", "forky", "sid"]


def test_without_apt_get_it_says_what_to_give_instead(monkeypatch, tmp_path):
    monkeypatch.setattr(sources.shutil, "which", lambda name: None)
    with pytest.raises(ModelUnavailable) as error:
        sources.fetch_debian(tmp_path)
    assert "INKLING_MICROPYTHON_SRC" in one_line(error)


def test_without_a_compiler_a_user_is_told_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(toolchain, "missing_packages", lambda: ["gcc-multilib"])
    monkeypatch.setattr(toolchain.os, "geteuid", lambda: 1000)
    with pytest.raises(ModelUnavailable) as error:
        toolchain.ensure(Quiet(), tmp_path / "log")
    assert "sudo apt-get install gcc-multilib" in one_line(error)


def test_root_gets_the_compiler_installed_and_is_told(monkeypatch, tmp_path, capsys):
    program(tmp_path / "apt-get", f'echo "$@" >>{tmp_path}/asked')
    answers = [["gcc-multilib"], []]
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(toolchain, "missing_packages", lambda: answers.pop(0))
    monkeypatch.setattr(toolchain.os, "geteuid", lambda: 0)
    toolchain.ensure(Progress(), tmp_path / "log")
    assert "install --no-install-recommends gcc-multilib" in (tmp_path / "asked").read_text()
    assert "installing gcc-multilib with apt-get" in capsys.readouterr().err


def test_an_installation_that_fails_names_the_log(monkeypatch, tmp_path):
    program(tmp_path / "apt-get", "exit 100")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(toolchain, "missing_packages", lambda: ["gcc-multilib"])
    monkeypatch.setattr(toolchain.os, "geteuid", lambda: 0)
    with pytest.raises(ModelUnavailable) as error:
        toolchain.ensure(Quiet(), tmp_path / "log")
    assert str(tmp_path / "log") in one_line(error)


def test_a_failed_compilation_names_the_log(monkeypatch, tmp_path):
    (tmp_path / "port").mkdir()
    (tmp_path / "port" / "Makefile").write_text("all:\n\techo CC one.c; false\n")
    log = tmp_path / "build.log"
    log.touch()
    counted = []
    with pytest.raises(ModelUnavailable) as error:
        compiling._make(tmp_path / "port", log, lambda: counted.append(1))
    assert str(log) in one_line(error)
    assert b"Error 1" in log.read_bytes() and counted


@pytest.mark.parametrize(
    ("text", "mirror"),
    [
        ("deb [arch=amd64] https://at.example/debian/ bookworm main", "https://at.example/debian"),
        ("Types: deb\nURIs: http://m.example/debian\nSuites: trixie\n", "http://m.example/debian"),
    ],
)
def test_the_systems_own_mirror_is_used(text, mirror, tmp_path):
    (tmp_path / "sources.list").write_text(text)
    assert sources.system_mirror(tmp_path) == mirror


@pytest.mark.parametrize(
    "text",
    [
        "deb http://m.example/debian-security bookworm-security main",
        "# deb http://old.example/debian stretch main",
        "deb http://archive.example/ubuntu noble main",
    ],
)
def test_without_a_debian_mirror_it_says_what_to_do(text, tmp_path):
    (tmp_path / "sources.list").write_text(text)
    with pytest.raises(ModelUnavailable) as error:
        sources.system_mirror(tmp_path)
    assert "INKLING_MICROPYTHON_SRC" in one_line(error)


def test_two_processes_build_it_once(monkeypatch, empty_cache):
    """The second waits and takes what the first made (flock keeps threads apart as well)."""
    made = []
    monkeypatch.setattr(build, "_cached", lambda cache, key: made[0] if made else None)

    def slow_build(cache, *_):
        time.sleep(0.2)
        made.append(cache / "micropython")
        return made[0]

    monkeypatch.setattr(build, "_build", slow_build)
    got = []
    threads = [
        threading.Thread(target=lambda: got.append(build.board_model(Quiet()))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [empty_cache / "micropython"] * 3
    assert len(made) == 1


def test_a_cache_that_cannot_be_written_is_one_line(empty_cache, tmp_path):
    (tmp_path / "inkling").write_text("a file where the folder should be")
    with pytest.raises(UserError) as error:
        build.board_model(Quiet())
    assert "XDG_CACHE_HOME" in one_line(error)


def test_the_verb_prints_the_path_and_what_is_modelled(board_model, capsys):
    assert main(["model"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(board_model) and os.access(lines[0], os.X_OK)
    assert "  single-precision floats" in lines


def test_the_verb_fails_with_one_line_and_status_2(monkeypatch, capsys):
    monkeypatch.setenv("INKLING_MICROPYTHON", "/no/such")
    assert main(["model"]) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err == "inkling model: INKLING_MICROPYTHON=/no/such: no such file\n"


def test_a_stand_in_that_changes_makes_another_board_model(monkeypatch, tmp_path):
    variant = tmp_path / "variant"
    shutil.copytree(build.VARIANT, variant)
    monkeypatch.setattr(build, "VARIANT", variant)
    before = build.recipe()
    stand_in = variant / "frozen" / "devkit" / "machine.py"
    stand_in.write_text(stand_in.read_text() + "answer = 42\n")
    assert build.recipe() != before
