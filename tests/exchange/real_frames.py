"""The recorded frames of the real exchange; a test that needs them is skipped where they are not."""

import json
from pathlib import Path

import pytest

FEEDS = Path(__file__).parents[2].parent / "shared" / "feeds"


def lines(name):
    """The frames of a recording, without the times beside them."""
    path = FEEDS / name
    if not path.exists():
        pytest.skip(f"{path} is missing: recorded feeds are not part of the project")
    received = [
        line
        for line in path.read_text().splitlines()
        if line and not line.startswith(("wss:", "configuration:"))
    ]
    return [line if line.startswith("{") else line.partition(": ")[2] for line in received]


def shape(value):
    """Keys in their order, and the kind of each value; a list is as its first element."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value[:1]]
    return type(value).__name__


def same_shape(ours, real):
    """Whether two frames have the same keys in the same order, with values of the same kinds."""
    ours, real = json.loads(ours), json.loads(real)
    return json.dumps(shape(ours)) == json.dumps(shape(real))
