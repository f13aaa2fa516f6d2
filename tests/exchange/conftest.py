"""Certificates of the tests are made once a run, in a folder of their own."""

import pytest

from host.exchange import certificates


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """What `XDG_CACHE_HOME` is for programs that a test starts."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        # Not by the environment: the board model is in the cache too, and not to be rebuilt.
        patch.setattr(certificates, "default_folder", lambda: folder / "inkling" / "exchange")
        yield folder
