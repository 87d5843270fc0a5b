"""Statements of what a chat does to the database: each of them is a round trip."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from sqlalchemy import event

from system.store import Store, conversations, tasks, turns
from system.store.schemas import MessageRole, TaskDraft
from system.store.session import UserSession


@contextmanager
def _sent(store: Store) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    fetch = UserSession._fetch

    async def noted(self: UserSession, statement: str, values: tuple[Any, ...]) -> Any:
        sent.append(statement)
        return await fetch(self, statement, values)

    # Of this engine and of the one that is made of it for reads.
    engine = store._engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        # Statements that were made beforehand go to the driver.
        with patch.object(UserSession, "_fetch", noted):
            yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def _ask(store: Store, subject: str) -> turns.Question:
    async with store.user_session(subject) as session:
        asked = await turns.ask(session, text="what is due?", title="due", conversation_id=None)
        shown = await conversations.messages(
            session, conversation_id=asked.conversation_id, limit=40, until=asked.message_id
        )
        assert [each.content for each in shown] == ["what is due?"]
    return asked


async def test_a_question_and_its_answer_take_nine_statements(store: Store, alice: str) -> None:
    # Once before, so that there is room that was counted.
    await _ask(store, alice)
    with _sent(store) as question:
        asked = await _ask(store, alice)
    with _sent(store) as answer:
        async with store.user_session(alice) as session:
            await turns.answer(
                session,
                conversation_id=asked.conversation_id,
                message_id=uuid4(),
                content="nothing",
                tool_calls=[],
            )
    # Subject, user, conversation, its time, message, history; subject, its time, message.
    assert (len(question), len(answer)) == (6, 3)


async def test_a_new_task_takes_four_statements_and_reading_it_one(
    store: Store, alice: str
) -> None:
    async with store.user_session(alice) as session:
        await tasks.add_task(session, draft=TaskDraft(title="first"))
    with _sent(store) as writing:
        async with store.user_session(alice) as session:
            made = await tasks.add_task(session, draft=TaskDraft(title="milk"))
    with _sent(store) as reading:
        async with store.read_session(alice) as session:
            assert await tasks.get_task(session, task_id=made.id) == made
    assert (len(writing), len(reading)) == (4, 1)


async def test_history_of_an_empty_conversation_is_empty(store: Store, alice: str) -> None:
    async with store.user_session(alice) as session:
        begun = await conversations.start(session, title="new")
        assert await conversations.messages(session, conversation_id=begun.id) == []
        await conversations.append(
            session, conversation_id=begun.id, role=MessageRole.USER, content="x"
        )
        shown = await conversations.messages(session, conversation_id=begun.id)
    assert [each.content for each in shown] == ["x"]
