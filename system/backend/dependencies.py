"""Dependencies of routes: the verified subject, the owner of a path, the services.

All are `async`, though few wait: FastAPI runs each synchronous dependency on one of 40 worker
threads, and no request should wait for one of those.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request
from fastapi.security import HTTPBearer
from starlette.types import Scope

from system.backend.agent.connection import McpConnection
from system.backend.chat import ChatService
from system.backend.chatkit.server import AssistantServer
from system.backend.idempotency import RequestKey
from system.backend.limits import Limits
from system.errors import Forbidden, Unauthorized
from system.identity import Subject, TokenExchange, TokenVerifier
from system.observe.readiness import ReadinessChecks
from system.store import Store, UserSession
from system.store.schemas import MAX_USER_ID

_log = logging.getLogger(__name__)
# Documents the scheme in OpenAPI; the gate in front of the routes does the work.
_scheme = HTTPBearer(
    auto_error=False, bearerFormat="JWT", description="A token of a trusted issuer."
)


@dataclass(frozen=True, slots=True)
class Services:
    """Objects that live as long as the application."""

    store: Store
    verifier: TokenVerifier
    exchange: TokenExchange
    connection: McpConnection
    chat: ChatService
    chatkit: AssistantServer
    limits: Limits
    readiness: ReadinessChecks


def admit(scope: Scope, subject: Subject) -> None:
    """Note the verified subject where `current_subject` reads it."""
    scope.setdefault("state", {})["subject"] = subject


async def get_services(request: Request) -> Services:
    """The application's services."""
    services = request.app.state.services
    if not isinstance(services, Services):
        raise TypeError("the application was started without its services")
    return services


async def current_subject(request: Request, _: Annotated[object, Depends(_scheme)]) -> Subject:
    """The subject that the gate verified.

    Raises:
        Unauthorized: The gate let the request through without one: fail closed.
    """
    subject = getattr(request.state, "subject", None)
    if not isinstance(subject, Subject):
        raise Unauthorized()
    return subject


async def path_owner(
    user_id: Annotated[
        str,
        Path(
            min_length=1,
            max_length=MAX_USER_ID,
            description="The caller's own user id: the subject of the bearer token.",
            examples=["alice"],
        ),
    ],
    subject: Annotated[Subject, Depends(current_subject)],
) -> Subject:
    """The subject, who must be the user that the path names.

    Raises:
        Forbidden: The path names another user.
    """
    if user_id != subject.user_id:
        _log.warning("refused: path is not the subject's", extra={"layer": "backend.path"})
        raise Forbidden()
    return subject


CurrentSubject = Annotated[Subject, Depends(current_subject)]
Owner = Annotated[Subject, Depends(path_owner)]
ServicesOf = Annotated[Services, Depends(get_services)]


async def owner_session(subject: Owner, services: ServicesOf) -> AsyncIterator[UserSession]:
    """A transaction as the owner; committed before the answer is sent."""
    async with services.store.user_session(subject.user_id) as session:
        yield session


async def reading_session(subject: Owner, services: ServicesOf) -> AsyncIterator[UserSession]:
    """A session as the owner for queries alone, each of them a round trip."""
    async with services.store.read_session(subject.user_id) as session:
        yield session


async def write_session(
    subject: Owner, services: ServicesOf, key: RequestKey
) -> AsyncIterator[UserSession]:
    """A transaction as the owner for one write, which the request may have given a key."""
    async with services.store.user_session(subject.user_id, idempotency_key=key) as session:
        yield session


# Function scope ends the transaction before the answer goes out, so that "201" means committed.
OwnerSession = Annotated[UserSession, Depends(owner_session, scope="function")]
ReadingSession = Annotated[UserSession, Depends(reading_session, scope="function")]
WriteSession = Annotated[UserSession, Depends(write_session, scope="function")]
