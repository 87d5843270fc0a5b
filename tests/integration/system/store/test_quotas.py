"""A quota holds although rows are not counted for each write while there is much room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

import pytest
from pydantic import SecretStr

from crosstalk.environment import RunningSystem
from system.errors import Conflict
from system.store import Store, StoreSettings, projects, tasks
from system.store.schemas import ProjectDraft, TaskDraft
from system.store.session import UserSession

_MOST = 150


@pytest.fixture
async def stores(running: RunningSystem) -> AsyncIterator[tuple[Store, Store]]:
    """Two stores, as two processes have them, with a quota that is large enough to spare counts."""
    settings = StoreSettings(
        database_url=SecretStr(running.databases["backend"]),
        cursor_secret=SecretStr("a secret of forty characters, for tests."),
        tasks_per_user=_MOST,
        projects_per_user=2,
    )
    made = Store(settings), Store(settings)
    yield made
    for each in made:
        await each.close()


async def _add_until_refused(store: Store, subject: str, most: int) -> int:
    """Add up to a number of tasks, and return how many were stored."""
    for number in range(most):
        try:
            async with store.user_session(subject) as session:
                await tasks.add_task(session, draft=TaskDraft(title=f"task {number}"))
        except Conflict:
            return number
    return most


async def test_two_processes_store_no_more_than_the_quota(
    stores: tuple[Store, Store], alice: str, bob: str
) -> None:
    first, second = stores
    counts: list[str] = []
    fetch = UserSession._fetch

    async def noted(self: UserSession, statement: str, values: tuple[Any, ...]) -> Any:
        if "count(*)" in statement:
            counts.append(statement)
        return await fetch(self, statement, values)

    stored = 0
    with patch.object(UserSession, "_fetch", noted):
        while True:
            added = await _add_until_refused(first, alice, 3)
            added += await _add_until_refused(second, alice, 3)
            stored += added
            if not added:
                break
    assert stored == _MOST
    assert 0 < len(counts) < _MOST
    # What is left of one user's room is no other user's.
    assert await _add_until_refused(first, bob, 1) == 1


async def test_a_small_quota_is_counted_each_time(stores: tuple[Store, Store], alice: str) -> None:
    for number, store in enumerate(stores):
        async with store.user_session(alice) as session:
            await projects.add_project(session, draft=ProjectDraft(name=f"project {number}"))
    for store in stores:
        with pytest.raises(Conflict):
            async with store.user_session(alice) as session:
                await projects.add_project(session, draft=ProjectDraft(name="one more"))
