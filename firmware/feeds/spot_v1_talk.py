"""Kraken spot v1: what to ask for, and what the answers say; loaded when there is something to say."""

from micropython import const

from firmware.feeds.control import text_after

_BOOK = const('"name":"book","depth":%d')


def requests(settings):
    """What to say on a new connection: texts that subscribe to every book and channel."""
    pairs = settings["pairs"]
    texts = [_request("subscribe", pairs, _BOOK % settings["depth"])]
    for channel in settings["channels"]:
        what = '"name":"%s"' % channel
        if channel == "ohlc":
            what += ',"interval":%d' % settings["ohlc_interval"]
        texts.append(_request("subscribe", pairs, what))
    return texts


def renewal(settings, pair):
    """What makes the exchange send a fresh snapshot of pair number `pair`."""
    pairs = settings["pairs"][pair : pair + 1]
    book = _BOOK % settings["depth"]
    return [_request(event, pairs, book) for event in ("unsubscribe", "subscribe")]


def _request(event, pairs, what):
    # Not by json: every key would be a name on the heap. Names of pairs need no escapes.
    names = '","'.join([wire_name(pair) for pair in pairs])
    return '{"event":"%s","pair":["%s"],"subscription":{%s}}' % (event, names, what)


def wire_name(pair):
    """How the exchange spells `pair` here: BTC/USD is XBT/USD."""
    names = pair.split("/")
    for n, name in enumerate(names):
        if name == "BTC":
            names[n] = "XBT"
        elif name == "DOGE":
            names[n] = "XDG"
    return "/".join(names)


def control(buf, start, end):
    """What the control frame `buf[start:end]` tells: (what, name on the wire or None, words); None for nothing.

    `what` is "refused" (the book of a pair, or a request as a whole), "alert" (another channel's
    subscription), or "status" with the system's word.
    """
    # Kraken prints without spaces.
    if buf.find(b'"event":"systemStatus"', start, end) >= 0:
        return "status", None, text_after(buf, b'"status":"', start, end)
    words = text_after(buf, b'"errorMessage":"', start, end)
    # That there was nothing to unsubscribe is no harm.
    if words is None or words == "Subscription Not Found":
        return None
    name = text_after(buf, b'"pair":"', start, end)
    other = name is not None and buf.find(b'"name":"book"', start, end) < 0
    return ("alert" if other else "refused"), name, words
