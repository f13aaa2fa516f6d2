"""Faults of the local Kraken, each by a name, with options, at any time.

Three ways in: `exchange.fault("drop")` on an `Exchange` or, from any thread, an `ExchangeThread`;
a script, `inkling exchange --faults script.yaml`; at random, `--faults random --fault-rate 6/min`.
A script has a seed and a list; times are the exchange's own, from its start:

    seed: 7
    faults:
      - at_s: 10                  # once (jitter_s: earlier or later by up to so much)
        fault: drop
      - every_s: 30               # jitter_s, until_s
        jitter_s: 5
        fault: wrong-checksum
        symbol: BTC/USD
      - rate_per_hour: 60         # at random, so often on average; until_s
        fault: close
        code: 1012

When a fault strikes: `now`: each client that is connected; `connect` and `subscribe`: the next to
do so, and who is connected is cut off first (but with cut=false); `feed`: each client's next frame
that it fits, one fault a frame, and where nobody is connected the next client's; `window`: all that
is said in that time; `rest`: the next answers (whose path contains `path`). client=0 is all of them,
symbol=any the first pair that comes; names of all dialects are understood (PI_XBTUSD, or BTC/USD).
Seconds of feed faults and windows are the exchange's own; ms, and those of the connection, the PC's.
`status` of all clients is the exchange's own, and REST says the same; one client alone is misled.

"Proves": a client that does everything right stays LIVE, or becomes it, with this feed. Exponents
and unknown keys leave value and checksum true; a crossed book and an empty side come with the
checksum of just that book, so that they must be believed. Of a number with more decimals than its
pair has, a client must refuse the frame or prove what it made of it. Futures have no checksum: what
does not prove there shows as a gap in the sequence.

    drop                 now        the connection is cut without a word
                                      client=0
    reset-mid-frame      now        half of a frame, then a TCP reset
                                      after_ms=50 client=0
    half-open            now        nothing is said or read any more, the connection stays for that long
                                      seconds=60 client=0
    drip                 now        single bytes, each a TLS record, with a pause after each
                                      ms=2000 pause_ms=2 client=0
    fragmented           now        frames in so many pieces, a ping between them
                                      frames=20 pieces=3 ping=true client=0
    huge-frame           now        one text frame of that size, of a channel nobody asked for
                                      size=1000000 client=0
    ping-storm           now        so many pings at once
                                      count=1000 size=4 client=0
    no-close-notify      now        TCP ends between two frames, TLS is not closed
                                      client=0
    close                now        the WebSocket is closed with that code
                                      code=1001 reason=CloudFlare WebSocket proxy restarting client=0
    certificate          connect    another certificate of the same CA, or a wrong one
                                      kind=another times=1 cut=true
    refuse-connects      connect    nobody listens at the port for that long
                                      ms=1000 cut=true
    upgrade-refused      connect    the upgrade is answered with that status and an HTML page
                                      status=503 times=1 cut=true
    upgrade-silent       connect    the upgrade is not answered for that long
                                      seconds=60 times=1 cut=true
    wrong-accept         connect    the upgrade is answered with a wrong Sec-WebSocket-Accept
                                      times=1 cut=true
    late-snapshot        subscribe  snapshot and updates come that much later; proves
                                      seconds=5 symbol=any cut=true client=0
    snapshot-twice       subscribe  the snapshot comes twice; proves
                                      symbol=any cut=true client=0
    late-ack             subscribe  the ack comes that much later, after the snapshot; proves
                                      seconds=5 symbol=any cut=true client=0
    error-ack            subscribe  the subscription is refused with that text
                                      symbol=any error=any cut=true client=0
    wrong-checksum       feed       a wrong checksum (v2, v1); does not prove
                                      symbol=any frames=1 client=0
    missing-update       feed       an update is left out; does not prove
                                      symbol=any frames=1 client=0
    duplicate-update     feed       twice the same; proves, but for futures' numbers
                                      symbol=any frames=1 client=0
    reordered-updates    feed       two updates change places; does not prove
                                      symbol=any client=0
    extra-snapshot       feed       a true snapshot that nobody asked for; proves
                                      symbol=any frames=1 client=0
    exponent             feed       1.5e-05 (short) or 1.50E-5 (exact) for 0.0000150; proves
                                      form=short of=update symbol=any frames=1 client=0
    extra-keys           feed       keys and values that nobody knows, in all places; proves
                                      of=update symbol=any frames=1 client=0
    excess-decimals      feed       so many more of that digit: 0 may prove, others are to be refused
                                      decimals=4 digit=0 of=update symbol=any frames=1 client=0
    malformed-json       feed       no JSON, by a wrong brace, comma, number ...; does not prove
                                      kind=brace of=update symbol=any frames=1 client=0
    truncated-frame      feed       the text ends in its middle; does not prove
                                      part=0.5 of=update symbol=any frames=1 client=0
    binary-frame         feed       the text in a binary frame; proves if that is read
                                      of=update symbol=any frames=1 client=0
    sequence-gap         feed       sequence numbers (futures) go on that much higher; does not prove
                                      by=1 symbol=any client=0
    without-checksum     feed       no `c` (v1): the update is not proved
                                      symbol=any frames=1 client=0
    empty-side           feed       one side of the book empties and stays so, checksums true; proves
                                      seconds=2 side=bids symbol=any client=0
    crossed-book         feed       a bid above the best ask for that long, checksums true; proves
                                      seconds=2 symbol=any client=0
    quiet-pair           feed       a pair silent for that long, then all its changes in one; proves
                                      seconds=30 symbol=any client=0
    status               window     the system's word, announced beforehand, then online again; proves
                                      seconds=10 system=maintenance announced_s=5 client=0
    missing-heartbeats   window     no heartbeats, all else goes on; proves
                                      seconds=5 client=0
    lag                  window     all comes that much later, at the end the rest at once; proves
                                      lag_s=5 seconds=15 client=0
    clock-jump           window     the exchange's times are off by that; proves
                                      by_s=60 seconds=10 client=0
    rest-refused         rest       that HTTP status and an HTML page
                                      status=502 times=1 path=any
    rest-error           rest       HTTP 200 and that error in the envelope
                                      error=EService:Unavailable times=1 path=any
    rest-throttled       rest       the error of one who asks too often
                                      times=1 path=any
    rest-cut             rest       the body ends before its length
                                      times=1 path=any
    rest-slow            rest       the body comes byte by byte
                                      pause_ms=5 times=1 path=any
    rest-silent          rest       no answer for that long
                                      seconds=30 times=1 path=any
"""
