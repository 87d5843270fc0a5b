"""Delta debugging over real replays (Zeller and Hildebrandt 2002), for every kind of script.

The system under test keeps state between runs, so a shrinker that expects the same bytes to give
the same run would call real leaks flaky. Whatever is left out is left out of a replay on fresh
subjects, and what still shows the finding is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from crosstalk.core.script import Script
from crosstalk.execution.executor import Executor
from crosstalk.execution.stopping import OutOfTimeError
from crosstalk.surface.operation import Operation, Role

_T = TypeVar("_T")

# The part of the seconds left that shrinking may use.
_SHARE = 0.6


@dataclass(slots=True)
class Allowance:
    """Calls and seconds that shrinking may use.

    Attributes:
        executor: Makes the calls, and counts them.
        calls: As many may be made from now on.
        seconds: As many may pass from now on, and no more than a part of those that are left.
    """

    executor: Executor
    calls: int
    seconds: float
    _before: int = field(init=False)
    _deadline: float = field(init=False)
    _over: bool = False

    def __post_init__(self) -> None:
        self._before = self.executor.calls_in_all
        # The replays that must prove the result need some of what is left.
        self.seconds = min(self.seconds, _SHARE * self.executor.seconds_left())
        self._deadline = time.monotonic() + self.seconds

    def used(self) -> int:
        """Return how many calls were made since it was given."""
        return self.executor.calls_in_all - self._before

    def spent(self) -> bool:
        """Return whether it is used up; asked between replays."""
        return self._over or self.used() >= self.calls or time.monotonic() >= self._deadline

    def bounding(self, shows: Callable[[Script], bool]) -> Callable[[Script], bool]:
        """Return an attempt that is cut off where its time is over, and then shows nothing."""

        def attempt(script: Script) -> bool:
            try:
                with self.executor.until(self._deadline):
                    return shows(script)
            except OutOfTimeError:
                self._over = True
                return False

        return attempt


def minimize(
    items: Sequence[_T],
    attempt: Callable[[Sequence[_T]], Sequence[_T] | None],
    spent: Callable[[], bool],
) -> list[_T]:
    """Return as few of the items as still show a finding.

    Args:
        items: All of them; together they show it.
        attempt: Tries some of the items; returns those that were needed to try (leaving one out
            may take others with it) where they show it, None where they do not.
        spent: Returns whether to stop.
    """
    left = list(items)
    size = max(1, len(left) // 2)
    while left:
        progressed, position = False, 0
        while position < len(left):
            if spent():
                return left
            smaller = attempt([*left[:position], *left[position + size :]])
            if smaller is None:
                position += size
            else:
                left = list(smaller)
                progressed = True
        if size == 1 and not progressed:
            break
        size = max(1, size // 2)
    return left


def shrink_script(
    script: Script,
    shows: Callable[[Script], bool],
    spent: Callable[[], bool],
    *,
    kept_arguments: Collection[tuple[int, str]] = (),
    steps: Collection[int] | None = None,
) -> Script:
    """Return the shortest script found that still shows a finding.

    Args:
        script: Shows it.
        shows: Replays a script; returns whether it shows the finding.
        spent: Returns whether to stop.
        kept_arguments: Arguments that must stay, each named with the number of its step.
        steps: Numbers of the steps that may be left out; all of them by default.
    """
    script = drop_steps(script, shows, spent, steps)
    script = drop_arguments(script, shows, spent, kept_arguments)
    # Arguments that are gone may have needed calls that are still there.
    return drop_steps(script, shows, spent, steps)


def drop_steps(
    script: Script,
    shows: Callable[[Script], bool],
    spent: Callable[[], bool],
    steps: Collection[int] | None = None,
) -> Script:
    """Return the script without the steps that it can do without."""
    best = script

    def attempt(numbers: Sequence[int]) -> Sequence[int] | None:
        nonlocal best
        fixed = [] if steps is None else [each for each in best.numbers() if each not in steps]
        shorter = best.only({*numbers, *fixed})
        if shorter is None or not shows(shorter):
            return None
        best = shorter
        return [each for each in best.numbers() if each in numbers]

    minimize([each for each in best.numbers() if steps is None or each in steps], attempt, spent)
    return best


def drop_arguments(
    script: Script,
    shows: Callable[[Script], bool],
    spent: Callable[[], bool],
    kept: Collection[tuple[int, str]] = (),
) -> Script:
    """Return the script without the arguments that it can do without."""
    best = script
    every = [each for each in script.arguments() if each not in kept]

    def attempt(arguments: Sequence[tuple[int, str]]) -> Sequence[tuple[int, str]] | None:
        nonlocal best
        shorter = script.without_arguments(set(every) - set(arguments))
        if not shows(shorter):
            return None
        best = shorter
        return arguments

    minimize(every, attempt, spent)
    return best


def identity_arguments(script: Script, operations: Mapping[str, Operation]) -> set[tuple[int, str]]:
    """Return the arguments that say who calls: without them a call would be another user's."""
    identities = {
        name: {each.name for each in operation.parameters if each.role is Role.IDENTITY}
        for name, operation in operations.items()
    }
    return {
        (step.number, name)
        for step in script.steps
        for name in step.arguments
        if name in identities.get(step.operation, ())
    }
