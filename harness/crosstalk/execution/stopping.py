"""Ends a run from inside an example.

An error that is raised while an example is generated goes through Hypothesis, which would repeat
the example, and call an error that does not repeat flaky: on a system that keeps state it would be
lost, and each example would end early. Here an error unwinds everything up to the campaign.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hypothesis.errors import Flaky, Frozen, UnsatisfiedAssumption

from crosstalk.core.errors import HarnessError, TargetFailedError
from crosstalk.core.history import Answer, Outcome

# A target that is restarted by a supervisor, after a request that has killed it, comes back sooner.
_PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.5
# An operation that never answers is not asked as often, or as long, without another in between.
_CALLS_IN_A_ROW = 8
_SECONDS_IN_A_ROW = 20.0


# What Hypothesis raises inside a rule for its own purposes.
_OF_HYPOTHESIS = (UnsatisfiedAssumption, Flaky, Frozen)


class RunStopped(BaseException):
    """Unwinds examples, phases and replays up to the campaign; `error` says why."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class OutOfTimeError(BaseException):
    """Unwinds what is under way, up to whoever gave it a time: that time is over."""


class OutOfCallsError(OutOfTimeError):
    """Unwinds what is under way: no more calls may be made but those that replay."""


@contextmanager
def stopping_the_run() -> Iterator[None]:
    """Turn an expected failure inside the block into one that Hypothesis does not catch.

    Raises:
        RunStopped: The block raised a HarnessError.
    """
    try:
        yield
    except HarnessError as error:
        raise RunStopped(error) from error


@contextmanager
def rule_errors_stop_the_run() -> Iterator[None]:
    """Turn every error of a rule into one that Hypothesis does not catch.

    Raises:
        RunStopped: The block raised an error; those that Hypothesis works with pass unchanged.
    """
    try:
        yield
    except _OF_HYPOTHESIS:
        raise
    except Exception as error:
        raise RunStopped(error) from error


@contextmanager
def stopped_runs_are_errors() -> Iterator[None]:
    """Turn what unwinds a run back into the error that it was, where nothing is in between.

    Raises:
        HarnessError: The block was stopped by it.
    """
    try:
        yield
    except RunStopped as stopped:
        raise stopped.error from stopped


class TargetWatch:
    """Notices when the target has gone away.

    Args:
        look: Reaches the target, whatever is asked of it.
        sleep: Waits, in seconds.
        clock: Seconds on a monotonic clock.
    """

    def __init__(
        self,
        look: Callable[[], object],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._sleep = sleep
        self._clock = clock
        self._calls = 0
        self._seconds = 0.0

    def __call__(self, answer: Answer, seconds: float) -> None:
        """Take notice of the answer to a call that was made in full, and how long it took.

        Raises:
            TargetFailedError: There was no answer to several calls in a row, and the target cannot
                be reached any more.
        """
        if answer.code == "unsendable":
            return
        if answer.outcome is Outcome.UNREACHABLE:
            self._calls += 1
            self._seconds += seconds
            few = self._calls < _CALLS_IN_A_ROW
            if few and (self._calls < 2 or self._seconds < _SECONDS_IN_A_ROW):
                return
            self._require_target(answer)
        self._calls, self._seconds = 0, 0.0

    def _require_target(self, answer: Answer) -> None:
        deadline = self._clock() + _PATIENCE_SECONDS
        while True:
            try:
                self._look()
            except HarnessError as error:
                if self._clock() >= deadline:
                    said = answer.message or "no answer"
                    raise TargetFailedError(
                        f"the target has gone away: {self._calls} calls in a row were not answered "
                        f"({said}); then: {error}"
                    ) from error
                self._sleep(_PAUSE_SECONDS)
            else:
                return
