"""An HTTP server over TLS that answers byte by byte what a test says, right or wrong."""

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


class HttpServer:
    """`talk` is a handler for tls_peer.serving; `answer(path)` gives the reply to a path.

    A reply is bytes, bytes in a tuple to hang up behind them, or a coroutine function of the
    writer. It is written in pieces of `piece` bytes, 0: in one.
    """

    def __init__(self, answer, piece=0):
        self.answer = answer
        self.piece = piece
        self.connections = 0
        self.questions = []

    async def talk(self, reader, writer):
        self.connections += 1
        while True:
            question = await reader.readuntil(b"\r\n\r\n")
            self.questions.append(question)
            reply = self.answer(question.split()[1].decode())
            hang_up = isinstance(reply, tuple)
            if hang_up:
                reply = reply[0]
            if callable(reply):
                await reply(writer)
                continue
            step = self.piece or len(reply)
            for at in range(0, len(reply), step):
                writer.write(reply[at : at + step])
                await writer.drain()
            if hang_up:
                return


def with_length(body, head=b""):
    return OK + head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(body, sizes, extension=b"", trailer=b""):
    """`body` in chunks of `sizes`, over and over."""
    text = CHUNKED
    at = turn = 0
    while at < len(body):
        part = body[at : at + sizes[turn % len(sizes)]]
        text += b"%x" % len(part) + extension + b"\r\n" + part + b"\r\n"
        at += len(part)
        turn += 1
    return text + b"0" + extension + b"\r\n" + trailer + b"\r\n"
