"""Files are written whole or not at all, and nothing but files is replaced."""

import os

import pytest

from host.cache import write_beside


def test_a_file_is_replaced_with_its_mode_and_a_link_stays_a_link(tmp_path):
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"old")
    file.chmod(0o640)
    link.symlink_to(file)
    write_beside(link, b"new")
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_a_pipe_a_device_or_a_folder_is_left_alone(tmp_path, make):
    make(tmp_path / "there")
    before = (tmp_path / "there").stat().st_ino
    with pytest.raises(OSError, match="ordinary file"):
        write_beside(tmp_path / "there", b"new")
    assert (tmp_path / "there").stat().st_ino == before


def test_what_cannot_be_written_leaves_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_bytes(b"old")
    monkeypatch.setattr("pathlib.Path.write_bytes", lambda *_: (_ for _ in ()).throw(OSError(28)))
    with pytest.raises(OSError):
        write_beside(file, b"new")
    assert file.read_bytes() == b"old"
