"""Contagion in a study: shocks in which one pair repeats what another did, and what the signals are worth then."""

import json
import random

import pytest

from firmware import config
from host import captures, cli
from host.study import page
from host.study.gather import engine_for, gather
from host.study.results import ALL, REASON, study

LEADER, LED = "PF_XBTUSD", "PF_ETHUSD"
START_S = 1_790_000_000
ROUND_MS = 100
LAG = 3  # rounds
CALM_BPS, SHOCK_BPS, PLANTED_BPS = 0.3, 1.5, 5.0
CALM, SHOCK, SHOCKS = 600, 300, 5  # rounds of each, by turns, and shocks
EVERY = 20  # rounds from one of the leader's signals to the next
HOLDS = 8  # rounds that a signal lasts
JUMPS = 1  # rounds after its beginning in which the leader moves its way, in a shock
# A move is told side by side, so that the spread is that wide for a moment.
SETTINGS = {"dialect": "futures_v1", "correlation_window": 50, "spread_threshold_bps": 20.0}


class Product:
    """A futures book with one level a side where it matters; what is far away never changes."""

    def __init__(self, name, price, decimals):
        self.name, self.decimals = name, decimals
        self.value = float(price)
        self.seq = 0
        self.bid, self.sizes = round(price * 10**decimals), (1, 1)

    def snapshot(self, time_ms):
        far = [self.bid * (1000 + n) // 1000 for n in range(100, 111)]
        below = [self.bid * (1000 - n) // 1000 for n in range(100, 111)]
        sides = {
            "bids": [(self.bid, 1), *((price, 0.001) for price in below)],
            "asks": [(self.bid + 1, 1), *((price, 0.001) for price in far)],
        }
        told = {
            side: [{"price": price / 10**self.decimals, "qty": size} for price, size in levels]
            for side, levels in sides.items()
        }
        head = {"feed": "book_snapshot", "product_id": self.name, "timestamp": time_ms, "seq": 0}
        return {**head, "tickSize": None, **told}

    def go(self, time_ms, move_bps, lean):
        """The messages of a move, and of a side that becomes the larger one: 1 to buy, -1 to sell."""
        self.value *= 1 + move_bps / 1e4
        before, sizes_before = self.bid, self.sizes
        self.bid = round(self.value * 10**self.decimals)
        self.sizes = (5 if lean > 0 else 1, 5 if lean < 0 else 1)
        changes = {"buy": [], "sell": []}
        for place, side in enumerate(changes):
            if self.bid != before or self.sizes[place] != sizes_before[place]:
                changes[side].append((self.bid + place, self.sizes[place]))
            if self.bid != before:
                changes[side].append((before + place, 0))
        # Whoever gives way goes first, so that the book is never crossed.
        for side in ("sell", "buy") if self.bid > before else ("buy", "sell"):
            for price, size in changes[side]:
                self.seq += 1
                yield {
                    "feed": "book",
                    "product_id": self.name,
                    "side": side,
                    "seq": self.seq,
                    "price": price / 10**self.decimals,
                    "qty": size,
                    "timestamp": time_ms,
                }


@pytest.fixture(scope="module")
def shocked_feed(tmp_path_factory):
    """Signals all the time; they come true in the shocks only, for the leader and then for the pair it leads."""
    draw = random.Random(4)
    products = Product(LEADER, 84_000, 0), Product(LED, 3_000, 1)
    rounds = (CALM + SHOCK) * SHOCKS
    sides = {n: draw.choice((1, -1)) for n in range(0, rounds, EVERY)}

    def lean(n):
        begin = n // EVERY * EVERY
        return sides[begin] if 0 <= n - begin < HOLDS and n >= 0 else 0

    moves = ([], [])
    for n in range(rounds):
        is_shock = n % (CALM + SHOCK) >= CALM
        leads = draw.gauss(0, SHOCK_BPS if is_shock else CALM_BPS)
        if is_shock and n % EVERY == JUMPS:
            leads += PLANTED_BPS * lean(n)
        follows = draw.gauss(0, CALM_BPS)
        if is_shock and n % (CALM + SHOCK) >= CALM + LAG:
            follows += moves[0][n - LAG]
        moves[0].append(leads)
        moves[1].append(follows)
    path = tmp_path_factory.mktemp("feed") / "shocks.feed"
    with path.open("w") as file:
        for n in range(rounds):
            for late, (product, row) in enumerate(zip(products, moves, strict=True)):
                time_ms = START_S * 1000 + n * ROUND_MS + late
                if not n:
                    file.write(f"{time_ms / 1000:.3f}: {json.dumps(product.snapshot(time_ms))}\n")
                # The one that is led shows its side two rounds later, while the leader's stands.
                for message in product.go(time_ms, row[n], lean(n - 2 * late)):
                    file.write(f"{time_ms / 1000:.3f}: {json.dumps(message)}\n")
    return path


@pytest.fixture(scope="module")
def shocked(shocked_feed):
    engine = engine_for(config.check(SETTINGS))
    recording, complaint = gather(engine, [captures.open_bytes(shocked_feed)], lambda done: None)
    assert complaint is None
    return study(recording, [100, 1000], 0.0)


def test_the_one_that_is_led_goes_the_way_of_its_leaders_signals(shocked):
    found = shocked.contagions[0]
    assert (found.leader, found.led, found.lag_ms) == (LEADER, LED, LAG * ROUND_MS)
    assert found.correlation > 0.85
    assert SHOCKS <= found.alerts <= 2 * SHOCKS
    # An alert needs its window full of the shock, and outlives it by as much at most.
    most_ms = (SHOCK + 50) * ROUND_MS * SHOCKS
    assert most_ms / 2 < found.lasted_ms < most_ms
    assert 30 <= found.signals <= most_ms / ROUND_MS / EVERY
    before, then = found.moves
    assert before.mean_bps.low < 0.5
    assert before.mean_bps.high < 1.5
    assert then.mean_bps.low > 2
    assert then.mean_bps.low < PLANTED_BPS < then.mean_bps.high + 1


def test_signals_that_the_leader_backs_are_told_apart(shocked):
    reasons = {group.reason: group for group in shocked.of_kind(REASON)}
    assert list(reasons) == ["imbalance", "leader"]
    (everything,) = shocked.of_kind(ALL)
    assert sum(group.signals for group in reasons.values()) == everything.signals
    alone, backed = (group.outcomes[1] for group in reasons.values())
    assert backed.gross_bps.low > 2
    assert backed.hit_rate.low > 0.6
    # Of those for their imbalance alone most are of calm times, in which nothing is planted.
    assert alone.gross_bps.high < backed.gross_bps.low


def test_a_person_reads_it_in_the_terminal_and_on_the_page(
    shocked, shocked_feed, tmp_path, capsys
):
    settings = tmp_path / "config.json"
    settings.write_text(json.dumps(SETTINGS))
    args = ["study", str(shocked_feed), "--config", str(settings), "--horizons", "100ms,1s"]
    assert cli.main([*args, "--html", str(tmp_path / "study.html")]) == 0
    out = capsys.readouterr().out
    text = (tmp_path / "study.html").read_text()
    assert text == page.render(shocked, [str(shocked_feed)])
    times = shocked.contagions[0].alerts
    for words in ("why leader", f"{LEADER} led {LED} by 300 ms {times} times", "bps after 1 s"):
        assert words in out
        assert words in text
    assert cli.main([*args, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (found,) = [each for each in told["contagions"] if each["leader"]]
    assert found["pairs"] == [LEADER, LED]
    assert found["after"][1]["bps"]["value"] > 2
    assert [group["why"] for group in told["groups"] if group["by"] == "reason"] == [
        "imbalance",
        "leader",
    ]
