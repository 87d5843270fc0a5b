"""The generator: a Hypothesis state machine in which three users and a stranger try their luck.

Each example has fresh subjects and a history of its own, judged when the example ends. Rules:

- `live`: somebody uses their own data, which shows that the operations work at all;
- `act`: anybody who has an account calls anything;
- `intrude`: a victim reads their own data, somebody else acts on ids they should not have, the
  victim reads again;
- `compare`: one call with another user's id and the same call with a missing one;
- `imitate`: what somebody read or asked a model, repeated by others in the same words;
- `collide`: two users make the same call under the same key, and the first one repeats it; then
  somebody tries that key, and one that nobody has, on an object that nobody has;
- `knock`: a call without a valid credential.

The machine only decides calls. It does not judge them, and never stops at an answer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from harness.history import Actor, Call, History, Outcome, Probe
from harness.isolation.actors import BY_USER, EVERYBODY, USERS, Cast, forger
from harness.isolation.arguments import ArgumentDrawer
from harness.isolation.keys import collision
from harness.isolation.kinds import (
    Kinds,
    compares,
    observation_arguments,
    references,
    required_references,
)
from harness.isolation.performer import Performer
from harness.isolation.pool import Pool
from harness.surface.operation import Operation, Role
from harness.values import is_short_id, marker, missing_like

# Calls by which each user of an example uses what has been used least.
_HONEST_CALLS = 4


@dataclass(slots=True)
class Stage:
    """What the examples of a campaign share.

    Attributes:
        performer: Makes the calls.
        fresh_history: Resets the system where that is possible; a history with new subjects.
        observations: Operations by which users read their own data, known to be steady.
        forgeries: Names of the spoiled credentials that may be tried.
        examined: Called with each example's history when it ends.
        stopped: Tells whether the campaign should make no more calls.
        cast: Who can take part.
    """

    performer: Performer
    fresh_history: Callable[[], History]
    observations: Sequence[Operation]
    forgeries: Sequence[str]
    examined: Callable[[History], None]
    stopped: Callable[[], bool]
    cast: Cast = EVERYBODY
    planted: int = field(default=0)
    steady: set[str] = field(default_factory=set)
    tried: Counter[str] = field(default_factory=Counter)
    served: Counter[str] = field(default_factory=Counter)

    def plant(self, user: str) -> str:
        """A new marker of this user."""
        self.planted += 1
        return marker(user, self.planted)


def make_machine(stage: Stage) -> type[RuleBasedStateMachine]:
    """The state machine class that plays on this stage."""
    operations = list(stage.performer.operations.values())
    members, impostors = stage.cast.members, stage.cast.impostors
    strangers = [*stage.cast.strangers, *(forger(kind) for kind in stage.forgeries)]
    kinds = Kinds.of(operations)
    stage.steady.update(each.name for each in stage.observations)

    class Campaign(RuleBasedStateMachine):
        """One example: some users, their data, and what they try."""

        def __init__(self) -> None:
            super().__init__()
            self.history = History({name: name for name in USERS})
            self.pool = Pool()
            self.probes = 0

        @initialize(data=st.data())
        def settle(self, data: st.DataObject) -> None:
            """Everybody stores something, so that there is something to lose."""
            if stage.stopped():
                return
            self.history = stage.fresh_history()
            self.pool.know_subjects(set(self.history.subjects.values()))
            # One of each kind by one protocol: the other protocol sees the same rows.
            surfaces = sorted({each.surface for each in kinds.creators})
            surface = data.draw(st.sampled_from(surfaces)) if surfaces else None
            for actor in members:
                for operation in kinds.creators:
                    if operation.surface == surface:
                        self.call(data, operation, actor, hostile=False)
            for actor in members if kinds.chats else ():
                self.call(data, data.draw(st.sampled_from(kinds.chats)), actor, hostile=False)
            # Whatever rules this example plays, no operation goes without honest use for long.
            for actor in members:
                for _ in range(_HONEST_CALLS):
                    operation = data.draw(st.sampled_from(self.neglected(actor)[:2]))
                    self.call(data, operation, actor, sources=("own",), hostile=False)

        @rule(data=st.data())
        def act(self, data: st.DataObject) -> None:
            if stage.stopped():
                return
            for _ in range(data.draw(st.integers(2, 5))):
                actor = data.draw(st.sampled_from((*members, *impostors)))
                self.call(data, data.draw(st.sampled_from(kinds.protected)), actor)

        @rule(data=st.data())
        def live(self, data: st.DataObject) -> None:
            """Honest use of one's own data: without it nothing else means anything."""
            if stage.stopped():
                return
            actor = data.draw(st.sampled_from(members))
            for place in range(data.draw(st.integers(3, 6))):
                # First something new, that the others may then refer to.
                kind = [*kinds.creators, *kinds.chats] if place == 0 else []
                operation = data.draw(st.sampled_from(kind or self.neglected(actor)))
                self.call(data, operation, actor, sources=("own",), hostile=False)

        @rule(data=st.data())
        def intrude(self, data: st.DataObject) -> None:
            if stage.stopped() or not stage.observations:
                return
            victim = data.draw(st.sampled_from(members))
            others = [actor for actor in members if actor is not victim]
            others += [actor for actor in impostors if actor.claims == victim.name]
            attacker = data.draw(st.sampled_from(others))
            target, readings = self.aim(data, victim)
            aimed = self.aimed(victim, target)
            key = self.next_probe()
            before = Probe("ownership", key, "before", victim.name)
            for operation, arguments in readings:
                first = self.perform(operation, victim, arguments, before).answer
                if operation.name not in stage.steady:
                    # Calibration has not seen it: two readings in a row must be the same.
                    again = self.perform(operation, victim, arguments, before).answer
                    if first.body == again.body and first.outcome is Outcome.OK:
                        stage.steady.add(operation.name)
            attack = Probe("ownership", key, "attack", victim.name)
            for _ in range(data.draw(st.integers(2, 4))):
                kind = data.draw(st.sampled_from((aimed, aimed, kinds.intrusive, kinds.protected)))
                operation = data.draw(st.sampled_from(kind))
                self.call(
                    data,
                    operation,
                    attacker,
                    sources=(victim.name,),
                    hostile=False,
                    probe=attack,
                    target=target,
                )
            for operation, _ in readings if not target else ():
                self.observe(operation, attacker, attack)
                if attacker in impostors:
                    asked = observation_arguments(operation, self.history, attacker)
                    self.perform(operation, attacker, asked, attack)
            after = Probe("ownership", key, "after", victim.name)
            for operation, arguments in readings:
                self.perform(operation, victim, arguments, after)

        @rule(data=st.data())
        def compare(self, data: st.DataObject) -> None:
            if stage.stopped() or not kinds.comparable:
                return
            for _ in range(data.draw(st.integers(2, 4))):
                self.compare_one(data)

        @rule(data=st.data())
        def collide(self, data: st.DataObject) -> None:
            if stage.stopped() or not kinds.keyed:
                return
            for _ in range(data.draw(st.integers(1, 3))):
                operation = data.draw(st.sampled_from(kinds.keyed))
                first = data.draw(st.sampled_from(members))
                for actor, arguments, probe in collision(
                    operation,
                    self.drawer(data).arguments(
                        operation, first, references=("own",), hostile=False
                    ),
                    first,
                    data.draw(st.sampled_from([each for each in members if each is not first])),
                    subjects=self.history.subjects,
                    plant=stage.plant,
                    nobodys_id=str(data.draw(st.uuids(version=4))),
                    probe=self.next_probe(),
                ):
                    self.perform(operation, actor, arguments, probe)

        @rule(data=st.data())
        def imitate(self, data: st.DataObject) -> None:
            """What one user has read or asked a model, asked by another in the same words."""
            if stage.stopped():
                return
            repeatable = {each.name: each for each in (*kinds.details, *kinds.chats)}
            done = [
                call
                for call in self.history
                if call.operation in repeatable
                and call.actor in members
                and call.answer.outcome is Outcome.OK
            ]
            for _ in range(data.draw(st.integers(1, 4)) if done else 0):
                # The latest ones above all: what is kept may be kept for a while only.
                call = data.draw(st.sampled_from(done[-8:]))
                others = [each for each in members if each is not call.actor]
                attacker = data.draw(st.sampled_from(others))
                operation = repeatable[call.operation]
                mine = {
                    each.name: self.history.subjects[attacker.claims]
                    for each in operation.parameters
                    if each.role is Role.IDENTITY and each.name in call.arguments
                }
                self.perform(operation, attacker, {**call.arguments, **mine}, None)

        @rule(data=st.data())
        def knock(self, data: st.DataObject) -> None:
            if stage.stopped() or not strangers:
                return
            for _ in range(data.draw(st.integers(1, 3))):
                actor = data.draw(st.sampled_from(strangers))
                operation = data.draw(st.sampled_from(operations))
                self.call(data, operation, actor, sources=(actor.claims,), hostile=False)

        def neglected(self, actor: Actor) -> list[Operation]:
            """Operations that have served least so far, of those that the actor has objects for."""
            possible = [
                each
                for each in kinds.protected
                if all(
                    self.pool.references(actor.name, reference, each.name)
                    for reference in required_references(each)
                )
            ]
            # An operation that will not serve does not keep the others waiting.
            possible.sort(key=lambda each: stage.served[each.name] + stage.tried[each.name] / 3)
            return possible[: max(4, len(possible) // 3)] or list(kinds.protected)

        def teardown(self) -> None:
            """Hand the history over to those who judge."""
            if len(self.history):
                stage.examined(self.history)

        def call(
            self,
            data: st.DataObject,
            operation: Operation,
            actor: Actor,
            *,
            sources: Sequence[str] = ("own", "own", "foreign", "missing"),
            hostile: bool = True,
            probe: Probe | None = None,
            target: str = "",
        ) -> None:
            arguments = self.drawer(data).arguments(
                operation, actor, references=sources, hostile=hostile, target=target
            )
            self.perform(operation, actor, arguments, probe)

        def compare_one(self, data: st.DataObject) -> None:
            """One operation with another user's id, and with one that nobody has."""
            operation = data.draw(st.sampled_from(kinds.comparable))
            actor = data.draw(st.sampled_from(members))
            victim = data.draw(st.sampled_from([each for each in members if each is not actor]))
            parameter = data.draw(
                st.sampled_from([p for p in operation.parameters if compares(operation, p)])
            )
            known = self.pool.references(victim.name, parameter, operation.name)
            mine = self.pool.references(actor.name, parameter, operation.name)
            # A number or name that both have, each for an object of their own, compares nothing.
            own = set(mine) if parameter.role is Role.NAME else set(filter(is_short_id, mine))
            known = [each for each in known if each not in own]
            if not known:
                return
            drawer = self.drawer(data)
            shared = drawer.arguments(operation, actor, references=("own",), hostile=False)
            theirs = data.draw(st.sampled_from(known))
            nobodys = missing_like(theirs, str(data.draw(st.uuids(version=4))))
            foreign = {**shared, parameter.name: theirs}
            missing = {**shared, parameter.name: nobodys}
            if operation.reads_only and data.draw(st.integers(0, 3)) > 0:
                # What the owner was shown may be kept for whoever asks next.
                themselves = {
                    each.name: self.history.subjects[victim.name]
                    for each in operation.parameters
                    if each.role is Role.IDENTITY and each.name in shared
                }
                self.perform(operation, victim, {**foreign, **themselves}, None)
            key = self.next_probe()
            self.perform(operation, actor, foreign, Probe("existence", key, "foreign", victim.name))
            self.perform(operation, actor, missing, Probe("existence", key, "missing", victim.name))

        def aim(
            self, data: st.DataObject, victim: Actor
        ) -> tuple[str, list[tuple[Operation, dict[str, Any]]]]:
            """What the victim will read: one object of theirs in every way, or all their lists."""
            ways: defaultdict[str, list[tuple[Operation, dict[str, Any]]]] = defaultdict(list)
            for operation in kinds.details:
                (reference,) = required_references(operation)
                asked = observation_arguments(operation, self.history, victim)
                for known in self.pool.references(
                    victim.name, reference, operation.name, guess=False
                ):
                    ways[known].append((operation, {**asked, reference.name: known}))
            if ways and data.draw(st.integers(0, 1)) == 1:
                target = data.draw(st.sampled_from(list(ways)))
                return target, ways[target]
            surface = data.draw(st.sampled_from(sorted({o.surface for o in stage.observations})))
            return "", [
                (each, observation_arguments(each, self.history, victim))
                for each in stage.observations
                if each.surface == surface
            ]

        def aimed(self, victim: Actor, target: str) -> list[Operation]:
            """What could hurt the owner of that object; of any, where there is none."""
            hurting = [
                each
                for each in kinds.intrusive
                if any(
                    target in self.pool.references(victim.name, reference, each.name, guess=False)
                    for reference in references(each)
                )
            ]
            return hurting or list(kinds.intrusive)

        def observe(self, operation: Operation, actor: Actor, probe: Probe) -> None:
            """Read the actor's own data, whatever identity they otherwise claim."""
            reader = BY_USER[actor.user or actor.claims]
            self.perform(
                operation, reader, observation_arguments(operation, self.history, reader), probe
            )

        def perform(
            self, operation: Operation, actor: Actor, arguments: dict[str, Any], probe: Probe | None
        ) -> Call:
            call = stage.performer.perform(self.history, actor, operation.name, arguments, probe)
            self.pool.harvest(call)
            key = operation.parameter(Role.KEY)
            if key is not None and isinstance(arguments.get(key.name), str):
                self.pool.keep_key(actor.user or actor.claims, arguments[key.name])
            self.pool.keep_names(call, operation)
            if actor.claims == actor.user:
                stage.tried[operation.name] += 1
                stage.served[operation.name] += call.answer.outcome is Outcome.OK
            return call

        def drawer(self, data: st.DataObject) -> ArgumentDrawer:
            return ArgumentDrawer(
                data.draw,
                self.pool,
                self.history.subjects,
                stage.plant,
                kinds.tools,
                trusting=not impostors,
            )

        def next_probe(self) -> int:
            self.probes += 1
            return self.probes

    return Campaign
