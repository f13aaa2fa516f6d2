"""The `inkling` command: a table of verbs, each in a module of its own that is imported only when asked for."""

import argparse
import importlib
import os
import sys

from host.errors import UserError

# verb: (module, one line of help). A module has `configure(parser)` and `run(args) -> exit status`.
VERBS = {
    "demo": ("host.demo", "local Kraken, firmware on the board model, live view"),
    "replay": ("host.replay.command", "run recorded feeds through the firmware's own kernels"),
    "exchange": ("host.exchange.command", "a local Kraken with TLS, to develop against"),
    "model": (
        "host.devkit.command",
        "build the board model (32-bit MicroPython) or say where it is",
    ),
    "bench": (
        "host.bench.command",
        "speed and memory, beside a reference measured in the same run",
    ),
    "lint": ("host.lint.command", "check kernels against the kernel language"),
}

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Run one verb; bad input is one line and status 2, Ctrl-C is status 130."""
    argv = sys.argv[1:] if argv is None else argv
    verb = argv[0] if argv else ""
    if verb not in VERBS:
        return _top_level(argv)
    module = importlib.import_module(VERBS[verb][0])
    parser = argparse.ArgumentParser(
        prog=f"inkling {verb}",
        description=VERBS[verb][1][0].upper() + VERBS[verb][1][1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.configure(parser)
    args = parser.parse_args(argv[1:])
    try:
        return module.run(args)
    except UserError as error:
        print(f"inkling {verb}: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has left; Python would complain once more when it flushes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _top_level(argv: list[str]) -> int:
    from importlib.metadata import version

    parser = argparse.ArgumentParser(
        prog="inkling",
        description="Kraken order books on an ESP32, and the same files on your PC.",
        epilog="verbs:\n"
        + "\n".join(f"  {name:<10}{text}" for name, (_, text) in VERBS.items())
        + "\n\nexample:\n  inkling demo --seconds 20\n  inkling replay capture.jsonl --records",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"inkling {version('inkling')}")
    parser.add_argument("verb", choices=VERBS, metavar="VERB", help="what to do (see below)")
    parser.parse_args(argv)
    return EXIT_BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
