"""An owner shares something, the person reads it, and reads again after it was taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Call, Outcome
from crosstalk.core.identifiers import is_id_path, last_name
from crosstalk.core.object_kinds import kind_of_argument, kind_of_field
from crosstalk.core.policy import Policy, Share, may_call
from crosstalk.core.policy.model import matches
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.choice import Draw
from crosstalk.generator.example_run import ExampleRun
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation, Parameter, Role

_READINGS = 8


@dataclass(frozen=True, slots=True)
class _Offer:
    """Something that was offered: by which rule, what, to whom, and what the call answered."""

    rule: Share
    target: str
    person: Actor
    group: str
    call: Call


class TakenBack:
    """Shares, reads, takes back, stores something new, and reads again."""

    name = "taken_back"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether the policy has sharing that calls open."""
        policy = example.history.policy
        return policy is not None and bool(policy.shares)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Go through the life of one share, or of one role that is given for a time."""
        policy = example.history.policy
        if policy is None:
            return
        rule = example.least_chosen(
            draw, self.name, list(policy.shares), lambda each: (str(each),), among=1
        )
        opening = _operations(example, (rule.opens,))
        if not opening:
            return
        operation = example.least_chosen_operation(draw, f"{self.name} by", opening)
        if rule.role:
            self._role(example, draw, policy, rule, operation)
            return
        owner: Actor = draw(st.sampled_from(list(example.members)))
        person = example.other_member(draw, owner)
        offer = self._offer(example, draw, rule, operation, owner, person)
        if offer is None:
            return
        example.state.situations["shared and taken back"] += 1
        readings = self._readings(example, draw, offer.target, owner, person)
        example.execute_all(readings)
        ender = person if rule.ends and draw(st.integers(0, 3)) == 3 else owner
        ends = _operations(example, rule.ends)
        if not ends:
            return
        ending = example.least_chosen_operation(draw, f"{self.name} end", ends)
        given = self._about(example, draw, ending, ender, offer)
        example.execute(PlannedCall(ender, ending.name, given))
        self._store_more(example, draw, offer.target, owner)
        example.execute_all(readings)

    def _offer(
        self,
        example: ExampleRun,
        draw: Draw,
        rule: Share,
        operation: Operation,
        owner: Actor,
        person: Actor,
    ) -> _Offer | None:
        """Open the sharing, by way of a group where it is a group that is named."""
        shared = _parameter(operation, rule.object)
        named = _parameter(operation, rule.person)
        if shared is None or named is None:
            return None
        target = self._object(example, draw, operation, shared, owner)
        if not target:
            return None
        policy, group = example.history.policy, ""
        to: Any = _name_of(example, named, person)
        membership = _membership(policy, rule, named) if policy is not None else None
        if membership is not None and policy is not None:
            group = self._object(example, draw, operation, named, owner)
            joining = _operations(example, (membership.opens,))
            if not group or not joining:
                return None
            member = _parameter(joining[0], membership.person)
            holder = _parameter(joining[0], membership.object)
            if member is None or holder is None:
                return None
            plan = example.plan_own(draw, joining[0], owner)
            who = {holder.name: group, member.name: _name_of(example, member, person)}
            example.execute(PlannedCall(owner, joining[0].name, {**plan.arguments, **who}))
            to = group
        plan = example.plan_own(draw, operation, owner)
        given = {**plan.arguments, shared.name: _as(shared, target), named.name: _as(named, to)}
        call = example.execute(PlannedCall(owner, operation.name, given))
        if call.answer.outcome is not Outcome.OK:
            return None
        offer = _Offer(rule, target, person, group, call)
        if rule.accept:
            # An invitation alone shows nothing yet.
            example.execute_all(self._readings(example, draw, target, owner, person))
        for accepting in _operations(example, (rule.accept,) if rule.accept else ())[:1]:
            accepted = self._about(example, draw, accepting, person, offer)
            example.execute(PlannedCall(person, accepting.name, accepted))
        return offer

    def _object(
        self,
        example: ExampleRun,
        draw: Draw,
        operation: Operation,
        parameter: Parameter,
        owner: Actor,
    ) -> str:
        """Return an object of the owner's that the parameter can name; make one if need be."""
        for _ in range(2):
            known = example.pool.references(owner.name, parameter, operation.name, guess=False)
            if known:
                return known[-1]
            makers = example.capabilities.creators_on(operation)
            example.execute_all([example.plan_own(draw, each, owner) for each in makers])
        return ""

    def _about(
        self, example: ExampleRun, draw: Draw, operation: Operation, actor: Actor, offer: _Offer
    ) -> Mapping[str, Any]:
        """Return the arguments of a call that accepts or ends what was offered."""
        plan = example.plan_own(draw, operation, actor)
        given = dict(plan.arguments)
        found = offer.call.answer.paths()
        has_id = any(path == "id" for path, _ in found)
        handles: dict[str, str] = {}
        for path, text in found:
            if is_id_path(path):
                kind = kind_of_field(path, offer.call.operation, has_id=has_id)
                handles.setdefault(kind, text)
        shared = kind_of_argument(offer.rule.object, offer.call.operation)
        for parameter in operation.parameters:
            kind = kind_of_argument(parameter.name, operation.name)
            last = last_name(parameter.name)
            if last == last_name(offer.rule.person):
                of_group = offer.group or _name_of(example, parameter, offer.person)
                given[parameter.name] = _as(parameter, of_group)
            elif last == last_name(offer.rule.object) or kind == shared:
                given[parameter.name] = _as(parameter, offer.target)
            elif parameter.refers and kind in handles:
                given[parameter.name] = handles[kind]
            elif parameter.refers and parameter.required and handles:
                given[parameter.name] = next(iter(handles.values()))
        return given

    def _readings(
        self, example: ExampleRun, draw: Draw, target: str, owner: Actor, person: Actor
    ) -> list[PlannedCall]:
        """Return readings by the person: of the object itself, and what lists or searches."""
        found = []
        for operation in example.capabilities.details:
            (reference,) = required_references(operation)
            known = example.pool.references(owner.name, reference, operation.name, guess=False)
            if target in known:
                asked = example.reading(operation, person).arguments
                given = {**asked, reference.name: _as(reference, target)}
                found.append(PlannedCall(person, operation.name, given))
        others = [
            each
            for each in example.capabilities.protected
            if each.reads_only and not required_references(each)
        ]
        while others and len(found) < _READINGS:
            operation = example.least_chosen_operation(draw, "taken back read by", others)
            others.remove(operation)
            if operation.lists:
                found.append(example.reading(operation, person))
            else:
                found.append(example.plan_own(draw, operation, person))
        return found

    def _store_more(self, example: ExampleRun, draw: Draw, target: str, owner: Actor) -> None:
        """Have the owner change the object: what is new is not for a user who lost it."""
        changing = [each for each in example.mutating_operations_on(owner, target) if each.stores]
        for operation in changing[:1]:
            example.execute(
                example.plan(draw, operation, owner, sources=("own",), hostile=False, target=target)
            )

    def _role(
        self, example: ExampleRun, draw: Draw, policy: Policy, rule: Share, operation: Operation
    ) -> None:
        """Give a role, use it, withdraw it, and use it again."""
        history = example.history
        givers = [
            e for e in example.members if may_call(policy, history, e.user, operation.name)[0]
        ]
        named, ends = _parameter(operation, rule.person), _operations(example, rule.ends)
        people = [each for each in example.members if each not in givers]
        if not givers or not people or named is None or not ends:
            return
        giver, person = draw(st.sampled_from(givers)), draw(st.sampled_from(people))
        plan = example.plan_own(draw, operation, giver)
        given = {**plan.arguments, named.name: _name_of(example, named, person)}
        example.execute(PlannedCall(giver, operation.name, {**given, **_role_in(operation, rule)}))
        opened = [
            each
            for each in example.capabilities.protected
            if (reserve := policy.reserved(each.name)) is not None and rule.role in reserve.to
        ]
        uses = [example.plan_own(draw, each, person) for each in opened[:_READINGS]]
        example.execute_all(uses)
        ending = example.least_chosen_operation(draw, f"{self.name} end", ends)
        plan = example.plan_own(draw, ending, giver)
        last = _parameter(ending, rule.person)
        said = {last.name: _name_of(example, last, person)} if last is not None else {}
        example.execute(PlannedCall(giver, ending.name, {**plan.arguments, **said}))
        example.execute_all(uses)


def _operations(example: ExampleRun, patterns: tuple[str, ...]) -> list[Operation]:
    return [each for each in example.capabilities.protected if matches(patterns, each.name)]


def _parameter(operation: Operation, name: str) -> Parameter | None:
    return next((e for e in operation.parameters if name in (e.name, last_name(e.name))), None)


def _membership(policy: Policy, rule: Share, named: Parameter) -> Share | None:
    """Return the rule by which people join the group that a parameter names, if it names one."""
    if named.role is Role.IDENTITY:
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


def _name_of(example: ExampleRun, parameter: Parameter, person: Actor) -> str:
    """Return what the system knows a person by there: an attribute of that name, or their id."""
    policy = example.history.policy
    claims = policy.people[person.name].claims if policy is not None else {}
    known = claims.get(last_name(parameter.name))
    return str(known) if known is not None else example.history.subjects[person.name]


def _role_in(operation: Operation, rule: Share) -> dict[str, str]:
    """Return the role's name where the operation asks for it."""
    found = next((e for e in operation.parameters if last_name(e.name) in ("role", "roles")), None)
    return {found.name: rule.role} if found is not None else {}


def _as(parameter: Parameter, value: Any) -> Any:
    """Return a value in the form that its parameter takes."""
    if parameter.many:
        return [value]
    number = parameter.schema.get("type") in ("integer", "number")
    return int(value) if number and str(value).isdigit() else value
