"""Finds out who owns the objects that exist before an example, from what each user is shown.

Each user reads their own listings; an object that one user alone is shown is that user's. Then each
owner reads some of them one by one: what belongs to an object is recognized by its fields.
"""

from __future__ import annotations

from collections.abc import Sequence

from crosstalk.core.history import Actor, History, Outcome
from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import kind_of_argument
from crosstalk.core.owned_objects import OwnedObject, OwnershipSurvey
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.surface.capabilities import Capabilities, observation_arguments, required_references
from crosstalk.surface.operation import Operation

# Objects of one user that are read one by one, by each operation that reads one.
_READ_ONE_BY_ONE = 3


def existing_objects(
    executor: Executor,
    history: History,
    members: Sequence[Actor],
    declared: Sequence[OwnedObject] = (),
) -> tuple[tuple[OwnedObject, ...], frozenset[str]]:
    """Return the objects that exist, with their owners, and ids that others knew of before.

    Args:
        executor: Makes the calls.
        history: Takes them; its subjects are the users'.
        members: The users.
        declared: Objects whose owners the description names.
    """
    capabilities = Capabilities.of(list(executor.operations.values()))
    survey = OwnershipSurvey(declared, capabilities.reference_fields)
    listings = [each for each in capabilities.protected if each.lists]
    readings = [
        PlannedCall(member, each.name, observation_arguments(each, history, member))
        for each in listings
        for member in members
    ]
    _take(survey, executor, history, readings)
    by_name = {each.name: each for each in members}
    one_by_one = [
        _reading(operation, history, by_name[owner], each)
        for operation in capabilities.details
        for owner in by_name
        for each in [one for one in survey.owned() if _fits(operation, one, owner)][
            :_READ_ONE_BY_ONE
        ]
    ]
    _take(survey, executor, history, one_by_one)
    owned = survey.owned()
    return owned, frozenset(survey.shared)


def _take(
    survey: OwnershipSurvey, executor: Executor, history: History, planned: list[PlannedCall]
) -> None:
    for call in executor.execute_all(history, planned):
        if call.answer.outcome is Outcome.OK:
            survey.take(call)


def _fits(operation: Operation, one: OwnedObject, owner: str) -> bool:
    (reference,) = required_references(operation)
    kind = kind_of_argument(reference.name, operation.name)
    return one.owner == owner and (one.is_of(kind) or last_name(reference.name) == one.field)


def _reading(operation: Operation, history: History, owner: Actor, one: OwnedObject) -> PlannedCall:
    (reference,) = required_references(operation)
    asked = observation_arguments(operation, history, owner)
    return PlannedCall(owner, operation.name, {**asked, reference.name: one.id})
