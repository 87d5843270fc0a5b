"""Checks, before a campaign, that a described system accepts the credentials of its users.

Without this a token that has ended makes every operation "never answered", and a person looks for
the fault in the wrong place.
"""

from __future__ import annotations

from collections.abc import Mapping

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.operation import Operation, Role, Surface
from crosstalk.targets.described.credentials import DescribedCredentials, SurfaceCredentials
from crosstalk.targets.described.login.base import CredentialError

# Readings that are tried on each surface: one that is served proves the credential.
_READINGS = 3


def require_accepted(
    credentials: DescribedCredentials,
    surfaces: Mapping[str, Surface],
    operations: Mapping[str, Operation],
    subject: str,
) -> None:
    """Read something as a user on each surface that asks for a credential.

    Args:
        credentials: Of the described system.
        surfaces: Its surfaces.
        operations: Its operations.
        subject: The user.

    Raises:
        CredentialError: A surface refuses the credential in every reading; the message says so.
    """
    for found in credentials.all:
        if not found.identity.proves(found.urls):
            continue
        readings = [
            each
            for each in operations.values()
            if each.lists and not each.public and credentials.of(each.surface) is found
        ][:_READINGS]
        refusals: list[tuple[Operation, Answer]] = []
        for operation in readings:
            answer = surfaces[operation.surface].call(
                operation, _asked(operation, subject), found.of_user(subject)
            )
            if not _refuses(answer):
                break
            refusals.append((operation, answer))
        else:
            if refusals:
                raise CredentialError(_sentence(found, subject, *refusals[0]))


def _asked(operation: Operation, subject: str) -> dict[str, str]:
    return {each.name: subject for each in operation.parameters if each.role is Role.IDENTITY}


def _refuses(answer: Answer) -> bool:
    return answer.status == 401 or answer.outcome is Outcome.REFUSED


def _sentence(
    credentials: SurfaceCredentials, subject: str, operation: Operation, answer: Answer
) -> str:
    identity = credentials.identity
    person = credentials.people.person(subject)
    status = f"{answer.status} " if answer.status else ""
    said = " ".join(str(answer.message or answer.code or answer.body or "").split())[:120]
    if identity.login is not None:
        advice = "see [identity.login]: token, carried and value say how its answer travels"
    elif credentials.people.user(subject).token:
        advice = f"give a fresh token under users.{person.name}.token, or a login"
    else:
        advice = "see [identity]: by, header and value say where the token travels"
    return (
        f"the credential of {person.name} was refused: {operation.name} answered "
        f"{status}{said}; {advice}"
    )
