"""The moves of one example: how rules choose what has been tried least, draw it, and perform it.

A campaign is short and a system has many operations: whatever a rule may choose, it chooses among
those that it has chosen least so far. So no operation waits long for its first foreign id, and the
order among equals is drawn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from harness.history import Actor, Call, Outcome, Probe
from harness.isolation.actors import BY_USER
from harness.isolation.arguments import ArgumentDrawer
from harness.isolation.kinds import (
    Kinds,
    compares,
    observation_arguments,
    page_size,
    references,
    required_references,
)
from harness.isolation.performer import Planned
from harness.isolation.pool import Pool
from harness.isolation.stage import Stage
from harness.surface.operation import Operation, Parameter, Role
from harness.values import is_short_id, missing_like

# Lists that a victim reads before and after somebody else acts.
_LISTS = 3

Draw = Callable[[st.SearchStrategy[Any]], Any]
_T = TypeVar("_T")


class Play:
    """One example under way.

    Args:
        stage: What it shares with the others.
        kinds: The operations, by use.
    """

    def __init__(self, stage: Stage, kinds: Kinds) -> None:
        self.stage = stage
        self.kinds = kinds
        self.history = stage.fresh_history()
        self.pool = Pool()
        self.pool.know_subjects(set(self.history.subjects.values()))
        self.over = False
        self._probes = 0

    def next_probe(self) -> int:
        """A number for calls that belong together."""
        self._probes += 1
        return self._probes

    # What to choose

    def rarest(
        self,
        draw: Draw,
        rule: str,
        choices: Sequence[_T],
        name: Callable[[_T], tuple[str, ...]],
        *,
        among: int = 3,
    ) -> _T:
        """One of those that this rule has chosen least so far.

        Args:
            draw: Draws from a strategy.
            rule: Who chooses; each rule counts for itself.
            choices: At least one.
            name: Under what a choice is counted.
            among: How many of the least chosen are drawn from, ties beside them.
        """
        counts = [self.stage.aimed[rule, *name(each)] for each in choices]
        limit = sorted(counts)[min(among, len(counts)) - 1]
        found: _T = draw(
            st.sampled_from(
                [each for each, count in zip(choices, counts, strict=True) if count <= limit]
            )
        )
        self.stage.aimed[rule, *name(found)] += 1
        return found

    def rarest_operation(self, draw: Draw, rule: str, choices: Sequence[Operation]) -> Operation:
        """One of the operations that this rule has chosen least so far."""
        return self.rarest(draw, rule, choices, lambda each: (each.name,))

    def neglected(self, actor: Actor) -> list[Operation]:
        """Operations that have served least so far, of those that the actor has objects for."""
        stage = self.stage
        possible = [
            each
            for each in self.kinds.protected
            if all(
                self.pool.references(actor.name, reference, each.name)
                for reference in required_references(each)
            )
        ]
        # An operation that will not serve does not keep the others waiting.
        possible.sort(key=lambda each: stage.served[each.name] + stage.tried[each.name] / 3)
        return possible[: max(4, len(possible) // 3)] or list(self.kinds.protected)

    def aim(self, draw: Draw, victim: Actor) -> tuple[str, list[tuple[Operation, dict[str, Any]]]]:
        """What the victim will read: one object of theirs in every way, or all their lists."""
        ways: defaultdict[str, list[tuple[Operation, dict[str, Any]]]] = defaultdict(list)
        for operation in self.kinds.details:
            (reference,) = required_references(operation)
            asked = observation_arguments(operation, self.history, victim)
            for known in self.pool.references(victim.name, reference, operation.name, guess=False):
                ways[known].append((operation, {**asked, reference.name: known}))
        if ways and draw(st.integers(0, 2)) > 0:
            target = self.rarest(
                draw, "aim", list(ways), lambda known: tuple(sorted(o.name for o, _ in ways[known]))
            )
            return target, ways[target]
        return "", [(each, self._list_reading(draw, each, victim)) for each in self._lists(draw)]

    def _lists(self, draw: Draw) -> list[Operation]:
        """A few lists of one protocol, those that were looked at least."""
        observations = self.stage.observations
        surface = draw(st.sampled_from(sorted({each.surface for each in observations})))
        left = [each for each in observations if each.surface == surface]
        chosen: list[Operation] = []
        while left and len(chosen) < _LISTS:
            chosen.append(self.rarest_operation(draw, "list", left))
            left.remove(chosen[-1])
        return chosen

    def _list_reading(self, draw: Draw, operation: Operation, victim: Actor) -> dict[str, Any]:
        """A full page of it, or a small one: what others add may take the place of one's own."""
        asked = observation_arguments(operation, self.history, victim)
        size = page_size(operation)
        if size is not None and draw(st.booleans()):
            asked[size.name] = size.schema.get("minimum", 1)
        return asked

    def hurting(self, victim: Actor, target: str) -> list[Operation]:
        """What could hurt the owner of that object; of any, where there is none."""
        found = [
            each
            for each in self.kinds.intrusive
            if any(
                target in self.pool.references(victim.name, reference, each.name, guess=False)
                for reference in references(each)
            )
        ]
        return found or list(self.kinds.intrusive)

    # What to call

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
        shared = self.drawer(draw).arguments(operation, actor, references=("own",), hostile=False)
        theirs = draw(st.sampled_from(known))
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

    # Calling

    def assail(self, draw: Draw, attacker: Actor, victim: Actor) -> None:
        """The victim reads, the attacker acts on what is the victim's, the victim reads again."""
        kinds, impostor = self.kinds, attacker.claims != attacker.user
        target, readings = self.aim(draw, victim)
        key = self.next_probe()
        self.read(readings, victim, Probe("ownership", key, "before", victim.name))
        attack = Probe("ownership", key, "attack", victim.name)
        # What needs no object named is tried with what is one's own: it may reach too far.
        hurting = self.hurting(victim, target) if target else kinds.broad or kinds.intrusive
        for _ in range(draw(st.integers(3, 6))):
            operation = self.rarest_operation(
                draw,
                "impersonate" if impostor else "intrude",
                draw(st.sampled_from((hurting, hurting, kinds.intrusive))),
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
            trusting=not self.stage.cast.impostors,
        )


def comparable(operations: Sequence[Operation]) -> list[tuple[Operation, Parameter]]:
    """Every parameter in which a foreign id and a missing one must be answered alike."""
    return [
        (operation, each)
        for operation in operations
        for each in operation.parameters
        if compares(operation, each)
    ]
