"""Plans made of a history: one user's calls, what others do meanwhile, what is read last.

Of the observer's calls those are taken that need nothing of another user's; to them come readings
that a generator makes seldom (pages of one row, searches) and calls in the words that others used
(a name may be taken). Of the others' calls a sample is taken, what stores something first.
"""

from __future__ import annotations

import random
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from crosstalk.core.history import Actor, Call, Channel, Flow, History, Outcome, Probe
from crosstalk.core.identifiers import is_short_id, strings_in
from crosstalk.core.object_kinds import deletes
from crosstalk.core.policy import Share, Suspend
from crosstalk.core.policy.flows import flows_of_policy
from crosstalk.core.script import Script, Step, references_in, script_of
from crosstalk.generator.values.texts import COMMON_WORD
from crosstalk.phases.two_worlds.permitted_sources import left_out, partners
from crosstalk.surface.capabilities import (
    creators_among,
    observation_arguments,
    required_references,
    smallest_page,
)
from crosstalk.surface.operation import Operation, Role

_OWN_STEPS = 14
_OTHERS_STEPS = 20
_READINGS = 9
_REPEATS = 4
_CREATIONS = 3
# The size of a plan of as few calls as can show anything.
LEAST = 0.2

# A name by which it is counted how often this was done, and the call.
_Reading: TypeAlias = tuple[str, Step]


@dataclass(frozen=True, slots=True)
class WorldsPlan:
    """Calls for several worlds.

    Attributes:
        script: All of them. A step's probe says whether it is `observed` and compared, or
            `varied` between worlds; what has none is made in every world and not compared.
        observer: Whose observations are compared.
        salt: Turns the script's markers into those of this plan, the same in all its worlds.
    """

    script: Script
    observer: str
    salt: int = field(default_factory=lambda: secrets.randbits(32))

    @classmethod
    def of(cls, script: Script) -> WorldsPlan | None:
        """Read a plan out of a script's probes; None if it has no step that is observed."""
        for step in script.steps:
            if step.probe is not None and step.probe.part == "observed":
                return cls(script, step.probe.victim)
        return None

    def varied(self) -> list[int]:
        """Numbers of the steps that are varied."""
        return [each.number for each in self.script.steps if _part(each) == "varied"]

    def observed(self) -> list[int]:
        """Numbers of the steps that are compared."""
        return [each.number for each in self.script.steps if _part(each) == "observed"]

    def alone(self) -> WorldsPlan:
        """Return the calls that are made where the others are absent."""
        kept = tuple(each for each in self.script.steps if _part(each) != "varied")
        return replace(self, script=Script(kept))

    def without(self, numbers: Sequence[int]) -> WorldsPlan | None:
        """The plan without some steps and those that need them; None if nothing is left of it."""
        script: Script | None = self.script
        for number in numbers:
            script = script.without(number) if script else None
        return replace(self, script=script) if script else None

    def upto(self, number: int) -> WorldsPlan:
        """The plan up to and with that step."""
        steps = self.script.steps
        place = next(i for i, each in enumerate(steps) if each.number == number)
        return replace(self, script=Script(steps[: place + 1]))


@dataclass(frozen=True, slots=True)
class Around:
    """The users around an observer.

    Attributes:
        observer: The observer's name.
        flows: What may be shown to others, as a description or a policy says.
        near: Partners, who may see all that is the observer's, or show all that is theirs.
        others: The other users.
    """

    observer: str
    flows: Sequence[Flow]
    near: frozenset[str]
    others: Sequence[str]

    @classmethod
    def of(cls, history: History, operations: Mapping[str, Operation], observer: str) -> Around:
        """Read it out of a history."""
        users = list(history.subjects)
        flows = (*history.allowed_flows, *flows_of_policy(history.policy, operations))
        near = partners(flows, observer, users)
        others = [each for each in users if each != observer and each not in near]
        return cls(observer, flows, near, others)

    def shown(self, operation: Operation) -> bool:
        """Return whether what an operation answers the observer is compared in no world."""
        return (
            operation.public
            or operation.pushes
            or left_out(self.flows, self.observer, self.others, operation.name)
        )

    def plan(self, script: Script, operations: Mapping[str, Operation]) -> WorldsPlan:
        """Return the plan of these calls, each with its probe."""
        probed = (replace(e, probe=self._probe(e, operations[e.operation])) for e in script.steps)
        return WorldsPlan(Script(tuple(probed)), self.observer)

    def _probe(self, step: Step, operation: Operation) -> Probe | None:
        if step.actor.user in self.near:
            return None
        if step.actor.user != self.observer:
            return Probe("worlds", step.number, "varied", self.observer)
        if self.shown(operation):
            return None
        return Probe("worlds", step.number, "observed", self.observer)


def plan_of(
    history: History,
    operations: Mapping[str, Operation],
    observer: Actor,
    draw: random.Random,
    read_so_far: Counter[str],
    size: float = 1.0,
) -> WorldsPlan | None:
    """A plan for that observer; None where no others are active, or all their activity is meant.

    Args:
        history: What a generator did.
        operations: Operation name to operation.
        observer: One of its users.
        draw: Chooses.
        read_so_far: How often each reading was made, in all plans; counted up.
        size: The part of the usual number of calls that it may hold, above 0 to 1.
    """
    around = Around.of(history, operations, observer.name)
    near = around.near
    steps = free_of_others(without_sharing(history), observer.name, near, history)
    own = [each for each in steps if each.actor == observer]
    varied = [each for each in steps if each.actor.user not in (observer.name, *near)]
    if size < 1.0:
        # Few calls: a stranger's are refused, and what is refused is seldom seen by others.
        varied = [each for each in varied if each.actor.user is not None]
    if not own or not varied:
        return None
    creators = {each.name for each in creators_among(list(operations.values()))}
    chosen = _sample(own, _part_of(_OWN_STEPS, size), creators, draw) | _sample(
        varied, _part_of(_OTHERS_STEPS, size), creators, draw
    )
    chosen |= {each.number for each in steps if each.actor.user in near}
    script = Script(steps).only(chosen) or Script(())
    if Channel.NUMBER_REUSE in history.accepted:
        script = script.without(*_stale(script, observer, history)) or Script(())
    policy = history.policy
    # Who has an account is meant to show, as soon as somebody has one, to who administers them.
    compared = [
        each for each in operations.values() if policy is None or not policy.suspending(each.name)
    ]
    possible = _readings(compared, observer)
    readings = _chosen(possible, _part_of(_READINGS, size), draw, read_so_far)
    # Between two readings of the same things the observer does nothing, and the others something.
    number = _REPEATS if size > LEAST else 1
    repeats = _repeats(script, observer, near, creators, operations, draw, number)
    creations = _creations(history, operations, observer)
    words = _chosen(creations, _part_of(_CREATIONS, size) if size > LEAST else 1, draw, read_so_far)
    added = [*readings, *repeats, *readings, *words]
    last = max(each.number for each in steps)
    numbered = [replace(each, number=last + place) for place, each in enumerate(added, start=1)]
    script = Script((*script.steps, *numbered))
    return around.plan(script, operations)


def prepared_plan(
    history: History, operations: Mapping[str, Operation], most: int
) -> WorldsPlan | None:
    """Return the plan that a history was made for; None where it was made for none.

    Args:
        history: Its calls have the probes of a plan.
        operations: Operation name to operation.
        most: Calls that the plan may hold in both worlds together; the last readings are left out.
    """
    script = script_of(history)
    plan = WorldsPlan.of(script)
    if plan is None:
        return None
    around = Around.of(history, operations, plan.observer)
    script = Script(free_of_others(script, plan.observer, around.near, history))
    plan = around.plan(script, operations)
    over = len(plan.script.steps) + len(plan.alone().script.steps) - most
    if over > 0:
        reading = [
            each.number
            for each in plan.script.steps
            if _part(each) == "observed" and operations[each.operation].reads_only
        ]
        plan = plan.without(reading[-((over + 1) // 2) :])
    return plan if plan is not None and plan.observed() and plan.varied() else None


def without_sharing(history: History) -> Script:
    """Return the script without calls that share: what others share is meant to show.

    Args:
        history: Of an example.
    """
    script = script_of(history)
    policy = history.policy
    rules: tuple[Share | Suspend, ...] = ()
    if policy is not None:
        rules = (*policy.shares, *policy.suspends)
    sharing = [
        each.number for each in script.steps if any(rule.concerns(each.operation) for rule in rules)
    ]
    return (script.without(*sharing) or Script(())) if sharing else script


def _part_of(number: int, size: float) -> int:
    """Return that part of a number of calls, and three at least."""
    return min(number, max(3, round(number * size)))


def free_of_others(
    script: Script, observer: str, near: frozenset[str], history: History
) -> tuple[Step, ...]:
    """Steps of observer and partners need no answer or identity of others; others' may need any.

    Args:
        script: Of a history.
        observer: A user's name.
        near: Names of partners.
        history: Whose subjects may be named.
    """
    ours = {observer, *near}
    strangers = {f"${{{name}}}" for name in history.subjects if name not in ours}
    numbers = {each.number: each for each in script.steps}
    dropped: set[int] = set()
    for step in script.steps:
        needed = step.references()
        foreign = step.actor.user in ours and (
            step.actor.claims not in ours
            or any(numbers[each].actor.user not in ours for each in needed)
            or any(name in text for text in strings_in(step.arguments) for name in strangers)
        )
        # A partner's activity is not the observer's: the observer uses none of its ids either.
        foreign = foreign or (
            step.actor.user == observer
            and any(numbers[each].actor.user != observer for each in needed)
        )
        if foreign or needed & dropped:
            dropped.add(step.number)
    return tuple(each for each in script.steps if each.number not in dropped)


def _stale(script: Script, observer: Actor, history: History) -> list[int]:
    """Steps of the observer that name by its number what the observer has deleted before.

    Where numbers are given again, it may be the number of a newer object, or of none, as it falls
    with the others' objects: such a call, and all that it changes, tells of the reuse alone.
    """
    gone: set[tuple[int, str]] = set()
    found = []
    for step in script.steps:
        if step.actor.user != observer.name:
            continue
        call = history.calls[step.number - 1]
        named = {
            reference
            for name, value in step.arguments.items()
            if is_short_id(str(call.arguments.get(name)))
            for reference in references_in(value)
        }
        if named & gone:
            found.append(step.number)
        elif deletes(step.operation):
            gone |= named
    return found


def _sample(steps: Sequence[Step], size: int, creators: set[str], draw: random.Random) -> set[int]:
    """Some of them: what stores something first, then any."""
    shuffled = list(steps)
    draw.shuffle(shuffled)
    shuffled.sort(key=lambda each: each.operation not in creators)
    half = [each.number for each in shuffled if each.operation in creators][: size // 2]
    rest = [each.number for each in shuffled if each.number not in half]
    draw.shuffle(rest)
    return {*half, *rest[: size - len(half)]}


def _repeats(
    script: Script,
    observer: Actor,
    near: frozenset[str],
    creators: set[str],
    operations: Mapping[str, Operation],
    draw: random.Random,
    number: int,
) -> list[Step]:
    """Some of what the others do, once more; without keys, under which it would not be done."""
    theirs = [each for each in script.steps if each.actor.user not in (observer.name, *near)]
    chosen = _sample(theirs, number, creators, draw)
    keys = {each.name: each.parameter(Role.KEY) for each in operations.values()}
    found = []
    for step in theirs:
        key = keys[step.operation]
        if step.number in chosen:
            said = {k: v for k, v in step.arguments.items() if key is None or k != key.name}
            found.append(replace(step, arguments=said))
    return found


def _chosen(
    readings: Sequence[_Reading], size: int, draw: random.Random, read_so_far: Counter[str]
) -> list[Step]:
    """Those that were made least often so far."""
    shuffled = list(readings)
    draw.shuffle(shuffled)
    shuffled.sort(key=lambda each: read_so_far[each[0]])
    read_so_far.update(name for name, _ in shuffled[:size])
    return [step for _, step in shuffled[:size]]


def _readings(operations: Sequence[Operation], observer: Actor) -> list[_Reading]:
    """Whole lists, pages of one, searches."""
    symbols = History({observer.claims: f"${{{observer.claims}}}"})
    found = []
    for each in operations:
        query = each.parameter(Role.QUERY)
        searches = query is not None and not required_references(each) and each.reads_only
        if each.public or each.pushes or not (each.lists or searches):
            continue
        asked = observation_arguments(each, symbols, observer)
        if searches and query is not None:
            asked[query.name] = COMMON_WORD
        found.append((f"{each.name} whole", Step(0, observer, each.name, asked)))
        if small := smallest_page(each):
            found.append((f"{each.name} one", Step(0, observer, each.name, {**asked, **small})))
    return found


def _creations(
    history: History, operations: Mapping[str, Operation], observer: Actor
) -> list[_Reading]:
    """What others have stored, stored by the observer too, in the same words."""
    found: dict[str, _Reading] = {}
    creators = {each.name: each for each in creators_among(list(operations.values()))}
    for call in history:
        operation = creators.get(call.operation)
        if operation is None or not _serves(call, observer):
            continue
        arguments: dict[str, Any] = {
            each.name: f"${{{observer.claims}}}"
            if each.role is Role.IDENTITY
            else call.arguments[each.name]
            for each in operation.parameters
            if each.name in call.arguments and not each.refers and each.role is not Role.CURSOR
        }
        step = Step(0, observer, call.operation, arguments)
        found[call.operation] = (f"{call.operation} again", step)
    return list(found.values())


def _serves(call: Call, observer: Actor) -> bool:
    return (
        call.answer.outcome is Outcome.OK
        and call.actor.user not in (None, observer.name)
        and call.actor.user == call.actor.claims
    )


def _part(step: Step) -> str:
    return step.probe.part if step.probe is not None and step.probe.kind == "worlds" else ""
