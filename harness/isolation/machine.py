"""The generator: a Hypothesis state machine in which three users and a stranger try their luck.

Each example has fresh subjects and a history of its own, judged when the example ends. Rules:

- `live`: somebody uses their own data, which shows that the operations work at all;
- `act`: anybody who has an account calls anything;
- `intrude`: a victim reads their own data, somebody else acts on ids they should not have, the
  victim reads again;
- `compare`: one call with another user's id and the same call with a missing one;
- `collide`: two users make the same call under the same key, and the first one repeats it; then
  somebody tries that key, and one that nobody has, on an object that nobody has;
- `knock`: a call without a valid credential.

The machine only decides calls. It does not judge them, and never stops at an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from harness.history import Actor, Call, History, Probe
from harness.isolation.actors import BY_USER, EVERYBODY, USERS, Cast, forger
from harness.isolation.arguments import ArgumentDrawer
from harness.isolation.keys import collision, takes_key
from harness.isolation.performer import Performer
from harness.isolation.pool import Pool
from harness.surface.nesting import last_name
from harness.surface.operation import Operation, Parameter, Role
from harness.values import is_short_id, marker, missing_like


@dataclass(slots=True)
class Stage:
    """What the examples of a campaign share.

    Attributes:
        performer: Makes the calls.
        fresh_history: Resets the system where that is possible; a history with new subjects.
        observations: Operations by which users read their own data.
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

    def plant(self, user: str) -> str:
        """A new marker of this user."""
        self.planted += 1
        return marker(user, self.planted)


def make_machine(stage: Stage) -> type[RuleBasedStateMachine]:
    """The state machine class that plays on this stage."""
    operations = list(stage.performer.operations.values())
    protected = [each for each in operations if not each.public]
    members, impostors = stage.cast.members, stage.cast.impostors
    strangers = [*stage.cast.strangers, *(forger(kind) for kind in stage.forgeries)]
    creators = creators_among(protected)
    by_reference = [each for each in protected if any(p.refers for p in each.parameters)]
    comparable = [each for each in protected if any(compares(each, p) for p in each.parameters)]
    # What could change somebody else's data: calls that name an object and declare a change.
    intrusive = [each for each in by_reference if not each.reads_only] or protected
    chats = [each for each in protected if each.surface == "chat"]
    tools = [each for each in protected if each.surface == "mcp"]
    keyed = [each for each in protected if takes_key(each)]

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
            surface = data.draw(st.sampled_from(sorted({each.surface for each in creators})))
            for actor in members:
                for operation in creators:
                    if operation.surface == surface:
                        self.call(data, operation, actor, hostile=False)
            if chats and data.draw(st.integers(0, 2)) == 0:
                for actor in members:
                    self.call(data, data.draw(st.sampled_from(chats)), actor, hostile=False)

        @rule(data=st.data())
        def act(self, data: st.DataObject) -> None:
            if stage.stopped():
                return
            for _ in range(data.draw(st.integers(2, 5))):
                actor = data.draw(st.sampled_from((*members, *impostors)))
                self.call(data, data.draw(st.sampled_from(protected)), actor)

        @rule(data=st.data())
        def live(self, data: st.DataObject) -> None:
            """Honest use of one's own data: without it nothing else means anything."""
            if stage.stopped():
                return
            actor = data.draw(st.sampled_from(members))
            for _ in range(data.draw(st.integers(3, 6))):
                operation = data.draw(st.sampled_from(protected))
                self.call(data, operation, actor, references=("own",), hostile=False)

        @rule(data=st.data())
        def intrude(self, data: st.DataObject) -> None:
            if stage.stopped() or not stage.observations:
                return
            victim = data.draw(st.sampled_from(members))
            others = [actor for actor in members if actor is not victim]
            others += [actor for actor in impostors if actor.claims == victim.name]
            attacker = data.draw(st.sampled_from(others))
            surface = data.draw(st.sampled_from(sorted({o.surface for o in stage.observations})))
            readings = [each for each in stage.observations if each.surface == surface]
            key = self.next_probe()
            for operation in readings:
                self.observe(operation, victim, Probe("ownership", key, "before", victim.name))
            attack = Probe("ownership", key, "attack", victim.name)
            for _ in range(data.draw(st.integers(2, 4))):
                kind = data.draw(st.sampled_from((intrusive, intrusive, intrusive, protected)))
                operation = data.draw(st.sampled_from(kind))
                self.call(
                    data,
                    operation,
                    attacker,
                    references=(victim.name,),
                    hostile=False,
                    probe=attack,
                )
            for operation in readings:
                self.observe(operation, attacker, attack)
                if attacker in impostors:
                    asked = observation_arguments(operation, self.history, attacker)
                    self.perform(operation, attacker, asked, attack)
            for operation in readings:
                self.observe(operation, victim, Probe("ownership", key, "after", victim.name))

        @rule(data=st.data())
        def compare(self, data: st.DataObject) -> None:
            if stage.stopped() or not comparable:
                return
            for _ in range(data.draw(st.integers(2, 4))):
                self.compare_one(data)

        @rule(data=st.data())
        def collide(self, data: st.DataObject) -> None:
            if stage.stopped() or not keyed:
                return
            for _ in range(data.draw(st.integers(1, 3))):
                operation = data.draw(st.sampled_from(keyed))
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
        def knock(self, data: st.DataObject) -> None:
            if stage.stopped() or not strangers:
                return
            for _ in range(data.draw(st.integers(1, 3))):
                actor = data.draw(st.sampled_from(strangers))
                operation = data.draw(st.sampled_from(operations))
                self.call(data, operation, actor, references=(actor.claims,), hostile=False)

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
            references: Sequence[str] = ("own", "own", "foreign", "missing"),
            hostile: bool = True,
            everything: bool = False,
            probe: Probe | None = None,
        ) -> None:
            arguments = self.drawer(data).arguments(
                operation, actor, references=references, hostile=hostile, everything=everything
            )
            self.perform(operation, actor, arguments, probe)

        def compare_one(self, data: st.DataObject) -> None:
            """One operation with another user's id, and with one that nobody has."""
            operation = data.draw(st.sampled_from(comparable))
            actor = data.draw(st.sampled_from(members))
            victim = data.draw(st.sampled_from([each for each in members if each is not actor]))
            references = [p for p in operation.parameters if compares(operation, p)]
            parameter = data.draw(st.sampled_from(references))
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
            if operation.reads_only and data.draw(st.booleans()):
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
            return call

        def drawer(self, data: st.DataObject) -> ArgumentDrawer:
            return ArgumentDrawer(
                data.draw,
                self.pool,
                self.history.subjects,
                stage.plant,
                tools,
                trusting=not impostors,
            )

        def next_probe(self) -> int:
            self.probes += 1
            return self.probes

    return Campaign


def compares(operation: Operation, parameter: Parameter) -> bool:
    """Whether a foreign id and a missing one must be answered alike there.

    Whoever stores something may call it what they like, as others call theirs.
    """
    chosen = parameter.role is Role.NAME and operation.stores
    return parameter.refers and not chosen


def creators_among(operations: Sequence[Operation]) -> list[Operation]:
    """Operations by which somebody stores something without naming anything that exists."""
    return [
        each
        for each in operations
        if not each.public
        and each.surface != "chat"
        and not each.reads_only
        and each.parameter(Role.TEXT)
        and not any(p.required and p.role is Role.REFERENCE for p in each.parameters)
    ]


def observation_arguments(operation: Operation, history: History, actor: Actor) -> dict[str, Any]:
    """Arguments with which an actor reads their own data: their identity, and a full page."""
    arguments: dict[str, Any] = {}
    for parameter in operation.parameters:
        if parameter.role is Role.IDENTITY:
            arguments[parameter.name] = history.subjects[actor.claims]
        elif last_name(parameter.name) == "limit":
            arguments[parameter.name] = parameter.schema.get("maximum", 100)
    return arguments
