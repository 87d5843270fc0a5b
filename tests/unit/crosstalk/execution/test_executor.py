"""The executor keeps to the calls that it may make."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event
from typing import Any

import pytest

from crosstalk.core.history import Answer, History
from crosstalk.core.principals import ALICE
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.execution.stopping import OutOfCallsError
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.execution.test_replay import Notes


def _executor(concurrency: int = 1) -> Executor:
    memory = Notes(leaks=False)
    operations = {each.name: each for each in memory.discover()}
    return Executor({"mem": memory}, operations, memory, concurrency)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_no_call_is_made_beyond_the_limit_and_all_that_were_made_are_recorded(
    concurrency: int,
) -> None:
    executor, history = _executor(concurrency), History({"alice": "alice-1"})
    planned = [PlannedCall(ALICE, "list")] * 6
    with executor.within(4), pytest.raises(OutOfCallsError):
        executor.execute_all(history, planned)
    assert (executor.calls_made, len(history)) == (4, 4)
    with executor.within(4), pytest.raises(OutOfCallsError):
        executor.execute(history, ALICE, "list", {})
    executor.execute(history, ALICE, "list", {})
    assert executor.calls_made == 5
    # None was refused for being too many, so that none is named.
    assert not executor.limited
    executor.close()


def test_calls_that_replay_are_made_beyond_the_limit() -> None:
    executor, history = _executor(), History({"alice": "alice-1"})
    with executor.within(0), executor.replaying():
        executor.execute(history, ALICE, "list", {})
    assert (executor.calls_made, executor.replay_calls) == (0, 1)


def test_calls_after_a_replay_within_a_replay_are_replays_still() -> None:
    executor, history = _executor(), History({"alice": "alice-1"})
    with executor.replaying():
        with executor.replaying():
            executor.execute(history, ALICE, "list", {})
        executor.execute(history, ALICE, "list", {})
    executor.execute(history, ALICE, "list", {})
    assert (executor.calls_made, executor.replay_calls) == (1, 2)


class _Counted(Notes):
    """A surface that tells when its third call has begun."""

    def __init__(self) -> None:
        super().__init__(leaks=False)
        self.begun = 0
        self.third = Event()

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        self.begun += 1
        if self.begun >= 3:
            self.third.set()
        return super().call(operation, arguments, presented)


def _in_groups(concurrency: int) -> tuple[Executor, _Counted]:
    memory = _Counted()
    operations = {each.name: each for each in memory.discover()}
    return Executor({"mem": memory}, operations, memory, concurrency), memory


def test_next_group_is_under_way_while_the_last_one_is_looked_at() -> None:
    (executor, memory), history = _in_groups(2), History({"alice": "alice-1"})
    planned = [PlannedCall(ALICE, "list", {"number": each}) for each in range(5)]
    made = executor.execute_in_groups(history, planned, lambda: True)
    assert next(made).arguments == {"number": 0}
    assert memory.third.wait(5.0)
    assert [each.arguments["number"] for each in made] == [1, 2, 3, 4]
    assert [each.arguments["number"] for each in history] == [0, 1, 2, 3, 4]
    assert [each.together for each in history] == [1, 1, 2, 2, 0]
    executor.close()


@pytest.mark.parametrize("concurrency", [1, 2])
def test_no_further_group_is_begun_where_it_may_not(concurrency: int) -> None:
    (executor, _), history = _in_groups(concurrency), History({"alice": "alice-1"})
    planned = [PlannedCall(ALICE, "list")] * 6
    made = executor.execute_in_groups(history, planned, lambda: len(history) < 2)
    assert len(list(made)) == len(history) == 2
    executor.close()
