"""The moves of one example: draws what a rule has chosen, performs it, and learns from answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Call, Outcome, Probe
from crosstalk.core.identifiers import is_short_id, missing_like
from crosstalk.core.principals import BY_USER
from crosstalk.execution.executor import Planned
from crosstalk.generator.arguments import ArgumentDrawer
from crosstalk.generator.selection import Choices, Draw
from crosstalk.generator.state import Stage
from crosstalk.surface.capabilities import (
    Kinds,
    compares,
    observation_arguments,
    page_size,
    references,
    required_references,
)
from crosstalk.surface.operation import Operation, Parameter, Role


class Play(Choices):
    """One example under way; `over` when replays have begun anew."""

    def __init__(self, stage: Stage, kinds: Kinds) -> None:
        super().__init__(stage, kinds)
        self.over = False
        self._probes = 0

    def next_probe(self) -> int:
        """A number for calls that belong together."""
        self._probes += 1
        return self._probes

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
    ) -> Planned:
        """A call with drawn arguments."""
        arguments = self.drawer(draw).arguments(
            operation, actor, references=sources, hostile=hostile, target=target
        )
        return Planned(actor, operation.name, arguments, probe)

    def reading(self, operation: Operation, actor: Actor, probe: Probe | None = None) -> Planned:
        """How an actor reads their own data."""
        asked = observation_arguments(operation, self.history, actor)
        return Planned(actor, operation.name, asked, probe)

    def own_reading(self, operation: Operation, actor: Actor, probe: Probe) -> Planned:
        """The actor's own data, whatever identity they otherwise claim."""
        return self.reading(operation, BY_USER[actor.user or actor.claims], probe)

    def small_page(
        self,
        draw: Draw,
        operation: Operation,
        actor: Actor,
        cursor: str | None = None,
        like: Planned | None = None,
    ) -> Planned:
        """A page of as little as possible, from the beginning or from a cursor on.

        Args:
            draw: Draws from a strategy.
            operation: A listing.
            actor: Who reads.
            cursor: Where to continue.
            like: A call whose other arguments are repeated.
        """
        arguments = dict(
            like.arguments
            if like is not None
            else self.drawer(draw).arguments(operation, actor, references=("own",), hostile=False)
        )
        for each in operation.parameters:
            if each.role is Role.IDENTITY and (each.required or each.name in arguments):
                arguments[each.name] = self.history.subjects[actor.claims]
            elif each.role is Role.CURSOR:
                arguments.pop(each.name, None)
                if cursor is not None:
                    arguments[each.name] = cursor
            elif like is None and not each.required:
                # A filter may leave nothing for a second page.
                arguments.pop(each.name, None)
        size = page_size(operation)
        if size is not None:
            arguments[size.name] = size.schema.get("minimum", 1)
        return Planned(actor, operation.name, arguments)

    def comparison(
        self,
        draw: Draw,
        actor: Actor,
        victim: Actor,
        operation: Operation,
        parameter: Parameter,
        target: str = "",
    ) -> tuple[Planned | None, list[Planned]]:
        """One call with an id of the victim, and the same with one that nobody has.

        Returns:
            How the owner makes that call, where it only reads; and the two calls, or none where
            the victim has no such object.
        """
        known = self.pool.references(victim.name, parameter, operation.name)
        mine = self.pool.references(actor.user or actor.claims, parameter, operation.name)
        # A number or name that both have, each for an object of their own, compares nothing.
        own = set(mine) if parameter.role is Role.NAME else set(filter(is_short_id, mine))
        known = [each for each in known if each not in own]
        known = [each for each in known if each == target] or known
        if not known:
            return None, []
        theirs = draw(st.sampled_from(known))
        # An item is looked for in its thread: where both are named, both may have to be foreign.
        joint = len(required_references(operation)) > 1 and draw(st.booleans())
        shared = self.drawer(draw).arguments(
            operation,
            actor,
            references=(victim.name if joint else "own",),
            hostile=False,
            target=theirs if joint else "",
        )
        nobodys = missing_like(theirs, str(draw(st.uuids(version=4))))
        foreign = {**shared, parameter.name: [theirs] if parameter.many else theirs}
        missing = {**shared, parameter.name: [nobodys] if parameter.many else nobodys}
        themselves = None
        if operation.reads_only:
            identity = {
                each.name: self.history.subjects[victim.name]
                for each in operation.parameters
                if each.role is Role.IDENTITY and each.name in shared
            }
            themselves = Planned(victim, operation.name, {**foreign, **identity})
        key = self.next_probe()
        pair = [
            Planned(
                actor, operation.name, foreign, Probe("existence", key, "foreign", victim.name)
            ),
            Planned(
                actor, operation.name, missing, Probe("existence", key, "missing", victim.name)
            ),
        ]
        if draw(st.booleans()):
            # Whatever comes first may take longer for that alone.
            pair.reverse()
        return themselves, pair

    def assail(self, draw: Draw, attacker: Actor, victim: Actor) -> None:
        """The victim reads, the attacker acts on what is the victim's, the victim reads again."""
        kinds, impostor = self.kinds, attacker.claims != attacker.user
        target, readings = self.aim(draw, victim)
        if target:
            self._own_one_too(draw, BY_USER[attacker.user or attacker.claims], victim, target)
        key = self.next_probe()
        self.read(readings, victim, Probe("ownership", key, "before", victim.name))
        attack = Probe("ownership", key, "attack", victim.name)
        # What needs no object named is tried with what is one's own: it may reach too far.
        hurting = self.hurting(victim, target) if target else kinds.broad or kinds.intrusive
        # Counted apart: what is tried often without an object is still to be tried with one.
        rule = ("impersonate" if impostor else "intrude") + (" at it" if target else "")
        for _ in range(draw(st.integers(4, 8))):
            operation = self.rarest_operation(
                draw,
                rule,
                # Now and then one that is not known to be able to.
                draw(st.sampled_from((*[hurting] * 5, kinds.intrusive))),
            )
            self.perform(
                self.plan(
                    draw,
                    operation,
                    attacker,
                    sources=(victim.name,) if target else (victim.name, "own"),
                    hostile=False,
                    probe=attack,
                    target=target,
                )
            )
        own: list[Planned] = []
        for operation, _ in readings if not target else ():
            own.append(self.own_reading(operation, attacker, attack))
            if impostor:
                own.append(self.reading(operation, attacker, attack))
        self.perform_all(own)
        after = Probe("ownership", key, "after", victim.name)
        self.perform_all([Planned(victim, o.name, asked, after) for o, asked in readings])

    def _own_one_too(self, draw: Draw, attacker: Actor, victim: Actor, target: str) -> None:
        """Where lists of objects are taken, the attacker has one to put before the victim's."""
        for operation in self.hurting(victim, target):
            for each in references(operation):
                if each.many and not self.pool.references(
                    attacker.name, each, operation.name, guess=False
                ):
                    makers = self.kinds.creators_on(operation)
                    self.perform_all(
                        [
                            self.plan(draw, m, attacker, sources=("own",), hostile=False)
                            for m in makers
                        ]
                    )
                    return

    def judge(self) -> None:
        """Have what was done so far judged; replays end the example, for they begin anew."""
        if self.stage.suspects is not None and self.stage.suspects(self.history):
            self.over = True

    def new_cursors(self, asked: Planned) -> list[str]:
        """Make a call; the cursors that its caller did not have before."""
        user = asked.actor.user or asked.actor.claims
        known = set(self.pool.cursors(user))
        self.perform(asked)
        return [each for each in self.pool.cursors(user) if each not in known]

    def honestly(self, draw: Draw, actors: Sequence[Actor]) -> None:
        """Each of them uses what has been used least, with what is theirs."""
        self.perform_all(
            [
                self.plan(
                    draw,
                    draw(st.sampled_from(self.neglected(each)[:4])),
                    each,
                    sources=("own",),
                    hostile=False,
                )
                for each in actors
            ]
        )

    def read(
        self, readings: Sequence[tuple[Operation, dict[str, Any]]], reader: Actor, probe: Probe
    ) -> None:
        """Have somebody read; what calibration has not seen must read the same twice."""
        asked = [Planned(reader, each.name, given, probe) for each, given in readings]
        first = self.perform_all(asked)
        steady = self.stage.steady
        new = [
            (planned, call)
            for planned, call in zip(asked, first, strict=False)
            if planned.operation not in steady
        ]
        again = self.perform_all([planned for planned, _ in new])
        for (planned, one), other in zip(new, again, strict=False):
            if one.answer.body == other.answer.body and one.answer.outcome is Outcome.OK:
                steady.add(planned.operation)

    def perform(self, planned: Planned) -> Call:
        """Make one call."""
        call = self.stage.performer.perform(
            self.history, planned.actor, planned.operation, planned.arguments, planned.probe
        )
        self._learn(call)
        return call

    def perform_all(self, planned: Sequence[Planned]) -> list[Call]:
        """Make calls that do not depend on each other, at once where that is allowed."""
        calls: list[Call] = []
        width = max(1, self.stage.performer.concurrency)
        for start in range(0, len(planned), width):
            if self.stage.stopped():
                break
            calls += self.stage.performer.perform_all(self.history, planned[start : start + width])
        for call in calls:
            self._learn(call)
        return calls

    def _learn(self, call: Call) -> None:
        operation = self.stage.performer.operations[call.operation]
        self.pool.harvest(call)
        key = operation.parameter(Role.KEY)
        if key is not None and isinstance(call.arguments.get(key.name), str):
            self.pool.keep_key(call.actor.user or call.actor.claims, call.arguments[key.name])
        self.pool.keep_names(call, operation)
        if call.actor.claims == call.actor.user:
            self.stage.tried[operation.name] += 1
            self.stage.served[operation.name] += call.answer.outcome is Outcome.OK

    def drawer(self, draw: Draw) -> ArgumentDrawer:
        """Draws arguments with what is known so far."""
        return ArgumentDrawer(
            draw,
            self.pool,
            self.history.subjects,
            self.stage.plant,
            self.kinds.tools,
            trusting=not self.stage.principals.impostors,
        )


def comparable(operations: Sequence[Operation]) -> list[tuple[Operation, Parameter]]:
    """Every parameter in which a foreign id and a missing one must be answered alike."""
    return [
        (operation, each)
        for operation in operations
        for each in operation.parameters
        if compares(operation, each)
    ]
