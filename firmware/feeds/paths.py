"""Readable paths into JSON made into what `pick` compares with; plain Python, for start and for rare requests."""

from micropython import const

# As pick.py has them.
_PATH_START = const(1)
_PATH_MASK = const(0x3FFFFF)
_PATH_FACTOR = const(509)
_C_TIME = const(1)
_C_TEXT = const(2)
_C_INSIDE = const(4)
_PICK_TEXT_WORDS = const(9)
_V_STRIDE = const(4)


def plan(text, place=0):
    """The spec of `text`: the row's path, then the columns' in the order of the row, which begins at word `place`.

        plan(b"data/* channel$ ./symbol$ ./timestamp@ ./last")

    A path is keys and indexes (0 to 9) with slashes between, `*` any member, `.` the whole text or,
    in a column, the row. A column is a number (4 words), with `@` behind it a time (4), with `$` a
    text (9), with `#` the key that its last `*` stands for, as text.
    """
    words = text.split(b" ")
    row = words[0]
    wild: set[bytes] = set()
    columns = bytearray()
    root = row == b"."
    first = b"" if root else row + b"/"
    _add_wild(wild, row)
    for word in words[1:]:
        if word.startswith(b"./"):
            word = first + word[2:]
        kind = b"@$#".find(word[-1:]) + 1
        path = word[:-1] if kind else word
        _add_wild(wild, path)
        # A key's hash is the member's with `#` behind it.
        columns += _bytes_of(word if kind > _C_TEXT else path)
        inside = root or path.startswith(first)
        columns += bytes([min(kind, _C_TEXT) | (_C_INSIDE if inside else 0), place])
        place += _PICK_TEXT_WORDS if kind >= _C_TEXT else _V_STRIDE
    spec = bytearray([len(words) - 1, len(wild)]) + _bytes_of(row)
    for path in sorted(wild):
        spec += _bytes_of(path)
    return bytes(spec + columns)


def _add_wild(wild, path):
    """Every bracket on `path` whose members all count alike."""
    path = b"/" + path + b"/"
    at = path.find(b"/*/")
    while at >= 0:
        wild.add(path[1:at] or b".")
        at = path.find(b"/*/", at + 2)


def _bytes_of(path):
    """The hash of `path` as four bytes."""
    hashed = _PATH_START
    if path != b".":
        for byte in b"/" + path:
            hashed = (hashed & _PATH_MASK) * _PATH_FACTOR + byte
    return hashed.to_bytes(4, "little")
