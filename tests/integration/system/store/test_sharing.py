"""Projects that are shared: who sees and changes what, from the invitation to the end of it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import pytest

from crosstalk.environment import RunningSystem
from system.errors import Conflict, Forbidden, NotFound, ServiceError, ValidationFailed
from system.store import Store, UserSession, projects, tasks
from system.store.schemas import (
    InvitationDraft,
    InvitationRole,
    MemberRole,
    ProjectChange,
    ProjectDraft,
    RoleChange,
    TaskChange,
    TaskDraft,
)
from system.store.sharing import invitations, members

Attempt = Callable[[UserSession], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Shared:
    """A project of alice's with one task of hers, and what she kept to herself."""

    project: UUID
    task: UUID
    private: UUID


@pytest.fixture
async def shared(store: Store, alice: str) -> Shared:
    """A project without invitations."""
    async with store.user_session(alice) as session:
        project = await projects.add_project(session, draft=ProjectDraft(name="Home"))
        task = await tasks.add_task(session, draft=TaskDraft(title="milk", project_id=project.id))
        private = await tasks.add_task(session, draft=TaskDraft(title="milk for me"))
    return Shared(project.id, task.id, private.id)


@pytest.fixture
async def admin(running: RunningSystem) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the administrator, who is bound by nothing."""
    connection = await asyncpg.connect(running.databases["admin"])
    yield connection
    await connection.close()


async def invited(store: Store, owner: str, project: UUID, person: str, role: str) -> UUID:
    """Invite a person; the invitation's id."""
    draft = InvitationDraft(invitee_id=person, role=InvitationRole(role))
    async with store.user_session(owner) as session:
        return (await invitations.invite(session, project_id=project, draft=draft)).id


async def join(store: Store, owner: str, project: UUID, person: str, role: str) -> None:
    """Invite a person, who accepts."""
    invitation = await invited(store, owner, project, person, role)
    async with store.user_session(person) as session:
        await invitations.accept_invitation(session, invitation_id=invitation)


async def remove(store: Store, who: str, project: UUID, member: str) -> None:
    """End a membership as its owner, or as its member."""
    async with store.user_session(who) as session:
        await members.remove_member(session, project_id=project, member_id=member)


async def outcome(store: Store, subject: str, attempt: Attempt) -> str:
    """Make an attempt as a subject; the code of its error, or `ok`."""
    try:
        async with store.user_session(subject) as session:
            await attempt(session)
    except ServiceError as error:
        return error.code
    return "ok"


def reads(shared: Shared) -> dict[str, Attempt]:
    """Return the reads that every user who sees the project may make."""
    return {
        "get_task": lambda s: tasks.get_task(s, task_id=shared.task),
        "get_project": lambda s: projects.get_project(s, project_id=shared.project),
        "list_members": lambda s: members.list_members(s, project_id=shared.project),
    }


def writes(shared: Shared) -> dict[str, Attempt]:
    """Return the writes of an editor, in an order in which each can succeed."""
    draft = TaskDraft(title="bread", project_id=shared.project)
    change = TaskChange(title="oat milk")
    return {
        "add_task": lambda s: tasks.add_task(s, draft=draft),
        "update_task": lambda s: tasks.update_task(s, task_id=shared.task, change=change),
        "complete_task": lambda s: tasks.complete_task(s, task_id=shared.task),
        "complete_all_tasks": lambda s: tasks.complete_all_tasks(s, project_id=shared.project),
        "delete_task": lambda s: tasks.delete_task(s, task_id=shared.task),
    }


def reserved(shared: Shared, member: str) -> dict[str, Attempt]:
    """Return the operations that are the owner's alone."""
    project = shared.project
    draft = InvitationDraft(invitee_id="a friend")
    return {
        "rename_project": lambda s: projects.rename_project(
            s, project_id=project, change=ProjectChange(name="x")
        ),
        "delete_project": lambda s: projects.delete_project(s, project_id=project),
        "invite": lambda s: invitations.invite(s, project_id=project, draft=draft),
        "change_role": lambda s: members.change_role(
            s, project_id=project, member_id=member, change=RoleChange(role=MemberRole.EDITOR)
        ),
        "remove_another": lambda s: members.remove_member(
            s, project_id=project, member_id="a friend"
        ),
        "move_task_out": lambda s: tasks.update_task(
            s, task_id=shared.task, change=TaskChange(project_id=None)
        ),
    }


@pytest.mark.parametrize(
    ("role", "may_read", "may_write", "may_own"),
    [
        (None, "not_found", "not_found", "not_found"),
        ("viewer", "ok", "forbidden", "forbidden"),
        ("editor", "ok", "ok", "forbidden"),
    ],
)
async def test_role_decides_which_operations_are_served_and_how_others_are_refused(
    store: Store,
    alice: str,
    bob: str,
    shared: Shared,
    role: str | None,
    may_read: str,
    may_write: str,
    may_own: str,
) -> None:
    if role is not None:
        await join(store, alice, shared.project, bob, role)
    for attempts, expected in (
        (reads(shared), may_read),
        (reserved(shared, bob), may_own),
        (writes(shared), may_write),
    ):
        for name, attempt in attempts.items():
            assert await outcome(store, bob, attempt) == expected, name


async def test_invitation_gives_nothing_until_its_person_accepts_it(
    store: Store, alice: str, bob: str, shared: Shared
) -> None:
    invitation = await invited(store, alice, shared.project, bob, "editor")
    stranger = f"carol-{secrets.token_hex(4)}"
    for name, attempt in (reads(shared) | writes(shared)).items():
        assert await outcome(store, bob, attempt) == "not_found", name

    def accept(session: UserSession) -> Awaitable[object]:
        return invitations.accept_invitation(session, invitation_id=invitation)

    assert await outcome(store, stranger, accept) == "not_found"
    # Not even the owner accepts for them.
    assert await outcome(store, alice, accept) == "not_found"
    assert await outcome(store, bob, accept) == "ok"
    assert await outcome(store, bob, accept) == "not_found"
    async with store.user_session(bob) as session:
        assert (await tasks.get_task(session, task_id=shared.task)).title == "milk"


async def test_declined_and_withdrawn_invitations_cannot_be_accepted(
    store: Store, alice: str, bob: str, shared: Shared
) -> None:
    for who in (bob, alice):
        invitation = await invited(store, alice, shared.project, bob, "viewer")
        async with store.user_session(who) as session:
            await invitations.delete_invitation(session, invitation_id=invitation)
        with pytest.raises(NotFound):
            async with store.user_session(bob) as session:
                await invitations.accept_invitation(session, invitation_id=invitation)


async def test_lists_search_and_counts_hold_what_is_shared_and_nothing_else(
    store: Store, alice: str, bob: str, shared: Shared
) -> None:
    async with store.user_session(bob) as session:
        own = await tasks.add_task(session, draft=TaskDraft(title="milk, his"))
    await join(store, alice, shared.project, bob, "viewer")
    async with store.user_session(bob) as session:
        both = [own.id, shared.task]
        assert [each.id for each in (await tasks.list_tasks(session)).items] == both
        assert [e.id for e in (await tasks.search_tasks(session, query="milk")).items] == both
        in_project = await tasks.list_tasks(session, project_id=shared.project)
        assert [each.id for each in in_project.items] == [shared.task]
        assert in_project.items[0].project_name == "Home"
        listed = (await projects.list_projects(session)).items
        assert [(each.id, each.task_count) for each in listed] == [(shared.project, 1)]
        first = await tasks.list_tasks(session, limit=1)
        rest = await tasks.list_tasks(session, limit=1, cursor=first.next_cursor)
        assert [each.id for each in (*first.items, *rest.items)] == both
        assert rest.next_cursor is None
    async with store.user_session(alice) as session:
        shown = [each.id for each in (await tasks.list_tasks(session)).items]
        assert shown == [shared.private, shared.task]


async def test_tasks_of_an_editor_belong_to_the_projects_owner(
    store: Store, alice: str, bob: str, shared: Shared, admin: asyncpg.Connection
) -> None:
    await join(store, alice, shared.project, bob, "editor")
    async with store.user_session(bob) as session:
        draft = TaskDraft(title="bread", project_id=shared.project)
        added = await tasks.add_task(session, draft=draft)
        # Without a project it is one's own tasks that are completed.
        assert (await tasks.complete_all_tasks(session)).completed == 0
    row = await admin.fetchrow("SELECT user_id, author_id FROM tasks WHERE id = $1", added.id)
    assert tuple(row) == (alice, bob)
    await remove(store, alice, shared.project, bob)
    async with store.user_session(alice) as session:
        assert (await tasks.get_task(session, task_id=added.id)).title == "bread"
    with pytest.raises(NotFound):
        async with store.user_session(bob) as session:
            await tasks.get_task(session, task_id=added.id)


@pytest.mark.parametrize("leaves", [False, True])
async def test_everything_ends_with_the_membership(
    store: Store, alice: str, bob: str, shared: Shared, leaves: bool
) -> None:
    await join(store, alice, shared.project, bob, "editor")
    async with store.user_session(bob, idempotency_key="k") as session:
        await tasks.update_task(session, task_id=shared.task, change=TaskChange(title="x"))
    await remove(store, bob if leaves else alice, shared.project, bob)
    for name, attempt in (reads(shared) | reserved(shared, bob) | writes(shared)).items():
        assert await outcome(store, bob, attempt) == "not_found", name
    async with store.user_session(bob) as session:
        assert (await tasks.list_tasks(session)).items == []
        assert (await tasks.search_tasks(session, query="x")).items == []
        assert (await projects.list_projects(session)).items == []
    # A repeat of what they did while they were a member shows no result of it.
    with pytest.raises(NotFound):
        async with store.user_session(bob, idempotency_key="k") as session:
            await tasks.update_task(session, task_id=shared.task, change=TaskChange(title="x"))


async def test_an_editor_who_became_a_viewer_changes_nothing_more(
    store: Store, alice: str, bob: str, shared: Shared
) -> None:
    await join(store, alice, shared.project, bob, "editor")
    async with store.user_session(alice) as session:
        changed = await members.change_role(
            session,
            project_id=shared.project,
            member_id=bob,
            change=RoleChange(role=MemberRole.VIEWER),
        )
    assert changed.role == "viewer"
    for name, attempt in writes(shared).items():
        assert await outcome(store, bob, attempt) == "forbidden", name


async def test_members_are_shown_to_the_owner_and_to_a_member_themselves(
    store: Store, alice: str, bob: str, shared: Shared
) -> None:
    carol = f"carol-{secrets.token_hex(4)}"
    for person in (bob, carol):
        await join(store, alice, shared.project, person, "viewer")
    for subject, expected in ((alice, {alice, bob, carol}), (bob, {alice, bob})):
        async with store.user_session(subject) as session:
            found = await members.list_members(session, project_id=shared.project)
        assert {each.member_id for each in found.items} == expected
        assert (found.items[0].member_id, found.items[0].role) == (alice, "owner")


async def test_invitation_is_refused_to_oneself_to_members_and_twice(
    store: Store, alice: str, bob: str, shared: Shared
) -> None:
    for person, role, error in (
        (alice, "viewer", ValidationFailed),
        # Only a member can be offered the project.
        (bob, "owner", Conflict),
    ):
        with pytest.raises(error):
            await invited(store, alice, shared.project, person, role)
    await invited(store, alice, shared.project, bob, "viewer")
    with pytest.raises(Conflict):
        await invited(store, alice, shared.project, bob, "editor")
    with pytest.raises(NotFound):
        await invited(store, alice, uuid4(), bob, "viewer")


async def test_project_that_is_transferred_takes_tasks_and_members_along(
    store: Store, alice: str, bob: str, shared: Shared, admin: asyncpg.Connection
) -> None:
    carol = f"carol-{secrets.token_hex(4)}"
    await join(store, alice, shared.project, carol, "viewer")
    await join(store, alice, shared.project, bob, "viewer")
    await join(store, alice, shared.project, bob, "owner")
    rows = await admin.fetch(
        "SELECT user_id, author_id FROM tasks WHERE project_id = $1", shared.project
    )
    assert [tuple(row) for row in rows] == [(bob, alice)]
    async with store.user_session(bob) as session:
        found = await members.list_members(session, project_id=shared.project)
        assert [each.member_id for each in found.items] == [bob, carol]
        assert (await invitations.list_invitations(session, project_id=shared.project)).items == []
        assert len((await tasks.list_tasks(session)).items) == 1
    async with store.user_session(carol) as session:
        assert (await tasks.get_task(session, task_id=shared.task)).title == "milk"
    for name, attempt in (reads(shared) | reserved(shared, bob) | writes(shared)).items():
        assert await outcome(store, alice, attempt) == "not_found", name


async def test_transfer_is_refused_where_the_name_is_taken_or_the_member_has_left(
    store: Store, alice: str, bob: str, shared: Shared
) -> None:
    await join(store, alice, shared.project, bob, "viewer")
    offer = await invited(store, alice, shared.project, bob, "owner")
    async with store.user_session(bob) as session:
        own = await projects.add_project(session, draft=ProjectDraft(name="Home"))
    with pytest.raises(Conflict):
        async with store.user_session(bob) as session:
            await invitations.accept_invitation(session, invitation_id=offer)
    async with store.user_session(bob) as session:
        await projects.delete_project(session, project_id=own.id)
    await remove(store, bob, shared.project, bob)
    with pytest.raises(NotFound):
        async with store.user_session(bob) as session:
            await invitations.accept_invitation(session, invitation_id=offer)


async def test_role_counts_in_its_own_project_alone(
    store: Store, alice: str, bob: str, shared: Shared
) -> None:
    """A viewer of one project who edits another one edits that one alone."""
    async with store.user_session(alice) as session:
        other = await projects.add_project(session, draft=ProjectDraft(name="Office"))
        task = await tasks.add_task(session, draft=TaskDraft(title="ink", project_id=other.id))
    await join(store, alice, shared.project, bob, "viewer")
    await join(store, alice, other.id, bob, "editor")
    with pytest.raises(Forbidden):
        async with store.user_session(bob) as session:
            await tasks.complete_task(session, task_id=shared.task)
    async with store.user_session(bob) as session:
        assert (await tasks.complete_task(session, task_id=task.id)).status == "completed"
