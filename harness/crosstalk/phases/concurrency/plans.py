"""Plans of clients: what one client does, drawn by doing it, as steps that any client can repeat.

Only honest calls: own objects, own identity, texts with a marker of the client's own. What matters
is which other clients call at the same time. At the end everything is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal

from crosstalk.core.history import Actor, Call, History, Outcome, Probe, Sending
from crosstalk.core.identifiers import (
    map_markers,
    map_strings,
    marker,
    marker_number,
    remarked_cut,
)
from crosstalk.core.object_kinds import kind_named, noun_of, singular
from crosstalk.core.row_places import in_rows
from crosstalk.core.script import (
    Script,
    Step,
    references_in,
    renumbered,
    script_of,
    with_subjects,
)
from crosstalk.execution.executor import Executor
from crosstalk.generator.values.argument_knowledge import ArgumentKnowledge
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.generator.values.value_pool import ValuePool
from crosstalk.phases.concurrency.baselines import markers_in
from crosstalk.surface.capabilities import (
    Capabilities,
    observation_arguments,
    removes,
    required_references,
)
from crosstalk.surface.operation import Operation, Role

READINGS = 5
_PLANTED_BITS = 10
# Creations of which a reading that takes long may show the words.
_MOST_STORED = 3
# The highest of them tell repeated requests apart; no client plants 256 values of its own.
REPEAT_SHIFT = 8
_STEPS_A_CLIENT = 1_000
# Between the keys of a plan and those of the same plan with less stored.
_LESS_STORED = _STEPS_A_CLIENT // 2


@dataclass(frozen=True, slots=True)
class ClientPlan:
    """The calls of one client.

    Attributes:
        steps: Calls; their numbers are the keys by which the same step of many clients is known.
        author: The client that did it first.
        final: Keys of the readings at the end.
        seconds: Key to how long it took.
        cut: Operation and argument to the schema of a text in which no whole marker has room.
    """

    steps: tuple[Step, ...]
    author: Actor
    final: frozenset[int]
    seconds: Mapping[int, float]
    cut: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def with_less_stored(self) -> ClientPlan | None:
        """Return the plan without what it stores first, under keys of its own; None if that is all.

        Clients that all store as much are all told the same number, also another client's.
        """
        storing = [each for each in self.steps if any(markers_in(each.arguments))]
        left = Script(self.steps).without(storing[0].number) if len(storing) > 1 else None
        if left is None:
            return None

        def moved(key: int) -> int:
            return key + _LESS_STORED

        return ClientPlan(
            tuple(
                replace(
                    each,
                    number=moved(each.number),
                    arguments=renumbered(each.arguments, moved),
                )
                for each in left.steps
            ),
            self.author,
            frozenset(map(moved, self.final)),
            {moved(key): seconds for key, seconds in self.seconds.items()},
            self.cut,
        )

    def for_client(
        self, actor: Actor, place: int, part: Literal["alone", "concurrent"], salt: int
    ) -> list[Step]:
        """Return the steps of another client, with markers and numbers of its own.

        Args:
            actor: The client.
            place: Number of the client; tells markers and steps of clients apart.
            part: Whether others call meanwhile.
            salt: Differs between runs.
        """
        base = place * _STEPS_A_CLIENT
        names = {str(self.author.user): str(actor.user)}

        def own_marker(marker: str) -> str:
            number = marker_number(marker) & (2**_PLANTED_BITS - 1)
            return client_marker(str(actor.user), place, number, salt)

        steps = []
        for step in self.steps:
            arguments = renumbered(step.arguments, lambda key: base + key)
            arguments = with_subjects(arguments, names)
            arguments = {
                name: remarked_cut(value, self.cut[step.operation, name], place << _PLANTED_BITS)
                if isinstance(value, str) and (step.operation, name) in self.cut
                else value
                for name, value in arguments.items()
            }
            probe = Probe("concurrency", step.number, part, str(actor.user))
            steps.append(
                replace(
                    step,
                    number=base + step.number,
                    actor=actor,
                    arguments=map_strings(arguments, lambda text: map_markers(text, own_marker)),
                    probe=probe,
                )
            )
        return steps


def client_marker(user: str, place: int, number: int, salt: int) -> str:
    """Return a marker that names the user, the client, which of its markers, and the run."""
    low = (place << _PLANTED_BITS) | number
    return marker(user, ((salt & 0xFFFF) << 16) | (low & 0xFFFF))


class ClientPlanner:
    """Draws a plan.

    Args:
        executor: Makes the calls.
        history: Where they are recorded.
        random: Chooses.
        observations: Readings of one's own data that are known to be steady.
        salt: Differs between runs.
        knowledge: What the campaign has learnt about arguments.
        own_rows: Whether each client is another user, whose lists hold nothing of other clients.
        slow: Readings that take long, which are made rather than any others.
    """

    def __init__(
        self,
        executor: Executor,
        history: History,
        random: Random,
        observations: Sequence[Operation],
        salt: int,
        knowledge: ArgumentKnowledge,
        *,
        own_rows: bool = True,
        slow: Sequence[Operation] = (),
    ) -> None:
        self._own_rows = own_rows
        self._slow = list(slow)
        self._executor = executor
        self._history = history
        self._random = random
        self._capabilities = Capabilities.of(list(executor.operations.values()))
        self._observations = list(observations)
        self._salt = salt
        self._pool = ValuePool(self._capabilities.reference_fields, knowledge.fields)
        self._pool.know_subjects(set(history.subjects.values()))
        self._planted = 0
        self._key = 0
        self._drawer = HonestDrawer(
            RandomChoice(random), self._pool, history.subjects, self._plant, knowledge
        )

    def draw(
        self, author: Actor, steps: int, sending: Sending | None, readings: int = READINGS
    ) -> ClientPlan:
        """Do something once, alone; what was served is the plan.

        Args:
            author: Who does it.
            steps: Calls before the readings at the end.
            sending: How the calls are sent.
            readings: The most readings at the end.
        """
        served: list[Call] = []
        observations = self._observations
        # Some of each surface, and not always the same.
        self._random.shuffle(observations)
        if self._slow:
            served += self._lead_to(self._slow[0], author, sending)
            slow = {each.name for each in self._slow}
            observations.sort(key=lambda each: each.name not in slow)
        for operation in () if self._slow else self._choices(steps):
            arguments = self._arguments(operation, author)
            if arguments is not None:
                served += self._do(author, operation, arguments, sending)
        final: set[int] = set()
        for operation in observations[:readings]:
            asked = observation_arguments(operation, self._history, author)
            done = self._do(author, operation, asked, sending)
            final |= {each.probe.key for each in done if each.probe}
            served += done
        made = History(self._history.subjects, served)
        numbered = {each.index: each for each in served}
        steps_made = []
        for step in script_of(made).steps:
            call = numbered[step.number]
            key = _key(call)
            arguments = renumbered(step.arguments, lambda index: _key(numbered[index]))
            steps_made.append(replace(step, number=key, arguments=arguments, sending=None))
        seconds = {_key(call): call.ended - call.started for call in served}
        cut = {
            (operation.name, each.name): each.schema
            for operation in self._executor.operations.values()
            for each in operation.parameters
            if each.role in (Role.TEXT, Role.NAME) and "maxLength" in each.schema
        }
        plan = ClientPlan(tuple(steps_made), author, frozenset(final), seconds, cut)
        return plan if self._own_rows else self._without_rows_of_lists(plan)

    def _without_rows_of_lists(self, plan: ClientPlan) -> ClientPlan:
        """Return the plan without calls about an object by its place in a list.

        Where several clients are one user, it may be another client's object that stands there.
        """
        operations = self._executor.operations
        reads = {each.number for each in plan.steps if operations[each.operation].reads_only}
        spare = [
            each.number
            for each in plan.steps
            if any(
                number in reads and in_rows(path) for number, path in references_in(each.arguments)
            )
        ]
        left = Script(plan.steps).without(*spare) if spare else Script(plan.steps)
        return replace(plan, steps=left.steps if left is not None else ())

    def _do(
        self,
        author: Actor,
        operation: Operation,
        arguments: Mapping[str, Any],
        sending: Sending | None,
    ) -> list[Call]:
        """The call, if it was served."""
        self._key += 1
        probe = Probe("concurrency", self._key, "alone", str(author.user))
        call = self._executor.execute(
            self._history, author, operation.name, arguments, probe, sending
        )
        self._pool.harvest(call)
        self._pool.keep_names(call, operation)
        return [call] if call.answer.outcome is Outcome.OK else []

    def _lead_to(self, slow: Operation, author: Actor, sending: Sending | None) -> list[Call]:
        """Store what a reading that takes long shows, or names, and make it."""
        about = {kind_named(each.name, slow.name) for each in required_references(slow)}
        about.add(singular(noun_of(slow.name)))
        storing = [e for e in self._capabilities.protected if not (e.reads_only or removes(e))]
        creators = {each.name for each in self._capabilities.creators}
        self._random.shuffle(storing)
        # What is of the kind comes first; before it what needs nothing, where that names something.
        storing.sort(key=lambda each: singular(noun_of(each.name)) not in about)
        first = [each for each in storing if each.name in creators]
        if slow.reads_only and not required_references(slow) and first:
            return self._stored_where_it_shows(slow, first, author, sending)
        served: list[Call] = []
        for operation in [*first[:1], *storing[:1], *first[1:3], *storing[:1]]:
            made = {call.operation for call in served}
            if operation.name in made or (served and self._able(slow, author)):
                continue
            arguments = self._arguments(operation, author)
            if arguments is not None:
                served += self._do(author, operation, arguments, sending)
        asked = self._arguments(slow, author) if self._able(slow, author) else None
        if asked is not None and slow.name not in {each.name for each in self._observations}:
            served += self._do(author, slow, asked, sending)
        return served

    def _stored_where_it_shows(
        self, slow: Operation, creators: Sequence[Operation], author: Actor, sending: Sending | None
    ) -> list[Call]:
        """Store by one of these what a reading of everything shows: an overview shows claims by
        their titles, and of policies a sum; where it shows nothing stored, by the first.
        """
        stored: list[list[Call]] = []
        for operation in creators[:_MOST_STORED]:
            arguments = self._arguments(operation, author)
            made = self._do(author, operation, arguments, sending) if arguments is not None else []
            if not made:
                continue
            stored.append(made)
            asked = observation_arguments(slow, self._history, author)
            shown = self._do(author, slow, asked, sending)
            if any(each in call.received for call in shown for each in made[0].sent):
                return made
        return stored[0] if stored else []

    def _choices(self, steps: int) -> list[Operation]:
        """Something to store, something to say to a model, and then anything, in that order.

        A model takes long, and calls others meanwhile: that is where most can be mixed up, so it
        is asked again in between.
        """
        capabilities, random = self._capabilities, self._random
        chosen = (
            [random.choice(capabilities.creators) for _ in range(2)]
            if capabilities.creators
            else []
        )
        chats = [random.choice(capabilities.chats) for _ in range(2)] if capabilities.chats else []
        chosen += chats[:1]
        rest = max(0, steps - len(chosen) - len(chats[1:]))
        chosen += random.choices(capabilities.protected, k=rest) if capabilities.protected else []
        for chat in chats[1:]:
            chosen.insert(random.randint(3, len(chosen)), chat)
        return chosen[:steps]

    def _arguments(self, operation: Operation, author: Actor) -> dict[str, Any] | None:
        """Return honest arguments, or None where an object is needed that is not there."""
        for each in required_references(operation):
            if not self._pool.references(str(author.user), each, operation.name):
                return None
        return self._drawer.arguments(operation, author, references=("own",), hostile=False)

    def _able(self, operation: Operation, author: Actor) -> bool:
        """Return whether there is an object of the kind for everything that must be named."""
        return all(
            self._pool.references(str(author.user), each, operation.name, guess=False)
            for each in required_references(operation)
        )

    def _plant(self, user: str) -> str:
        self._planted += 1
        return client_marker(user, 0, self._planted, self._salt)


def _key(call: Call) -> int:
    return call.probe.key if call.probe is not None else call.index
