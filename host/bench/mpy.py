"""Reads how much native code is in a .mpy file (version 6: py/persistentcode.c has its form)."""

_BYTECODE, _NATIVE, _VIPER, _ASSEMBLER = range(4)
_MAGIC = b"M\x06"
_HEADER_BYTES = 4
_HAS_CHILDREN = 4
_KIND_BITS = 3
_VIPER_RODATA = 0x20
_VIPER_BSS = 0x40
_VIPER_RELOCATED = 0x10
# Objects that are nothing but their kind; tuples hold others; texts and bytes end in a zero.
_BARE = range(5)
_TEXTS = (5, 6)
_TUPLE = 10


def native_bytes(mpy: bytes) -> int:
    """Bytes of machine code, their preludes included. Raises ValueError for a file of another form."""
    if not mpy.startswith(_MAGIC):
        raise ValueError("not a .mpy file of version 6")
    reader = _Reader(mpy)
    reader.at = _HEADER_BYTES
    names, objects = reader.number(), reader.number()
    for _ in range(names):
        length = reader.number()
        if not length & 1:  # else it is known to every MicroPython
            reader.at += (length >> 1) + 1
    for _ in range(objects):
        reader.skip_object()
    found = reader.native_code()
    if reader.at != len(mpy):
        raise ValueError("a .mpy file of another form")
    return found


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self) -> int:
        """Seven bits a byte, the highest first."""
        value = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value

    def skip_object(self) -> None:
        kind = self.data[self.at]
        self.at += 1
        if kind in _BARE:
            return
        length = self.number()
        if kind == _TUPLE:
            for _ in range(length):
                self.skip_object()
        else:
            self.at += length + (kind in _TEXTS)

    def native_code(self) -> int:
        """Of a function and of all inside it."""
        head = self.number()
        kind, length = head & 3, head >> _KIND_BITS
        self.at += length
        found = 0 if kind == _BYTECODE else length
        if kind == _NATIVE:
            self.number()  # where its prelude begins
        elif kind != _BYTECODE:
            flags = self.number()
            if kind == _ASSEMBLER:
                self.number()
                self.number()
            if flags & (_VIPER_RODATA | _VIPER_BSS | _VIPER_RELOCATED):
                raise ValueError("a .mpy file made by a linker")
        if head & _HAS_CHILDREN:
            for _ in range(self.number()):
                found += self.native_code()
        return found
