"""The monitor without a terminal: plain lines for people, or the records alone for programs."""

from typing import BinaryIO

from host.monitor import chip_text, reasons, words
from host.monitor.board_state import BoardState
from host.monitor.market import Candle
from host.monitor.numbers import number, whole
from host.monitor.pair import LIVE, Pair, Signal
from host.monitor.records import Line, Record
from host.monitor.safe_text import safe_text

HEAD_WIDTH = 8


class PlainOutput:
    """A line a second and pair, signals and events as they come, other text untouched."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._inside_line = False
        self._noted = ""

    def take(self, line: Line, state: BoardState) -> None:
        """Called after `state` has learned from `line`."""
        if line.record is not None and state.knows(line.record):
            self._noted = ""
            self._say(describe(line.record["k"], line.record, state), state)
            return
        self._out.write(line.raw + b"\n" if line.whole else line.raw)
        self._inside_line = not line.whole
        said = None if line.record else chip_text.meaning(line.raw)
        if said and said.kind == "reset":
            self._say(f"{'reset':<{HEAD_WIDTH}} {state.start_cause}", state)
        elif said and said.kind == "note" and line.whole and said.text != self._noted:
            self._noted = said.text  # a board in a boot loop has it many times a second
            self._say(f"{'board':<{HEAD_WIDTH}} {said.text}", state)

    def notice(self, text: str, state: BoardState) -> None:
        """Something of the line itself: unplugged, there again."""
        self._say(f"{'port':<{HEAD_WIDTH}} {text}", state)

    def refresh(self, state: BoardState) -> None:
        self._out.flush()

    def _say(self, text: str, state: BoardState) -> None:
        if not text:
            return
        between = "\n" if self._inside_line else ""
        self._inside_line = False
        clock = words.clock(state.utc_s)
        said = "".join(f"{clock} {line}\n" for line in text.split("\n"))
        self._out.write(f"{between}{said}".encode("ascii", "backslashreplace"))


class JsonOutput:
    """The record lines as they came; everything else goes to `aside`."""

    def __init__(self, out: BinaryIO, aside: BinaryIO) -> None:
        self._out = out
        self._aside = aside

    def take(self, line: Line, state: BoardState) -> None:
        if line.record is None:
            self._aside.write(line.raw + (b"\n" if line.whole else b""))
        else:
            self._out.write(line.raw + b"\n")

    def notice(self, text: str, state: BoardState) -> None:
        self._aside.write(f"{text}\n".encode("ascii", "backslashreplace"))

    def refresh(self, state: BoardState) -> None:
        self._out.flush()
        self._aside.flush()


def describe(kind: str, record: Record, state: BoardState) -> str:
    """The line for a record that the state has just learned; empty for those not worth one.

    How pairs move and go together comes with `health`: they are told of ten times a second.
    """
    pair = state.pairs.get(safe_text(record.get("p")))
    if kind == "pair" and pair:
        return pair_line(pair)
    if kind == "state" and pair:
        reason = f" ({reasons.stale(pair.reason)})" if pair.reason else ""
        return f"{'state':<{HEAD_WIDTH}} {pair.name} {pair.state}{reason}"
    if kind == "signal" and pair and state.books.signals:
        return signal_line(state.books.signals[0])
    if kind == "trade" and pair:
        return trade_line(pair, record)
    if kind == "ohlc" and pair and pair.market.ended:
        return candle_line(pair, pair.market.ended)
    if kind == "listing" and safe_text(record.get("p")):
        return listing_line(record)
    if kind in ("resync", "restart", "status", "link", "leak", "set") and state.event:
        return f"{kind:<{HEAD_WIDTH}} {state.event.text}"
    if kind == "contagion" and state.event:
        return state.event.text
    if kind == "boot":
        boot, python = state.boot, words.python_name(state)
        return f"{'boot':<{HEAD_WIDTH}} Inkling {boot.version}, {python}, {state.start_cause}"
    if kind == "wifi":
        return f"{'wifi':<{HEAD_WIDTH}} {wifi_line(state)}"
    if kind == "clock":
        return f"{'clock':<{HEAD_WIDTH}} {clock_line(state)}"
    if kind == "safe":
        return f"{'safe':<{HEAD_WIDTH}} safe mode: {state.safe}; the application does not run"
    if kind == "net":
        return f"{'net':<{HEAD_WIDTH}} {words.connection(state)[1]}"
    if kind == "health":
        items = "  ".join(f"{name} {value}" for name, value, _ in words.health_items(state))
        return "\n".join([f"{'health':<{HEAD_WIDTH}} {items}", *movement_lines(state)])
    if kind == "error" and state.errors:
        return f"{'ERROR':<{HEAD_WIDTH}} {state.errors[-1]}"
    return ""


def clock_line(state: BoardState) -> str:
    """Whether the board knows the time."""
    if state.clock != "wait":
        return state.clock
    return "waiting for the time" + (f": {state.clock_why}" if state.clock_why else "")


def wifi_line(state: BoardState) -> str:
    """How far the board's Wi-Fi is."""
    wifi = state.wifi
    if wifi.state == "up":
        return ", ".join(filter(None, ("up", words.signal_strength(state), wifi.address)))
    if wifi.state == "join":
        return "joining"
    return f"{wifi.state}: {wifi.why}" if wifi.why not in ("", "lost") else wifi.why or wifi.state


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
        f"  imbalance {words.signed(pair.imbalance)}{market_words(pair)}  {counts}"
    )


def market_words(pair: Pair) -> str:
    """What the extra channels tell of a pair; nothing where they are not asked for."""
    market = pair.market
    named = (
        ("last", words.market_price(pair, market.last)),
        ("24 h low", words.market_price(pair, market.low)),
        ("high", words.market_price(pair, market.high)),
        ("volume", words.volume(market.volume)),
        ("candle", words.change(market.candle) and f"{words.change(market.candle)} %"),
        ("bid size", words.exact(market.bid_quantity)),
        ("ask size", words.exact(market.ask_quantity)),
    )
    return "".join(f"  {name} {value}" for name, value in named if value)


def trade_line(pair: Pair, record: Record) -> str:
    """One trade, by the side of who took."""
    quantity, price = number(record.get("q")), number(record.get("px"))
    return (
        f"{'trade':<{HEAD_WIDTH}} {pair.name} {pair.market.taker or '?'} {words.exact(quantity)}"
        f" at {words.exact(price)}  exchange time {words.clock_ms(whole(record.get('t')) or 0)}"
    )


def candle_line(pair: Pair, candle: Candle) -> str:
    """A candle that has ended."""
    named = zip(
        ("open", "high", "low", "close", "volume"),
        (candle.open, candle.high, candle.low, candle.close, candle.volume),
        strict=True,
    )
    values = "  ".join(f"{name} {words.exact(value)}" for name, value in named)
    begin = words.clock(candle.begin_ms // 1000)
    return f"{'candle':<{HEAD_WIDTH}} {pair.name} from {begin}  {values}  trades {candle.trades}"


def listing_line(record: Record) -> str:
    """What the exchange says of a pair."""
    said = [
        f"prices to {whole(record.get('pd'))} decimals",
        f"quantities to {whole(record.get('qd'))}",
        f"least order {safe_text(record.get('min')) or '?'}",
        f"price step {safe_text(record.get('tick')) or '?'}",
        reasons.status(safe_text(record.get("st"))) or "?",
    ]
    return f"{'listing':<{HEAD_WIDTH}} {safe_text(record.get('p'))} {', '.join(said)}"


def signal_line(signal: Signal) -> str:
    """What a trader would want to read of a signal."""
    head = f"{'signal':<{HEAD_WIDTH}} {signal.pair} {signal.side}"
    deal = ""
    if signal.price is not None:
        quantity = f" for {signal.quantity:f}" if signal.quantity is not None else ""
        deal = f" at {signal.price:f}{quantity}  confidence {signal.confidence}"
    because = reasons.signal(signal.reason)
    because = f"  because: {because}" if because else ""
    book = ""
    if signal.spread_bps is not None or signal.imbalance is not None:
        spread, imbalance = words.spread(signal.spread_bps), words.signed(signal.imbalance)
        book = f"  spread {spread or '?'} bps  imbalance {imbalance or '?'}"
    when = words.clock_ms(signal.exchange_ms)
    return f"{head:<21}{deal}{because}{book}  exchange time {when}"


def movement_lines(state: BoardState) -> list[str]:
    """How each pair moves that is to be believed, and how they go together."""
    pairs = [pair for pair in state.pairs.values() if state.believed(pair)]
    lines = [
        f"{'moves':<{HEAD_WIDTH}} {pair.name} {said}"
        for pair in pairs
        if (said := moves(pair, state))
    ]
    for n, second in enumerate(pairs):
        for first in pairs[:n]:
            link = state.books.links.of(first.name, second.name)
            if link is None or link.correlation is None or link.old(state.now_s):
                continue
            lead = (
                f"  {link.clear_lead} ({link.clear_lead.correlation:+.2f})"
                if link.clear_lead
                else ""
            )
            lines.append(
                f"{'together':<{HEAD_WIDTH}} {first.name} {second.name}"
                f" correlation {link.correlation:+.2f}{lead}"
            )
    return lines


def moves(pair: Pair, state: BoardState) -> str:
    """The numbers of how a pair moves; nothing while they are not known."""
    movement, flow = pair.movement, pair.flow
    named = []
    if not movement.old(state.now_s):
        named += [
            ("volatility", words.volatility(movement.volatility), " bps per 100 ms"),
            ("usual", words.volatility(movement.usual), ""),
            ("trend", words.trend(movement.momentum), ""),
            ("threshold", words.scale(movement.scale) if movement.excited else "", ""),
        ]
    if not flow.old(state.now_s):
        named += [
            ("order flow", words.flow(flow.order_flow), " in 10 s"),
            ("trades", words.signed(flow.trade_imbalance), ""),
        ]
    return "  ".join(f"{name} {value}{unit}" for name, value, unit in named if value)
