"""Arguments that name the caller by what a login calls its users: a `patient_id` by `$.patient.id`.

Whoever logs in as a patient is asked for under `/patients/{patient_id}/visits` by the same number.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import noun_of, singular, stem_of
from crosstalk.core.policy.model import matches
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.described.policy_config import ShareConfig

_ID = re.compile(r"\.(?P<kind>[A-Za-z_]\w*)\.(?:id|uuid|number)$")


def kinds_of_subjects(places: Collection[str]) -> set[str]:
    """Return the kinds of what users are to logins: `patient` of `$.data.patient.id`.

    Args:
        places: Where in a login's answer the id is by which the system knows its user.
    """
    return {match["kind"].lower() for each in places if (match := _ID.search(each))}


def with_people_named(
    operations: Mapping[str, Operation], shares: Sequence[ShareConfig]
) -> dict[str, Operation]:
    """Return the operations of sharing with the person whom they name, who is not the caller.

    `DELETE /notes/{note_id}/members/{username}` would else be called with the caller's own name.

    Args:
        operations: By name.
        shares: What opens and ends sharing, with the argument that names the person.
    """

    def person(operation: Operation, parameter: Parameter) -> Parameter:
        named = parameter.role is Role.IDENTITY and any(
            last_name(parameter.name) == last_name(each.person)
            and matches((*each.opens, *each.ends), operation.name)
            for each in shares
        )
        return replace(parameter, role=Role.TEXT) if named else parameter

    return {
        name: replace(
            operation, parameters=tuple(person(operation, each) for each in operation.parameters)
        )
        for name, operation in operations.items()
    }


def with_subject_arguments(
    operations: Mapping[str, Operation], kinds: Collection[str]
) -> dict[str, Operation]:
    """Return the operations with arguments of these kinds taken for the caller's own id.

    What users make themselves is no user: where an operation makes a patient, patients are objects.

    Args:
        operations: By name.
        kinds: Of `kinds_of_subjects`.
    """
    made = {
        singular(noun_of(each.name))
        for each in operations.values()
        if each.stores and not any(one.required and one.refers for one in each.parameters)
    }
    users = set(kinds) - made

    def names_caller(name: str) -> bool:
        stem = stem_of(last_name(name))
        return stem.lower() in users and stem != last_name(name)

    return {
        name: replace(
            operation,
            parameters=tuple(
                replace(each, role=Role.IDENTITY)
                if each.role is Role.REFERENCE and not each.many and names_caller(each.name)
                else each
                for each in operation.parameters
            ),
        )
        if any(names_caller(each.name) for each in operation.parameters)
        else operation
        for name, operation in operations.items()
    }
