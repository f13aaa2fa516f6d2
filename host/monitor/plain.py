"""The monitor without a terminal: plain lines for people, or the records alone for programs."""

from typing import BinaryIO

from host.monitor import words
from host.monitor.board_state import LIVE, BoardState, Pair, Signal
from host.monitor.records import Line, Record
from host.monitor.safe_text import safe_text

HEAD_WIDTH = 8


class PlainOutput:
    """A line a second and pair, signals and events as they come, other text untouched."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def take(self, line: Line, state: BoardState) -> None:
        """Called after `state` has learned from `line`."""
        if line.record is None:
            self._out.write(line.raw + b"\n")
            return
        text = describe(line.record["k"], line.record, state)
        if text:
            clock = words.clock(state.utc_s)
            self._out.write(f"{clock} {text}\n".encode("ascii", "backslashreplace"))

    def refresh(self, state: BoardState) -> None:
        self._out.flush()


class JsonOutput:
    """The record lines as they came; everything else goes to `aside`."""

    def __init__(self, out: BinaryIO, aside: BinaryIO) -> None:
        self._out = out
        self._aside = aside

    def take(self, line: Line, state: BoardState) -> None:
        (self._aside if line.record is None else self._out).write(line.raw + b"\n")

    def refresh(self, state: BoardState) -> None:
        self._out.flush()
        self._aside.flush()


def describe(kind: str, record: Record, state: BoardState) -> str:
    """The line for a record that the state has just learned; empty for those not worth one."""
    pair = state.pairs.get(safe_text(record.get("p")))
    if kind == "pair" and pair:
        return pair_line(pair)
    if kind == "state" and pair:
        reason = f" ({words.REASONS.get(pair.reason, pair.reason)})" if pair.reason else ""
        return f"{'state':<{HEAD_WIDTH}} {pair.name} {pair.state}{reason}"
    if kind == "signal" and pair and state.signals:
        return signal_line(state.signals[0])
    if kind == "boot":
        boot, python = state.boot, words.python_name(state)
        return f"{'boot':<{HEAD_WIDTH}} Inkling {boot.version}, {python}, {boot.cause}"
    if kind == "net":
        return f"{'net':<{HEAD_WIDTH}} {words.connection(state)[1]}"
    if kind == "health":
        items = "  ".join(f"{name} {value}" for name, value, _ in words.health_items(state))
        return f"{'health':<{HEAD_WIDTH}} {items}"
    if kind == "error" and state.errors:
        return f"{'ERROR':<{HEAD_WIDTH}} {state.errors[-1]}"
    return ""


def pair_line(pair: Pair) -> str:
    """The main numbers of a book; only its state while it is not proved."""
    head = f"{pair.name:<{HEAD_WIDTH}} {pair.state:<7}"
    lag = "?" if pair.lag_ms is None else f"{pair.lag_ms}"
    counts = f"lag {lag} ms  updates {pair.updates}  bad {pair.bad_checksums}"
    if pair.state != LIVE or pair.mid is None:
        return f"{head} no proved prices  {counts}"
    places = pair.price_decimals
    bid, ask = words.fixed(pair.best_bid, places), words.fixed(pair.best_ask, places)
    return (
        f"{head} bid {bid}  ask {ask}  spread {words.spread(pair.spread_bps)} bps"
        f"  mid {words.mid(pair)}  micro {words.microprice(pair)}"
        f"  imbalance {words.signed(pair.imbalance)}  {counts}"
    )


def signal_line(signal: Signal) -> str:
    """What a trader would want to read of a signal."""
    head = f"{'signal':<{HEAD_WIDTH}} {signal.pair} {signal.side}"
    price = "" if signal.price is None else f" at {signal.price:f}  confidence {signal.confidence}"
    return (
        f"{head:<21}{price}  spread {words.spread(signal.spread_bps)} bps"
        f"  imbalance {words.signed(signal.imbalance)}"
        f"  exchange time {words.clock_ms(signal.exchange_ms)}"
    )
