"""One input through the doors that session.py and rest.py use; this file runs on CPython and on the board model."""

# An input: a byte that says which scene, then frames with FRAME between them. A frame that begins
# with PIECE came in pieces, one behind each.
FRAME = 0x1E
PIECE = 0x1D
MOST_FRAMES = 48

_KIND_MARKET = 3
_PICK_STATUS = 0
_PICK_ROW = 2
_PERIOD_MS = 100


def frames_of(data):
    """The frames of an input, which begin behind its first byte."""
    return data[1:].split(bytes([FRAME]))[:MOST_FRAMES]


def play(stage, data):
    """What each frame of an input was, to a Feed or to Rest."""
    return [take(stage, frame, n) for n, frame in enumerate(frames_of(data))]


def take(stage, frame, number):
    """What the frame with this number in its input was."""
    return stage.take(frame, number * _PERIOD_MS)


class Feed:
    """Books and channels of one dialect, whose functions `on_frame`, `take_market`, `take_piece`, `take_end` are.

    `load` makes a frame's bytes a buffer for the kernels; `look`, where there is one, is called
    after every frame as the second thread would.
    """

    def __init__(self, made, functions, load, look=None):
        self.made = made
        self._on_frame, self._take_market, self._take_piece, self._take_end = functions
        self._load = load
        self._look = look
        self._market = len(made[14]) > 1
        self._looked_ms = 0

    def take(self, data, now_ms):
        """Take one frame in as a session does; what it was."""
        if data[:1] == bytes([PIECE]):
            kind = self._in_pieces(data, now_ms)
        else:
            frame = self._load(data)
            kind = self._on_frame(frame, 0, len(data), now_ms, self.made)
            if kind == _KIND_MARKET and self._market:
                self._take_market(frame, 0, len(data), self.made)
        if self._look:
            # How long the second thread slept is a frame's to say, by its length: up to two minutes.
            if now_ms == 0:
                self._looked_ms = 0
            self._looked_ms += (len(data) & 7) ** 6
            self._look(self._looked_ms)
        return kind

    def _in_pieces(self, data, now_ms):
        if self._take_end is None:
            return 0
        for piece in data[1:].split(bytes([PIECE])):
            if piece:  # an empty one would mean: forget what came
                self._take_piece(self._load(piece), 0, len(piece), self.made)
        return self._take_end(now_ms, self.made)


class Rest:
    """Answers of REST: one text in pieces through `pick`, with what is wanted of it in `spec`."""

    def __init__(self, made, pick, load):
        self.made = made
        self._pick = pick
        self._load = load

    def take(self, data, now_ms):
        """Pick what is wanted out of the text; how that ended."""
        words, spec = self.made
        words[_PICK_STATUS] = 0
        for piece in data.split(bytes([PIECE])):
            i = 0
            while i < len(piece):
                i = self._pick(self._load(piece), i, len(piece), words, spec, words)
                if words[_PICK_STATUS] != _PICK_ROW:
                    break
            if words[_PICK_STATUS] < 0:
                break
        return words[_PICK_STATUS]
