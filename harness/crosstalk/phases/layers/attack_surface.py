"""The layers above the database, each alone: row-level security is open, and one surface is used.

What is tried needs no luck: a victim and an attacker store something by that surface, and then the
attacker makes every call that names an object with the victim's, as themselves and under the
victim's name, between two readings of the victim; a stranger makes the same calls with nothing. The
oracles of the campaign judge it. The agent is asked to make the calls itself, and its model obeys.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from crosstalk.core.history import Actor, Call, History, Outcome, Probe
from crosstalk.core.identifiers import marker
from crosstalk.core.principals import ALICE, ANONYMOUS, BOB, IMPOSTOR
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.generator.values.schema_values import SchemaValues
from crosstalk.generator.values.value_pool import ValuePool
from crosstalk.surface.capabilities import Capabilities, observation_arguments, required_references
from crosstalk.surface.operation import Operation, Parameter, Role

# Layer to the surfaces that lead to it and past no other.
SURFACES = {
    "rest": ("rest", "chat"),
    "mcp": ("mcp", "mcp-resources"),
    "chatkit": ("chatkit",),
    "agent": ("chat",),
}
_ATTACK = Probe("ownership", 1, "attack", ALICE.name)


@dataclass(slots=True)
class LayerAttack:
    """An attack on one layer.

    Args:
        executor: Makes the calls.
        history: Where they are recorded.
        observations: Readings of one's own data that are known to be steady.
        random: Chooses values that do not matter.
        values: Values by schema.
    """

    executor: Executor
    history: History
    observations: Sequence[Operation]
    random: Random
    values: SchemaValues = field(default_factory=SchemaValues)

    def run(self, layer: str) -> History:
        """Try everything at that layer; the history of it."""
        pool = ValuePool()
        pool.know_subjects(set(self.history.subjects.values()))
        everything = list(self.executor.operations.values())
        if layer == "agent":
            self._settle(Capabilities.of([e for e in everything if e.surface == "mcp"]), pool)
            self._read("before", ("mcp", "rest"))
            self._instruct(Capabilities.of(everything), pool)
            self._read("after", ("mcp", "rest"))
            return self.history
        surfaces = SURFACES[layer]
        own = [each for each in everything if each.surface in surfaces]
        capabilities = Capabilities.of(own)
        # Resources show what the tools store.
        self._settle(capabilities, pool)
        self._read("before", surfaces)
        # What deletes comes last, or there would be nothing to aim at.
        aimed = [
            (operation, planned)
            for operation in sorted(capabilities.protected, key=_harm)
            for actor in (BOB, IMPOSTOR)
            for planned in self._aimed(operation, actor, pool, _ATTACK)
        ]
        self._make_all(planned for operation, planned in aimed if operation.reads_only)
        for operation, planned in aimed:
            if not operation.reads_only:
                self.executor.make(self.history, planned)
        self._read("after", surfaces)
        self._make_all(
            planned
            for operation in capabilities.protected
            for planned in self._aimed(operation, ANONYMOUS, pool, None)
        )
        return self.history

    def _settle(self, capabilities: Capabilities, pool: ValuePool) -> None:
        """Both store something of every sort, and look at it."""
        number = 0
        for actor in (ALICE, BOB):
            for operation in (*capabilities.creators, *capabilities.chats[:1]):
                number += 1
                text = f"note {marker(actor.name, number)}"
                arguments = self._filled(operation, actor, actor, pool, text)
                if arguments is not None:
                    planned = PlannedCall(actor, operation.name, arguments)
                    _learn([self.executor.make(self.history, planned)], pool)
            self._make_all(
                (
                    self._reading(operation, actor, None)
                    for operation in capabilities.protected
                    if operation.lists
                ),
                pool,
            )

    def _read(self, part: Any, surfaces: Sequence[str]) -> None:
        probe = Probe("ownership", 1, part, ALICE.name)
        self._make_all(
            self._reading(operation, ALICE, probe)
            for operation in self.observations
            if operation.surface in surfaces
        )

    def _reading(self, operation: Operation, actor: Actor, probe: Probe | None) -> PlannedCall:
        asked = observation_arguments(operation, self.history, actor)
        return PlannedCall(actor, operation.name, asked, probe)

    def _aimed(
        self, operation: Operation, actor: Actor, pool: ValuePool, probe: Probe | None
    ) -> list[PlannedCall]:
        """One call with the victim's ids; none where they have none that fits."""
        names = any(each.refers for each in operation.parameters)
        if actor is BOB and not names and not operation.lists:
            return []
        arguments = self._filled(operation, actor, ALICE, pool, f"note {marker('bob', 999)}")
        if arguments is None:
            return []
        return [PlannedCall(actor, operation.name, arguments, probe)]

    def _instruct(self, capabilities: Capabilities, pool: ValuePool) -> None:
        """Have the model that was taken over call every tool with the victim's ids."""
        chats = [each for each in capabilities.chats if each.parameter(Role.TEXT)]
        told: list[PlannedCall] = []
        for place, tool in enumerate(sorted(capabilities.tools, key=_harm)):
            if not tool.reads_only:
                # What the tools read may be read at once, and before anything is changed.
                self._make_all(told)
                told = []
            called = tool.name.split(":", 1)[1]
            text = f"note {marker('bob', 900 + place)}"
            for claims in (ALICE, BOB):
                arguments = self._filled(tool, claims, ALICE, pool, text)
                if arguments is None or not chats:
                    continue
                if claims is BOB:
                    arguments.pop("user_id", None)
                chat = chats[(place + (claims is BOB)) % len(chats)]
                order = f"[[call {called} {json.dumps(arguments)}]]"
                asked = self._filled(chat, BOB, BOB, pool, order)
                if asked is None:
                    continue
                planned = PlannedCall(BOB, chat.name, asked, _ATTACK)
                if tool.reads_only:
                    told.append(planned)
                else:
                    self.executor.make(self.history, planned)
        self._make_all(told)

    def _filled(
        self, operation: Operation, actor: Actor, owner: Actor, pool: ValuePool, text: str
    ) -> dict[str, Any] | None:
        """Arguments with the owner's ids, or None where the owner has none that is needed."""
        arguments: dict[str, Any] = {}
        needed = required_references(operation)
        for parameter in operation.parameters:
            value = self._value(operation, parameter, actor, owner, pool, text)
            if value is not None and (parameter.required or parameter.role is not Role.VALUE):
                arguments[parameter.name] = value
            elif parameter.required or parameter in needed:
                return None
        return arguments

    def _value(
        self,
        operation: Operation,
        parameter: Parameter,
        actor: Actor,
        owner: Actor,
        pool: ValuePool,
        text: str,
    ) -> Any:
        role = parameter.role
        if role is Role.IDENTITY:
            return self.history.subjects[actor.claims]
        if operation.chooses(parameter):
            return text
        if parameter.refers:
            known = pool.references(owner.name, parameter, operation.name, guess=False)
            return self.random.choice(known) if known else None
        if role is Role.TEXT:
            return text
        if role is Role.QUERY:
            return "note"
        if role in (Role.KEY, Role.CURSOR):
            return None
        return next(iter(self.values.of(parameter.schema)), None)

    def _make_all(self, planned: Iterable[PlannedCall], pool: ValuePool | None = None) -> None:
        """Make calls that do not depend on each other, as many at once as is allowed.

        Args:
            planned: The calls, none of which changes what another one reads.
            pool: Learns of what was served, if anything does.
        """
        waiting, width = list(planned), max(1, self.executor.concurrency)
        for start in range(0, len(waiting), width):
            calls = self.executor.execute_all(self.history, waiting[start : start + width])
            if pool is not None:
                _learn(calls, pool)


def _learn(calls: Sequence[Call], pool: ValuePool) -> None:
    for call in calls:
        if call.answer.outcome is Outcome.OK:
            pool.harvest(call)


def _harm(operation: Operation) -> tuple[bool, bool]:
    """Reads first, deletions last."""
    deletes = "delete" in operation.name.lower() or operation.extra.get("kind") == "delete"
    return (not operation.reads_only, deletes)
