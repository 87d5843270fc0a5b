"""Rights by argument: what an offer must say to open its own rule's share, and no stronger one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.core.identifiers import last_name
from crosstalk.core.policy import Policy, Share
from crosstalk.core.policy.model import matches
from crosstalk.surface.operation import Operation, Parameter


def parameter_of(operation: Operation, name: str) -> Parameter | None:
    """Return the parameter of a name, however deep it stands."""
    return next((e for e in operation.parameters if name in (e.name, last_name(e.name))), None)


def rights_of(operation: Operation, rule: Share) -> dict[str, Any]:
    """Return what a call must say so that it opens the sharing, under its arguments' names."""
    found = {}
    for name, value in rule.where.items():
        parameter = parameter_of(operation, name)
        if parameter is not None:
            found[parameter.name] = value
    return found


def no_more_rights(
    policy: Policy | None, operation: Operation, rule: Share, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments of an offer without what would open another rule's share as well.

    A viewer who was made an editor by chance is not refused what a viewer is.

    Args:
        policy: Has the other rules.
        operation: Offers the object.
        rule: By which rule it is offered.
        given: The arguments as they were drawn.
    """
    found = dict(given)
    for name, values in _asked_by_others(policy, operation, rule).items():
        parameter = parameter_of(operation, name)
        if parameter is None or str(found.get(parameter.name)) not in values:
            continue
        left = [each for each in parameter.schema.get("enum", ()) if str(each) not in values]
        if left:
            found[parameter.name] = left[0]
        elif not parameter.required:
            del found[parameter.name]
    return found


def _asked_by_others(
    policy: Policy | None, operation: Operation, rule: Share
) -> dict[str, set[str]]:
    """Return argument to the values by which other rules open a share in such an object."""
    found: dict[str, set[str]] = {}
    for each in policy.shares if policy is not None else ():
        if each.object == rule.object and matches(each.opens, operation.name):
            for name, value in each.where.items():
                if name not in rule.where:
                    found.setdefault(name, set()).add(value)
    return found
