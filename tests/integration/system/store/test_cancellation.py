"""A request cancelled at any await leaves no subject, transaction or connection behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from crosstalk.environment import RunningSystem
from system.store import Store, conversations, projects, tasks, turns
from system.store.schemas import TaskDraft


class CancelAt:
    """Awaits a coroutine and cancels its task at the `at`-th time that it waits.

    With `again`, every later wait is cancelled too, cleaning up included, as the cancel scopes of
    anyio (under Starlette and MCP) do.
    """

    def __init__(self, work: Coroutine[Any, Any, None], at: int, *, again: bool) -> None:
        self.work = work
        self.at = at
        self.again = again
        self.waits = 0

    def __await__(self) -> Generator[Any, Any, None]:
        """Step the coroutine by hand, passing on what it waits for."""
        task = asyncio.current_task()
        assert task is not None
        raised: BaseException | None = None
        while True:
            try:
                awaited = self.work.send(None) if raised is None else self.work.throw(raised)
            except StopIteration:
                return
            if self.waits == self.at or (self.again and self.waits > self.at):
                task.cancel()
            self.waits += 1
            try:
                yield awaited
                raised = None
            except BaseException as error:
                raised = error


async def _write_and_read(store: Store, subject: str) -> None:
    async with store.user_session(subject) as session:
        await tasks.add_task(session, draft=TaskDraft(title="hers"))
        # A moment at which PostgreSQL is not at work: nothing notices but the session.
        await asyncio.sleep(0)
        await tasks.list_tasks(session)


async def _read_twice(store: Store, subject: str) -> None:
    async with store.read_session(subject) as session:
        await tasks.list_tasks(session)
        await asyncio.sleep(0)
        await projects.list_projects(session)


async def _ask_and_answer(store: Store, subject: str) -> None:
    """Runs statements that were made beforehand, which the driver is given without an ORM."""
    async with store.user_session(subject) as session:
        asked = await turns.ask(session, text="hers", title=None, conversation_id=None)
        await asyncio.sleep(0)
        await conversations.messages(session, conversation_id=asked.conversation_id)
    async with store.read_session(subject) as session:
        await conversations.messages(session, conversation_id=asked.conversation_id)


@pytest.mark.parametrize(
    ("uses", "least"), [(_write_and_read, 8), (_read_twice, 4), (_ask_and_answer, 8)]
)
@pytest.mark.parametrize("again", [False, True], ids=["once", "persistently"])
@pytest.mark.parametrize("cold", [False, True], ids=["pooled", "connecting"])
async def test_cancelled_session_leaves_nothing_for_the_next_user(
    open_store: Callable[[], Store],
    running: RunningSystem,
    alice: str,
    bob: str,
    cold: bool,
    again: bool,
    uses: Callable[[Store, str], Coroutine[Any, Any, None]],
    least: int,
) -> None:
    store = open_store()
    async with store.user_session(bob) as session:
        await tasks.add_task(session, draft=TaskDraft(title="his"))

    cancelled = 0
    for at in range(500):
        if cold:
            await store.close()
            store = open_store()
        cancelling = CancelAt(uses(store, alice), at, again=again)

        async def run(cancelling: CancelAt = cancelling) -> None:
            await cancelling

        (outcome,) = await asyncio.gather(asyncio.create_task(run()), return_exceptions=True)
        async with store._engine.connect() as connection:
            subject = await connection.scalar(text("SELECT current_setting('app.user_id', true)"))
        assert not subject
        # The pool holds one connection: had it been lost, this would be Unavailable.
        for opened in (store.user_session, store.read_session):
            async with opened(bob) as session:
                page = await tasks.list_tasks(session)
            assert [each.title for each in page.items] == ["his"]
        assert store.pool_status().checked_out == 0
        if cancelling.waits <= at:
            assert outcome is None
            break
        assert isinstance(outcome, asyncio.CancelledError)
        cancelled += 1
    assert cancelled >= least
    await store.close()
    admin = await asyncpg.connect(running.databases["admin"])
    try:
        idle = await admin.fetch(
            "SELECT query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
        )
    finally:
        await admin.close()
    assert idle == []
