"""The runtimes that a frame can be played on."""

import pytest
from runtimes import player


@pytest.fixture(scope="session", params=["checked", "native", "board"])
def play(request):
    """`play(frames, pairs=..., depth=..., **settings)` on each runtime in turn."""
    if request.param == "board":
        request.getfixturevalue("board_model")
    return player(request.param)


@pytest.fixture(scope="session", params=["checked", "native"])
def play_on_host(request):
    """The same, without the board: for what has more state than it will ever hold."""
    return player(request.param)


@pytest.fixture(scope="session")
def real_frames(feeds):
    """The 510 real v2 book frames: a snapshot and 509 updates of BTC/USD, depth 10."""
    frames = (feeds / "python-kraken-sdk" / "orderbook-v2.jsonl").read_bytes().splitlines()
    assert len(frames) == 510
    return frames
