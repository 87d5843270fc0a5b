"""Reads straight from the database, writes through the backend's REST.

For a system whose rules on writes live in the backend: one place enforces them, and reading stays
one round trip. A read after a write sees the write, since REST answers after the commit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from system.mcp.data_access.api import ApiData
from system.mcp.data_access.direct import DirectData
from system.store import Store
from system.store.schemas import (
    BulkCompletion,
    Deletion,
    InvitationDraft,
    InvitationView,
    MemberRemoval,
    MemberView,
    ProjectDraft,
    ProjectView,
    RoleChange,
    TaskChange,
    TaskDraft,
    TaskView,
)


class HybridData(DirectData):
    """Reads as `DirectData`, writes as `ApiData`.

    Args:
        store: For reading.
        api: For writing.
    """

    def __init__(self, store: Store, api: ApiData) -> None:
        super().__init__(store)
        self._api = api

    async def add_task(self, user_id: str, draft: TaskDraft) -> TaskView:
        """See `system.store.tasks.add_task`."""
        return await self._api.add_task(user_id, draft)

    async def update_task(self, user_id: str, task_id: UUID, change: TaskChange) -> TaskView:
        """See `system.store.tasks.update_task`."""
        return await self._api.update_task(user_id, task_id, change)

    async def complete_task(self, user_id: str, task_id: UUID) -> TaskView:
        """See `system.store.tasks.complete_task`."""
        return await self._api.complete_task(user_id, task_id)

    async def complete_all_tasks(self, user_id: str, project_id: UUID | None) -> BulkCompletion:
        """See `system.store.tasks.complete_all_tasks`."""
        return await self._api.complete_all_tasks(user_id, project_id)

    async def delete_task(self, user_id: str, task_id: UUID) -> Deletion:
        """See `system.store.tasks.delete_task`."""
        return await self._api.delete_task(user_id, task_id)

    async def add_project(self, user_id: str, draft: ProjectDraft) -> ProjectView:
        """See `system.store.projects.add_project`."""
        return await self._api.add_project(user_id, draft)

    async def delete_project(self, user_id: str, project_id: UUID) -> Deletion:
        """See `system.store.projects.delete_project`."""
        return await self._api.delete_project(user_id, project_id)

    async def change_role(
        self, user_id: str, project_id: UUID, member_id: str, change: RoleChange
    ) -> MemberView:
        """See `system.store.sharing.members.change_role`."""
        return await self._api.change_role(user_id, project_id, member_id, change)

    async def remove_member(self, user_id: str, project_id: UUID, member_id: str) -> MemberRemoval:
        """See `system.store.sharing.members.remove_member`."""
        return await self._api.remove_member(user_id, project_id, member_id)

    async def invite(
        self, user_id: str, project_id: UUID, draft: InvitationDraft
    ) -> InvitationView:
        """See `system.store.sharing.invitations.invite`."""
        return await self._api.invite(user_id, project_id, draft)

    async def accept_invitation(self, user_id: str, invitation_id: UUID) -> MemberView:
        """See `system.store.sharing.invitations.accept_invitation`."""
        return await self._api.accept_invitation(user_id, invitation_id)

    async def delete_invitation(self, user_id: str, invitation_id: UUID) -> Deletion:
        """See `system.store.sharing.invitations.delete_invitation`."""
        return await self._api.delete_invitation(user_id, invitation_id)

    def dependencies(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The database for reading, the backend for writing."""
        return {**super().dependencies(), **self._api.dependencies()}

    async def ping(self) -> None:
        """The database first, then the backend.

        Raises:
            Unavailable: One of them does not answer.
        """
        await super().ping()
        await self._api.ping()

    async def aclose(self) -> None:
        """Close both kinds of connections."""
        await super().aclose()
        await self._api.aclose()
