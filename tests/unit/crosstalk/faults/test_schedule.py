"""Schedules come from a deck and a seed, and can be kept and read."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.faults.catalog import FAULTS, SHORT
from crosstalk.faults.schedule import load_schedule, schedules


def test_schedules_of_one_seed_are_equal() -> None:
    first, second = (list(islice(schedules(FAULTS.values(), 5, 7), 4)) for _ in range(2))
    assert first == second
    assert first != list(islice(schedules(FAULTS.values(), 5, 8), 4))


def test_every_fault_is_drawn_equally_often() -> None:
    drawn = islice(schedules(FAULTS.values(), len(FAULTS), 3), 5)
    counts = Counter(each.fault for one in drawn for each in one.injections)
    assert set(counts.values()) == {5}
    assert counts.keys() == FAULTS.keys()


def test_short_plan_names_faults_that_exist() -> None:
    assert set(SHORT) <= FAULTS.keys()


def test_kept_schedule_is_read_as_it_was(tmp_path: Path) -> None:
    schedule = next(schedules(FAULTS.values(), 5, 7))
    kept = tmp_path / "schedule.json"
    kept.write_text(schedule.dump())
    assert load_schedule(kept, FAULTS) == schedule


@pytest.mark.parametrize(
    "text", ["", "[]", '{"seed": 1}', '{"seed": 1, "injections": [{"fault": "x"}]}']
)
def test_file_that_is_not_a_schedule_is_refused(tmp_path: Path, text: str) -> None:
    kept = tmp_path / "schedule.json"
    kept.write_text(text)
    with pytest.raises(HarnessError, match="is not a schedule"):
        load_schedule(kept, FAULTS)


def test_schedule_with_an_unknown_fault_names_those_that_exist(tmp_path: Path) -> None:
    kept = tmp_path / "schedule.json"
    kept.write_text('{"seed": 1, "injections": [{"fault": "x", "seconds": 1, "pause": 0}]}')
    with pytest.raises(HarnessError, match="there is no fault 'x'; there are: kill -9 backend"):
        load_schedule(kept, FAULTS)
