"""The runtimes that a story can be played on, and the markets that stories are made of."""

import sys

import pytest

from host import ROOT

sys.path.append(str(ROOT / "tests" / "kernels"))  # the frames

import meaning_feeds
import meaning_run


@pytest.fixture(scope="session", params=["checked", "native", "board"])
def run(request, tmp_path_factory):
    """`run(story)` on each runtime in turn."""
    if request.param == "board":
        request.getfixturevalue("board_model")
    return meaning_run.player(request.param, tmp_path_factory.mktemp("meaning"))


@pytest.fixture(scope="session")
def run_native():
    """The same where many rounds are played."""
    return meaning_run.player("native")


@pytest.fixture(scope="session", params=["spot_v2", "spot_v1", "futures", "seeded", "noise"])
def market(request):
    """Rounds of every 100 ms: three real captures, the local Kraken's market, and noise."""
    if request.param == "seeded":
        return meaning_feeds.seeded()
    if request.param == "noise":
        return meaning_feeds.walks(7, 700, (1e-4, 3e-5, 2e-3))
    return getattr(meaning_feeds, request.param)(request.getfixturevalue("feeds"))
