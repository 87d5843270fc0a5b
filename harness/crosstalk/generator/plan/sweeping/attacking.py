"""Another user reaches for what the victim has, between two readings by the victim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crosstalk.core.history import Probe
from crosstalk.generator.examples.claimed_identity import claims, without_credential
from crosstalk.generator.examples.honest_calls import in_words_of, read_again
from crosstalk.generator.examples.readings import Reading, stored_by
from crosstalk.generator.examples.shown_through import read_through
from crosstalk.generator.plan.sweeping.context import PassContext
from crosstalk.generator.plan.sweeping.next_pages import next_pages
from crosstalk.generator.plan.unusual_calls import names_in_elements, unusual_calls
from crosstalk.generator.rules.comparisons.existence_pair import (
    behind_own,
    has_neighbours,
    pair,
)
from crosstalk.generator.shares.sharing_served import by_sharing_alone
from crosstalk.generator.survey.reach import Form, Reach
from crosstalk.surface.capabilities import (
    is_outermost,
    removes,
    required_references,
)
from crosstalk.surface.operation import Operation, Parameter, Role

_WORDS = frozenset({Role.TEXT, Role.VALUE, Role.NAME, Role.QUERY})
# Of readings that ask by a word.
_MOST_IN_WORDS = 3


def attack(context: PassContext) -> None:
    """Have another user reach for what the victim has, between two readings by the victim."""
    if not context.lacking.ownership and not context.lacking.existence:
        return
    example, victim, attacker = context.example, context.victim, context.attacker
    renewed = {
        (operation.name, parameter.name): context.provision.renewed(operation, parameter, victim)
        for operation, parameter in context.lacking.existence
        if not by_sharing_alone(example, operation)
    }
    readings = context.readings()
    key = example.next_probe()
    before = Probe("ownership", key, "before", victim.name)
    for call in example.read_twice(readings, victim, before):
        context.note_shown(call)
    acting = Probe("ownership", key, "attack", victim.name)
    for operation in context.lacking.ownership:
        if context.ended:
            break
        if not required_references(operation):
            example.execute(context.own(operation, context.kept_from(operation), probe=acting))
    for operation, parameter in context.lacking.existence:
        newest = renewed.get((operation.name, parameter.name))
        theirs = None if context.ended else newest or context.target(operation, parameter)
        if theirs is None:
            if operation.reads_only and example.pool.names_users(parameter):
                asked = context.own(operation, context.kept_from(operation), probe=acting)
                named = {parameter.name: example.history.subjects[victim.name]}
                example.execute(replace(asked, arguments={**asked.arguments, **named}))
            continue
        _reach_for(context, operation, parameter, theirs)
    told = claims(
        example, context.drawer, victim, context.surfaces, acting, only_reads=context.hurried
    )
    for planned in told:
        if context.ended:
            break
        example.execute(planned)
        example.judge_soon()
    for operation in filter(names_in_elements, example.capabilities.protected):
        if context.first and not context.hurried and not context.ended:
            # Another's stands behind one of the attacker's own, which is looked at first.
            context.provision.for_call(operation, attacker)
    for surface in sorted(context.surfaces) if context.first and not context.hurried else ():
        unusual = unusual_calls(example, context.drawer, attacker, victim, surface, acting)
        for planned in unusual:
            if context.ended:
                break
            example.execute_spoilt(planned)
    for planned in next_pages(context, acting):
        if context.ended:
            break
        example.execute(planned)
    _store_in_asked_words(context, readings, acting)
    read_again(example, readings, victim, key)


def _store_in_asked_words(context: PassContext, readings: Sequence[Reading], acting: Probe) -> None:
    """Have the attacker store in the words by which the victim's readings ask: what is counted or
    found by a word, e.g. the games against an opponent, may be that of every user.

    It comes last: what the attacker has said is no news to them afterwards.
    """
    example, attacker = context.example, context.attacker
    creators = {each.name: each for each in context.creators()}
    made: set[int] = set()
    for operation, asked in readings:
        words = {
            str(asked[each.name])
            for each in operation.parameters
            if each.role in _WORDS and each.name in asked
        }
        if operation.lists or required_references(operation) or len(made) >= _MOST_IN_WORDS:
            continue
        stored = next(
            (
                call
                for call in stored_by(example, context.victim)
                if call.operation in creators and words & set(map(str, call.arguments.values()))
            ),
            None,
        )
        if stored is None or stored.index in made or context.ended:
            continue
        made.add(stored.index)
        drawn = context.own(creators[stored.operation], attacker, probe=acting)
        example.execute(in_words_of(example, stored.arguments, drawn))


def _reach_for(
    context: PassContext, operation: Operation, parameter: Parameter, theirs: str
) -> None:
    """Name an object of the victim's and one that does not exist, by one operation."""
    example, attacker = context.example, context.kept_from(operation)
    joint = is_outermost(operation, parameter)
    asked = (example, context.drawer, attacker, context.victim, operation, parameter, theirs)
    calls = list(pair(*asked, joint=joint))
    if joint and _goes_elsewhere(operation, parameter):
        calls += pair(*asked, joint=False)
        example.state.choices[Reach(operation, parameter, Form.PLAIN).key] += 1
    if has_neighbours(operation, parameter):
        calls += pair(*asked, joint=False, alone=True)
        example.state.choices[Reach(operation, parameter, Form.ALONE).key] += 1
    once = removes(operation)
    mine: list[str] = []
    for _ in calls if parameter.many and once else calls[: parameter.many]:
        mine = context.provision.of_list(operation, parameter, attacker)
    for planned in behind_own(mine, parameter, calls, once=once):
        read_through(example, example.execute(planned))
    example.judge_soon()
    context.asked.append((operation, parameter, theirs))
    if mine or not parameter.many:
        # The survey makes what was not made yet, in the other forms.
        plain = Form.JOINT if joint else Form.PLAIN
        made = Reach(operation, parameter, Form.BEHIND if mine else plain)
        example.state.choices[made.key] += 1


def _goes_elsewhere(operation: Operation, parameter: Parameter) -> bool:
    """Return whether what a call names in its address goes to what it names beside it, which may be
    the caller's own: an event that is sent on to an endpoint is not looked for inside it.
    """
    address = operation.name
    others = [each for each in required_references(operation) if each != parameter]
    return f"{{{parameter.name}}}" in address and all(
        f"{{{each.name}}}" not in address for each in others
    )


def attack_what_was_changed(context: PassContext, learnt: Sequence[Operation]) -> None:
    """Have the attacker make the calls that are served once the object was changed, after that.

    Before it they were refused to all users, which showed nothing.
    """
    wanted = [each for each in context.lacking.existence if each[0] in learnt]
    renewed = [
        (operation, parameter, theirs)
        for operation, parameter in wanted
        if len(required_references(operation)) == 1
        and (theirs := context.provision.renewed(operation, parameter, context.victim))
    ]
    if not renewed:
        return
    _between_readings(context, context.readings(asking=False), renewed)
    for operation, parameter, theirs in renewed:
        context.use(operation, context.victim, parameter, theirs, tries=1)


def attack_between_changes(
    context: PassContext, operation: Operation, parameter: Parameter, theirs: str
) -> None:
    """Have the attacker make a change before the victim does, of what the victim has just changed.

    Of what was not submitted yet nothing is approved, whoever asks; and once it is approved the
    step is taken.
    """
    readings = context.showing(theirs)
    if readings and len(required_references(operation)) == 1:
        _between_readings(context, readings, [(operation, parameter, theirs)])


def _between_readings(
    context: PassContext,
    readings: Sequence[Reading],
    named: Sequence[tuple[Operation, Parameter, str]],
) -> None:
    """Have the attacker name the victim's objects, between two readings by the victim."""
    example, victim, key = context.example, context.victim, context.example.next_probe()
    example.read_twice(readings, victim, Probe("ownership", key, "before", victim.name))
    for operation, parameter, theirs in named:
        if context.ended:
            return
        attacker = context.kept_from(operation)
        asked = (example, context.drawer, attacker, victim, operation, parameter, theirs)
        for planned in pair(*asked, joint=False):
            read_through(example, example.execute(planned))
    read_again(example, readings, victim, key)


def call_without_credential(context: PassContext) -> None:
    """Have a caller without a credential call everything that it has not called yet."""
    example = context.example
    for stranger in example.state.strangers[:1]:
        planned = without_credential(context.drawer, stranger, context.lacking.identity)
        example.execute_all(planned)
