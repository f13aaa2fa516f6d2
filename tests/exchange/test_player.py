"""Captures are played back byte for byte, and recordings are captures."""

import asyncio
import json
import shutil

import aiohttp
import pytest
from client_book import ClientBook
from clients import PAIRS, ask, book_frames, client, subscribe

from host import captures
from host.errors import UserError
from host.exchange.clock import FULL_SPEED
from host.exchange.market import Market
from host.exchange.player import Player
from host.exchange.recording import record_market
from host.exchange.server import Exchange


def recorded(path):
    """The book frames of a recording."""
    frames = [frame.decode() for _, frame in captures.frames(path)]
    return [frame for frame in frames if json.loads(frame).get("channel") == "book"]


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("recording") / "market.log.zst"
    record_market(path, seed=9, seconds=20)
    return path


def play(path, request, count, **options):
    """What one client hears of the book."""

    async def hear():
        async with (
            Exchange(Player(path), speed=FULL_SPEED, **options) as exchange,
            client(exchange) as socket,
        ):
            await socket.send_json(request)
            return await book_frames(socket, count)

    return asyncio.run(hear())


def test_a_recording_is_played_verbatim(recording):
    frames = recorded(recording)
    assert play(recording, subscribe(PAIRS), len(frames)) == frames


def test_of_several_pairs_only_the_subscribed(recording):
    frames = [frame for frame in recorded(recording) if '"symbol":"ETH/USD"' in frame]
    assert play(recording, subscribe(["ETH/USD"]), len(frames)) == frames


def test_the_real_capture_is_played_verbatim(feeds):
    path = feeds / "python-kraken-sdk" / "orderbook-v2.jsonl"
    frames = path.read_text().splitlines()
    assert len(frames) == 510
    assert play(path, subscribe(["BTC/USD"]), len(frames)) == frames


def test_true_time_scaled(recording):
    async def run():
        async with (
            Exchange(Player(recording), speed=40, exit_at_end=True) as exchange,
            client(exchange) as socket,
        ):
            loop = asyncio.get_running_loop()
            began, beats, last = loop.time(), 0, None
            await socket.send_json(subscribe(PAIRS))
            async for message in socket:
                beats += message.data == '{"channel":"heartbeat"}'
                last = message.data
            assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY
            assert 0.35 < loop.time() - began < 2.0
            assert 18 <= beats <= 20
            assert last == recorded(recording)[-1]
            await exchange.finished.wait()

    asyncio.run(run())


def test_one_who_comes_in_the_middle_gets_the_book_as_it_is(recording):
    async def run():
        async with (
            Exchange(Player(recording), speed=4, snapshot_delay_ms=50) as exchange,
            client(exchange) as socket,
        ):
            await ask(socket, subscribe(["BTC/USD"]))
            await book_frames(socket, 40)
            await ask(socket, subscribe(["BTC/USD"], method="unsubscribe"))
            await socket.send_json(subscribe(["BTC/USD"]))
            book = ClientBook(10)
            frames = await book_frames(socket, 60)
            assert json.loads(frames[0])["type"] == "snapshot"
            assert frames[0] not in recorded(recording)
            assert all(book.apply(frame) for frame in frames)

    asyncio.run(run())


def test_after_the_end_heartbeats_go_on_and_the_next_client_hears_it_all(recording):
    async def run():
        frames = recorded(recording)
        async with Exchange(Player(recording), speed=FULL_SPEED) as exchange:
            for _ in range(2):
                async with client(exchange) as socket:
                    await socket.send_json(subscribe(PAIRS))
                    assert await book_frames(socket, len(frames)) == frames
                    message = await socket.receive()
                    assert message.data == '{"channel":"heartbeat"}'
                while exchange.clients:
                    await asyncio.sleep(0.01)

    asyncio.run(run())


def test_the_recorded_depth_is_the_only_one(recording, feeds):
    for path in (recording, feeds / "python-kraken-sdk" / "orderbook-v2.jsonl"):

        async def run(path=path):
            async with Exchange(Player(path)) as exchange, client(exchange) as socket:
                answer = await ask(socket, subscribe(["BTC/USD"], depth=25))
                assert "Subscription depth not supported" in answer
                assert "Currency pair" in await ask(socket, subscribe(["SOL/USD"]))

        asyncio.run(run())


def test_a_thin_pair_keeps_its_recorded_depth(tmp_path):
    path = tmp_path / "thin.jsonl"
    path.write_text(
        '{"method":"subscribe","result":{"channel":"book","depth":100,"snapshot":true,'
        '"symbol":"A/B"},"success":true,"time_in":"2026-01-01T00:00:00.000000Z",'
        '"time_out":"2026-01-01T00:00:00.000000Z"}\n'
        '{"channel":"book","type":"snapshot","data":[{"symbol":"A/B","bids":[],"asks":'
        '[{"price":1.0,"qty":1.00000000}],"checksum":1,'
        '"timestamp":"2026-01-01T00:00:00.000000Z"}]}\n'
    )
    assert Player(path).depths("A/B") == (100,)


@pytest.mark.parametrize("suffix", ["log", "log.gz", "log.zst"])
def test_what_is_served_is_what_is_recorded(tmp_path, suffix):
    path = tmp_path / f"served.{suffix}"

    async def run():
        source = Market(start_s=1_790_000_000)
        async with (
            Exchange(source, speed=50, record=path) as exchange,
            client(exchange) as socket,
        ):
            await socket.send_json(subscribe(PAIRS))
            heard = [(await socket.receive()).data for _ in range(300)]
            assert not path.exists()
        return heard

    heard = asyncio.run(run())
    lines = [frame.decode() for _, frame in captures.frames(path)]
    assert '"channel":"status"' in lines[0]
    assert lines[1 : len(heard) + 1] == heard
    times = [time_s for time_s, _ in captures.frames(path)]
    assert times == sorted(times)
    assert list(tmp_path.iterdir()) == [path]


def test_a_recording_that_heard_nothing_spoils_no_file(tmp_path):
    path = tmp_path / "served.log"
    path.write_text("precious")

    async def run():
        async with Exchange(Market(), record=path):
            pass

    asyncio.run(run())
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_recorded_market_is_what_the_server_says(tmp_path):
    """The file made without a socket has the very frames that a client hears at full speed."""
    record_market(tmp_path / "a.log", seed=1, seconds=5, start_s=1_790_000_000)
    frames = [frame.decode() for _, frame in captures.frames(tmp_path / "a.log")]

    async def run():
        source = Market(start_s=1_790_000_000)
        async with Exchange(source, speed=FULL_SPEED) as exchange, client(exchange) as socket:
            request = subscribe(PAIRS)
            del request["req_id"]
            await socket.send_json(request)
            return [(await socket.receive()).data for _ in range(len(frames) - 1)]

    assert frames[1:] == asyncio.run(run())
    assert frames.count('{"channel":"heartbeat"}') == 5


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"channel":"heartbeat"}\n', "no v2 book snapshot"),
        (
            '{"channel":"book","type":"update","data":[{"symbol":"A/B","bids":[],"asks":[],'
            '"checksum":0,"timestamp":"2026-01-01T00:00:00.000000Z"}]}\n',
            "frame 1 updates A/B before any snapshot",
        ),
        (
            '{"channel":"book","type":"snapshot","data":[{"symbol":"A/B","bids":[],"asks":[],'
            '"checksum":0}]}\n',
            "no times in it",
        ),
        (
            '{"channel":"book","type":"snapshot","data":[{"symbol":"A/B","bids":[],"asks":[],'
            '"checksum":0,"timestamp":"yesterday"}]}\n',
            "frame 1 is damaged",
        ),
        ("", "the file is empty"),
    ],
)
def test_what_cannot_be_played(tmp_path, text, why):
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    with pytest.raises(UserError, match=why):
        Player(path)


def test_where_no_recording_can_be_written(tmp_path):
    for path in (tmp_path / "none" / "a.log", tmp_path):
        with pytest.raises(UserError, match="cannot be written"):
            record_market(path, seconds=1)
    shutil.rmtree(tmp_path)
