"""The score counts deaths of the living only, and keeps the survivors in sight."""

from __future__ import annotations

from dataclasses import replace

from crosstalk.campaign.mutant_outcome import MutantOutcome
from crosstalk.report.mutant_score.score import half_of, summary


def outcome(identifier: str, *, alive: bool, killed_by: str | None, calls: int) -> MutantOutcome:
    return MutantOutcome(identifier, "queries", alive, killed_by, "canary", calls, calls / 10)


def test_a_mutant_that_did_not_start_is_no_survivor_and_no_kill() -> None:
    figures = summary(
        [
            outcome("a", alive=True, killed_by="canary", calls=100),
            outcome("b", alive=True, killed_by=None, calls=2_000),
            outcome("c", alive=False, killed_by=None, calls=0),
        ]
    )
    assert (figures["total"], figures["alive"], figures["killed"]) == (3, 2, 1)
    assert figures["survivors"] == ["b"]


def test_the_medians_are_of_the_killed() -> None:
    killed = [outcome(str(n), alive=True, killed_by="canary", calls=n) for n in (10, 20, 900)]
    figures = summary([*killed, outcome("s", alive=True, killed_by=None, calls=9_999)])
    assert (figures["median_calls"], figures["median_seconds"]) == (20, 2.0)
    assert summary([])["median_calls"] is None


def test_each_row_has_the_keys_that_programs_read() -> None:
    row = summary([outcome("a", alive=True, killed_by="canary", calls=1)])["mutants"][0]
    assert {"id", "class", "killed_by", "calls", "seconds"} <= set(row)


def test_the_last_bit_of_its_ids_digest_decides_the_half_of_a_mutant() -> None:
    # `printf %s ID | sha256sum` ends in c for the first and in d for the second.
    assert half_of("list-without-filter") == "tuned"
    assert half_of("update-without-filter") == "other"


def test_both_halves_are_counted_apart() -> None:
    ids = [f"mutant-{number}" for number in range(20)]
    figures = summary([outcome(each, alive=True, killed_by=None, calls=1) for each in ids])
    tuned = sum(half_of(each) == "tuned" for each in ids)
    assert 0 < tuned < 20
    assert figures["halves"] == {
        "tuned": {"total": tuned, "killed": 0},
        "other": {"total": 20 - tuned, "killed": 0},
    }
    one = summary([outcome("mutant-1", alive=True, killed_by="canary", calls=1)])
    assert one["halves"][half_of("mutant-1")] == {"total": 1, "killed": 1}


def test_mutant_that_survives_with_one_of_several_seeds_has_survived() -> None:
    found = outcome("a", alive=True, killed_by="canary", calls=100)
    later = outcome("b", alive=True, killed_by="canary", calls=30)
    lives = outcome("b", alive=True, killed_by=None, calls=4_000)
    runs = [replace(found, seed=1), replace(later, seed=1)]
    runs += [replace(found, seed=2, calls=300), replace(lives, seed=2)]
    figures = summary(runs)
    assert (figures["total"], figures["killed"], figures["survivors"]) == (2, 1, ["b"])
    assert figures["median_calls"] == 200
    assert [(each["seed"], each["killed"]) for each in figures["seeds"]] == [(1, 2), (2, 1)]
    assert len(figures["mutants"]) == 4
