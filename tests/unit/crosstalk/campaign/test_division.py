"""Processes divide one campaign: each part is played once, and calls are counted together."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosstalk.campaign.division import ALONE, SharedDivision


@pytest.fixture
def both(tmp_path: Path) -> tuple[SharedDivision, SharedDivision]:
    return SharedDivision(tmp_path, 1, 2), SharedDivision(tmp_path, 2, 2)


def test_a_part_is_played_by_the_one_that_comes_first(
    both: tuple[SharedDivision, SharedDivision],
) -> None:
    one, two = both
    assert one.take("phase limits")
    assert one.take("phase limits")
    assert not two.take("phase limits")
    assert two.taken_elsewhere("phase limits")
    assert not one.taken_elsewhere("phase limits")
    assert two.take("part 3")


def test_calls_of_the_others_are_known(both: tuple[SharedDivision, SharedDivision]) -> None:
    one, two = both
    one.note(40)
    two.note(2)
    assert (one.calls_elsewhere(), two.calls_elsewhere()) == (2, 40)


def test_calls_that_are_kept_count_until_they_are_made_or_given_back(
    both: tuple[SharedDivision, SharedDivision],
) -> None:
    one, two = both
    one.note(40)
    with one.keeping(100):
        one.note(41)
        assert two.calls_elsewhere() == 100
    assert two.calls_elsewhere() == 41
    one.reserve(30)
    assert two.calls_elsewhere() == 71
    one.reserve(-30)
    assert two.calls_elsewhere() == 41


def test_one_process_that_found_enough_stops_the_others(
    both: tuple[SharedDivision, SharedDivision],
) -> None:
    one, two = both
    assert not two.stopped()
    one.stop()
    assert two.stopped()


def test_every_process_goes_round_the_whole_plan_from_another_place(tmp_path: Path) -> None:
    orders = [
        list(SharedDivision(tmp_path, number, 3).in_order("abcdefgh", early=2))
        for number in (1, 2, 3)
    ]
    assert [each[0] for each in orders] == ["a", "c", "f"]
    assert all(sorted(each) == list("abcdefgh") for each in orders)


def test_alone_everything_is_played_here_in_order() -> None:
    assert ALONE.take("part 1")
    assert not ALONE.taken_elsewhere("part 1")
    assert list(ALONE.in_order("abc", early=1)) == ["a", "b", "c"]
    assert ALONE.calls_elsewhere() == 0
    assert not ALONE.stopped()
