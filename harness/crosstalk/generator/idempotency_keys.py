"""What two users do with one idempotency key: the calls, in order; it makes none of them.

First both make the same call under the key of the first, who then repeats it: a system that finds
results by the key alone gives the second user what the first one got. Then the second tries that
key, and one that nobody has, on an object that nobody has: nothing is done either way, so only the
key can make a difference, and it must not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from crosstalk.core.history import Actor, Probe
from crosstalk.core.identifiers import missing_like
from crosstalk.surface.operation import Operation, Role

Planned: TypeAlias = tuple[Actor, dict[str, Any], Probe | None]


def collision(
    operation: Operation,
    arguments: Mapping[str, Any],
    first: Actor,
    second: Actor,
    *,
    subjects: Mapping[str, str],
    plant: Callable[[str], str],
    nobodys_id: str,
    probe: int,
) -> list[Planned]:
    """The calls with which two users meet at one key.

    Args:
        operation: One that takes a key.
        arguments: What the first user says.
        first: Whose key it is.
        second: Who uses it too.
        subjects: User name to subject.
        plant: Makes a new marker of a user; keys are markers, so that it is known whose they are.
        nobodys_id: A UUID that no object has.
        probe: Number of the comparison.
    """
    (key,) = (each.name for each in operation.parameters if each.role is Role.KEY)
    said = {**arguments, key: plant(first.name)}
    same = {
        **said,
        **{
            each.name: subjects[second.claims]
            for each in operation.parameters
            if each.role is Role.IDENTITY
        },
    }
    missing = {
        each.name: missing_like(str(same[each.name]), nobodys_id)
        for each in operation.parameters
        if each.required and each.role is Role.REFERENCE
    }
    calls: list[Planned] = [(first, said, None), (second, same, None), (first, said, None)]
    if missing:
        foreign = {**same, **missing}
        unused = {**foreign, key: plant("nobody")}
        calls += [
            (second, foreign, Probe("existence", probe, "foreign", first.name)),
            (second, unused, Probe("existence", probe, "missing", first.name)),
        ]
    return calls
