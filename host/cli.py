"""The `inkling` command: a table of verbs, each in a module of its own that is imported only when asked for."""

import argparse
import errno
import importlib
import os
import sys

from host.errors import UserError

# verb: (module, one line of help). A module has `configure(parser)` and `run(args) -> exit status`.
VERBS = {
    "flash": ("host.flash.command", "MicroPython, the application and its secrets onto a board"),
    "package": ("host.flash.package", "the compiled application for mpremote mip"),
    "secrets": ("host.flash.secrets", "Wi-Fi name and password: from you into the board's NVS"),
    "devkit": ("host.devkit.serve", "a virtual ESP32 board at a serial port of its own"),
    "demo": ("host.demo", "local Kraken, firmware on the board model, live view"),
    "monitor": ("host.monitor.command", "what the board on a serial port says, live"),
    "doctor": ("host.doctor.command", "one page of truth about this PC and the board"),
    "pull": ("host.pull.command", "the events of the board's black box, as NDJSON"),
    "config": ("host.settings.command", "show, set and check the board's settings"),
    "replay": ("host.replay.command", "run recorded feeds through the firmware's own kernels"),
    "pack": ("host.pack.command", "recorded feeds into columns, to replay them faster"),
    "study": ("host.study.command", "whether the signals of recorded feeds came true"),
    "exchange": ("host.exchange.command", "a local Kraken with TLS, to develop against"),
    "model": (
        "host.boardmodel.command",
        "build the board model (32-bit MicroPython) or say where it is",
    ),
    "bench": (
        "host.bench.command",
        "speed and memory, beside a reference measured in the same run",
    ),
    "soak": ("host.soak.command", "every fault many times over, or a day in minutes: a verdict"),
    "fuzz": ("host.fuzz.command", "millions of wrong messages to the kernels, in nets that catch"),
    "lint": ("host.lint.command", "check kernels against the kernel language"),
}

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130

# Why standard output takes no more; any other OSError is a fault of ours.
_CANNOT_WRITE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str):
        self.exit(EXIT_BAD_INPUT, f"{self.prog}: {message} (--help says more)\n")


def main(argv: list[str] | None = None) -> int:
    """Run one verb; bad input is one line and status 2, Ctrl-C is status 130."""
    argv = sys.argv[1:] if argv is None else argv
    if sys.stdout is None:  # `>&-`
        print("inkling: cannot write: standard output is closed", file=sys.stderr)
        return EXIT_BAD_INPUT
    verb = argv[0] if argv else ""
    if verb not in VERBS:
        return _top_level(argv)
    module = importlib.import_module(VERBS[verb][0])
    parser = _Parser(
        prog=f"inkling {verb}",
        description=VERBS[verb][1][0].upper() + VERBS[verb][1][1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.configure(parser)
    args = parser.parse_args(argv[1:])
    try:
        status = module.run(args)
        sys.stdout.flush()
        return status
    except UserError as error:
        print(f"inkling {verb}: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _drop_output()  # the reader (head, less) has left
        return 0
    except OSError as error:
        if error.errno not in _CANNOT_WRITE or error.filename:
            raise
        _drop_output()
        print(f"inkling {verb}: cannot write: {error.strerror}", file=sys.stderr)
        return EXIT_BAD_INPUT


def _drop_output() -> None:
    """Python would complain once more when it flushes what nobody takes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _top_level(argv: list[str]) -> int:
    from importlib.metadata import version

    parser = _Parser(
        prog="inkling",
        description="Kraken order books on an ESP32, and the same files on your PC.",
        epilog="verbs:\n"
        + "\n".join(f"  {name:<10}{text}" for name, (_, text) in VERBS.items())
        + "\n\nexample:\n  inkling demo --seconds 20\n  inkling replay capture.jsonl --records",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"inkling {version('inkling')}")
    parser.add_argument("verb", choices=VERBS, metavar="VERB", help="what to do (see below)")
    if argv:
        parser.parse_args(argv)  # which ends the program: no verb is left that could be meant
    parser.print_help()
    return 0


if __name__ == "__main__":
    sys.exit(main())
