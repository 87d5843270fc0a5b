"""Copies that a person makes by accepting what is shared: a change of one is none of the other."""

from __future__ import annotations

from crosstalk.core.history import Call, Outcome
from crosstalk.core.identifiers import is_id_path
from crosstalk.core.object_kinds import kind_of_argument
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.between_readings import between_readings
from crosstalk.generator.shares.offers import Offer
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.capabilities import removes, required_references
from crosstalk.surface.operation import Role

_MOST_CHANGES = 4
_SAID = frozenset({Role.TEXT, Role.VALUE, Role.NAME})


def change_copy(example: ExampleRun, draw: Draw, offer: Offer, accepted: Call | None) -> None:
    """Have the person change what accepting made for them, while the owner reads what was shared.

    Args:
        example: The example.
        draw: Draws from a strategy.
        offer: What was offered.
        accepted: The call that accepted it; None where there was none.
    """
    if accepted is None or accepted.answer.outcome is not Outcome.OK:
        return
    known = {offer.target, *accepted.sent, *(text for _, text in offer.call.paths)}
    made = [text for path, text in accepted.paths if is_id_path(path) and text not in known]
    kind = kind_of_argument(offer.rule.object, offer.call.operation)
    changes = []
    for operation in example.capabilities.mutates_by_id if made else ():
        says = any(each.role in _SAID for each in operation.parameters)
        if not says or removes(operation) or operation.conversational:
            continue
        # A copy is of the kind of what it was made of.
        places = [
            each
            for each in required_references(operation)
            if kind_of_argument(each.name, operation.name) == kind and not each.many
        ]
        if len(places) == 1:
            given = example.plan_own(draw, operation, offer.person).arguments
            said = {**given, places[0].name: made[0]}
            changes.append(PlannedCall(offer.person, operation.name, said))
    if changes:
        between_readings(example, draw, offer, [], changes[:_MOST_CHANGES])
