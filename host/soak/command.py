"""`inkling soak`: the firmware on the board model against the local Kraken at its worst, with a verdict."""

import argparse
import json
import logging
from pathlib import Path

from host.arguments import positive_seconds
from host.errors import UserError

_FAULTS, _HOURS = 100, 1.0
_BOARDS = 12
_ALL = "all"
_MOST_BOARDS = 64
_INTERRUPTED = 130
_HEAP_KB = 56
_PLOT = "soak.svg"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  inkling soak                                  every fault 100 times, about half an hour\n"
        "  inkling soak --faults 3 --dialect all\n"
        "  inkling soak --faults 20 --only drop,half-open --log lines/\n"
        "  inkling soak --day                            a day of three pairs, in minutes\n"
        "  inkling soak --hours 1 --fault-rate 2/min     random faults at true speed, with a monitor\n"
        "                                                beside the board; the plot is soak.svg\n\n"
        "Ctrl-C ends it with what was found so far. The status is 0 if all checks hold, 1 if not."
    )
    add = parser.add_argument
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--faults", type=_count, metavar="N", help=f"every fault N times ({_FAULTS})"
    )
    what.add_argument(
        "--day", action="store_true", help="a day of the market, as fast as the board takes it"
    )
    what.add_argument(
        "--hours", type=positive_seconds, metavar="H", help="random faults at true speed"
    )
    add("--fault-rate", metavar="N/min", help="of random ones, on each board (2/min)")
    add("--only", metavar="A,B", help="only these faults (inkling exchange --list-faults)")
    add("--dialect", default="spot_v2", help="spot_v2, spot_v1, futures_v1 or all (%(default)s)")
    add("--pairs", metavar="A,B", help="pairs of the boards (those a board has by default)")
    add("--boards", type=_boards, metavar="N", help=f"boards at once ({_BOARDS}; --hours: 1)")
    add("--seed", type=int, default=1, help="other markets, another order (%(default)s)")
    add("--json", action="store_true", help="what was found as one JSON object")
    add("--picture", type=Path, metavar="FILE", help="keep the report as an SVG picture")
    add("--log", type=Path, metavar="FOLDER", help="keep what the boards say")
    add(
        "--plot",
        type=Path,
        metavar="FILE",
        help=f"heap, lag and recoveries over time as an SVG picture (--hours: {_PLOT}, in --log's"
        " folder if there is one)",
    )
    add("--day-seconds", type=positive_seconds, help=argparse.SUPPRESS)
    add("--heap-kb", type=int, default=_HEAP_KB, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """0 when all checks hold, 1 when one does not, 130 after Ctrl-C; raises UserError."""
    from host.boardmodel.build import board_model
    from host.soak import plot, report
    from host.soak.menu import DIALECTS
    from host.soak.verdict import Check, Report
    from host.soak.watch import Watch

    if args.dialect != _ALL and args.dialect not in DIALECTS:
        raise UserError(f"--dialect {args.dialect}: one of {', '.join(DIALECTS)}, {_ALL}")
    if args.fault_rate and args.hours is None:
        raise UserError("--fault-rate is for --hours")
    if args.only and (args.day or args.hours):
        raise UserError("--only is for --faults")
    if args.boards and args.day:
        raise UserError("--boards: a day is lived by one board")
    dialects = DIALECTS if args.dialect == _ALL else (args.dialect,)
    soaks = [_soak(args, dialect) for dialect in dialects]
    if args.picture:
        from host.monitor.picture import check_picture

        check_picture(args.picture)
    if args.log:
        try:
            args.log.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"--log {args.log}: {error.strerror}") from None
    drawn = args.plot or (args.hours and (args.log or Path()) / _PLOT)
    if drawn:
        plot.check(drawn)
    board_model()
    # A client that is cut off in the middle of something is no news here.
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    watch = Watch()
    reports = []
    for soak in soaks:
        try:
            found = soak.run(watch)
        except UserError as error:
            if len(soaks) == 1:
                raise
            found = Report(soak.dialect, [Check("the board gets going", False, str(error))])
        reports.append(found)
        watch.say(report.verdict(found))
        if found.interrupted:
            break
    if args.json:
        print(json.dumps([each.as_dict() for each in reports], indent=1, default=str))
    else:
        report.show(reports)
    if args.picture:
        report.write_picture(reports, args.picture)
    if drawn:
        plot.write([each.figure for each in reports], drawn)
        watch.say(f"the plot is {drawn}")
    if any(each.interrupted for each in reports):
        return _INTERRUPTED
    return 0 if all(each.passed for each in reports) else 1


def _soak(args: argparse.Namespace, dialect: str):
    """The soak that is asked for; raises UserError for what makes no sense."""
    from host.exchange.faults import plan
    from host.soak import day, every_fault, hours, menu

    if args.day:
        setup = _setup(args, dialect, day.SETTINGS)
        return day.Day(setup, args.day_seconds or day.DAY_S)
    if args.hours:
        rate_per_min = plan.rate(args.fault_rate or hours.DEFAULT_RATE)
        setup = _setup(args, dialect, hours.SETTINGS)
        return hours.Hours(setup, args.hours * 3600, rate_per_min, args.boards or 1)
    only = args.only.split(",") if args.only else ()
    setup = _setup(args, dialect, every_fault.SETTINGS)
    kinds = menu.kinds(dialect, only)
    blows = menu.blows(kinds, args.faults or _FAULTS, args.seed, setup.pairs)
    return every_fault.EveryFault(setup, blows, args.boards or _BOARDS)


def _setup(args: argparse.Namespace, dialect: str, settings: dict):
    from firmware import config
    from host.exchange import pairs
    from host.exchange.source import FUTURES_V1
    from host.soak.bench import Setup

    given = {"dialect": dialect, **settings}
    if args.pairs:
        given["pairs"] = args.pairs.split(",")
    try:
        named = config.check(given)["pairs"]
    except OSError as error:
        raise UserError(f"--pairs {args.pairs}: {error}") from None
    symbols = tuple(dict.fromkeys(_symbol(name, dialect == FUTURES_V1) for name in named))
    pairs.find(symbols)
    return Setup(
        dialect,
        tuple(named),
        symbols,
        args.seed,
        settings,
        args.heap_kb * 1024,
        args.log,
        is_monitored=bool(args.hours),
    )


def _symbol(name: str, is_future: bool) -> str:
    """The market's pair behind a name: BTC/USD behind PF_XBTUSD."""
    if not is_future:
        return name
    plain = name.split("_")[1].replace("XBT", "BTC").replace("XDG", "DOGE")
    return f"{plain[:-3]}/{plain[-3:]}"


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text}: a whole number above 0")
    return int(text)


def _boards(text: str) -> int:
    count = _count(text)
    if count > _MOST_BOARDS:
        raise argparse.ArgumentTypeError(f"{text}: 1 to {_MOST_BOARDS}")
    return count
