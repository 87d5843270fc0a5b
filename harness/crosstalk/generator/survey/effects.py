"""Acts of another user that name nothing, and what the owner does with their own before and after.

A bin that is emptied for every user, or a week that is closed for all of them, may show in no
reading. That what its owner did a moment ago is refused now does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crosstalk.core.history import Outcome, Probe
from crosstalk.core.identifiers import last_name
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement, changes, makers
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.readings import last_given
from crosstalk.surface.capabilities import removes, required_references
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.patterns import renewed

NAME = "effects"
# Things that the victim does, and acts of the other, in one comparison.
_MOST_USES = 4
_MOST_ACTS = 4
_TWICE = 2
# Of what is stored first, a use and an act.
_LEAST_CALLS = 16
# Values of the victim's that one act is tried with.
_MOST_VALUES = 2


@dataclass(frozen=True, slots=True)
class _Use:
    """A call of the victim's, after the one that makes it possible, if it needs one."""

    call: PlannedCall
    enabling: PlannedCall | None = None


class EffectsPart:
    """Has the attacker act at large between calls of the victim's that worked twice."""

    name = NAME
    least = _LEAST_CALLS

    def run(self, users: Arrangement, most: int) -> None:
        """Make what was not made yet: every act once, after which all calls are made again.

        Args:
            users: Who act.
            most: Calls that it may take, about.
        """
        example, victim = users.example, users.victim
        acts = [each for each in _acts(example) if not example.state.choices[NAME, each.name]]
        begun = example.state.executor.calls_made
        if not acts or not _uses(example):
            return
        users.store(victim, each=1)
        key = example.next_probe()
        before = Probe("effect", key, "before", victim.name)
        own = _texts_of_their_own(users, acts)
        working: list[_Use] = []
        for operation in _uses(example):
            made = example.state.executor.calls_made - begun
            if users.ended or len(working) >= _MOST_USES or made >= most // 2:
                break
            use = self._working(users, operation, before, own)
            if use is not None:
                working.append(use)
        attack = Probe("effect", key, "attack", victim.name)
        after = Probe("effect", key, "after", victim.name)
        for operation in acts[:_MOST_ACTS] if working else ():
            example.state.choices[NAME, operation.name] += 1
            # One act may undo another: a week is closed, and opened again.
            for planned in _in_victims_values(users, operation, attack):
                harmed = self._have_attacked(users, planned, working, after)
                example.judge_soon(after=1)
                if harmed:
                    # Another week would be closed to the rest of the campaign as well.
                    break

    @staticmethod
    def _have_attacked(
        users: Arrangement, act: PlannedCall, working: list[_Use], after: Probe
    ) -> bool:
        """Have the attacker act, and the victim do again what worked before.

        Returns:
            Whether any of it does not work any more.
        """
        example = users.example
        for use in working:
            if use.enabling is not None and not users.ended:
                example.execute(use.enabling)
        if users.ended or example.execute(act).answer.outcome is not Outcome.OK:
            return False
        harmed = False
        for use in working:
            if not users.ended:
                again = PlannedCall(users.victim, use.call.operation, use.call.arguments, after)
                harmed = example.execute(again).answer.outcome is not Outcome.OK or harmed
        return harmed

    @staticmethod
    def _working(
        users: Arrangement, operation: Operation, before: Probe, own: Mapping[str, str]
    ) -> _Use | None:
        """Have the victim make a call twice; return it where it worked both times."""
        example = users.example
        if not users.able(operation, users.victim):
            return None
        call = users.own(operation, users.victim, before)
        alone = {
            e.name: own[name] for e in operation.parameters if (name := last_name(e.name)) in own
        }
        enabling = _enabling(users, call)
        # What was thrown away is brought back; where that is possible without, nothing is.
        ways: list[tuple[PlannedCall | None, Mapping[str, Any]]] = [(None, call.arguments)]
        if alone:
            ways.insert(0, (None, {**call.arguments, **alone}))
        if enabling is not None:
            ways.append((enabling, call.arguments))
        for first, given in ways:
            call = replace(call, arguments=given)
            served = 0
            while served < _TWICE:
                asked = [each for each in (first, call) if each is not None]
                if users.ended or not all(_served(example, each) for each in asked):
                    break
                served += 1
            if served == _TWICE:
                return _Use(call, first)
        return None


def _texts_of_their_own(users: Arrangement, acts: Sequence[Operation]) -> dict[str, str]:
    """Return names of what acts take, each with a text of its pattern that is in no use yet.

    What stays as an act has left it, as a week that is closed, shows once: replays take other texts
    of the pattern, and the usual week is left as it is.
    """
    number = users.random.getrandbits(32) | 1
    found = {
        last_name(each.name): renewed("", each.schema, number)
        for operation in acts
        for each in operation.parameters
        if each.role in (Role.TEXT, Role.VALUE) and "enum" not in each.schema
    }
    return {name: text for name, text in found.items() if text}


def _served(example: ExampleRun, planned: PlannedCall) -> bool:
    return example.execute(planned).answer.outcome is Outcome.OK


def _acts(example: ExampleRun) -> list[Operation]:
    """Return what changes something without naming it, and is not known to reach another's."""
    known = example.state.reaching_others()
    return [
        each
        for each in changes(example)
        if not required_references(each) and each.name not in known
    ]


def _uses(example: ExampleRun) -> list[Operation]:
    """Return what an owner does with one object, that may be refused; what brings back first."""
    state = example.state
    found = [
        each
        for each in (*makers(example), *changes(example))
        if len(required_references(each)) == 1 and not removes(each) and state.served[each.name]
    ]
    return sorted(found, key=lambda each: each.name not in state.enabled)


def _enabling(users: Arrangement, call: PlannedCall) -> PlannedCall | None:
    """Return what the victim has to do with the object first, e.g. to throw it away."""
    example = users.example
    operations = example.state.executor.operations
    name = example.state.enabled.get(call.operation)
    if name is None or name not in operations:
        return None
    (wanted,), named = (
        required_references(operations[call.operation]),
        required_references(operations[name]),
    )
    if len(named) != 1:
        return None
    drawn = users.own(operations[name], users.victim, call.probe)
    arguments = {**drawn.arguments, named[0].name: call.arguments[wanted.name]}
    return PlannedCall(users.victim, name, arguments, call.probe)


def _in_victims_values(
    users: Arrangement, operation: Operation, probe: Probe
) -> Iterator[PlannedCall]:
    """Yield calls of the attacker's with the days, weeks and words of the victim's.

    Where the victim gave none, the system has put a usual one in its place, which readings show.
    """
    drawn = users.own(operation, users.attacker, probe)
    valued = [
        each
        for each in operation.parameters
        if each.role in (Role.TEXT, Role.VALUE) and isinstance(drawn.arguments.get(each.name), str)
    ]
    made: list[dict[str, Any]] = []
    for place in range(_MOST_VALUES):
        known = {each.name: _values_of(users, each)[place:] for each in valued}
        values = {name: left[0] for name, left in known.items() if left}
        arguments = {**drawn.arguments, **values}
        if arguments not in made:
            made.append(arguments)
            yield PlannedCall(users.attacker, operation.name, arguments, probe)


def _values_of(users: Arrangement, parameter: Parameter) -> list[str]:
    """Return what the victim gave last under that name, and what the victim's objects have."""
    victim = users.victim
    given = last_given(users.example, victim, parameter)
    shown = users.example.pool.texts.shown_as(victim.name, last_name(parameter.name))
    listed = parameter.schema.get("enum")
    known = dict.fromkeys(each for each in (given, *shown[:1]) if each)
    return [each for each in known if not isinstance(listed, list) or each in listed]
