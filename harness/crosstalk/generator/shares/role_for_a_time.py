"""A role that is given for a time: used, withdrawn, and used again."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from crosstalk.core.identifiers import last_name
from crosstalk.core.policy import Policy, Share, may_call
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.offered_rights import parameter_of
from crosstalk.generator.shares.offers import name_of, operations_of
from crosstalk.generator.shares.shared_readings import READINGS
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.operation import Operation


def give_role(
    example: ExampleRun, draw: Draw, policy: Policy, rule: Share, operation: Operation
) -> None:
    """Give a role, use it, withdraw it, and use it again."""
    history = example.history
    givers = [e for e in example.members if may_call(policy, history, e.user, operation.name)[0]]
    named, ends = parameter_of(operation, rule.person), operations_of(example, rule.ends)
    people = [each for each in example.members if each not in givers]
    if not givers or not people or named is None or not ends:
        return
    giver, person = draw(st.sampled_from(givers)), draw(st.sampled_from(people))
    plan = example.plan_own(draw, operation, giver)
    given = {**plan.arguments, named.name: name_of(example, named, person)}
    example.execute(PlannedCall(giver, operation.name, {**given, **_role_in(operation, rule)}))
    opened = [
        each
        for each in example.capabilities.protected
        if (reserve := policy.reserved(each.name)) is not None and rule.role in reserve.to
    ]
    uses = [example.plan_own(draw, each, person) for each in opened[:READINGS]]
    example.execute_all(uses)
    ending = example.least_chosen_operation(draw, "taken back end of a role", ends)
    plan = example.plan_own(draw, ending, giver)
    last = parameter_of(ending, rule.person)
    said = {last.name: name_of(example, last, person)} if last is not None else {}
    example.execute(PlannedCall(giver, ending.name, {**plan.arguments, **said}))
    example.execute_all(uses)


def _role_in(operation: Operation, rule: Share) -> dict[str, Any]:
    """Return the role's name where the operation asks for it."""
    found = next((e for e in operation.parameters if last_name(e.name) in ("role", "roles")), None)
    return {found.name: rule.role} if found is not None else {}
