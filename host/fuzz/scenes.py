"""What is fuzzed: for each dialect its books and its channels, the second thread, and the answers of REST."""

from array import array
from dataclasses import dataclass, field
from importlib import import_module

from firmware import config
from firmware.feeds import buffers, listing, paths
from host.fuzz import samples
from host.fuzz.samples import joined, pieces, v2_snapshot

REST = "rest"
"""The dialect of the scene that is no feed."""

_ONE = ("BTC/USD",)
_TWO = ("BTC/USD", "ETH/USD")
_FUTURES = ("PF_XBTUSD", "PF_ETHUSD")
_CHANNELS = ("ticker", "trade", "ohlc")

_WINDOW = 20
_CRC = 7
# As rest.py asks.
_REST_WORDS = 104
_REST_PLACE = 48
_REST_COLUMNS = b". error/0$ "


@dataclass(frozen=True)
class Scene:
    """What buffers are made, and what is played to them before an input begins."""

    name: str
    dialect: str
    pairs: tuple[str, ...] = ()
    depth: int = 10
    channels: tuple[str, ...] = ()
    any_checksum: bool = False
    """The CRC table is zeros, so that `samples.ANY_CHECKSUM` proves every book."""
    second_thread: bool = False
    """After every frame the kernels of the second thread look at the books."""
    opening: tuple[bytes, ...] = ()
    samples: tuple[bytes, ...] = field(default=(), repr=False)
    """Inputs of our own, without their first byte."""

    @property
    def settings(self) -> dict:
        """The settings of a board that sees this."""
        given = {"dialect": self.dialect, "pairs": self.pairs, "depth": self.depth}
        given.update(channels=self.channels, book_interval_ms=0, correlation_window=_WINDOW)
        return config.check(given)

    @property
    def names(self) -> list[str]:
        """The pairs as the exchange spells them."""
        talk = import_module(f"firmware.feeds.{self.dialect}_talk")
        return [talk.wire_name(pair) for pair in self.pairs]

    def buffers(self) -> tuple:
        """Fresh ones, as the doors of this scene take them."""
        if self.dialect == REST:
            spec = paths.plan(_REST_COLUMNS + listing._PAIR_COLUMNS, _REST_PLACE)
            return array("i", bytes(4 * _REST_WORDS)), spec
        made = buffers.make(self.settings, self.names)
        if self.any_checksum:
            made[_CRC][:] = array("i", bytes(4 * len(made[_CRC])))
        return made


SCENES = (
    Scene(
        "v2 books",
        "spot_v2",
        _TWO,
        any_checksum=True,
        opening=samples.LIVE_V2,
        samples=(
            samples.V2_UPDATE,
            samples.V2_BOTH,
            samples.V2_FULL,
            samples.V2_THREE,
            v2_snapshot(b"BTC/USD", 2),
            *samples.V2_OTHERS,
        ),
    ),
    Scene(
        "v2 books, true checksums",
        "spot_v2",
        _TWO,
        samples=(joined(samples.LIVE_V2[1], samples.V2_BOTH),),
    ),
    Scene("v2 channels", "spot_v2", _TWO, channels=_CHANNELS, samples=samples.V2_MARKET),
    Scene(
        "v2 books of depth 25",
        "spot_v2",
        _ONE,
        depth=25,
        any_checksum=True,
        samples=(
            joined(v2_snapshot(b"BTC/USD", 12), samples.V2_UPDATE),
            v2_snapshot(b"BTC/USD", 26),
        ),
    ),
    Scene(
        "v1 books",
        "spot_v1",
        _TWO,
        any_checksum=True,
        opening=samples.LIVE_V1,
        samples=(
            *samples.V1_UPDATES,
            samples.V1_FULL,
            samples.LIVE_V1[0],
            *samples.V1_OTHERS,
        ),
    ),
    Scene(
        "v1 books, true checksums",
        "spot_v1",
        _TWO,
        samples=(joined(samples.LIVE_V1[0], samples.V1_UPDATES[0]),),
    ),
    Scene(
        "v1 channels",
        "spot_v1",
        _TWO,
        channels=(*_CHANNELS, "spread"),
        samples=samples.V1_MARKET,
    ),
    Scene(
        "futures books",
        "futures_v1",
        _FUTURES,
        opening=samples.LIVE_FUTURES,
        samples=(
            joined(*samples.FUTURES_UPDATES),
            *samples.FUTURES_UPDATES,
            samples.FUTURES_FULL,
            samples.LARGE_FUTURES,
            *samples.FUTURES_OTHERS,
        ),
    ),
    Scene(
        "futures from the start",
        "futures_v1",
        _FUTURES[:1],
        depth=25,
        samples=(joined(samples.LIVE_FUTURES[0], *samples.FUTURES_UPDATES),),
    ),
    Scene(
        "futures channels",
        "futures_v1",
        _FUTURES,
        channels=("ticker", "trade"),
        samples=samples.FUTURES_MARKET,
    ),
    Scene(
        "the second thread",
        "spot_v2",
        _TWO,
        channels=_CHANNELS,
        any_checksum=True,
        second_thread=True,
        opening=samples.LIVE_V2 + samples.HISTORY_V2,
        samples=(joined(*[samples.V2_UPDATE, samples.V2_BOTH, samples.V2_MARKET[1]] * 9),),
    ),
    Scene(
        "answers of REST",
        REST,
        samples=(samples.LISTING, pieces(samples.LISTING, 40)[1:], samples.STATUS),
    ),
)
"""An input's first byte counts round and round through these."""


def scene_of(data: bytes) -> int:
    """The number of the scene that an input is for."""
    return data[0] % len(SCENES)
