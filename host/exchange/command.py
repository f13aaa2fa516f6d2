"""`inkling exchange`: the local Kraken on its own, to develop against."""

import argparse
import asyncio
import json
import signal

from host.arguments import positive_seconds
from host.errors import UserError
from host.exchange import effects
from host.exchange.address import LOOPBACK
from host.exchange.clock import FULL_SPEED
from host.exchange.faults import catalogue, plan
from host.exchange.market import DEFAULT_SEED, Market
from host.exchange.pairs import DEFAULT_SYMBOLS
from host.exchange.player import Player
from host.exchange.server import DEFAULT_PORT, Exchange
from host.exchange.source import FUTURES_V1, SPOT_V1, Source

# How often the rate of messages is told while somebody listens.
_RATE_S = 10.0
_HIGHEST_PORT = 65_535


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  inkling exchange\n"
        "  inkling exchange --pairs BTC/USD,ETH/USD --seed 7 --record feed.log.zst\n"
        "  inkling exchange --capture feed.log.zst --speed max --exit-at-end\n\n"
        "at the port are /v2 (spot v2), / (spot v1), /ws/v1 (futures) and /0/public (REST);\n"
        "a capture is only played in v2"
    )
    add = parser.add_argument
    add("--port", type=int, default=DEFAULT_PORT, help="0 takes any free one (%(default)s)")
    add("--host", default=LOOPBACK, help="address to serve, certified (%(default)s: this PC only)")
    add("--pairs", metavar="A,B", help=f"pairs of the market ({','.join(DEFAULT_SYMBOLS)})")
    add("--seed", type=int, help=f"seed of the market ({DEFAULT_SEED})")
    add("--effects", metavar="WHAT", help="plant them in the market, to be found by inkling study")
    add("--capture", metavar="FILE", help="play a recorded v2 book feed instead of the market")
    add("--speed", default="1", help="times true speed, or max: as fast as clients read (1)")
    add("--record", metavar="FILE", help="write what the first client hears; .gz, .zst compress")
    add("--seconds", type=positive_seconds, metavar="N", help="stop after so long")
    add("--exit-at-end", action="store_true", help="close (1001) and stop when the capture ends")
    add("--faults", metavar="FILE", help="inject what a script (YAML) says, or random faults")
    add(
        "--fault-rate", metavar="N/min", help=f"of random ones ({plan.DEFAULT_RATE_PER_MIN:g}/min)"
    )
    add("--fault-seed", type=int, metavar="S", help=f"of random ones ({plan.DEFAULT_SEED})")
    add("--list-faults", action="store_true", help="print the faults there are, and stop")
    add("--json", action="store_true", help="one JSON line with url and ca when ready, no events")


def run(args: argparse.Namespace) -> int:
    """Serve until stopped, by Ctrl-C, `--seconds` or the capture's end; raises UserError."""
    if args.list_faults:
        print(catalogue.table())
        return 0
    if not 0 <= args.port <= _HIGHEST_PORT:
        raise UserError(f"--port {args.port}: a number from 0 to {_HIGHEST_PORT}")
    faults = _plan(args)
    source, speed = _source(args), _speed(args.speed)
    return asyncio.run(_serve(args, source, speed, faults))


def _plan(args: argparse.Namespace) -> plan.Plan | None:
    if args.faults == "random":
        rate = plan.DEFAULT_RATE_PER_MIN if args.fault_rate is None else plan.rate(args.fault_rate)
        return plan.at_random(
            rate, plan.DEFAULT_SEED if args.fault_seed is None else args.fault_seed
        )
    if args.fault_rate is not None or args.fault_seed is not None:
        raise UserError("--fault-rate and --fault-seed are for --faults random")
    return plan.read(args.faults) if args.faults else None


def _source(args: argparse.Namespace) -> Source:
    if args.capture is None:
        if args.exit_at_end:
            raise UserError("--exit-at-end needs a --capture: the market has no end")
        symbols = args.pairs.split(",") if args.pairs else DEFAULT_SYMBOLS
        planted = effects.parse(args.effects) if args.effects else None
        seed = DEFAULT_SEED if args.seed is None else args.seed
        return Market(symbols, seed, effects=planted)
    if args.pairs or args.seed is not None:
        raise UserError("a --capture has its own pairs; leave --pairs and --seed away")
    if args.effects:
        raise UserError("--effects are planted in the market, not in a --capture")
    return Player(args.capture)


def _speed(text: str) -> float:
    if text == "max":
        return FULL_SPEED
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < FULL_SPEED:
        raise UserError(f"--speed {text}: a number above 0, or max")
    return speed


async def _serve(
    args: argparse.Namespace, source: Source, speed: float, faults: plan.Plan | None
) -> int:
    def tell(line: str) -> None:
        if not args.json:
            print(line, flush=True)

    exchange = Exchange(
        source,
        host=args.host,
        port=args.port,
        speed=speed,
        record=args.record,
        exit_at_end=args.exit_at_end,
        plan=faults,
        on_event=tell,
    )
    # Ctrl-C is asyncio's affair; a supervisor's SIGTERM is to end as cleanly.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, exchange.finished.set)
    async with exchange:
        if args.json:
            ready = {"url": exchange.url, "port": exchange.port, "ca": str(exchange.ca_path)}
            if isinstance(source, Market):
                ready |= {
                    "v1": exchange.url_of(SPOT_V1),
                    "futures": exchange.url_of(FUTURES_V1),
                    "rest": exchange.rest_url,
                }
            print(json.dumps(ready), flush=True)
        tell(f"local Kraken at {exchange.url}, pairs {', '.join(source.symbols())}")
        tell(f"its CA: {exchange.ca_path}")
        if isinstance(source, Market):
            tell(f"v1 at {exchange.url_of(SPOT_V1)}, REST at {exchange.rest_url}")
            tell(f"futures at {exchange.url_of(FUTURES_V1)}: {', '.join(source.products())}")
        rates = asyncio.create_task(_tell_rates(exchange, tell))
        try:
            async with asyncio.timeout(args.seconds):
                await exchange.finished.wait()
        except TimeoutError:
            pass
        finally:
            rates.cancel()
    if args.record and not exchange.frames_recorded:
        tell(f"nothing was recorded: nobody connected, so there is no {args.record}")
    return 0


async def _tell_rates(exchange: Exchange, tell) -> None:
    before = 0
    while True:
        await asyncio.sleep(_RATE_S)
        sent = exchange.messages_sent
        if exchange.clients:
            clients = "1 client" if exchange.clients == 1 else f"{exchange.clients} clients"
            tell(f"{clients}, {(sent - before) / _RATE_S:,.1f} messages/s")
        before = sent
