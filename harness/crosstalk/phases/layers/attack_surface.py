"""The layers above the database, each alone: row-level security is open, and one surface is used.

What is tried needs no luck: a victim and an attacker store something by that surface, and then the
attacker makes every call that names an object with the victim's, as themselves and under the
victim's name, between two readings of the victim; a stranger makes the same calls with nothing. The
oracles of the campaign judge it. The agent is asked to make the calls itself, and its model obeys.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from crosstalk.core.history import Actor, Call, History, Outcome, Probe
from crosstalk.core.identifiers import marker
from crosstalk.core.principals import ALICE, ANONYMOUS, BOB, IMPOSTOR
from crosstalk.execution.executor import Executor
from crosstalk.generator.schema_values import SchemaValues
from crosstalk.generator.value_pool import ValuePool
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
        for operation in sorted(capabilities.protected, key=_harm):
            for actor in (BOB, IMPOSTOR):
                self._aim(operation, actor, pool, _ATTACK)
        self._read("after", surfaces)
        for operation in capabilities.protected:
            self._aim(operation, ANONYMOUS, pool, None)
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
                    self._execute(actor, operation, arguments, None, pool)
            for operation in capabilities.protected:
                if operation.lists:
                    asked = observation_arguments(operation, self.history, actor)
                    self._execute(actor, operation, asked, None, pool)

    def _read(self, part: Any, surfaces: Sequence[str]) -> None:
        probe = Probe("ownership", 1, part, ALICE.name)
        for operation in self.observations:
            if operation.surface in surfaces:
                asked = observation_arguments(operation, self.history, ALICE)
                self._execute(ALICE, operation, asked, probe, None)

    def _aim(
        self, operation: Operation, actor: Actor, pool: ValuePool, probe: Probe | None
    ) -> None:
        """One call with the victim's ids; nothing where they have none that fits."""
        names = any(each.refers for each in operation.parameters)
        if actor is BOB and not names and not operation.lists:
            return
        arguments = self._filled(operation, actor, ALICE, pool, f"note {marker('bob', 999)}")
        if arguments is not None:
            self._execute(actor, operation, arguments, probe, None)

    def _instruct(self, capabilities: Capabilities, pool: ValuePool) -> None:
        """Have the model that was taken over call every tool with the victim's ids."""
        chats = [each for each in capabilities.chats if each.parameter(Role.TEXT)]
        for place, tool in enumerate(sorted(capabilities.tools, key=_harm)):
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
                if asked is not None:
                    self._execute(BOB, chat, asked, _ATTACK, None)

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
        if role is Role.NAME and operation.stores:
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

    def _execute(
        self,
        actor: Actor,
        operation: Operation,
        arguments: dict[str, Any],
        probe: Probe | None,
        pool: ValuePool | None,
    ) -> Call:
        call = self.executor.execute(self.history, actor, operation.name, arguments, probe)
        if pool is not None and call.answer.outcome is Outcome.OK:
            pool.harvest(call)
        return call


def _harm(operation: Operation) -> tuple[bool, bool]:
    """Reads first, deletions last."""
    deletes = "delete" in operation.name.lower() or operation.extra.get("kind") == "delete"
    return (not operation.reads_only, deletes)
