"""The world of a virtual board: the levels, the radio and the time server that it finds, and what it says of itself."""

import mmap
import struct
from pathlib import Path

SIZE_BYTES = 512

# Words (little-endian int32) and byte offsets, as host/boardmodel/variant/board.h has them.
WORDS = {
    "GPIO0": 0,
    "RADIO": 1,
    "RSSI_DBM": 2,
    "NTP": 3,
    "ASSOCIATED": 4,
    "TX_BLOCKED_US": 8,
    "RX_DROPPED": 9,
    "TX_BYTES": 10,
    "SLEEP_MS": 11,
}
SSID_AT = 256
PASSWORD_AT = 296
MAC_AT = 384

_SSID_BYTES = 32
_PASSWORD_BYTES = 64
_DEFAULT_RSSI_DBM = -52
_DEFAULT_MAC = bytes.fromhex("24 0a c4 12 34 56")


def _word(name: str, kind: type = int, settable: bool = True) -> property:
    place = struct.Struct("<i"), WORDS[name] * 4

    def read(self: "World") -> int:
        return kind(place[0].unpack_from(self._memory, place[1])[0])

    def write(self: "World", value: int) -> None:
        place[0].pack_into(self._memory, place[1], int(value))

    return property(read, write if settable else None)


def _text(at: int, most_bytes: int) -> property:
    def read(self: "World") -> str:
        return self._memory[at + 1 : at + 1 + self._memory[at]].decode()

    def write(self: "World", text: str) -> None:
        data = text.encode()
        if len(data) > most_bytes:
            raise ValueError(f"{text!r}: more than {most_bytes} bytes")
        self._memory[at : at + 1 + len(data)] = bytes([len(data)]) + data

    return property(read, write)


class World:
    """The file that a virtual board and whoever plays with it share.

        world = World(folder / "world", create=True)
        world.ssid, world.password = "studio", "open sesame"
        world.radio = False   # the access point goes off the air

    A new one has BOOT released, its network on the air and its time server answering.
    """

    gpio0 = _word("GPIO0")
    radio = _word("RADIO", bool)
    rssi_dbm = _word("RSSI_DBM")
    ntp = _word("NTP", bool)
    ssid = _text(SSID_AT, _SSID_BYTES)
    password = _text(PASSWORD_AT, _PASSWORD_BYTES)

    associated = _word("ASSOCIATED", bool, settable=False)
    tx_blocked_us = _word("TX_BLOCKED_US")
    rx_dropped = _word("RX_DROPPED", settable=False)
    tx_bytes = _word("TX_BYTES", settable=False)
    sleep_ms = _word("SLEEP_MS", settable=False)

    def __init__(self, path: Path, create: bool = False) -> None:
        if create:
            path.write_bytes(bytes(SIZE_BYTES))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), SIZE_BYTES)
        if create:
            self.gpio0 = 1
            self.radio = self.ntp = True
            self.rssi_dbm = _DEFAULT_RSSI_DBM
            self.mac = _DEFAULT_MAC

    @property
    def mac(self) -> bytes:
        """The board's own address, which is also its machine.unique_id()."""
        return self._memory[MAC_AT : MAC_AT + 6]

    @mac.setter
    def mac(self, address: bytes) -> None:
        self._memory[MAC_AT : MAC_AT + 6] = address

    def close(self) -> None:
        self._memory.close()
