"""Plans of clients: what one client does, drawn by doing it, as steps that any client can repeat.

Only honest calls: own objects, own identity, texts with a marker of the client's own. What matters
is which other clients call at the same time. At the end everything is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Literal

from crosstalk.core.history import Actor, Call, History, Outcome, Probe, Sending
from crosstalk.core.identifiers import map_markers, map_strings, marker, marker_number
from crosstalk.core.script import Step, renumbered, script_of, with_subjects
from crosstalk.execution.executor import Executor
from crosstalk.generator.arguments import COMMON_WORD
from crosstalk.generator.value_pool import ValuePool
from crosstalk.surface.capabilities import Capabilities, observation_arguments
from crosstalk.surface.operation import Operation, Parameter, Role

_READINGS = 5
_PLANTED_BITS = 10
# The highest of them tell repeated requests apart; no client plants 256 values of its own.
REPEAT_SHIFT = 8
_STEPS_A_CLIENT = 1_000
_CHATS = ("show my tasks", "how many tasks do I have?", f"search {COMMON_WORD}")


@dataclass(frozen=True, slots=True)
class ClientPlan:
    """What one client does.

    Attributes:
        steps: Calls; their numbers are the keys by which the same step of many clients is known.
        author: The client that did it first.
        final: Keys of the readings at the end.
        seconds: Key to how long it took.
    """

    steps: tuple[Step, ...]
    author: Actor
    final: frozenset[int]
    seconds: Mapping[int, float]

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

        def theirs(marker: str) -> str:
            number = marker_number(marker) & (2**_PLANTED_BITS - 1)
            return client_marker(str(actor.user), place, number, salt)

        steps = []
        for step in self.steps:
            arguments = renumbered(step.arguments, lambda key: base + key)
            arguments = with_subjects(arguments, names)
            probe = Probe("concurrency", step.number, part, str(actor.user))
            steps.append(
                replace(
                    step,
                    number=base + step.number,
                    actor=actor,
                    arguments=map_strings(arguments, lambda text: map_markers(text, theirs)),
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
    """

    def __init__(
        self,
        executor: Executor,
        history: History,
        random: Random,
        observations: Sequence[Operation],
        salt: int,
    ) -> None:
        self._executor = executor
        self._history = history
        self._random = random
        self._capabilities = Capabilities.of(list(executor.operations.values()))
        self._observations = list(observations)
        self._salt = salt
        self._pool = ValuePool()
        self._pool.know_subjects(set(history.subjects.values()))
        self._planted = 0
        self._key = 0

    def draw(self, author: Actor, steps: int, sending: Sending | None) -> ClientPlan:
        """Do something once, alone; what was served is the plan."""
        served: list[Call] = []
        for operation in self._choices(steps):
            arguments = self._arguments(operation, author)
            if arguments is not None:
                served += self._do(author, operation, arguments, sending)
        readings = self._observations
        # Some of each surface, and not always the same.
        self._random.shuffle(readings)
        final: set[int] = set()
        for operation in readings[:_READINGS]:
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
        return ClientPlan(tuple(steps_made), author, frozenset(final), seconds)

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
        return chosen

    def _arguments(self, operation: Operation, author: Actor) -> dict[str, Any] | None:
        """Honest arguments, or None where something is needed that is not there."""
        arguments: dict[str, Any] = {}
        for parameter in operation.parameters:
            wanted = parameter.required or parameter.role is Role.IDENTITY
            wanted = wanted or (parameter.role in _WORTH_GIVING and self._random.random() < 0.5)
            if not wanted:
                continue
            value = self._value(operation, parameter, author)
            if value is not None:
                arguments[parameter.name] = value
            elif parameter.required:
                return None
        return arguments

    def _value(self, operation: Operation, parameter: Parameter, author: Actor) -> Any:
        role, random = parameter.role, self._random
        if role is Role.IDENTITY:
            return self._history.subjects[str(author.user)]
        if role is Role.KEY or (role is Role.NAME and operation.stores):
            return self._plant(author)
        if parameter.refers:
            known = self._pool.references(str(author.user), parameter, operation.name)
            return random.choice(known) if known else None
        if role is Role.CURSOR:
            return None
        if role is Role.QUERY:
            return COMMON_WORD
        if role is Role.TEXT:
            return self._text(operation, parameter, author)
        return _of_schema(parameter.schema, random)

    def _text(self, operation: Operation, parameter: Parameter, author: Actor) -> str:
        if operation.conversational and self._random.random() < 0.4:
            return self._random.choice(_CHATS)
        text = f"{COMMON_WORD} {self._plant(author)}"
        if operation.conversational:
            return f"add a task to {text}"
        longest = parameter.schema.get("maxLength")
        return text[:longest] if isinstance(longest, int) else text

    def _plant(self, author: Actor) -> str:
        self._planted += 1
        return client_marker(str(author.user), 0, self._planted, self._salt)


_WORTH_GIVING = frozenset({Role.TEXT, Role.REFERENCE, Role.QUERY})


def _key(call: Call) -> int:
    return call.probe.key if call.probe is not None else call.index


def _of_schema(schema: Mapping[str, Any], random: Random) -> Any:
    """A plain value of that schema, or None where it asks for more than a plain one."""
    if "enum" in schema:
        return random.choice([each for each in schema["enum"] if each is not None] or [None])
    if "const" in schema:
        return schema["const"]
    options = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if options:
        return _of_schema(options[0], random)
    kind = schema.get("type")
    if kind == "integer":
        low, high = schema.get("minimum", 1), schema.get("maximum", 100)
        return high if random.random() < 0.5 else max(low, min(high, 20))
    if kind == "boolean":
        return random.random() < 0.5
    if kind == "number":
        return schema.get("minimum", 1)
    if kind == "string":
        return "2030-01-01" if schema.get("format") == "date" else COMMON_WORD
    return None
