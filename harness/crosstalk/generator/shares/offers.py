"""Offers: how an owner shares an object with a person, and by which calls it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Call, Outcome
from crosstalk.core.identifiers import is_id_path, last_name
from crosstalk.core.object_kinds import has_own_id, kind_of_argument, kind_of_field
from crosstalk.core.policy import Policy, Share
from crosstalk.core.policy.codes import code_of, ids_answered
from crosstalk.core.policy.model import matches
from crosstalk.core.policy.sharing import leaves
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.made_known import made_known
from crosstalk.generator.shares.offered_rights import no_more_rights, parameter_of, rights_of
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.capabilities import references, required_references, without_key
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.schemas import names_user

# Times that another object is made: what is drawn for it may be refused.
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that was offered.

    Attributes:
        rule: By which rule.
        target: The object.
        owner: Whose it is.
        person: To whom it was offered.
        group: The group that it was offered to, where it was one.
        call: The call that offered it.
    """

    rule: Share
    target: str
    owner: Actor
    person: Actor
    group: str
    call: Call


def make_offer(
    example: ExampleRun,
    draw: Draw,
    rule: Share,
    operation: Operation,
    owner: Actor,
    person: Actor,
    *,
    target: str = "",
) -> Offer | None:
    """Offer an object, by way of a group where it is a group that is named.

    Args:
        example: The example.
        draw: Draws from a strategy.
        rule: By which rule.
        operation: By which operation.
        owner: Whose object it is.
        person: Who is offered it.
        target: The object; the owner's newest by default.

    Returns:
        What was offered; None where it could not be.
    """
    if rule.members and not _as_member(example, draw, rule, owner, person):
        return None
    planned = offer_call(example, draw, rule, operation, owner, person, target=target)
    if planned is None:
        return None
    call = example.execute(planned)
    if call.answer.outcome is Outcome.ERROR and made_known(example, person):
        call = example.execute(planned)
    if call.answer.outcome is not Outcome.OK:
        return None
    return Offer(
        rule,
        str(_first(planned.arguments, rule.object) or _made(rule, call)),
        owner,
        person,
        _group(example, rule, operation, planned),
        call,
    )


def offer_call(
    example: ExampleRun,
    draw: Draw,
    rule: Share,
    operation: Operation,
    owner: Actor,
    person: Actor,
    *,
    target: str = "",
) -> PlannedCall | None:
    """Return the call that offers an object; None where there is none to offer.

    Where it is a group that is named, the person joins one first.
    """
    shared = parameter_of(operation, rule.object)
    if rule.code:
        # Whoever says the code is its person.
        plan = example.plan_own(draw, operation, owner)
        target = target or (_object(example, draw, operation, shared, owner) if shared else "")
        if shared is not None and not target:
            return None
        about = {shared.name: as_taken_by(shared, target)} if shared is not None else {}
        given = {**plan.arguments, **rights_of(operation, rule), **about}
        return PlannedCall(owner, operation.name, without_key(operation, given))
    named = parameter_of(operation, rule.person)
    if shared is None or named is None:
        return None
    target = target or _object(example, draw, operation, shared, owner)
    if not target:
        return None
    to: Any = name_of(example, named, person)
    membership = _membership(example.history.policy, rule, named)
    if membership is not None:
        to = _object(example, draw, operation, named, owner)
        if not to or not _join(example, draw, membership, to, owner, person):
            return None
    plan = example.plan_own(draw, operation, owner)
    given = {
        **no_more_rights(example.history.policy, operation, rule, plan.arguments),
        **rights_of(operation, rule),
        shared.name: as_taken_by(shared, target),
        named.name: as_taken_by(named, to),
    }
    # Under the key of an earlier offer this one would do nothing, or be refused.
    return PlannedCall(owner, operation.name, without_key(operation, given))


def accept_offer(
    example: ExampleRun,
    draw: Draw,
    offer: Offer,
    *,
    by: Actor | None = None,
    ended: bool = False,
) -> Call | None:
    """Have the person accept what was offered, where it is to be accepted.

    Args:
        example: The example.
        draw: Draws from a strategy.
        offer: What was offered.
        by: Another user who tries.
        ended: Whether it was declined or withdrawn before.

    Returns:
        The call; None where nothing is to be accepted.
    """
    accepting = operations_of(example, offer.rule.accept)
    if not accepting:
        return None
    actor = by or offer.person
    served = actor is offer.person and not ended
    way = "accepted by" if served else "accepted in vain by"
    operation = next_way(example, draw, way, accepting)
    given = arguments_about(example, draw, operation, actor, offer)
    return example.execute(PlannedCall(actor, operation.name, given))


def end_offer(
    example: ExampleRun,
    draw: Draw,
    offer: Offer,
    ender: Actor,
    *,
    pending: bool = False,
    personal: bool = False,
) -> bool:
    """Have the owner take back what was offered, or its person leave; False where none can.

    Args:
        example: The example.
        draw: Draws from a strategy.
        offer: What was offered.
        ender: Its owner or its person.
        pending: Whether it is an invitation that is not accepted yet.
        personal: Whether it has to go on for others, where a call can end it for this person.
    """
    kind = offer_kind(example, offer)
    ends = [
        each
        for each in operations_of(example, offer.rule.ends)
        if not kind or pending is _names_kind(each, kind)
    ]
    if not ends:
        return False
    # Who leaves takes nothing from others; a new code is its owner's to make.
    if ender is offer.owner or offer.rule.code:
        fitting = [each for each in ends if leaves(each.name) is (ender is offer.person)]
        ends = fitting or ends
    for_one = [each for each in ends if any(map(names_person, each.parameters))]
    # The others end it for all, and the object with it, about which nothing more can be offered.
    first = not any(example.state.served[each.name] for each in for_one)
    if for_one and (personal or first or draw(st.integers(0, 3)) < 3):
        ends = for_one
    ending = next_way(example, draw, "declined by" if pending else "taken back end", ends)
    given = arguments_about(example, draw, ending, ender, offer)
    example.execute(PlannedCall(ender, ending.name, given))
    return True


def arguments_about(
    example: ExampleRun, draw: Draw, operation: Operation, actor: Actor, offer: Offer
) -> Mapping[str, Any]:
    """Return the arguments of a call that accepts or ends what was offered."""
    # An earlier call's key would have this one do nothing.
    given = without_key(operation, example.plan_own(draw, operation, actor).arguments)
    found = offer.call.paths
    has_id = has_own_id(found)
    handles: dict[str, str] = {}
    for path, text in found:
        if is_id_path(path):
            kind = kind_of_field(path, offer.call.operation, has_id=has_id)
            handles.setdefault(kind, text)
    shared = kind_of_argument(offer.rule.object, offer.call.operation)
    for parameter in operation.parameters:
        kind = kind_of_argument(parameter.name, operation.name)
        last = last_name(parameter.name)
        if offer.rule.code and last == last_name(offer.rule.code):
            given[parameter.name] = code_of(offer.call, offer.rule.code)
        elif last == last_name(offer.rule.person) or names_person(parameter):
            of_group = offer.group or name_of(example, parameter, offer.person)
            given[parameter.name] = as_taken_by(parameter, of_group)
        elif last == last_name(offer.rule.object) or kind == shared:
            given[parameter.name] = as_taken_by(parameter, offer.target)
        elif parameter.refers and kind in handles:
            given[parameter.name] = handles[kind]
        elif parameter.refers and parameter.required and handles:
            given[parameter.name] = next(iter(handles.values()))
    return given


def look_at_offer(
    example: ExampleRun, draw: Draw, offer: Offer, *, by: Sequence[Actor] = ()
) -> None:
    """Have users read the invitation, by whatever shows invitations.

    Args:
        example: The example.
        draw: Draws from a strategy.
        offer: What was offered.
        by: The users; its person and its owner by default.
    """
    kind = offer_kind(example, offer)
    shown = [
        each
        for each in example.capabilities.protected
        if kind and each.reads_only and not each.conversational and kind in each.name.lower()
    ]
    planned = []
    for operation in shown:
        for actor in by or (offer.person, offer.owner):
            asked = example.reading(operation, actor).arguments
            given = arguments_about(example, draw, operation, actor, offer)
            named = {
                each.name: given[each.name]
                for each in references(operation)
                # What is optional narrows the owner's list, and is refused to its person.
                if each.name in given and (each.required or actor is offer.owner)
            }
            planned.append(PlannedCall(actor, operation.name, {**asked, **named}))
    example.execute_all(planned)


def another_object(example: ExampleRun, draw: Draw, offer: Offer, operation: Operation) -> str:
    """Make another object of the same owner and kind as what was offered; empty where none is."""
    shared = parameter_of(operation, offer.rule.object)
    if shared is None:
        return ""
    makers = example.capabilities.creators_on(operation)
    for _ in range(_TRIES):
        example.execute_all([example.plan_own(draw, each, offer.owner) for each in makers])
        known = example.pool.references(offer.owner.name, shared, operation.name, guess=False)
        if found := [each for each in known if each != offer.target]:
            return found[-1]
    return ""


def change_role(
    example: ExampleRun,
    draw: Draw,
    offer: Offer,
    rule: Share,
    *,
    withdrawn: bool = False,
    by: Actor | None = None,
) -> None:
    """Have the owner give the person what another rule gives to members, or what it takes away.

    Args:
        example: The example.
        draw: Draws from a strategy.
        offer: What the person accepted.
        rule: The other rule.
        withdrawn: Whether another value than the rule's is given.
        by: Another user who tries.
    """
    opening = operations_of(example, rule.opens)
    if not opening:
        return
    actor = by or offer.owner
    way = "another role by" if actor is offer.owner else "another role in vain by"
    operation = next_way(example, draw, way, opening)
    given = {**arguments_about(example, draw, operation, actor, offer)}
    given |= rights_of(operation, rule)
    for name, value in rule.where.items() if withdrawn else ():
        parameter = parameter_of(operation, name)
        known = parameter.schema.get("enum", ()) if parameter is not None else ()
        others = [each for each in known if each != value]
        if parameter is not None and others:
            given[parameter.name] = others[0]
    example.execute(PlannedCall(actor, operation.name, given))


def offer_kind(example: ExampleRun, offer: Offer) -> str:
    """Return the kind of object that an offer is, e.g. `invitation`; empty where it is none."""
    for accepting in operations_of(example, offer.rule.accept):
        for each in required_references(accepting):
            return kind_of_argument(each.name, accepting.name)
    return ""


def next_way(
    example: ExampleRun, draw: Draw, what: str, operations: Sequence[Operation]
) -> Operation:
    """Return the way that was gone least so far, so that each surface has its turn.

    What was never served comes first: nothing but the life of a share can serve it.
    """
    ways = never_served(example, operations) or operations
    return example.least_chosen(draw, what, ways, lambda each: (each.name,), among=1)


def never_served(example: ExampleRun, operations: Sequence[Operation]) -> list[Operation]:
    """Return the operations that served no user yet, and that are worth another try."""
    state = example.state
    return [each for each in operations if not state.served[each.name] and not state.in_vain(each)]


def names_person(parameter: Parameter) -> bool:
    """Return whether a parameter names another user than the caller."""
    named = names_user(last_name(parameter.name), perhaps=True)
    return named and parameter.role is not Role.IDENTITY


def _names_kind(operation: Operation, kind: str) -> bool:
    return any(
        kind_of_argument(each.name, operation.name) == kind
        for each in required_references(operation)
    )


def operations_of(example: ExampleRun, patterns: tuple[str, ...]) -> list[Operation]:
    """Return the operations that patterns name."""
    return [each for each in example.capabilities.protected if matches(patterns, each.name)]


def name_of(example: ExampleRun, parameter: Parameter, person: Actor) -> str:
    """Return what the system knows a person by there: an attribute of that name, or their id."""
    policy = example.history.policy
    claims = policy.people[person.name].claims if policy is not None else {}
    known = claims.get(last_name(parameter.name))
    return str(known) if known is not None else example.history.subjects[person.name]


def as_taken_by(parameter: Parameter, value: Any) -> Any:
    """Return a value in the form that its parameter takes."""
    if parameter.many:
        return [value]
    number = parameter.schema.get("type") in ("integer", "number")
    return int(value) if number and str(value).isdecimal() else value


def _join(
    example: ExampleRun,
    draw: Draw,
    membership: Share,
    group: str,
    owner: Actor,
    person: Actor,
) -> bool:
    """Have the person join a group; False where that cannot be said."""
    joining = operations_of(example, membership.opens)
    member = parameter_of(joining[0], membership.person) if joining else None
    holder = parameter_of(joining[0], membership.object) if joining else None
    if member is None or holder is None:
        return False
    plan = example.plan_own(draw, joining[0], owner)
    who = {holder.name: group, member.name: name_of(example, member, person)}
    example.execute(PlannedCall(owner, joining[0].name, {**plan.arguments, **who}))
    return True


def _as_member(example: ExampleRun, draw: Draw, rule: Share, owner: Actor, person: Actor) -> bool:
    """Give the person a first share in the object, which the rule asks for."""
    policy = example.history.policy
    for each in policy.shares if policy is not None else ():
        if each.object != rule.object or each.members:
            continue
        for operation in operations_of(example, each.opens)[:1]:
            offer = make_offer(example, draw, each, operation, owner, person)
            if offer is not None:
                accept_offer(example, draw, offer)
                return True
        return False
    return False


def _object(
    example: ExampleRun, draw: Draw, operation: Operation, parameter: Parameter, owner: Actor
) -> str:
    """Return an object of the owner's that the parameter can name; make one if need be."""
    for _ in range(2):
        known = example.pool.references(owner.name, parameter, operation.name, guess=False)
        if known:
            return known[-1]
        makers = example.capabilities.creators_on(operation)
        example.execute_all([example.plan_own(draw, each, owner) for each in makers])
    return ""


def _membership(policy: Policy | None, rule: Share, named: Parameter) -> Share | None:
    """Return the rule by which people join the group that a parameter names, if it names one."""
    if policy is None or named.role is Role.IDENTITY:
        return None
    kind = kind_of_argument(named.name, "")
    return next(
        (
            each
            for each in policy.shares
            if each is not rule and each.object and kind_of_argument(each.object, "") == kind
        ),
        None,
    )


def _first(arguments: Mapping[str, Any], name: str) -> Any:
    """Return an argument by its name, however deep it stands; of a list the one in it.

    None where there is none of that name.
    """
    named = (v for given, v in arguments.items() if name in (given, last_name(given)))
    value = next(named, None)
    return value[0] if isinstance(value, list) else value


def _made(rule: Share, call: Call) -> str:
    """Return the object that a call made, for which it answered a code."""
    return next(iter(ids_answered(call, kind_of_argument(rule.object, call.operation))), "")


def _group(example: ExampleRun, rule: Share, operation: Operation, planned: PlannedCall) -> str:
    """Return the group that an offer names; empty where it names a person."""
    named = parameter_of(operation, rule.person)
    if named is None or _membership(example.history.policy, rule, named) is None:
        return ""
    return str(_first(planned.arguments, rule.person))
