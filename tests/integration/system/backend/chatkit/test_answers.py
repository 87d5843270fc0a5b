"""ChatKit's streamed answers: stopped, resumed, retried, and broken off."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from crosstalk.environment import RunningSystem
from tests.integration.system.backend.chatkit.person import (
    Person,
    Served,
    events,
    message,
    spoken,
    thread_of,
    words,
)
from tests.unit.system.backend.serving import Backend, backend, eventually


async def test_a_conversation_is_streamed_stopped_resumed_listed_and_deleted(
    slow: Backend, alice: str, bob: str
) -> None:
    hers, his = Person(slow, alice), Person(slow, bob)
    before = len(asyncio.all_tasks())

    first, other = await asyncio.gather(
        hers.stream("threads.create", input=message("add a task to water the plants")),
        his.stream("threads.create", input=message("add a task to feed the cat")),
    )
    kinds = [each["type"] for each in first]
    assert kinds[:2] == ["thread.created", "thread.item.done"]
    assert kinds[-1] == "thread.item.done"
    assert "client_effect" in kinds
    thread, elsewhere = thread_of(first), thread_of(other)
    assert "water the plants" in spoken(first)
    assert words(first[-1]["item"]) == spoken(first)
    assert "cat" not in json.dumps(first)
    assert "plants" not in json.dumps(other)

    both = await asyncio.gather(
        hers.leave_during(
            "thread.item.updated",
            "threads.add_user_message",
            thread_id=thread,
            input=message("show my tasks"),
        ),
        his.stream("threads.add_user_message", thread_id=elsewhere, input=message("show my tasks")),
    )
    stopped = both[0]
    await eventually(lambda: slow.services.chat.under_way == 0)
    assert slow.services.store.pool_status().checked_out == 0
    await eventually(lambda: len(asyncio.all_tasks()) <= before)
    kept = await hers.items(thread)
    assert [each["type"] for each in kept][:3] == [
        "user_message",
        "assistant_message",
        "user_message",
    ]
    assert stopped[0]["item"]["id"] == kept[2]["id"]
    stored = await hers.stored(thread)
    assert [each["interrupted"] for each in stored] == [False, False, False, True]
    assert stored[3]["content"].startswith(spoken(stopped))

    again = await hers.stream("threads.retry_after_item", thread_id=thread, item_id=kept[2]["id"])
    assert again[-1]["type"] == "thread.item.done"
    resumed = await hers.stored(thread)
    assert len(resumed) == 4
    assert resumed[3]["id"] == again[-1]["item"]["id"]
    assert not resumed[3]["interrupted"]
    assert "water the plants" in resumed[3]["content"]

    listed = (await hers.ask("threads.list")).json()
    assert [each["id"] for each in listed["data"]] == [thread]
    assert (await his.ask("threads.list")).json()["data"][0]["id"] == elsewhere
    assert (await hers.ask("threads.delete", thread_id=thread)).json() == {}
    assert (await hers.ask("threads.list")).json()["data"] == []
    assert (await hers.ask("threads.get_by_id", thread_id=thread)).status_code == 404
    assert len(await his.items(elsewhere)) == 4


async def test_an_answer_cannot_be_retried_as_if_it_were_a_question(
    fast: Served, alice: str
) -> None:
    person = Person(fast, alice)
    thread = thread_of(await person.stream("threads.create", input=message("hello")))
    before = await person.stored(thread)
    answer = await person.ask("threads.retry_after_item", thread_id=thread, item_id=before[1]["id"])
    assert answer.status_code == 422
    assert await person.stored(thread) == before


async def test_chatkit_retry_ends_the_answer_under_way(slow: Backend, alice: str) -> None:
    person = Person(slow, alice)
    begun: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def watch() -> list[dict[str, Any]]:
        request = {"type": "threads.create", "params": {"input": message("hello")}}
        seen = ""
        async with slow.http.stream(
            "POST", "/chatkit", json=request, headers=person.headers
        ) as answer:
            async for text in answer.aiter_text():
                if "thread.item.updated" in text and "thread.item.updated" not in seen:
                    first = events(seen + text)
                    begun.put_nowait((thread_of(first), first[1]["item"]["id"]))
                seen += text
        return events(seen)

    watching = asyncio.create_task(watch())
    thread, item = await begun.get()
    again = await person.stream("threads.retry_after_item", thread_id=thread, item_id=item)
    assert again[-1]["type"] == "thread.item.done"
    assert (await watching)[-1]["type"] == "error"
    stored = await person.stored(thread)
    assert [each["id"] for each in stored] == [item, again[-1]["item"]["id"]]
    assert not stored[1]["interrupted"]


async def test_a_stream_without_a_model_ends_in_an_error_that_can_be_retried(
    running: RunningSystem, alice: str
) -> None:
    async with backend(running, "http://127.0.0.1:9") as system:
        person = Person(system, alice)
        found = await person.stream("threads.create", input=message("hello"))
        assert found[-1]["type"] == "error"
        assert found[-1]["allow_retry"] is True
        stored = await person.stored(thread_of(found))
        assert [each["content"] for each in stored] == ["hello"]


async def test_a_thread_that_is_deleted_while_it_is_answered_does_not_come_back(
    slow: Backend, alice: str
) -> None:
    person = Person(slow, alice)
    request = {"type": "threads.create", "params": {"input": message("hello")}}
    seen = ""
    async with slow.http.stream("POST", "/chatkit", json=request, headers=person.headers) as answer:
        async for text in answer.aiter_text():
            if not seen:
                thread = thread_of(events(text))
            elif "thread.item.updated" in text and "thread.item.updated" not in seen:
                await person.ask("threads.delete", thread_id=thread)
            seen += text
    assert events(seen)[-1]["type"] == "error"
    assert (await person.ask("threads.list")).json()["data"] == []
    assert (await person.ask("items.list", thread_id=thread)).status_code == 404
