"""The executor keeps to the calls that it may make."""

from __future__ import annotations

import pytest

from crosstalk.core.history import History
from crosstalk.core.principals import ALICE
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.execution.stopping import OutOfCallsError
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
    executor.close()


def test_calls_that_replay_are_made_beyond_the_limit() -> None:
    executor, history = _executor(), History({"alice": "alice-1"})
    with executor.within(0), executor.replaying():
        executor.execute(history, ALICE, "list", {})
    assert (executor.calls_made, executor.replay_calls) == (0, 1)
