"""State that the examples of one campaign share: how calls are made, and what was tried so far."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from crosstalk.core.history import Actor, Call, History
from crosstalk.core.identifiers import marker
from crosstalk.core.principals import ALL_PRINCIPALS, Principals, forger
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.opened_first import OpenedFirst
from crosstalk.generator.values.argument_knowledge import ArgumentKnowledge
from crosstalk.generator.values.forms.amounts import amounts_among
from crosstalk.oracles.numbers.counted import numbers_of
from crosstalk.surface.operation import Operation

# Honest calls of one operation that is never served: the part of a campaign's calls, and bounds.
_PART_IN_VAIN, _LEAST_IN_VAIN, _MOST_IN_VAIN = 0.04, 8, 60
# Fewer calls are kept for what may show something new.
_SHORT = 1_000
# Readings after which an operation that has shown nothing is not read by every form.
_MOST_EMPTY = 12


@dataclass(slots=True)
class GeneratorState:
    """State that the examples of one campaign share.

    Attributes:
        executor: Makes the calls.
        fresh_history: Resets the system where that is possible; returns a history with new
            subjects.
        observations: Operations by which users read their own data, known to be steady.
        forgeries: Names of the spoiled credentials that may be tried.
        on_example_end: Called with each example's history when the example ends.
        stopped: Returns whether the campaign should make no more calls.
        left: Returns how many calls may be made until it is.
        judge: Judges an example that is not over yet; returns whether any of it was replayed.
        unserved: Returns the names of the operations that no example has served yet.
        opportunities: Returns oracle name to the operations at which it has had an opportunity in
            the examples that are over.
        found: Returns oracle and operation of what was found so far.
        principals: Who can take part.
        knowledge: What the campaign has learnt about arguments.
        planted: Number of markers planted so far.
        steady: Names of operations whose reading stays the same when no other user acts.
        tried: Operation name to the number of honest calls of it.
        served: Operation name to the number of honest calls of it that returned a result.
        shown: Names of operations whose answers to users were not empty.
        refused_own: Operation name to the number of owners' calls that were answered by an error.
        enabled: Operation that was refused at first to the change of the same object after which
            its owner was served: what was thrown away can be brought back.
        opened_first: Calls that the system wants before others.
        rule_runs: Rule name to the number of times it was run.
        shows_rights: What operations are about whose answers show what their caller may do.
        numbering: Operations that gave numbers which begin with 1, or differ from call to call.
        situations: Situation that is made on purpose to how often, or how large, it was made.
        choices: (rule, operation, further) to the number of times that the rule chose it.
        sleep: Waits, in seconds.
        calls: Calls that the campaign means to make.
        one_is_enough: Whether the campaign ends with its first finding.
    """

    executor: Executor
    fresh_history: Callable[[], History]
    observations: Sequence[Operation]
    forgeries: Sequence[str]
    on_example_end: Callable[[History], None]
    stopped: Callable[[], bool]
    left: Callable[[], int] = lambda: 2**31
    judge: Callable[[History], bool] | None = None
    unserved: Callable[[], Collection[str]] = tuple
    opportunities: Callable[[], Mapping[str, Collection[str]]] = dict
    found: Callable[[], Collection[tuple[str, str]]] = tuple
    principals: Principals = ALL_PRINCIPALS
    knowledge: ArgumentKnowledge = field(default_factory=ArgumentKnowledge)
    planted: int = 0
    steady: set[str] = field(default_factory=set)
    tried: Counter[str] = field(default_factory=Counter)
    served: Counter[str] = field(default_factory=Counter)
    shown: set[str] = field(default_factory=set)
    refused_own: Counter[str] = field(default_factory=Counter)
    enabled: dict[str, str] = field(default_factory=dict)
    opened_first: OpenedFirst = field(default_factory=OpenedFirst)
    rule_runs: Counter[str] = field(default_factory=Counter)
    choices: Counter[tuple[str, ...]] = field(default_factory=Counter)
    shows_rights: set[str] = field(default_factory=set)
    numbering: set[str] = field(default_factory=set)
    situations: Counter[str] = field(default_factory=Counter)
    sleep: Callable[[float], None] = time.sleep
    calls: int = 1_000
    one_is_enough: bool = False
    # Operation and field to the first number that was given there.
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def note_numbers(self, call: Call) -> None:
        """Note whether a call that stored something gave a number to it."""
        for path, (_, number) in numbers_of(call).items():
            if number == 1 or self._numbers.setdefault((call.operation, path), number) != number:
                self.numbering.add(call.operation)

    def reaching_others(self) -> set[str]:
        """Return the names of the operations that are known to change what is another user's."""
        return {operation for oracle, operation in self.found() if oracle == "ownership"}

    @property
    def is_short(self) -> bool:
        """Return whether calls are so few that nothing is read twice that was never different."""
        return self.calls < _SHORT

    def shows_nothing(self, operation: Operation) -> bool:
        """Return whether an operation was read often and has shown no user anything."""
        return operation.name not in self.shown and self.tried[operation.name] >= _MOST_EMPTY

    def in_vain(self, operation: Operation) -> bool:
        """Return whether an operation was tried so often, and never served, that it is left alone.

        The fewer calls a campaign has, the fewer it can spend on what the system refuses.
        """
        most = min(_MOST_IN_VAIN, max(_LEAST_IN_VAIN, int(_PART_IN_VAIN * self.calls)))
        return not self.served[operation.name] and self.tried[operation.name] >= most

    def __post_init__(self) -> None:
        self.steady.update(each.name for each in self.observations)
        self.knowledge.amounts = amounts_among(self.executor.operations.values())

    def plant(self, user: str) -> str:
        """Return a new marker of this user."""
        self.planted += 1
        return marker(user, self.planted)

    @property
    def strangers(self) -> list[Actor]:
        """Actors without a valid credential, those with a spoiled one included."""
        return [*self.principals.strangers, *(forger(kind) for kind in self.forgeries)]
