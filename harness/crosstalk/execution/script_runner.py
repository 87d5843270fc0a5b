"""Runs the steps of a script into a history: the one way in which scripts are run again.

References are resolved with the answers of this run, and markers get a number of their own.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeGuard
from uuid import UUID, uuid5

from crosstalk.core.errors import HarnessError
from crosstalk.core.history import Call, History
from crosstalk.core.identifiers import map_markers, remarked_cut
from crosstalk.core.script import Script, Step, UnresolvedReferenceError, resolve
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.execution.other_entries import chosen
from crosstalk.execution.rising_numbers import risen
from crosstalk.surface.capabilities import page_size, renewed_size
from crosstalk.surface.operation import Role
from crosstalk.surface.patterns import admits, renewed


class ReplayFileError(HarnessError):
    """The script cannot be replayed on this system; the message says why."""


@dataclass(slots=True)
class ScriptRunner:
    """Runs steps into one history.

    Attributes:
        executor: Makes the calls.
        history: Where they are recorded; it has a subject for every user of the steps.
        salt: 32 bits that give markers a number of their own.
        answers: Step number to the call that it became.
        lost: Numbers of steps that needed a value which did not come back, and were left out.
        sleep: Waits, in seconds.
        texts: Salt, and what a pattern or format admits and no marker can be in, to the text for
            that salt.
    """

    executor: Executor
    history: History
    salt: int = 0
    answers: dict[int, Call] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)
    texts: dict[tuple[int, str], str] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep

    def run_step(self, step: Step, *, salt: int | None = None) -> Call | None:
        """Make the call of one step; None where it needs a value that did not come back.

        Args:
            step: Of the script.
            salt: For its markers, where they are not those of the other steps.

        Raises:
            ReplayFileError: The system has no such operation.
        """
        try:
            planned = self._planned(step, self.salt if salt is None else salt)
        except UnresolvedReferenceError:
            return None
        self._wait(step.after)
        call = self.executor.make(self.history, planned)
        self.answers[step.number] = call
        return call

    def run_at_once(self, steps: Sequence[Step]) -> list[Call | None]:
        """Make the calls of steps that need nothing of each other, at once where that is allowed.

        Returns:
            The call of each; None where it needs a value that did not come back.

        Raises:
            ReplayFileError: The system has no such operation.
        """
        planned: dict[int, PlannedCall] = {}
        for step in steps:
            with suppress(UnresolvedReferenceError):
                planned[step.number] = self._planned(step, self.salt)
        self._wait(max((step.after for step in steps), default=0.0))
        made = self.executor.execute_all(self.history, list(planned.values()))
        answered = dict(zip(planned, made, strict=True))
        self.answers.update(answered)
        return [answered.get(step.number) for step in steps]

    def run_script(self, script: Script, *, without_lost: bool = False) -> bool:
        """Make all calls; return False where one needs a value that did not come back.

        Args:
            script: Whose steps are run.
            without_lost: Leave out the steps that need such a value, which are `lost` then.

        Raises:
            ReplayFileError: The script names an operation that the system does not have.
        """
        for group in _groups(script.steps):
            steps, planned = [], []
            for step in group:
                try:
                    planned.append(self._planned(step, self.salt))
                    steps.append(step)
                except UnresolvedReferenceError:
                    if not without_lost:
                        return False
                    self.lost.add(step.number)
            if not steps:
                continue
            self._wait(max(step.after for step in steps))
            made = self.executor.execute_all(self.history, planned)
            self.answers.update(zip((step.number for step in steps), made, strict=True))
        return True

    def _wait(self, seconds: float) -> None:
        """Wait before a call, no longer than calls may be made at all."""
        if seconds > 0:
            self.sleep(max(0.0, min(seconds, self.executor.seconds_left())))

    def _planned(self, step: Step, salt: int) -> PlannedCall:
        if step.operation not in self.executor.operations:
            raise ReplayFileError(
                f"the system has no operation {step.operation!r}; is it the same system?"
            )
        arguments = resolve(self._renewed(step, salt), self.answers, self.history.symbols(), salt)
        return PlannedCall(step.actor, step.operation, arguments, step.probe, step.sending)

    def _renewed(self, step: Step, salt: int) -> Mapping[str, Any]:
        """Return a step's arguments with other texts where no whole marker can stand."""
        for each in self.executor.operations[step.operation].parameters:
            given = step.arguments.get(each.name)
            if salt and isinstance(given, str) and each.role in (Role.TEXT, Role.NAME):
                other = remarked_cut(given, each.schema, salt)
                if other != given:
                    self.texts.setdefault((salt, given), other)
                    # A system may write what is a name in capitals.
                    self.texts.setdefault((salt, given.upper()), other.upper())
            bound = each.schema.get("pattern") and "enum" not in each.schema
            # What the pattern refuses was given to be refused.
            if bound and _is_plain(given) and admits(each.schema, given):
                self.texts.setdefault((salt, given), renewed(given, each.schema, salt))
            chosen = self.executor.operations[step.operation].chooses(each)
            if salt and chosen and _is_plain(given) and each.schema.get("format") == "uuid":
                # Under the same id the call would replace what the example left behind.
                self.texts.setdefault((salt, given), str(uuid5(UUID(int=salt), given)))
        given = {name: self._of_this_run(value, salt) for name, value in step.arguments.items()}
        size = page_size(self.executor.operations[step.operation])
        if salt and size is not None and isinstance(given.get(size.name), int):
            # A page may be kept for who asked for one of its size first, in the example.
            given[size.name] = renewed_size(given[size.name], size, salt)
        return given

    def _of_this_run(self, value: Any, salt: int) -> Any:
        """Return an argument, or each of a list, with the text of this salt in its place."""
        if isinstance(value, list):
            return [self._of_this_run(each, salt) for each in value]
        if not isinstance(value, str):
            return value
        other = self.texts.get((salt, value)) or chosen(value, salt)
        return risen(other, self.executor.calls_in_all)


def _is_plain(value: Any) -> TypeGuard[str]:
    """Return whether a value is a text that neither a reference nor a marker makes anew."""
    return (
        isinstance(value, str) and "${" not in value and map_markers(value, lambda _: "") == value
    )


def _groups(script: Sequence[Step]) -> Iterator[list[Step]]:
    """Return the steps in order; those that are made at once come together."""
    for number, steps in itertools.groupby(script, key=lambda step: step.together):
        group = list(steps)
        needed = {other for step in group for other in step.references()}
        if number and not needed & {step.number for step in group}:
            yield group
        else:
            yield from ([step] for step in group)
