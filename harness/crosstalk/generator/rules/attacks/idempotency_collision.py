"""Two users make the same call under the same idempotency key, and the first one repeats it.

A system that finds results by the key alone gives the second user what the first one got. Another
user, who has not used the key, tries it, and one that no call has used, on an object that does not
exist: nothing is done either way, so only the key can make a difference, and it must not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Probe
from crosstalk.core.identifiers import missing_like
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.operation import Operation, Role

# What stores that is tried the first time, at most.
_AT_FIRST = 6


class IdempotencyCollision:
    """Has two users meet at one idempotency key."""

    name = "idempotency_collision"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether any operation takes a key."""
        return bool(example.capabilities.keyed)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Let two users meet at one key, or at two; the first time at everything that stores.

        What stores something shows in its answer whose result it is.
        """
        keyed = example.capabilities.keyed
        storing = [each for each in example.capabilities.creators if each in keyed]
        unmet = [each for each in storing if not example.state.choices[self.name, each.name]]
        for number in range(len(unmet[:_AT_FIRST]) or draw(st.integers(1, 2))):
            among = unmet[number : number + 1] or keyed
            operation = example.least_chosen_operation(draw, self.name, among)
            first: Actor = draw(st.sampled_from(example.members))
            second = example.other_member(draw, first)
            others = [each for each in example.members if each not in (first, second)]
            for planned in collision(
                operation,
                example.plan_own(draw, operation, first).arguments,
                first,
                second,
                others[0] if others else second,
                subjects=example.history.subjects,
                plant=example.state.plant,
                unused_id=str(draw(st.uuids(version=4))),
                probe=example.next_probe(),
            ):
                example.execute(planned)


def collision(
    operation: Operation,
    arguments: Mapping[str, Any],
    first: Actor,
    second: Actor,
    third: Actor,
    *,
    subjects: Mapping[str, str],
    plant: Callable[[str], str],
    unused_id: str,
    probe: int,
) -> list[PlannedCall]:
    """Return the calls with which two users meet at one key.

    Args:
        operation: One that takes a key.
        arguments: What the first user says.
        first: Whose key it is.
        second: Who uses it too.
        third: Who compares it with an unused one; the second user where there is no other.
        subjects: User name to subject.
        plant: Makes a new marker of a user; keys are markers, so that it is known whose they are.
        unused_id: A UUID that no object has.
        probe: Number of the comparison.
    """
    (key,) = (each.name for each in operation.parameters if each.role is Role.KEY)
    asked = {**arguments, key: plant(first.name)}
    name = operation.name
    missing = {
        each.name: missing_like(str(asked[each.name]), unused_id)
        for each in operation.parameters
        if each.required and each.role is Role.REFERENCE
    }
    calls = [
        PlannedCall(first, name, asked),
        PlannedCall(second, name, _said_by(second, operation, asked, subjects)),
        PlannedCall(first, name, asked),
    ]
    if missing:
        foreign = {**_said_by(third, operation, asked, subjects), **missing}
        unused = {**foreign, key: plant("nobody")}
        pair = [
            PlannedCall(third, name, foreign, Probe("existence", probe, "foreign", first.name)),
            PlannedCall(third, name, unused, Probe("existence", probe, "missing", first.name)),
        ]
        # A user who has used the key is refused another call under it.
        calls[1:1] = pair
    return calls


def _said_by(
    actor: Actor, operation: Operation, arguments: Mapping[str, Any], subjects: Mapping[str, str]
) -> dict[str, Any]:
    """Return the arguments with the identity of another actor."""
    identity = {
        each.name: subjects[actor.claims]
        for each in operation.parameters
        if each.role is Role.IDENTITY
    }
    return {**arguments, **identity}
