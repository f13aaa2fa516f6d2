"""What REST told of a pair's decimals and what its book shows are compared once, and a difference is said."""

import json

UNKNOWN = [-1, -1]

CASES = {
    "they agree": ([[[1, 8], [1, 8]]], 0, 0, []),
    "a price differs": (
        [[[1, 8], [1, 8]], [[2, 8], [1, 8]]],
        0,
        0,
        ["ETH/USD: prices have 1 decimals, AssetPairs says 2"],
    ),
    "both differ": (
        [[[5, 8], [1, 5]]],
        0,
        0,
        [
            "BTC/USD: prices have 1 decimals, AssetPairs says 5",
            "BTC/USD: quantities have 5 decimals, AssetPairs says 8",
        ],
    ),
    "no book yet": ([[[1, 8], UNKNOWN], [[1, 8], [1, 8]]], 1, 1, []),
    "nothing listed": ([[UNKNOWN, [1, 8]]], 0, 0, []),
}


def test_every_difference_is_said_once(run, tmp_path):
    lines = [
        {
            "dialect": dialect,
            "pairs": ["BTC/USD", "ETH/USD"][: len(decimals)],
            "decimals": decimals,
        }
        for decimals, *_ in CASES.values()
        for dialect in ("spot_v2", "spot_v1")
    ]
    (tmp_path / "cases").write_text("\n".join(map(json.dumps, lines)))
    said = run("precisions.py", tmp_path / "cases")
    assert said[::2] == [[left, again, why] for _, left, again, why in CASES.values()]
    # v1 prints other decimals than the listing's: there is nothing to compare.
    assert said[1::2] == [[0, 0, []]] * len(CASES)
