"""Calls by a client that says to be a user, where no credential proves who calls."""

from __future__ import annotations

from typing import Any

from crosstalk.core.history import Actor, Call, Channel, Outcome, Probe
from crosstalk.core.principals import ANYBODY
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.arguments import ArgumentDrawer
from crosstalk.generator.values.choice import Choice, Draw, HypothesisChoice
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
        claim_identity(example, example.drawer(draw), HypothesisChoice(draw))


def claim_identity(example: ExampleRun, drawer: ArgumentDrawer, choice: Choice) -> None:
    """Have alice store something where she has not yet, and a client say to be alice and read it.

    Args:
        example: Under way.
        drawer: Draws arguments.
        choice: Chooses among alice's objects.
    """
    alice = next(each for each in example.members if each.name == ANYBODY.claims)

    def own(operation: Operation, actor: Actor) -> dict[str, Any]:
        return drawer.arguments(operation, actor, references=("own",), hostile=False)

    if not any(_stored(call, alice.name) for call in example.history):
        for operation in example.capabilities.creators:
            example.execute(PlannedCall(alice, operation.name, own(operation, alice)))
    probe = Probe("identity", example.next_probe(), "claimed", alice.name)
    for operation in example.capabilities.protected:
        if not operation.unproven or not operation.reads_only or operation.conversational:
            continue
        if operation.lists:
            asked = observation_arguments(operation, example.history, ANYBODY)
        else:
            found = _objects(example, choice, operation)
            if found is None:
                continue
            asked = {**own(operation, ANYBODY), **found}
        example.execute(PlannedCall(ANYBODY, operation.name, asked, probe))


def _objects(example: ExampleRun, choice: Choice, operation: Operation) -> dict[str, Any] | None:
    """Objects of alice's by which she reads her own data; None where she has not all of them."""
    found: dict[str, Any] = {}
    for parameter in required_references(operation):
        known = example.pool.references(ANYBODY.claims, parameter, operation.name, guess=False)
        if not known:
            return None
        chosen = choice.of(known)
        found[parameter.name] = [chosen] if parameter.many else chosen
    return found


def _stored(call: Call, user: str) -> bool:
    return call.actor.user == user and call.answer.outcome is Outcome.OK
