"""`inkling lint`: one line a finding, its exit status, JSON, and bad input."""

import json

import pytest

from host.cli import main

BAD = "import micropython\n\n\n@micropython.viper\ndef f(n: int) -> int:\n    return -n\n"
LINE = ":6: unary-minus: write `0 - n`"


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text(BAD)
    return path


def test_clean_code_is_status_0(bad, capsys):
    bad.write_text(BAD.replace("-n", "0 - n"))
    assert main(["lint", str(bad)]) == 0
    assert capsys.readouterr().out == "kernel language: 1 kernels, 0 conductors, 0 findings\n"


def test_a_finding_is_a_line_and_status_1(bad, capsys):
    assert main(["lint", str(bad)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{bad}{LINE}",
        "kernel language: 1 kernels, 0 conductors, 1 findings",
    ]


def test_a_folder_and_json(bad, capsys):
    assert main(["lint", "--json", str(bad.parent)]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "kernels": 1,
        "conductors": 0,
        "findings": [
            {"file": str(bad), "line": 6, "rule": "unary-minus", "text": "write `0 - n`"}
        ],
    }


@pytest.mark.parametrize("content", [b"def f(:\n", b"\xff\xfe", b"a\0b"])
def test_what_is_no_python_is_bad_input(tmp_path, content, capsys):
    path = tmp_path / "broken.py"
    path.write_bytes(content)
    assert main(["lint", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"inkling lint: {path}:")
    assert error.count("\n") == 1


def test_a_missing_path_is_bad_input(tmp_path, capsys):
    assert main(["lint", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err == f"inkling lint: {tmp_path}/none: no such file or folder\n"
