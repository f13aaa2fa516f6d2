"""Only what differs is sent, a broken transfer goes on where it ended, and what has no room is not begun."""

import hashlib

import pytest

from host.board import inventory
from host.board.inventory import File, Inventory
from host.errors import UserError
from host.flash import install

_BLOCK = 4096
_WANTED = {
    "boot.py": b"boot",
    "main.py": b"main",
    "config.json": b"{}",
    "firmware/app.mpy": b"M" * 5000,
    "lib/ring.mpy": b"M" * 300,
}


def _file(data: bytes) -> File:
    return File(len(data), hashlib.sha256(data).hexdigest())


def _board(files: dict[str, bytes], free_blocks: int = 400, **others: int) -> Inventory:
    listed = {path: _file(data) for path, data in files.items()}
    listed |= {path: File(size, "") for path, size in others.items()}
    free = free_blocks * _BLOCK
    return Inventory(0x2806, "1.29.0", "ESP32", "", _BLOCK, free, 512 * _BLOCK, listed, {})


def test_nothing_changed_nothing_to_do():
    assert install.plan(_WANTED, _board(_WANTED)).nothing


def test_a_bare_board_gets_everything():
    todo = install.plan(_WANTED, _board({}))
    assert todo.send == _WANTED == todo.staged
    assert not todo.stale and not todo.obsolete


def test_exactly_the_edited_module_is_sent():
    edited = _WANTED | {"lib/ring.mpy": b"M" * 301}
    assert list(install.plan(edited, _board(_WANTED)).send) == ["lib/ring.mpy"]


def test_a_broken_transfer_goes_on():
    """One file came whole, one half, one is of a transfer that nobody wants any more."""
    board = _board(
        {
            "boot.py": b"boot",
            "new/firmware~app.mpy": _WANTED["firmware/app.mpy"],
            "new/lib~ring.mpy": b"M" * 200,
            "new/firmware~old.mpy": b"M",
        }
    )
    todo = install.plan(_WANTED, board)
    assert list(todo.send) == ["main.py", "config.json", "lib/ring.mpy"]
    assert set(todo.staged) == {"main.py", "config.json", "firmware/app.mpy", "lib/ring.mpy"}
    assert todo.stale == ["new/firmware~old.mpy"]


def test_ready_of_another_transfer_goes_first():
    """Else a power cut would install files that are half of this transfer and half of that."""
    todo = install.plan(_WANTED, _board(_WANTED | {inventory.READY: b""}))
    assert todo.stale == [inventory.READY] and not todo.nothing


def test_what_is_gone_from_the_checkout_goes_and_what_the_user_put_there_stays():
    board = _board(
        _WANTED
        | {
            "firmware/feeds/spot_v1.mpy": b"M",  # ours, of an earlier layout
            "lib/ring.py": b"#",  # would be imported in the place of ring.mpy
            "lib/wsclient.mpy": b"M",  # ours, before there was the core
            "lib/ssd1306.mpy": b"M",  # from mip
            "lib/aioble/core.mpy": b"M",
        },
        **{"notes.txt": 7},
    )
    todo = install.plan(_WANTED, board)
    assert sorted(todo.obsolete) == [
        "firmware/feeds/spot_v1.mpy",
        "lib/ring.py",
        "lib/wsclient.mpy",
    ]
    assert not todo.send


def test_a_full_file_system_is_known_beforehand():
    board = _board({}, free_blocks=12, **{"photo.jpg": 900_000, "log.txt": 70_000})
    todo = install.plan(_WANTED, board)
    with pytest.raises(UserError) as caught:
        install.check_space(todo, _WANTED, board, "PORT")
    text = str(caught.value)
    assert "is full" in text and "photo.jpg (900,000), log.txt (70,000)" in text
    missing = int(text.split(" bytes are missing")[0].split()[-1].replace(",", ""))
    enough = _board({}, free_blocks=12 + missing // _BLOCK)
    install.check_space(install.plan(_WANTED, enough), _WANTED, enough, "PORT")


def test_what_goes_makes_room():
    stale = {"new/firmware~old.mpy": b"M" * 40 * _BLOCK}
    board = _board(stale, free_blocks=0)
    install.check_space(install.plan(_WANTED, board), _WANTED, board, "PORT")


def test_another_version_of_mpy_is_refused_in_words():
    module = bytes([ord("M"), 6, 10 << 2 | 3, 31])
    bytecode = bytes([ord("M"), 6, 0, 31])
    modules = {"a.mpy": module, "b.mpy": bytecode, "ca.der": b"M" * 4}
    board = _board({})
    board.mpy = 10 << 10 | 3 << 8 | 6
    inventory.check_version(board, modules, "PORT")
    assert board.arch == "xtensawin" == inventory.require_arch(board, "PORT")
    board.mpy = 10 << 10 | 2 << 8 | 6
    with pytest.raises(UserError, match=r"version 6\.2, this PC's mpy-cross makes 6\.3"):
        inventory.check_version(board, modules, "PORT")
    board.mpy = 6
    with pytest.raises(UserError, match="no native code"):
        inventory.require_arch(board, "PORT")


def test_what_mpy_cross_makes_here_is_what_the_pinned_release_takes():
    """MicroPython 1.29 reports .mpy version 6.3, xtensawin."""
    from host.boardmodel import flash_folder

    modules = flash_folder.modules(flash_folder.CHIP)
    board = _board({})
    board.mpy = 10 << 10 | 3 << 8 | 6
    inventory.check_version(board, modules, "PORT")
    assert modules["firmware/core.mpy"][2] >> 2 & 15 == 10
