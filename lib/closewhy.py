"""What a WebSocket close code means to a person (RFC 6455, section 7.4); loaded when one came."""

_MEANINGS = {
    1000: "done",
    1001: "going away",
    1002: "protocol error",
    1003: "data refused",
    1007: "bad text",
    1008: "against its rules",
    1009: "message too big",
    1010: "extension wanted",
    1011: "internal error",
    1012: "service restarts",
    1013: "try again later",
    1014: "bad gateway",
}


def why(code):
    """One line for `code`; 1005 stands for none."""
    text = "closed by the exchange"
    if code == 1005:
        return text
    return f"{text} ({code} {_MEANINGS.get(code, 'its own reason')})"
