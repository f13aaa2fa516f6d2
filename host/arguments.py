"""Kinds of arguments that more than one verb takes."""

import argparse
import math


def positive_seconds(text: str) -> float:
    """A number of seconds to run for; argparse tells the user what it may be."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: a number of seconds above 0")
    return seconds
