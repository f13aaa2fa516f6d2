"""Certificates of the tests are made once a run, in a folder of their own; a board for the tests of a file."""

import pytest
from fault_lab import lab

from host.exchange import certificates


@pytest.fixture(scope="session", autouse=True)
def certificate_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certificates, "default_folder", lambda: folder)
        yield folder


@pytest.fixture(scope="module")
def v2(board_model, tmp_path_factory):
    """A board that follows spot v2, for all faults of a file, one after the other."""
    with lab(tmp_path_factory.mktemp("flash")) as running:
        yield running
