"""Kraken spot v2: what to ask for, and what the answers say; loaded when there is something to say."""

import json

from firmware.feeds.control import text_after


def requests(settings):
    """What to say on a new connection: texts that subscribe to every book and channel."""
    texts = [_request("subscribe", "book", settings["pairs"], settings["depth"])]
    for channel in settings["channels"]:
        texts.append(_request("subscribe", channel, settings["pairs"], 0))
    return texts


def renewal(settings, pair):
    """What makes the exchange send a fresh snapshot of pair number `pair`."""
    pairs = settings["pairs"][pair : pair + 1]
    depth = settings["depth"]
    return [_request(method, "book", pairs, depth) for method in ("unsubscribe", "subscribe")]


def wire_name(pair):
    """How the exchange spells `pair` here."""
    return pair


def _request(method, channel, pairs, depth):
    params = {"channel": channel, "symbol": pairs}
    if depth:
        params["depth"] = depth
    return json.dumps({"method": method, "params": params})


def control(buf, start, end):
    """What the control frame `buf[start:end]` tells: (what, name on the wire or None, words); None for nothing.

    `what` is "refused" (a subscription), or "status" with the system's word.
    """
    # A status with its maintenance plans would not fit the heap as objects. Kraken prints without
    # spaces.
    if buf.find(b'"channel":"status"', start, end) >= 0:
        return "status", None, text_after(buf, b'"system":"', start, end)
    if buf.find(b'"success":false', start, end) < 0:
        return None
    if buf.find(b'"method":"subscribe"', start, end) < 0:
        return None
    name = text_after(buf, b'"symbol":"', start, end)
    return "refused", name, text_after(buf, b'"error":"', start, end) or "refused"
