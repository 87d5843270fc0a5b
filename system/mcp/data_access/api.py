"""Data through the backend's REST: the MCP server has no way to the database of its own.

Each call is one request on a shared pool, with a token made for the subject and for the backend.
The backend decides what the subject may see; no decision is made here.

An answer that was lost is asked for again. Writes carry the key that the tool call came with, or
one made here for this request, so that the backend does not do again what it has done.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

import httpx2
from pydantic import BaseModel, ValidationError

from system.errors import Forbidden, NotFound, ServerError, Unavailable, from_envelope
from system.identity import TokenExchange
from system.mcp.idempotency import current_key
from system.observe.tracing import outgoing
from system.store import PoolStatus
from system.store.schemas import (
    BulkCompletion,
    Deletion,
    InvitationDraft,
    InvitationPage,
    InvitationView,
    MemberList,
    MemberRemoval,
    MemberView,
    ProjectDraft,
    ProjectPage,
    ProjectView,
    RoleChange,
    TaskChange,
    TaskDraft,
    TaskPage,
    TaskStatus,
    TaskView,
    UserStats,
)
from system.wire.idempotency_key_header import KEY_HEADER, write_key
from system.wire.logs import REQUEST_ID_HEADER, request_id
from system.wire.retry import AnswerLostError, is_lost, is_under_way, send_request, until_answered

View = TypeVar("View", bound=BaseModel)
_HEALTH_SECONDS = 2.0
_log = logging.getLogger(__name__)


class ApiData:
    """Reaches data through the backend's REST.

    Args:
        url: Base URL of the backend.
        exchange: Makes tokens that the backend accepts from this server.
        timeout: Seconds for one request.
        max_connections: Requests that can be under way at once; more wait.
        repeats: How often a request whose answer was lost is sent again.
    """

    def __init__(
        self,
        url: str,
        exchange: TokenExchange,
        *,
        timeout: float,
        max_connections: int,
        repeats: int = 2,
    ) -> None:
        self._url = url.rstrip("/")
        self._repeats = repeats
        self._exchange = exchange
        limits = httpx2.Limits(
            max_connections=max_connections, max_keepalive_connections=max_connections
        )
        self._http = httpx2.AsyncClient(timeout=timeout, limits=limits, follow_redirects=False)

    async def add_task(self, user_id: str, draft: TaskDraft) -> TaskView:
        """See `system.store.tasks.add_task`."""
        return await self._send(TaskView, user_id, "POST", "tasks", body=_json(draft))

    async def get_task(self, user_id: str, task_id: UUID) -> TaskView:
        """See `system.store.tasks.get_task`."""
        return await self._send(TaskView, user_id, "GET", f"tasks/{task_id}")

    async def list_tasks(
        self,
        user_id: str,
        status: TaskStatus | None,
        project_id: UUID | None,
        cursor: str | None,
        limit: int,
    ) -> TaskPage:
        """See `system.store.tasks.list_tasks`."""
        query = {"status": status, "project_id": project_id, "cursor": cursor, "limit": limit}
        return await self._send(TaskPage, user_id, "GET", "tasks", query=query)

    async def search_tasks(
        self, user_id: str, query: str, cursor: str | None, limit: int
    ) -> TaskPage:
        """See `system.store.tasks.search_tasks`."""
        asked = {"q": query, "cursor": cursor, "limit": limit}
        return await self._send(TaskPage, user_id, "GET", "tasks/search", query=asked)

    async def update_task(self, user_id: str, task_id: UUID, change: TaskChange) -> TaskView:
        """See `system.store.tasks.update_task`."""
        body = _json(change)
        return await self._send(TaskView, user_id, "PATCH", f"tasks/{task_id}", body=body)

    async def complete_task(self, user_id: str, task_id: UUID) -> TaskView:
        """See `system.store.tasks.complete_task`."""
        return await self._send(TaskView, user_id, "POST", f"tasks/{task_id}/complete")

    async def complete_all_tasks(self, user_id: str, project_id: UUID | None) -> BulkCompletion:
        """See `system.store.tasks.complete_all_tasks`."""
        body = {"project_id": str(project_id)} if project_id else {}
        return await self._send(BulkCompletion, user_id, "POST", "tasks/complete-all", body=body)

    async def delete_task(self, user_id: str, task_id: UUID) -> Deletion:
        """See `system.store.tasks.delete_task`."""
        return await self._send(Deletion, user_id, "DELETE", f"tasks/{task_id}")

    async def add_project(self, user_id: str, draft: ProjectDraft) -> ProjectView:
        """See `system.store.projects.add_project`."""
        return await self._send(ProjectView, user_id, "POST", "projects", body=_json(draft))

    async def get_project(self, user_id: str, project_id: UUID) -> ProjectView:
        """See `system.store.projects.get_project`."""
        return await self._send(ProjectView, user_id, "GET", f"projects/{project_id}")

    async def list_projects(self, user_id: str, cursor: str | None, limit: int) -> ProjectPage:
        """See `system.store.projects.list_projects`."""
        query = {"cursor": cursor, "limit": limit}
        return await self._send(ProjectPage, user_id, "GET", "projects", query=query)

    async def delete_project(self, user_id: str, project_id: UUID) -> Deletion:
        """See `system.store.projects.delete_project`."""
        return await self._send(Deletion, user_id, "DELETE", f"projects/{project_id}")

    async def list_members(self, user_id: str, project_id: UUID) -> MemberList:
        """See `system.store.sharing.members.list_members`."""
        return await self._send(MemberList, user_id, "GET", f"projects/{project_id}/members")

    async def change_role(
        self, user_id: str, project_id: UUID, member_id: str, change: RoleChange
    ) -> MemberView:
        """See `system.store.sharing.members.change_role`."""
        path = f"projects/{project_id}/members/{_member(member_id)}"
        return await self._send(MemberView, user_id, "PATCH", path, body=_json(change))

    async def remove_member(self, user_id: str, project_id: UUID, member_id: str) -> MemberRemoval:
        """See `system.store.sharing.members.remove_member`."""
        path = f"projects/{project_id}/members/{_member(member_id)}"
        return await self._send(MemberRemoval, user_id, "DELETE", path)

    async def invite(
        self, user_id: str, project_id: UUID, draft: InvitationDraft
    ) -> InvitationView:
        """See `system.store.sharing.invitations.invite`."""
        path = f"projects/{project_id}/invitations"
        return await self._send(InvitationView, user_id, "POST", path, body=_json(draft))

    async def list_invitations(
        self, user_id: str, project_id: UUID | None, cursor: str | None, limit: int
    ) -> InvitationPage:
        """See `system.store.sharing.invitations.list_invitations`."""
        path = "invitations" if project_id is None else f"projects/{project_id}/invitations"
        query = {"cursor": cursor, "limit": limit}
        return await self._send(InvitationPage, user_id, "GET", path, query=query)

    async def accept_invitation(self, user_id: str, invitation_id: UUID) -> MemberView:
        """See `system.store.sharing.invitations.accept_invitation`."""
        path = f"invitations/{invitation_id}/accept"
        return await self._send(MemberView, user_id, "POST", path)

    async def delete_invitation(self, user_id: str, invitation_id: UUID) -> Deletion:
        """See `system.store.sharing.invitations.delete_invitation`."""
        return await self._send(Deletion, user_id, "DELETE", f"invitations/{invitation_id}")

    async def get_user_stats(self, user_id: str) -> UserStats:
        """See `system.store.stats.get_user_stats`."""
        return await self._send(UserStats, user_id, "GET", "stats")

    def pool_status(self) -> PoolStatus | None:
        """Return None: there is no connection to the database."""
        return None

    def dependencies(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The backend alone."""
        return {"backend": self.ping}

    async def ping(self) -> None:
        """Ask whether the backend's process answers; nothing of its dependencies.

        Raises:
            Unavailable: It does not.
        """
        try:
            answer = await self._http.get(f"{self._url}/health", timeout=_HEALTH_SECONDS)
        except httpx2.HTTPError:
            answer = None
        if answer is None or answer.status_code != 200:
            raise Unavailable("the backend does not answer", retry_after=1)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _send(
        self,
        view: type[View],
        user_id: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> View:
        """Send a request as the subject and parse its answer.

        Raises:
            Forbidden: The subject's id cannot stand in a path.
            Unavailable: The backend does not answer, or does not accept this server's tokens.
            ServiceError: What the backend answered.
        """
        headers = {
            "Authorization": f"Bearer {self._exchange.token_for(user_id)}",
            REQUEST_ID_HEADER: request_id.get(),
            **outgoing(),
        }
        if method != "GET":
            headers[KEY_HEADER] = write_key(current_key() or secrets.token_hex(16))
        request = self._http.build_request(
            method,
            f"{self._url}/api/{_segment(user_id)}/{path}",
            params={k: str(v) for k, v in (query or {}).items() if v is not None},
            json=body,
            headers=headers,
        )
        try:
            response, answer = await until_answered(
                lambda: self._exchanged(request), self._repeats, lambda each: is_under_way(each[1])
            )
        except (AnswerLostError, httpx2.HTTPError, ValueError):
            raise Unavailable("the data does not answer", retry_after=1) from None
        if response.status_code == 401:
            # Not the caller's credential but ours: nothing they could mend.
            _log.error("the backend does not accept this server's tokens: trust its issuer there")
            raise Unavailable("the data does not answer")
        if not response.is_success:
            raise from_envelope(response.status_code, answer, _seconds(response))
        try:
            return view.model_validate(answer)
        except ValidationError:
            _log.error("the backend answered in another form", extra={"form": view.__name__})
            raise ServerError() from None

    async def _exchanged(self, request: httpx2.Request) -> tuple[httpx2.Response, object]:
        """The answer to one sending, with its JSON.

        Raises:
            AnswerLostError: There is none, and the backend may have done what was asked.
            httpx2.HTTPError, ValueError: It could not be asked, or does not answer with JSON.
        """
        try:
            response = await send_request(self._http, request)
            if is_lost(response):
                raise AnswerLostError
            return response, response.json()
        except (httpx2.HTTPError, ValueError) as error:
            _log.warning("the backend does not answer", extra={"error": type(error).__name__})
            if is_lost(error):
                raise AnswerLostError from None
            raise


def _json(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_unset=True)


def _segment(user_id: str) -> str:
    if not _fits_path(user_id):
        raise Forbidden()
    return quote(user_id, safe="")


def _member(member_id: str) -> str:
    """Another user's id in a path: whose id has no place there is no member of anything."""
    if not _fits_path(member_id):
        raise NotFound()
    return quote(member_id, safe="")


def _fits_path(name: str) -> bool:
    # A slash, also an escaped one, would make the path name something else.
    return "/" not in name and name not in (".", "..")


def _seconds(response: httpx2.Response) -> int | None:
    text = response.headers.get("Retry-After", "")
    return int(text) if text.isascii() and text.isdigit() else None
