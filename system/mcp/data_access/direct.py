"""Data straight from PostgreSQL: one call is one short transaction as the subject, or one query.

No call waits for anything but the database while it holds a connection.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from system.mcp.idempotency import current_key
from system.store import PoolStatus, Store, UserSession, projects, stats, tasks
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
from system.store.sharing import invitations, members


class DirectData:
    """Reaches PostgreSQL directly."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add_task(self, user_id: str, draft: TaskDraft) -> TaskView:
        """See `system.store.tasks.add_task`."""
        async with self._writing(user_id) as session:
            return await tasks.add_task(session, draft=draft)

    async def get_task(self, user_id: str, task_id: UUID) -> TaskView:
        """See `system.store.tasks.get_task`."""
        async with self._store.read_session(user_id) as session:
            return await tasks.get_task(session, task_id=task_id)

    async def list_tasks(
        self,
        user_id: str,
        status: TaskStatus | None,
        project_id: UUID | None,
        cursor: str | None,
        limit: int,
    ) -> TaskPage:
        """See `system.store.tasks.list_tasks`."""
        async with self._store.read_session(user_id) as session:
            return await tasks.list_tasks(
                session, status=status, project_id=project_id, cursor=cursor, limit=limit
            )

    async def search_tasks(
        self, user_id: str, query: str, cursor: str | None, limit: int
    ) -> TaskPage:
        """See `system.store.tasks.search_tasks`."""
        async with self._store.user_session(user_id) as session:
            return await tasks.search_tasks(session, query=query, cursor=cursor, limit=limit)

    async def update_task(self, user_id: str, task_id: UUID, change: TaskChange) -> TaskView:
        """See `system.store.tasks.update_task`."""
        async with self._writing(user_id) as session:
            return await tasks.update_task(session, task_id=task_id, change=change)

    async def complete_task(self, user_id: str, task_id: UUID) -> TaskView:
        """See `system.store.tasks.complete_task`."""
        async with self._writing(user_id) as session:
            return await tasks.complete_task(session, task_id=task_id)

    async def complete_all_tasks(self, user_id: str, project_id: UUID | None) -> BulkCompletion:
        """See `system.store.tasks.complete_all_tasks`."""
        async with self._writing(user_id) as session:
            return await tasks.complete_all_tasks(session, project_id=project_id)

    async def delete_task(self, user_id: str, task_id: UUID) -> Deletion:
        """See `system.store.tasks.delete_task`."""
        async with self._writing(user_id) as session:
            return await tasks.delete_task(session, task_id=task_id)

    async def add_project(self, user_id: str, draft: ProjectDraft) -> ProjectView:
        """See `system.store.projects.add_project`."""
        async with self._writing(user_id) as session:
            return await projects.add_project(session, draft=draft)

    async def get_project(self, user_id: str, project_id: UUID) -> ProjectView:
        """See `system.store.projects.get_project`."""
        async with self._store.read_session(user_id) as session:
            return await projects.get_project(session, project_id=project_id)

    async def list_projects(self, user_id: str, cursor: str | None, limit: int) -> ProjectPage:
        """See `system.store.projects.list_projects`."""
        async with self._store.read_session(user_id) as session:
            return await projects.list_projects(session, cursor=cursor, limit=limit)

    async def delete_project(self, user_id: str, project_id: UUID) -> Deletion:
        """See `system.store.projects.delete_project`."""
        async with self._writing(user_id) as session:
            return await projects.delete_project(session, project_id=project_id)

    async def list_members(self, user_id: str, project_id: UUID) -> MemberList:
        """See `system.store.sharing.members.list_members`."""
        async with self._store.read_session(user_id) as session:
            return await members.list_members(session, project_id=project_id)

    async def change_role(
        self, user_id: str, project_id: UUID, member_id: str, change: RoleChange
    ) -> MemberView:
        """See `system.store.sharing.members.change_role`."""
        async with self._writing(user_id) as session:
            return await members.change_role(
                session, project_id=project_id, member_id=member_id, change=change
            )

    async def remove_member(self, user_id: str, project_id: UUID, member_id: str) -> MemberRemoval:
        """See `system.store.sharing.members.remove_member`."""
        async with self._writing(user_id) as session:
            return await members.remove_member(session, project_id=project_id, member_id=member_id)

    async def invite(
        self, user_id: str, project_id: UUID, draft: InvitationDraft
    ) -> InvitationView:
        """See `system.store.sharing.invitations.invite`."""
        async with self._writing(user_id) as session:
            return await invitations.invite(session, project_id=project_id, draft=draft)

    async def list_invitations(
        self, user_id: str, project_id: UUID | None, cursor: str | None, limit: int
    ) -> InvitationPage:
        """See `system.store.sharing.invitations.list_invitations`."""
        async with self._store.read_session(user_id) as session:
            return await invitations.list_invitations(
                session, project_id=project_id, cursor=cursor, limit=limit
            )

    async def accept_invitation(self, user_id: str, invitation_id: UUID) -> MemberView:
        """See `system.store.sharing.invitations.accept_invitation`."""
        async with self._writing(user_id) as session:
            return await invitations.accept_invitation(session, invitation_id=invitation_id)

    async def delete_invitation(self, user_id: str, invitation_id: UUID) -> Deletion:
        """See `system.store.sharing.invitations.delete_invitation`."""
        async with self._writing(user_id) as session:
            return await invitations.delete_invitation(session, invitation_id=invitation_id)

    async def get_user_stats(self, user_id: str) -> UserStats:
        """See `system.store.stats.get_user_stats`."""
        async with self._store.read_session(user_id) as session:
            return await stats.get_user_stats(session)

    def pool_status(self) -> PoolStatus | None:
        """See `system.store.Store.pool_status`."""
        return self._store.pool_status()

    def _writing(self, user_id: str) -> AbstractAsyncContextManager[UserSession]:
        """A transaction for the one write of the tool call under way."""
        return self._store.user_session(user_id, idempotency_key=current_key())

    def dependencies(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """Name the database, the only dependency."""
        return {"database": self._store.ping}

    async def ping(self) -> None:
        """Make one round trip to the database."""
        await self._store.ping()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._store.close()
