"""Calls by a client that says to be a user, where no credential proves who calls."""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.history import Call, Channel, Outcome, Probe
from crosstalk.core.principals import ANYBODY
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.choice import Draw
from crosstalk.generator.example_run import ExampleRun
from crosstalk.surface.capabilities import observation_arguments, required_references
from crosstalk.surface.operation import Operation

# The first example may be cut short; what it showed needs no second look.
_TIMES = 2


class UnprovenIdentity:
    """Has a client that is not alice read alice's data by every reading operation."""

    name = "unproven_identity"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether no credential proves who calls, which is not accepted, at first."""
        history = example.history
        return (
            bool(history.unproven_identity)
            and Channel.UNAUTHENTICATED_IDENTITY not in history.accepted
            and example.state.rule_runs[self.name] <= _TIMES
        )

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Have alice store something where she has not yet, and read it without a credential."""
        alice = next(each for each in example.members if each.name == ANYBODY.claims)
        if not any(_stored(call, alice.name) for call in example.history):
            creators = example.capabilities.creators
            example.execute_all([example.plan_own(draw, each, alice) for each in creators])
        probe = Probe("identity", example.next_probe(), "claimed", alice.name)
        for operation in example.capabilities.protected:
            if not operation.unproven or not operation.reads_only or operation.conversational:
                continue
            arguments = self._arguments(example, draw, operation)
            if arguments is not None:
                example.execute(PlannedCall(ANYBODY, operation.name, arguments, probe))

    def _arguments(
        self, example: ExampleRun, draw: Draw, operation: Operation
    ) -> dict[str, object] | None:
        """How alice reads her own data; None where she has no object that is needed."""
        if operation.lists:
            return observation_arguments(operation, example.history, ANYBODY)
        arguments = example.plan_own(draw, operation, ANYBODY).arguments
        found = dict(arguments)
        for parameter in required_references(operation):
            known = example.pool.references(ANYBODY.claims, parameter, operation.name, guess=False)
            if not known:
                return None
            chosen = draw(st.sampled_from(known))
            found[parameter.name] = [chosen] if parameter.many else chosen
        return found


def _stored(call: Call, user: str) -> bool:
    return call.actor.user == user and call.answer.outcome is Outcome.OK
