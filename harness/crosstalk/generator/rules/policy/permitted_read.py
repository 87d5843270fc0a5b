"""One user reads another's data where the policy permits it, by every operation that shows it."""

from __future__ import annotations

from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.capabilities import required_references

_READINGS = 6


class PermittedRead:
    """Reads what the policy lets one user see of another."""

    name = "permitted_read"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether the policy permits anything beside one's own."""
        policy = example.history.policy
        return policy is not None and bool(policy.allows or policy.boundary == "tenant")

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Read lists as every user, and each object that may be read by another user."""
        history, planned = example.history, []
        for reader in example.members:
            planned += [
                example.reading(each, reader)
                for each in example.capabilities.protected
                if each.lists
                and any(
                    history.permits(owner.name, reader.name, each.name, ())
                    for owner in example.members
                    if owner != reader
                )
            ]
            for operation in example.capabilities.details:
                (reference,) = required_references(operation)
                for owner in example.members:
                    if owner == reader or not history.permits(
                        owner.name, reader.name, operation.name, ()
                    ):
                        continue
                    known = example.pool.references(
                        owner.name, reference, operation.name, guess=False
                    )
                    for each in known[-1:]:
                        asked = example.reading(operation, reader).arguments
                        given = {**asked, reference.name: each}
                        planned.append(PlannedCall(reader, operation.name, given))
        chosen: list[PlannedCall] = []
        while planned and len(chosen) < _READINGS:
            one = example.least_chosen(
                draw, self.name, planned, lambda each: (each.operation, each.actor.name)
            )
            planned.remove(one)
            chosen.append(one)
        example.execute_all(chosen)
