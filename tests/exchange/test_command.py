"""`inkling exchange` as a user runs it: what it prints, its exit status, and how it dies."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from host import captures
from host.cli import main


def start(cache, *arguments):
    command = [sys.executable, "-m", "host.cli", "exchange", "--port", "0", *arguments]
    return subprocess.Popen(
        command,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )


def test_ready_line_for_scripts_and_ctrl_c(cache):
    run = start(cache, "--json", "--pairs", "BTC/EUR,SOL/USD", "--seed", "5")
    ready = json.loads(run.stdout.readline())
    assert ready["url"] == f"wss://127.0.0.1:{ready['port']}/v2"
    assert ready["ca"].endswith("ca.der")
    base = f"//127.0.0.1:{ready['port']}"
    assert (ready["v1"], ready["futures"]) == (f"wss:{base}/", f"wss:{base}/ws/v1")
    assert ready["rest"] == f"https:{base}/0/public"
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=10)
    assert (run.returncode, out, err) == (130, "", "")


def test_stopped_by_a_supervisor(cache):
    run = start(cache, "--json")
    run.stdout.readline()
    run.terminate()
    out, err = run.communicate(timeout=10)
    assert (run.returncode, out, err) == (0, "", "")


def test_seconds(capsys):
    assert main(["exchange", "--port", "0", "--seconds", "0.1"]) == 0
    out, err = capsys.readouterr()
    assert "local Kraken at wss://127.0.0.1:" in out
    assert "BTC/USD, ETH/USD, BTC/EUR" in out
    assert "ca.der" in out
    assert re.search(
        r"^v1 at wss://[\d.:]+/, REST at https://[\d.:]+/0/public$", out, re.MULTILINE
    )
    assert re.search(r"^futures at wss://[\d.:]+/ws/v1: PF_XBTUSD, PI_XBTUSD,", out, re.MULTILINE)
    assert not err


def test_events_and_record(cache, tmp_path):
    path = tmp_path / "feed.log.gz"
    run = start(cache, "--record", str(path), "--seconds", "10")
    url = run.stdout.readline().split(",")[0].split()[-1]
    ca = run.stdout.readline().split()[-1]
    assert "REST" in run.stdout.readline()
    assert "futures" in run.stdout.readline()
    program = f"""
import asyncio, aiohttp, ssl
async def hear():
    context = ssl.create_default_context(cadata=open({ca!r}, "rb").read())
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect({url!r}, ssl=context) as socket:
            params = {{"channel": "book", "symbol": ["ETH/USD"]}}
            await socket.send_json({{"method": "subscribe", "params": params}})
            for _ in range(4):
                await socket.receive()
asyncio.run(hear())
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20)
    assert "client 1 connected from 127.0.0.1" in run.stdout.readline()
    assert "client 1 subscribed to ETH/USD (depth 10)" in run.stdout.readline()
    assert "client 1 left" in run.stdout.readline()
    assert "recorded" in run.stdout.readline()
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=10)
    assert len(list(captures.frames(path))) >= 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pairs", "XBT/USD"], "unknown pair 'XBT/USD'"),
        (["--speed", "fast"], "--speed fast: a number above 0, or max"),
        (["--speed", "0"], "--speed 0"),
        (["--speed", "nan"], "--speed nan"),
        (["--capture", "/none.jsonl"], "/none.jsonl: no such file"),
        (["--capture", "/none.jsonl", "--seed", "3"], "leave --pairs and --seed away"),
        (["--exit-at-end"], "needs a --capture"),
        (["--record", "/none/feed.log"], "/none/feed.log: cannot be written"),
        (["--host", "203.0.113.9"], "cannot listen on 203.0.113.9"),
        (["--port", "70000"], "--port 70000"),
    ],
)
def test_bad_input_is_one_line(capsys, arguments, said):
    assert main(["exchange", "--port", "0", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_help_has_an_example(capsys):
    with pytest.raises(SystemExit) as done:
        main(["exchange", "--help"])
    assert done.value.code == 0
    assert "inkling exchange --pairs BTC/USD,ETH/USD" in capsys.readouterr().out
