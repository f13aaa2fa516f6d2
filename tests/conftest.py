"""What all tests share: `lib/` on the path, the board model, the recorded feeds."""

from pathlib import Path

import pytest

import host


@pytest.fixture(scope="session")
def board_model() -> Path:
    """The board model's binary, built as for any user; where it cannot be built its tests fail."""
    from host.boardmodel.build import board_model
    from host.errors import UserError

    try:
        return board_model()
    except UserError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def feeds() -> Path:
    """The folder of real captures, which is beside the project and not part of it."""
    folder = host.ROOT.parent / "shared" / "feeds"
    if not folder.is_dir():
        pytest.skip(f"no recorded feeds at {folder}")
    return folder
