"""Recordings of the seeded market, one for each dialect, and their packs."""

import packing
import pytest


@pytest.fixture(params=packing.CHANNELS)
def dialect(request):
    return request.param


@pytest.fixture(scope="session")
def recording(tmp_path_factory):
    """`recording(dialect)` is half a minute of three pairs with every channel."""
    folder = tmp_path_factory.mktemp("recordings")

    def recording(dialect):
        path = folder / f"{dialect}.feed"
        return path if path.exists() else packing.record(path, dialect)

    return recording


@pytest.fixture(scope="session")
def packed(recording):
    """`packed(dialect)` is the pack of that."""

    def packed(dialect):
        path = recording(dialect)
        beside = path.with_name(path.name + ".parquet")
        return beside if beside.exists() else packing.pack(path, dialect)

    return packed
