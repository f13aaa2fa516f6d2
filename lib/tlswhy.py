"""What went wrong with a connection, in words for a person: errno, mbedTLS and OpenSSL put together."""

import errno

from micropython import const

# What is looked for in the name of an errno, its number and the error's text, and what it means; in
# one text, since the heap is short of room when this is loaded. lwIP uses the newlib numbers,
# which mostly agree with POSIX; 16, -16, -16256, -17040 and -32512 are ENOMEM and mbedTLS' failed
# allocations. Of the texts the clock's come first: a board that has not yet heard the time rejects
# every chain, and that is then the only thing to mend.
_WHYS = const(
    "ECONNREFUSED=connection refused\n"
    "EHOSTUNREACH= 101 = 114 = 118 =host or network unreachable\n"
    "ETIMEDOUT= 110 = 116 =timed out\n"
    "ECONNRESET=ECONNABORTED= 32 =closed by the peer\n"
    "ENOMEM= 16 = -16 = -16256 = -17040 = -32512 =out of memory for TLS\n"
    " -29312 =closed by the peer during the handshake\n"
    " -30592 =TLS alert from the peer\n"
    "in the future=not yet valid=certificate not yet valid (is the clock set?)\n"
    "expired=certificate expired (is the clock set?)\n"
    "does not match=mismatch=certificate is for another host\n"
    "not correctly signed=local issuer=self-signed=self signed=signature failure"
    "=certificate not trusted\n"
    "certificate verify failed=certificate not accepted\n"
    "alloc=out of memory for TLS\n"
    "EOF=closed by the peer during the handshake\n"
    "WRONG_VERSION=INVALID_RECORD=the peer does not speak TLS\n"
    "invalid cert=cadata=the CA certificate is not valid DER\n"
)
_QUOTED = const(40)  # of what is quoted


def why(error):
    """At most 60 plain characters about an OSError, ValueError or MemoryError of connecting."""
    if isinstance(error, MemoryError):
        return "out of memory for TLS"
    text = str(error)
    said = text
    if isinstance(error, OSError):
        said = "%s %s %s" % (errno.errorcode.get(error.errno, ""), error.errno, text)
    start = 0
    while start < len(_WHYS):
        end = _WHYS.find("\n", start)
        *parts, words = _WHYS[start:end].split("=")
        for part in parts:
            if part in said:
                return words
        start = end + 1
    # Fit to stand between quotes.
    plain = "".join(c if " " <= c <= "~" and c not in "\"'\\" else "_" for c in text)
    return "TLS failed: " + plain[:_QUOTED]
