"""Gets paths by programs/fetch.py, and reads what it said of them."""

import random
from zlib import crc32

from http_peer import HttpServer
from tls_peer import ca_file, server_context, serving

BODY = random.Random(4).randbytes(3000)
_BUFFER_BYTES = 512


class Server(HttpServer):
    """Answers `/n` with reply number n."""

    def __init__(self, *replies, piece=0):
        super().__init__(lambda path: replies[int(path[1:].partition("?")[0])], piece)
        self.replies = replies


def fetch(run, certs, server, paths=None, **more):
    """`get` from this server, every reply of it or only these."""
    paths = range(len(server.replies)) if paths is None else paths
    with serving(server.talk, server_context()) as port:
        return get(run, certs, port, [f"/{path}" for path in paths], **more)


def get(run, certs, port, paths, timeout_ms=8000):
    """What was said of each path, how long it took, and how many ticks there had been by then."""
    said = run("fetch.py", port, ca_file("good", certs), _BUFFER_BYTES, timeout_ms, *paths)
    return said[::2], [[int(n) for n in line.split()[1:]] for line in said[1::2]]


def came(body):
    """How the program's line about a body that came whole begins."""
    return f"ok {len(body)} {crc32(body)} "
