"""What went wrong with a connection, in words for a person: errno, mbedTLS and OpenSSL put together."""

import errno

# What an errno means to a person. lwIP uses the newlib numbers, which mostly agree with POSIX.
_ERRNO_WHY = (
    ((errno.ECONNREFUSED,), "connection refused"),
    ((errno.EHOSTUNREACH, 101, 114, 118), "host or network unreachable"),
    ((errno.ETIMEDOUT, 110, 116), "timed out"),
    ((errno.ECONNRESET, errno.ECONNABORTED, 32), "closed by the peer"),
    # ENOMEM and mbedTLS: PK/MPI/SSL allocation failed, each by its own number.
    ((errno.ENOMEM, 16, -0x10, -0x3F80, -0x4290, -0x7F00), "out of memory for TLS"),
    ((-0x7280,), "closed by the peer during the handshake"),
    ((-0x7780,), "TLS alert from the peer"),
)

# Parts of the texts of mbedTLS and OpenSSL. The clock comes first: a board that has not yet
# heard the time rejects every chain, and that is then the only thing to mend.
_TEXT_WHY = (
    ("in the future", "certificate not yet valid (is the clock set?)"),
    ("not yet valid", "certificate not yet valid (is the clock set?)"),
    ("expired", "certificate expired (is the clock set?)"),
    ("does not match", "certificate is for another host"),
    ("mismatch", "certificate is for another host"),
    ("not correctly signed", "certificate not trusted"),
    ("local issuer", "certificate not trusted"),
    ("self-signed", "certificate not trusted"),
    ("self signed", "certificate not trusted"),
    ("signature failure", "certificate not trusted"),
    ("certificate verify failed", "certificate not accepted"),
    ("alloc", "out of memory for TLS"),
    ("EOF", "closed by the peer during the handshake"),
    ("WRONG_VERSION", "the peer does not speak TLS"),
    ("INVALID_RECORD", "the peer does not speak TLS"),
    ("invalid cert", "the CA certificate is not valid DER"),
    ("cadata", "the CA certificate is not valid DER"),
)


def why(error):
    """At most 60 plain characters about an OSError, ValueError or MemoryError of connecting."""
    if isinstance(error, MemoryError):
        return "out of memory for TLS"
    text = str(error)
    if isinstance(error, OSError):
        for numbers, why in _ERRNO_WHY:
            if error.errno in numbers:
                return why
    for part, why in _TEXT_WHY:
        if part in text:
            return why
    return _short("TLS failed: ", text)


def _short(what, detail):
    """At most 60 plain characters, fit to stand between quotes."""
    return what + "".join(c if " " <= c <= "~" and c not in "\"'\\" else "_" for c in detail)[:40]
