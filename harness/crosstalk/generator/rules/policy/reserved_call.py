"""Operations that the policy reserves, called by users without the role and by one who has it."""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.policy import may_call
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw

_OPERATIONS = 2


class ReservedCall:
    """Has a user without the role call what is reserved, then one with it do the same."""

    name = "reserved_call"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether anything is reserved."""
        policy = example.history.policy
        return policy is not None and bool(policy.reserves)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Make the same calls as both: a removal that succeeds leaves nothing for the second."""
        policy = example.history.policy
        if policy is None:
            return
        reserved = [
            each
            for each in example.capabilities.protected
            if policy.reserved(each.name) is not None
        ]
        for _ in range(min(_OPERATIONS, len(reserved))):
            operation = example.least_chosen_operation(draw, self.name, reserved)
            able = [
                each
                for each in example.members
                if may_call(policy, example.history, each.user, operation.name)[0]
            ]
            unable = [each for each in example.members if each not in able]
            if not able or not unable:
                continue
            holder = draw(st.sampled_from(able))
            other = draw(st.sampled_from(unable))
            planned = example.plan(
                draw, operation, holder, sources=("own", other.name), hostile=False
            )
            example.execute_all([PlannedCall(other, operation.name, planned.arguments)])
            example.execute_all([PlannedCall(holder, operation.name, planned.arguments)])
