"""Makes first what an operation names: parents before children; reads lists anew.

A part stands in a job: where its owner has no job, or has deleted the last one, a call that names
one is refused, however often it is made. What made such objects before makes another. What nothing
makes may be listed after some change: a bin lists what was thrown away.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from crosstalk.core.history import Actor, Outcome
from crosstalk.core.object_kinds import VERSIONS, kind_named, noun_of, singular
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.values.arguments import ArgumentDrawer
from crosstalk.generator.values.removed_objects import takes_back
from crosstalk.surface.capabilities import removes, required_references
from crosstalk.surface.operation import Operation, Parameter
from crosstalk.surface.opposites import undone_by

# A line in an order of a customer: what is made for what is made.
_DEEPEST = 3
# Attempts for one user's one parameter, after which it is left.
_ATTEMPTS = 3
_LISTS = 2


class Use(Protocol):
    """Has a user call an operation with their own objects; returns whether it was served."""

    def __call__(
        self, operation: Operation, actor: Actor, naming: Parameter | None = None, target: str = ""
    ) -> bool: ...


@dataclass(slots=True)
class Provision:
    """Makes what honest calls name.

    Attributes:
        example: The example.
        use: Has a user call an operation with their own objects, by a parameter with one of them
            where both are given; returns whether it was served.
    """

    example: ExampleRun
    use: Use
    _made: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _depth: int = 0

    @classmethod
    def by(cls, example: ExampleRun, drawer: ArgumentDrawer) -> Provision:
        """Make calls with arguments from a drawer, and before them what they name."""

        def use(
            operation: Operation, actor: Actor, naming: Parameter | None = None, target: str = ""
        ) -> bool:
            if not target:
                provision.for_call(operation, actor)
            arguments = drawer.arguments(
                operation,
                actor,
                references=(actor.name,),
                hostile=False,
                target=target,
                naming=naming,
            )
            call = example.execute(PlannedCall(actor, operation.name, arguments))
            return call.answer.outcome is Outcome.OK

        return (provision := cls(example, use))

    def for_call(self, operation: Operation, actor: Actor, but: Parameter | None = None) -> None:
        """Make or find, for a user, what an operation must name and they have none of.

        Args:
            operation: What is going to be called.
            actor: By whom.
            but: A parameter that names something of another user.
        """
        alike: Counter[str] = Counter()
        for parameter in required_references(operation):
            if parameter is but:
                continue
            # Two that are merged are two of one kind.
            alike[kind := kind_named(parameter.name, operation.name)] += 1
            place = actor.name, operation.name, parameter.name
            enough = self._has(operation, actor, parameter, alike[kind])
            if enough or self._made[place] >= _ATTEMPTS:
                continue
            self._made[place] += 1
            if not self._make(operation, actor, parameter):
                self.look(operation, actor)
                if kind_named(parameter.name, operation.name) in VERSIONS:
                    self._read_history(actor)
                elif not self._has(operation, actor, parameter):
                    self._throw_away(operation, actor, parameter)

    def another(self, operation: Operation, actor: Actor) -> None:
        """Make anew what an operation must name: with the last one it may be done by now."""
        for parameter in required_references(operation):
            self._make(operation, actor, parameter)

    def of_list(self, operation: Operation, parameter: Parameter, actor: Actor) -> list[str]:
        """Return what a list of an operation can name of a user's own; it is made anew.

        What an operation has changed once it may refuse to change again.
        """
        self.another(operation, actor)
        return self.example.pool.references(actor.name, parameter, operation.name, guess=False)

    def look(self, operation: Operation, actor: Actor, read: set[str] | None = None) -> None:
        """Read the lists that may show what is wanted: those of the collection, by the address.

        Args:
            operation: What is going to be called.
            actor: By whom.
            read: Names of lists that were read a moment ago, which are not read again; added to.
        """
        address = operation.name.partition(" ")[2]
        collection = re.split(r"[/ ]?\{", address)[0] if "{" in address else ""
        lists = self.example.capabilities.own_lists
        near = [each for each in lists if each.name.partition(" ")[2] == collection]
        if not near and not collection:
            near = [each for each in lists if each.surface == operation.surface]
        for each in near[:_LISTS]:
            if read is None or each.name not in read:
                self.example.execute(self.example.reading(each, actor))
            if read is not None:
                read.add(each.name)

    def renewed(self, operation: Operation, parameter: Parameter, actor: Actor) -> str | None:
        """Return an object that the user has just brought into the state that an operation undoes.

        An entry of a bin is gone once it was taken back, no user restores what is there, and what
        is open cannot be reopened.

        Returns:
            What lists show of an object that was deleted now, or one that was closed now; None for
            operations that undo nothing.
        """
        undone = _undone_by(self.example.state, operation)
        if undone is not None and (done := self._done_anew(undone, actor)) is not None:
            return done
        restored = undoes(self.example.state, operation) and undone is None
        if (operation.name, parameter.name) not in self._revealed and not restored:
            return None
        self._throw_away(operation, actor, parameter, likely=restored)
        pool = self.example.pool
        known = pool.references(actor.name, parameter, operation.name, guess=False)
        return known[-1] if known else None

    def _done_anew(self, operation: Operation, actor: Actor) -> str | None:
        """Have the user do something to a new object; return the object."""
        (wanted,) = required_references(operation)
        makers = self._makers(operation, wanted)
        if makers and not any(self.use(each, actor) for each in makers):
            return None
        newest = self._newest(operation, wanted, actor)
        if not self.use(operation, actor, wanted if newest else None, newest):
            return None
        return str(self.example.history.calls[-1].arguments.get(wanted.name))

    def _newest(self, operation: Operation, parameter: Parameter, actor: Actor) -> str:
        """Return what a user has made last: an older one may be gone, or merged into another."""
        asked = (actor.name, parameter, operation.name)
        known = self.example.pool.references(*asked, guess=False) if not parameter.many else []
        return known[-1] if known else ""

    @property
    def _revealed(self) -> set[tuple[str, str]]:
        return self.example.state.knowledge.fields.revealed

    def _read_history(self, actor: Actor) -> None:
        """Have the user read what lists versions of their objects."""
        if self._depth >= _DEEPEST:
            return
        self._depth += 1
        try:
            for each in self.example.capabilities.protected:
                listing = each.reads_only and singular(noun_of(each.name)) in VERSIONS
                if listing and not each.conversational:
                    self.use(each, actor)
        finally:
            self._depth -= 1

    def _throw_away(
        self, operation: Operation, actor: Actor, parameter: Parameter, *, likely: bool = False
    ) -> None:
        """Have the user delete a new object where lists have shown what is wanted only then.

        Args:
            operation: What is going to be called.
            actor: By whom.
            parameter: What is wanted.
            likely: Whether its name says that it takes what was deleted, though none was shown yet.
        """
        known = likely or self.example.pool.sources(parameter, operation.name)
        if self._depth or not known:
            return
        self._depth += 1
        try:
            for each in self.example.capabilities.mutates_by_id:
                wanted = required_references(each)
                if not removes(each) or each is operation or len(wanted) != 1:
                    continue
                makers = self._makers(each, wanted[0])
                # What its maker tells in words alone is known from lists: one that is there.
                there = any(self.use(maker, actor) for maker in makers) or (
                    not makers and self._has(each, actor, wanted[0])
                )
                newest = self._newest(each, wanted[0], actor)
                if there and self.use(each, actor, wanted[0] if newest else None, newest):
                    self.look(operation, actor)
                if self._has(operation, actor, parameter):
                    self._revealed.add((operation.name, parameter.name))
                    return
        finally:
            self._depth -= 1

    def _make(self, operation: Operation, actor: Actor, parameter: Parameter) -> bool:
        """Have the user make an object that fits, and before it what it stands in."""
        if self._depth >= _DEEPEST:
            return False
        self._depth += 1
        try:
            return any(
                self.use(maker, actor) and self._has(operation, actor, parameter)
                for maker in self._makers(operation, parameter)
            )
        finally:
            self._depth -= 1

    def _has(
        self, operation: Operation, actor: Actor, parameter: Parameter, least: int = 1
    ) -> bool:
        # What an earlier example left proves nothing any more: what can be made is made anew.
        made = bool(self._makers(operation, parameter))
        known = self.example.pool.references(
            actor.name, parameter, operation.name, guess=False, new=made
        )
        return len(known) >= least

    def _makers(self, operation: Operation, parameter: Parameter) -> list[Operation]:
        """Return what showed such ids when it stored something: what names fewest things first."""
        known = self.example.state.executor.operations
        found = [
            known[name]
            for name in self.example.pool.sources(parameter, operation.name)
            if name in known and name != operation.name
        ]
        making = [each for each in found if not each.reads_only and not removes(each)]
        return sorted(making, key=lambda each: len(required_references(each)))[:_LISTS]


def undoes(state: GeneratorState, operation: Operation) -> bool:
    """Return whether an operation changes only what was removed, or was changed by another."""
    restored = takes_back(operation) and operation.name not in state.knowledge.fields.of_present
    restored = restored and not (operation.reads_only or removes(operation))
    return restored or _undone_by(state, operation) is not None


def _undone_by(state: GeneratorState, operation: Operation) -> Operation | None:
    known = state.executor.operations
    learnt = known.get(state.knowledge.changed_first.get(operation.name, ""))
    return learnt or undone_by(operation, known.values())
