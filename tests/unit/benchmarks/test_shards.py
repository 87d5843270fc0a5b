"""Rates of sharded campaigns, from their summaries."""

from __future__ import annotations

from benchmarks.shards import ShardedRun, compared, run_of


def test_a_rate_is_of_all_shards_together_over_the_longest() -> None:
    campaigns = [{"calls": 300, "seconds": 10.0}, {"calls": 200, "seconds": 5.0}]
    run = run_of(2, {"calls": 1, "seconds": 99.0, "campaigns": campaigns}, 0.5, 0.1)
    assert (run.calls, run.seconds, run.rate) == (500, 10.0, 50.0)
    assert run_of(1, {"calls": 40, "seconds": 4.0}, 0.5, 0.1).rate == 10.0


def test_ratios_are_to_the_median_of_one_shard() -> None:
    rates = ((1, 10), (2, 15), (4, 16), (4, 20), (2, 25), (1, 30))
    rows = compared([ShardedRun(shards, rate, 1.0, 0.9, 0.2) for shards, rate in rates])
    assert [(row["shards"], row["ratio"]) for row in rows] == [(1, 1.0), (2, 1.0), (4, 0.9)]
    assert rows[2]["rates"] == [16.0, 20.0]
