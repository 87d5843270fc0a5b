"""A target that has gone away is noticed, and one that is merely slow or picky is not."""

from __future__ import annotations

import pytest

from crosstalk.core.errors import TargetFailedError
from crosstalk.core.history import Answer, Outcome
from crosstalk.execution.stopping import (
    RunStopped,
    TargetWatch,
    stopped_runs_are_errors,
    stopping_the_run,
)

_LOST = Answer(Outcome.UNREACHABLE, None, None, message="ConnectError")
_UNSENDABLE = Answer(Outcome.UNREACHABLE, None, None, code="unsendable")
_OK = Answer(Outcome.OK, 200, {})


class _Target:
    """A target whose looks fail; time passes while one waits."""

    def __init__(self, *, failing: int) -> None:
        self.failing = failing
        self.looks = 0
        self.now = 0.0

    def look(self) -> None:
        self.looks += 1
        if self.looks <= self.failing:
            raise TargetFailedError("nothing answers")

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def watch(self) -> TargetWatch:
        return TargetWatch(self.look, self.sleep, lambda: self.now)


def test_a_target_that_answers_nothing_any_more_has_gone_away() -> None:
    target = _Target(failing=1_000)
    watch = target.watch()
    with pytest.raises(TargetFailedError, match=r"8 calls in a row .*ConnectError.*nothing answ"):
        for _ in range(8):
            watch(_LOST, 0.01)


def test_a_target_that_comes_back_goes_on() -> None:
    target = _Target(failing=3)
    watch = target.watch()
    for _ in range(8):
        watch(_LOST, 0.01)
    assert target.looks == 4


def test_calls_that_wait_long_for_nothing_need_not_be_many() -> None:
    target = _Target(failing=1_000)
    watch = target.watch()
    watch(_LOST, 15.0)
    with pytest.raises(TargetFailedError):
        watch(_LOST, 15.0)


def test_an_answer_in_between_and_what_was_never_sent_count_for_nothing() -> None:
    target = _Target(failing=1_000)
    watch = target.watch()
    for _ in range(5):
        for answer in (*[_LOST] * 7, _OK, *[_UNSENDABLE] * 20):
            watch(answer, 0.01)
    assert target.looks == 0


def test_an_expected_failure_unwinds_the_run_and_is_itself_again_outside() -> None:
    error = TargetFailedError("gone")
    with pytest.raises(RunStopped) as stopped, stopping_the_run():
        raise error
    assert not isinstance(stopped.value, Exception)
    with pytest.raises(TargetFailedError, match="gone"), stopped_runs_are_errors():
        raise stopped.value
