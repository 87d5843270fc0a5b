"""One example under way: plans calls, makes them, and learns from the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from random import Random
from typing import Any

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Call, History, Outcome, Probe
from crosstalk.core.object_kinds import kind_named, noun_of, thing_of
from crosstalk.core.principals import BY_USER
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.enabling import enabled_again
from crosstalk.generator.examples.selection import Selection
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.values.arguments import ArgumentDrawer, HonestDrawer
from crosstalk.generator.values.choice import Choice, Draw, HypothesisChoice, RandomChoice
from crosstalk.generator.values.stored_texts import finds_something
from crosstalk.oracles.base import is_empty
from crosstalk.oracles.escalation import shows_rights
from crosstalk.surface.capabilities import (
    Capabilities,
    observation_arguments,
    removes,
    required_references,
)
from crosstalk.surface.operation import Operation, Role

# Calls after which it is worth while to judge all that were made: to judge takes time as well.
_CALLS_TO_JUDGE = 24
# Those of the first look: most leaks are plain, and show there.
CALLS_OF_A_LOOK = 4
# Digits of a number that may have been guessed.
_LONGEST_GUESS = 3


class ExampleRun(Selection):
    """One example under way.

    Attributes:
        over: Whether the system has been replayed on since, so that no more calls belong here.
        members: Users with accounts.
        impostors: Actors that claim another identity than their credential proves.
    """

    def __init__(
        self, state: GeneratorState, capabilities: Capabilities, history: History | None = None
    ) -> None:
        super().__init__(state, capabilities, history)
        self.over = False
        self.members = state.principals.members
        self.impostors = state.principals.impostors
        self._probes = 0
        self._judged = 0
        self._keeps_disabled = False
        # User and id to what changed it last.
        self._changed_by: dict[tuple[str, str], str] = {}
        # Calls that may hold values meant to break something.
        self._hostile: list[PlannedCall] = []
        # Users with what was opened for them.
        self._opened: set[tuple[str, str]] = set()
        for call in self.history:
            if not state.executor.operations[call.operation].descriptive:
                self.pool.harvest(call)

    def next_probe(self) -> int:
        """Return a number for calls that belong together."""
        self._probes += 1
        return self._probes

    def other_member(self, draw: Draw, actor: Actor) -> Actor:
        """Return a user who is not the actor."""
        found: Actor = draw(st.sampled_from([each for each in self.members if each != actor]))
        return found

    def plan(
        self,
        draw: Draw,
        operation: Operation,
        actor: Actor,
        *,
        sources: Sequence[str] = ("own", "own", "foreign", "missing"),
        hostile: bool = True,
        probe: Probe | None = None,
        target: str = "",
    ) -> PlannedCall:
        """Return a call with drawn arguments."""
        arguments = self.drawer(draw).arguments(
            operation, actor, references=sources, hostile=hostile, target=target
        )
        planned = PlannedCall(actor, operation.name, arguments, probe)
        if hostile:
            self._hostile.append(planned)
        return planned

    def plan_own(self, draw: Draw, operation: Operation, actor: Actor) -> PlannedCall:
        """Return a call with drawn arguments that name the actor's own objects alone."""
        return self.plan(draw, operation, actor, sources=("own",), hostile=False)

    def reading(
        self, operation: Operation, actor: Actor, probe: Probe | None = None
    ) -> PlannedCall:
        """Return the call by which an actor reads their own data."""
        asked = observation_arguments(operation, self.history, actor)
        return PlannedCall(actor, operation.name, asked, probe)

    def own_reading(self, operation: Operation, actor: Actor, probe: Probe) -> PlannedCall:
        """Return the reading of the actor's own data, whatever identity they otherwise claim."""
        return self.reading(operation, BY_USER[actor.user or actor.claims], probe)

    def with_identity(self, operation: Operation, actor: Actor) -> dict[str, Any]:
        """Return the identity arguments of an operation, as this actor gives them."""
        return {
            each.name: self.history.subjects[actor.claims]
            for each in operation.parameters
            if each.role is Role.IDENTITY
        }

    def judge(self) -> None:
        """Have the calls so far judged; a replay ends the example, for it begins anew."""
        self._judged = len(self.history)
        if self.state.judge is not None and self.state.judge(self.history):
            self.over = True

    def judge_soon(self, *, after: int = _CALLS_TO_JUDGE) -> None:
        """Have the calls so far judged within a step, where the first finding ends the campaign.

        Where all are wanted, what is suspected would keep the step's other calls from being made.

        Args:
            after: Calls that were not judged yet for which it is worth while.
        """
        if self.state.one_is_enough and len(self.history) - self._judged >= after:
            self.judge()

    def end(self) -> None:
        """Hand its history over to be counted, if it has any."""
        if len(self.history):
            self.state.on_example_end(self.history)

    def use_honestly(self, draw: Draw, actors: Sequence[Actor]) -> None:
        """Have each of these actors call what was served least, with their own objects."""
        self.execute_all(
            [
                self.plan_own(draw, draw(st.sampled_from(self.least_served(each)[:4])), each)
                for each in actors
            ]
        )

    def read_twice(
        self,
        readings: Sequence[tuple[Operation, dict[str, Any]]],
        reader: Actor,
        probe: Probe,
        *,
        beside: Actor | None = None,
    ) -> list[Call]:
        """Read; an operation that calibration has not seen must read the same twice.

        What is not known yet comes before the lists: `start_routine(slug)` may look like a reading,
        and a list may count how often it was called. When all is read again, lists come first.

        Args:
            readings: Operations, each with its arguments.
            reader: Who reads.
            probe: Of these readings.
            beside: A user who reads their own lists meanwhile.

        Returns:
            The first reading of each, by the reader.
        """
        steady = self.state.steady
        doubtful = [each for each in readings if not each[0].lists and each[0].name not in steady]
        first = self._told_steady(doubtful, reader, probe)
        # Those that are steady are read once more where another reads meanwhile.
        left = [
            each
            for each in readings
            if each not in doubtful or (beside is not None and each[0].name in steady)
        ]
        asked = [PlannedCall(reader, each.name, given, probe) for each, given in left]
        # The other reads a list after the reader has, while the reader reads the next ones.
        behind: list[PlannedCall] = []
        width = max(1, len(asked))
        if beside is not None:
            width = max(1, min(self.state.executor.concurrency, len(asked)) // 2)
        for start in range(0, len(asked), width):
            made = self.execute_all([*asked[start : start + width], *behind])
            first += [call for call in made if call.actor == reader]
            behind = [
                self.reading(each, beside)
                for each, _ in left[start : start + width]
                if beside is not None and each.lists and not required_references(each)
            ]
        self.execute_all(behind)
        self._told_steady([each for each in left if each[0].name not in steady], reader, probe)
        return first

    def _told_steady(
        self, readings: Sequence[tuple[Operation, dict[str, Any]]], reader: Actor, probe: Probe
    ) -> list[Call]:
        """Read twice what is not known to read the same twice; return the first readings."""
        asked = [PlannedCall(reader, each.name, given, probe) for each, given in readings]
        first = self.execute_all(asked)
        self.note_steady([*first, *self.execute_all(asked[: len(first)])])
        return first

    def note_steady(self, readings: Sequence[Call]) -> None:
        """Note which operations have read the same twice, of readings of one user."""
        first: dict[str, Call] = {}
        for each in readings:
            one = first.setdefault(each.operation, each)
            same = one.arguments == each.arguments and one.answer.body == each.answer.body
            if one is not each and same and one.answer.outcome is Outcome.OK:
                self.state.steady.add(one.operation)

    def execute(self, planned: PlannedCall) -> Call:
        """Make one call, after the one that the system wants before it."""
        self._open_first(planned)
        call = self.state.executor.make(self.history, planned)
        self._learn(planned, call)
        self._enable_again([call])
        return call

    def execute_spoilt(self, planned: PlannedCall) -> Call:
        """Make one call that is wrong on purpose, from which nothing is learnt of arguments."""
        self._hostile.append(planned)
        return self.execute(planned)

    def execute_all(self, planned: Sequence[PlannedCall]) -> list[Call]:
        """Make calls that do not depend on each other, at once where that is allowed."""
        calls: list[Call] = []
        # Without the last reading all calls before it were made for nothing.
        ending = all(each.probe is not None and each.probe.part == "after" for each in planned)
        for each in planned:
            self._open_first(each)
        made = self.state.executor.execute_in_groups(
            self.history, planned, lambda: ending or not self.state.stopped()
        )
        for asked, call in zip(planned, made, strict=False):
            self._learn(asked, call)
            calls.append(call)
        self._enable_again(calls)
        return calls

    @cached_property
    def _opening(self) -> list[Operation]:
        """Return what may open something: no call that shares it, or shuts a user out."""
        policy, protected = self.history.policy, self.capabilities.protected
        return [each for each in protected if policy is None or not policy.arranges(each.name)]

    def _open_first(self, planned: PlannedCall) -> None:
        """Have a user open what a call works on, where refusals have named the call that does."""
        actor, name = planned.actor, self.state.opened_first.before(planned.operation)
        place = str(actor.user), name
        if not name or actor.user is None or actor.user != actor.claims or place in self._opened:
            return
        opening = self.state.executor.operations[name]
        if not all(
            self.pool.references(actor.user, each, name, guess=False)
            for each in required_references(opening)
        ):
            return
        self._opened.add(place)
        self.state.opened_first.note(planned.operation)
        drawer = self.drawer_by(RandomChoice(Random(len(self.history))), HonestDrawer)  # noqa: S311
        given = drawer.arguments(opening, actor, references=("own",), hostile=False)
        asked = PlannedCall(actor, name, given)
        self._learn(asked, self.state.executor.make(self.history, asked))

    @contextmanager
    def keeping_disabled(self) -> Iterator[None]:
        """Leave accounts that are disabled meanwhile as they are."""
        self._keeps_disabled = True
        try:
            yield
        finally:
            self._keeps_disabled = False

    def _enable_again(self, calls: Sequence[Call]) -> None:
        if self._keeps_disabled:
            return
        operations = self.capabilities.protected
        for each in enabled_again(self.history.policy, calls, self.members, operations):
            self.state.executor.execute(self.history, each.actor, each.operation, each.arguments)

    def key_of(self, planned: PlannedCall) -> str:
        """Return the name of the argument that holds a call's key; empty where it takes none."""
        key = self.state.executor.operations[planned.operation].parameter(Role.KEY)
        return key.name if key is not None else ""

    def execute_all_spoilt(self, planned: Sequence[PlannedCall]) -> list[Call]:
        """Make calls that are wrong on purpose, at once where that is allowed."""
        self._hostile += planned
        return self.execute_all(planned)

    def _learn(self, planned: PlannedCall, call: Call) -> None:
        operation = self.state.executor.operations[call.operation]
        if not any(planned is each for each in self._hostile) and self._concerns_own(
            operation, call
        ):
            self.state.knowledge.learn(operation, call.arguments, call.answer)
            self._note_subjects(operation, call)
            if call.answer.outcome is Outcome.OK:
                self._count_change(operation)
                self.state.opened_first.served(operation.name)
            elif call.answer.outcome is Outcome.ERROR:
                self.state.refused_own[operation.name] += 1
                if self.state.opened_first.learn(operation, call.answer, self._opening):
                    # What was open may be closed by now.
                    opening = self.state.opened_first.known[operation.name]
                    self._opened.discard((str(call.actor.user), opening))
        self._note_numbered(operation, call)
        if not operation.descriptive:
            # What names a tool or its arguments names no object.
            self.pool.harvest(call)
        if call.answer.outcome is Outcome.OK:
            found = finds_something(call.answer, call.arguments)
            self.pool.texts.learn_search(call, operation, found=found)
        key = operation.parameter(Role.KEY)
        if key is not None and isinstance(call.arguments.get(key.name), str):
            self.pool.keep_key(call.actor.user or call.actor.claims, call.arguments[key.name])
        self.pool.keep_names(call, operation)
        if call.actor.claims == call.actor.user:
            self.state.knowledge.count(operation, call.answer)
            if self.history.policy is not None and call.answer.outcome is Outcome.OK:
                self._note_rights(operation, call)
            if not operation.reads_only and not removes(operation):
                self.state.note_numbers(call)
            self.state.tried[operation.name] += 1
            self.state.served[operation.name] += call.answer.outcome is Outcome.OK
            self._note_enabling(operation, call)
            if call.answer.outcome is Outcome.OK and not is_empty(call.answer.body):
                self.state.shown.add(operation.name)

    def _note_subjects(self, operation: Operation, call: Call) -> None:
        """Note the references for which a user was served by their own subject."""
        if call.answer.outcome is Outcome.OK and not is_empty(call.answer.body):
            mine = self.history.subjects[call.actor.user or call.actor.claims]
            for each in operation.parameters:
                if each.refers and call.arguments.get(each.name) == mine:
                    self.state.knowledge.note_subject(operation, each)

    def _note_numbered(self, operation: Operation, call: Call) -> None:
        """Note a small number that a change was served by, and that no answer has given: of a kind
        that no user makes, e.g. a mechanic to review, it names what is there for every user.
        """
        stored = call.answer.outcome is Outcome.OK and call.actor.user == call.actor.claims
        if not stored or operation.reads_only or removes(operation):
            return
        for each in required_references(operation):
            value = str(call.arguments.get(each.name))
            kind = kind_named(each.name, operation.name)
            made = any(thing_of(one.name) == kind for one in self.capabilities.creators)
            small = value.isdigit() and len(value) <= _LONGEST_GUESS
            if kind and small and not made and not self.pool.sources(each, operation.name):
                self.state.knowledge.catalogue.note(each.name, operation.name, value)

    def _note_rights(self, operation: Operation, call: Call) -> None:
        """Note what an operation is about whose answers show what its caller may do."""
        about = noun_of(operation.name)
        if about not in self.state.shows_rights and shows_rights(call.answer.body):
            self.state.shows_rights.add(about)

    def _count_change(self, operation: Operation) -> None:
        """Count an owner's change of an object that existed."""
        if operation.reads_only or not required_references(operation):
            return
        self.state.situations["honest deletions" if removes(operation) else "honest updates"] += 1

    def _note_enabling(self, operation: Operation, call: Call) -> None:
        """Note after which change of an object its owner was served what is refused otherwise."""
        named = required_references(operation)
        if operation.reads_only or len(named) != 1 or call.answer.outcome is not Outcome.OK:
            return
        changed = str(call.actor.user), str(call.arguments.get(named[0].name))
        before = self._changed_by.get(changed)
        self._changed_by[changed] = operation.name
        if before not in (None, operation.name) and self.state.refused_own[operation.name]:
            self.state.enabled.setdefault(operation.name, str(before))

    def _concerns_own(self, operation: Operation, call: Call) -> bool:
        """Return whether a user made a call about their own objects, under a new key or none."""
        user = call.actor.user
        if user is None or call.actor.claims != user or call.actor.forgery is not None:
            return False
        for parameter in operation.parameters:
            given = call.arguments.get(parameter.name)
            if given is None:
                continue
            named = given if isinstance(given, list) else [given]
            if given == self.history.subjects[user]:
                continue
            if parameter.refers and not operation.chooses(parameter):
                own = self.pool.references(user, parameter, operation.name, removed=True)
                if not {str(each) for each in named} <= set(own):
                    return False
            elif parameter.role is Role.CURSOR or (
                parameter.role is Role.KEY and self.pool.knows_key(str(given))
            ):
                return False
        return True

    def drawer(self, draw: Draw) -> ArgumentDrawer:
        """Return a drawer of arguments with what is known so far."""
        return self.drawer_by(HypothesisChoice(draw))

    def drawer_by(
        self, choice: Choice, kind: type[ArgumentDrawer] = ArgumentDrawer
    ) -> ArgumentDrawer:
        """Return a drawer of that kind, whose choices are made by `choice`."""
        return kind(
            choice,
            self.pool,
            self.history.subjects,
            self.state.plant,
            self.state.knowledge,
            self.capabilities.tools,
            trusting=not self.impostors,
        )


def by_lists(
    readings: Sequence[tuple[Operation, dict[str, Any]]],
) -> tuple[list[tuple[Operation, dict[str, Any]]], list[tuple[Operation, dict[str, Any]]]]:
    """Return what reads one thing, and what lists many: the latter may show that one was read."""
    others = [each for each in readings if not each[0].lists]
    return others, [each for each in readings if each[0].lists]
