"""Scripts and random faults: read with care, the same again with the same seed."""

import asyncio
import os
import subprocess
import sys

import pytest
from clients import client, subscribe

from host.cli import main
from host.errors import UserError
from host.exchange import faults
from host.exchange.clock import FULL_SPEED
from host.exchange.faults import catalogue, plan
from host.exchange.market import Market
from host.exchange.server import Exchange

START_S = 1_790_000_000
SCRIPT = """
seed: {seed}
faults:
  - at_s: 3
    fault: wrong-checksum
    symbol: BTC/USD
  - every_s: 4
    jitter_s: 1.5
    until_s: 30
    fault: missing-update
  - rate_per_hour: 1200
    fault: malformed-json
    kind: number
  - at_s: 8
    fault: lag
    lag_s: 1.0
    seconds: 3
"""


def taken(made, seconds):
    """What comes of a plan in that time: (microsecond, fault, options)."""
    made.begin(0)
    out = []
    while (due_us := made.next_us()) is not None and due_us < seconds * 1e6:
        kind, options = made.take(lambda name: False)
        out.append((due_us, kind.name, options))
    return out


def script(tmp_path, text):
    path = tmp_path / "faults.yaml"
    path.write_text(text)
    return path


def test_the_table_in_the_docstring_is_the_one_that_is_printed(capsys):
    assert main(["exchange", "--list-faults"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines if line[0] != " "} == set(catalogue.KINDS)
    for line in lines:
        assert f"    {line}\n" in faults.__doc__


def test_a_script_is_the_same_again_and_another_with_another_seed(tmp_path):
    first, second = (
        taken(plan.read(script(tmp_path, SCRIPT.format(seed=7))), 120) for _ in range(2)
    )
    assert first == second
    other = taken(plan.read(script(tmp_path, SCRIPT.format(seed=8))), 120)
    assert other != first
    names = [name for _, name, _ in first]
    assert names.count("wrong-checksum") == names.count("lag") == 1
    assert names.count("missing-update") == 7
    assert 20 < names.count("malformed-json") < 65
    assert [due for due, *_ in first] == sorted(due for due, *_ in first)
    assert next(due for due, name, _ in first if name == "wrong-checksum") == 3_000_000


def test_random_faults_are_the_same_again_and_of_every_kind():
    first, second, other = (taken(plan.at_random(60, seed), 3600 * 3) for seed in (1, 1, 2))
    assert first == second != other
    assert {name for _, name, _ in first} == set(catalogue.KINDS)
    assert 3600 * 3 * 0.9 < len(first) < 3600 * 3 * 1.1
    assert {each["code"] for _, name, each in first if name == "close"} >= {1000, 1001, 1013}


def test_at_full_speed_a_script_makes_the_same_feed_byte_for_byte(tmp_path):
    async def hear():
        made = plan.read(script(tmp_path, SCRIPT.format(seed=7)))
        exchange = Exchange(Market(start_s=START_S), speed=FULL_SPEED, plan=made)
        async with exchange, client(exchange) as socket:
            await socket.send_json(subscribe(["BTC/USD", "ETH/USD"]))
            frames = [(await socket.receive()).data for _ in range(1200)]
            times = [(each.exchange_us, each.name, each.symbol) for each in exchange.injected]
            return frames, times

    first, second = asyncio.run(hear()), asyncio.run(hear())
    assert first[0] == second[0]
    count = min(len(first[1]), len(second[1]))
    assert count > 5
    assert first[1][:count] == second[1][:count]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "faults.yaml: a script has the keys seed and faults"),
        ("- drop\n", "faults.yaml:1: a script has the keys seed and faults"),
        ("seed: 7\n", "faults.yaml: faults is to be a list, each beginning with '- '"),
        ("seed: x\nfaults: []\n", "faults.yaml:1: seed is a whole number"),
        ("seed: 1\nspeed: 2\nfaults: []\n", "faults.yaml:2: a script has no key speed; seed and"),
        ("faults: drop\n", "faults.yaml:1: faults is to be a list, each beginning with '- '"),
        ("faults:\n  - drop\n", "faults.yaml:2: each of faults has keys, such as at_s and fault"),
        ("faults:\n  - at_s: 1\n", "faults.yaml:2: the key fault is missing"),
        ("faults:\n  - fault: drop\n", "faults.yaml:2: one of at_s, every_s, rate_per_hour says"),
        (
            "faults:\n  - at_s: 1\n    every_s: 2\n    fault: drop\n",
            "faults.yaml:2: one of at_s, every_s, rate_per_hour says when",
        ),
        (
            "faults:\n  - at_s: 1\n    fault: dorp\n",
            "faults.yaml:3: no fault is called dorp; did you mean drop?",
        ),
        (
            "faults:\n  - at_s: 1\n    fault: close\n    code: 12\n",
            "faults.yaml:4: code is one of 1000, 1001",
        ),
        (
            "faults:\n  - at_s: 1\n    fault: drop\n    color: 1\n",
            "faults.yaml:4: drop has no option color; its options are client",
        ),
        (
            "faults:\n  - every_s: 0\n    fault: drop\n",
            "faults.yaml:2: every_s is a number above 0",
        ),
        ("faults:\n  - at_s: soon\n    fault: drop\n", "faults.yaml:2: at_s is a number from 0"),
        (
            "faults:\n  - at_s: 1\n    at_s: 2\n    fault: drop\n",
            "faults.yaml:3: a fault has at_s twice",
        ),
        ("faults:\n  - at_s: [1]\n    fault: drop\n", "faults.yaml:2: one value is wanted here"),
        ("faults: [\n", "faults.yaml:2: no YAML ("),
        ("seed: 'x\n", "faults.yaml:"),
        ("a: !!python/object:os.system x\n", "faults.yaml:1: a script has no key a"),
    ],
)
def test_a_wrong_script_is_told_in_one_line(tmp_path, text, said):
    path = script(tmp_path, text)
    with pytest.raises(UserError) as wrong:
        plan.read(path)
    told = str(wrong.value)
    assert told.startswith(f"{tmp_path}/{said}"), told
    assert "\n" not in told


def test_what_is_no_script(tmp_path):
    with pytest.raises(UserError, match=r"cannot be read \(No such file"):
        plan.read(tmp_path / "none.yaml")
    path = tmp_path / "binary.yaml"
    path.write_bytes(b"\xff\xfe\x00seed")
    with pytest.raises(UserError, match="not a text file"):
        plan.read(path)


@pytest.mark.parametrize(
    ("text", "per_min"), [("6", 6), ("6/min", 6), ("120/h", 2), ("0.5/s", 30)]
)
def test_rates(text, per_min):
    assert plan.rate(text) == pytest.approx(per_min)


@pytest.mark.parametrize("text", ["", "0", "-1/min", "6/week", "many", "inf", "nan"])
def test_wrong_rates(text):
    with pytest.raises(UserError, match="faults in a time, such as 6/min"):
        plan.rate(text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--faults", "/nowhere/script.yaml"),
        ("--fault-rate", "6/min"),
        ("--faults", "random", "--fault-rate", "often"),
    ],
)
def test_wrong_arguments(arguments, capsys):
    assert main(["exchange", "--port", "0", *arguments]) == 2
    _, err = capsys.readouterr()
    assert err.startswith("inkling exchange: ")
    assert err.count("\n") == 1


def test_a_script_from_the_command_line_tells_what_it_does(tmp_path, cache):
    path = script(
        tmp_path, "faults:\n  - at_s: 0.2\n    fault: rest-error\n  - at_s: 0.3\n    fault: drop\n"
    )
    command = [sys.executable, "-m", "host.cli", "exchange", "--port", "0", "--seconds", "1"]
    done = subprocess.run(
        [*command, "--faults", str(path)],
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "fault drop: nobody is there to be struck" in done.stdout
