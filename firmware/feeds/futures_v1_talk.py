"""Kraken futures v1: what to ask for, and what the answers say; loaded when there is something to say."""

from firmware.feeds.control import text_after


def requests(settings):
    """What to say on a new connection: texts that subscribe to every book, the heartbeats and every channel."""
    pairs = settings["pairs"]
    texts = [_request("subscribe", "book", pairs), '{"event":"subscribe","feed":"heartbeat"}']
    for channel in settings["channels"]:
        texts.append(_request("subscribe", channel, pairs))
    return texts


def renewal(settings, pair):
    """What makes the exchange send a fresh snapshot of pair number `pair`."""
    pairs = settings["pairs"][pair : pair + 1]
    return [_request(event, "book", pairs) for event in ("unsubscribe", "subscribe")]


def _request(event, feed, pairs):
    # Kraken's own names for keys would be names on the heap; names of pairs need no escapes.
    names = '","'.join([wire_name(pair) for pair in pairs])
    return '{"event":"' + event + '","feed":"' + feed + '","product_ids":["' + names + '"]}'


def wire_name(pair):
    """How the exchange spells `pair` here: pi_btcusd is PI_XBTUSD."""
    return pair.upper().replace("BTC", "XBT")


def control(buf, start, end):
    """What the control frame `buf[start:end]` tells: (what, name on the wire or None, words); None for nothing.

    `what` is "refused" (the book of a pair) or "alert": whatever else is wrong, and what is wrong
    with a pair that is not named. Each pair is asked for by itself if its book does not come.
    """
    # Kraken prints without spaces.
    event = text_after(buf, b'"event":"', start, end)
    if event not in ("subscribed_failed", "error", "alert"):
        return None
    words = text_after(buf, b'"message":"', start, end) or event
    # That there was nothing to unsubscribe is no harm.
    if words == "Not subscribed to feed":
        return None
    name = text_after(buf, b'"product_ids":["', start, end)
    names = buf.find(b'"product_ids":[', start, end)
    if name is None or buf.find(b'","', names, buf.find(b"]", names, end)) >= 0:
        return "alert", None, words
    other = buf.find(b'"feed":"', start, end) >= 0 and buf.find(b'"feed":"book"', start, end) < 0
    return "alert" if other else "refused", name, words
