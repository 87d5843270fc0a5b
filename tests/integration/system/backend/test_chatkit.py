"""ChatKit over HTTP: its requests, its stream, its store, and whose threads they are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from crosstalk.environment import RunningSystem
from crosstalk.model.app import create_app as create_model
from crosstalk.model.policies import helpful
from tests.unit.system.backend.serving import Backend, backend, eventually, serving

MISSING = "01a1fc95-41f3-7131-b962-eac9f4851703"


def message(text: str) -> dict[str, Any]:
    """The input of a message."""
    return {
        "content": [{"type": "input_text", "text": text}],
        "attachments": [],
        "inference_options": {},
    }


def events(text: str) -> list[dict[str, Any]]:
    """The events of a whole stream, or of the part that has come."""
    whole = text[: text.rfind("\n\n") + 2]
    return [json.loads(each.removeprefix("data: ")) for each in whole.split("\n\n") if each]


class Person:
    """A user's ChatKit client."""

    def __init__(self, system: Backend | Served, subject: str) -> None:
        self.system = system
        self.subject = subject
        self.headers = system.bearer(subject)

    async def ask(self, request: str, /, **params: Any) -> httpx2.Response:
        """Any request, its answer whole."""
        body = {"type": request, "params": params}
        return await self.system.http.post("/chatkit", json=body, headers=self.headers)

    async def stream(self, request: str, /, **params: Any) -> list[dict[str, Any]]:
        """The events of a request that is answered by a stream."""
        answer = await self.ask(request, **params)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/event-stream")
        return events(answer.text)

    async def leave_during(
        self, until: str, request: str, /, **params: Any
    ) -> list[dict[str, Any]]:
        """The events up to the first of type `until`, after which the connection is closed."""
        body = {"type": request, "params": params}
        seen = ""
        async with self.system.http.stream(
            "POST", "/chatkit", json=body, headers=self.headers
        ) as answer:
            async for text in answer.aiter_text():
                seen += text
                if any(each["type"] == until for each in events(seen)):
                    break
        return events(seen)

    async def items(self, thread: str) -> list[dict[str, Any]]:
        """The items of a thread, oldest first."""
        answer = await self.ask("items.list", thread_id=thread, order="asc", limit=100)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])

    async def stored(self, thread: str) -> list[dict[str, Any]]:
        """The same messages by REST."""
        answer = await self.system.http.get(
            f"/api/{self.subject}/conversations/{thread}/messages", headers=self.headers
        )
        return list(answer.json()["items"])


def thread_of(found: list[dict[str, Any]]) -> str:
    """The id of the thread that a stream began."""
    assert found[0]["type"] == "thread.created"
    return str(found[0]["thread"]["id"])


def spoken(found: list[dict[str, Any]]) -> str:
    """The pieces of an answer, put together."""
    updates = [each["update"] for each in found if "update" in each]
    return "".join(each["delta"] for each in updates if "delta" in each)


def words(item: Mapping[str, Any]) -> str:
    """The text of an item."""
    return "".join(part["text"] for part in item["content"])


@pytest.fixture
async def slow(running: RunningSystem) -> AsyncIterator[Backend]:
    """A backend whose model takes its time between the pieces of an answer."""
    async with (
        serving(create_model(helpful, piece_seconds=0.03)) as model,
        backend(running, model) as system,
    ):
        yield system


@dataclass(frozen=True, slots=True)
class Served:
    """The running backend, as a client sees it."""

    running: RunningSystem
    http: httpx2.AsyncClient

    def bearer(self, subject: str) -> dict[str, str]:
        """Headers with a token of this subject."""
        return {"Authorization": f"Bearer {self.running.mint(subject)}"}


@pytest.fixture
async def fast(running: RunningSystem) -> AsyncIterator[Served]:
    """The backend that runs anyway, whose model answers at once."""
    async with httpx2.AsyncClient(base_url=running.backend_url, timeout=30.0) as http:
        yield Served(running, http)


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


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("threads.get_by_id", {}),
        ("threads.update", {"title": "mine now"}),
        ("threads.delete", {}),
        ("threads.add_user_message", {"input": message("hello")}),
        ("threads.retry_after_item", {"item_id": "item"}),
        ("items.list", {}),
        ("items.feedback", {"item_ids": ["item"], "kind": "positive"}),
    ],
)
async def test_another_users_thread_is_missing_for_every_chatkit_request(
    fast: Served, alice: str, bob: str, kind: str, params: dict[str, Any]
) -> None:
    hers, his = Person(fast, alice), Person(fast, bob)
    thread = thread_of(await hers.stream("threads.create", input=message("hello")))
    before = await hers.stored(thread)

    def filled(thread_id: str, item_id: str) -> dict[str, Any]:
        text = json.dumps({"thread_id": thread_id, **params})
        return dict(json.loads(text.replace('"item"', f'"{item_id}"')))

    foreign = await his.ask(kind, **filled(thread, before[0]["id"]))
    missing = await his.ask(kind, **filled(MISSING, MISSING))
    assert foreign.status_code == missing.status_code == 404
    assert foreign.text == missing.text
    assert foreign.headers["content-type"] == "application/json"
    assert await hers.stored(thread) == before
    assert (await hers.ask("threads.list")).json()["data"][0]["title"] == "hello"


async def test_another_users_item_is_missing_in_the_callers_thread(
    fast: Served, alice: str, bob: str
) -> None:
    hers, his = Person(fast, alice), Person(fast, bob)
    hers_items = await hers.items(
        thread_of(await hers.stream("threads.create", input=message("hello")))
    )
    thread = thread_of(await his.stream("threads.create", input=message("hello")))
    for kind, params in (
        ("threads.retry_after_item", {"item_id": hers_items[0]["id"]}),
        (
            "items.feedback",
            {"item_ids": [(await his.items(thread))[1]["id"], hers_items[1]["id"]]}
            | {"kind": "negative"},
        ),
    ):
        assert (await his.ask(kind, thread_id=thread, **params)).status_code == 404
    assert {each["feedback"] for each in await his.stored(thread)} == {None}


async def test_rest_chat_and_chatkit_share_one_history(fast: Served, alice: str) -> None:
    person = Person(fast, alice)
    thread = thread_of(await person.stream("threads.create", input=message("add a task to dance")))
    body = {"message": "show my tasks", "conversation_id": thread}
    answer = await fast.http.post("/api/chat", json=body, headers=person.headers)
    assert "dance" in answer.json()["message"]["content"]
    found = (await person.ask("threads.get_by_id", thread_id=thread)).json()["items"]["data"]
    assert [words(each) for each in found] == [
        each["content"] for each in await person.stored(thread)
    ]
    assert found[2]["type"] == "user_message"


async def test_a_thread_is_called_by_its_first_message_until_it_is_renamed(
    fast: Served, alice: str
) -> None:
    person = Person(fast, alice)
    begun = await person.stream("threads.create", input=message("  what is \n new?  "))
    thread = thread_of(begun)
    titles = [each["thread"]["title"] for each in begun if each["type"] == "thread.updated"]
    assert titles == ["what is new?"]
    renamed = await person.ask("threads.update", thread_id=thread, title="News")
    assert renamed.json()["title"] == "News"
    await person.stream("threads.add_user_message", thread_id=thread, input=message("and now?"))
    assert (await person.ask("threads.get_by_id", thread_id=thread)).json()["title"] == "News"


async def test_chatkit_sends_the_tasks_changed_effect_after_writes_only(
    fast: Served, alice: str
) -> None:
    person = Person(fast, alice)
    wrote = await person.stream("threads.create", input=message("add a task to sing"))
    effects = [each for each in wrote if each["type"] == "client_effect"]
    assert effects == [
        {"type": "client_effect", "name": "tasks_changed", "data": {"tool": "add_task"}}
    ]
    read = await person.stream("threads.create", input=message("show my tasks"))
    failed = await person.stream("threads.create", input=message(f"complete {MISSING}"))
    assert "client_effect" not in {each["type"] for each in (*read, *failed)}


async def test_pages_of_threads_and_items_go_both_ways(fast: Served, alice: str) -> None:
    person = Person(fast, alice)
    made = [
        thread_of(await person.stream("threads.create", input=message(f"hello {number}")))
        for number in range(3)
    ]
    for order, expected in (("asc", made), ("desc", made[::-1])):
        seen: list[str] = []
        after: dict[str, str] = {}
        while True:
            page = (await person.ask("threads.list", limit=2, order=order, **after)).json()
            seen += [each["id"] for each in page["data"]]
            if not page["has_more"]:
                break
            after = {"after": page["after"]}
        assert seen == expected
    page = (await person.ask("items.list", thread_id=made[0], limit=1, order="desc")).json()
    assert [each["type"] for each in page["data"]] == ["assistant_message"]
    rest = await person.ask(
        "items.list", thread_id=made[0], limit=1, order="desc", after=page["after"]
    )
    assert [each["type"] for each in rest.json()["data"]] == ["user_message"]


async def test_feedback_is_kept(fast: Served, alice: str) -> None:
    person = Person(fast, alice)
    thread = thread_of(await person.stream("threads.create", input=message("hello")))
    answer = (await person.items(thread))[1]["id"]
    for kind in ("positive", "negative"):
        rated = await person.ask("items.feedback", thread_id=thread, item_ids=[answer], kind=kind)
        assert rated.json() == {}
        assert [each["feedback"] for each in await person.stored(thread)] == [None, kind]


async def test_a_message_is_shown_again_as_it_was_written(fast: Served, alice: str) -> None:
    person = Person(fast, alice)
    given = {
        "content": [
            {"type": "input_text", "text": "about "},
            {"type": "input_tag", "id": "t1", "text": "Milk", "data": {"kind": "task"}},
        ],
        "attachments": [],
        "quoted_text": "two\nlines",
        "inference_options": {"tool_choice": {"id": "search"}},
    }
    thread = thread_of(await person.stream("threads.create", input=given))
    item = (await person.items(thread))[0]
    assert [part["text"] for part in item["content"]] == ["about ", "Milk"]
    assert item["content"][1]["data"] == {"kind": "task"}
    assert item["quoted_text"] == "two\nlines"
    assert item["inference_options"] == {"tool_choice": {"id": "search"}}
    assert (await person.stored(thread))[0]["content"] == "> two\n> lines\n\nabout Milk"


@pytest.mark.parametrize(
    "body",
    [
        {"type": "threads.create", "params": {"input": message("x" * 4_001)}},
        {"type": "threads.create", "params": {"input": message("a\x00b")}},
        {"type": "threads.create", "params": {"input": {**message("hi"), "attachments": ["a"]}}},
        {"type": "threads.update", "params": {"thread_id": MISSING, "title": " "}},
        {"type": "threads.get_by_id", "params": {"thread_id": "../x"}},
        {"type": "threads.list", "params": {"limit": 100_000}},
        {"type": "threads.custom_action", "params": {"thread_id": MISSING}},
        {"type": "input.transcribe", "params": {}},
        {"type": "nonsense", "params": {}},
        {},
        [],
    ],
)
async def test_unsupported_chatkit_request_is_refused_before_anything_is_stored(
    fast: Served, alice: str, body: Any
) -> None:
    person = Person(fast, alice)
    answer = await fast.http.post("/chatkit", json=body, headers=person.headers)
    assert (answer.status_code, answer.json()["error_code"]) == (422, "validation_error")
    assert "nonsense" not in answer.text
    assert (await person.ask("threads.list")).json()["data"] == []


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


async def test_streams_are_not_cached_nor_held_back(fast: Served, alice: str) -> None:
    person = Person(fast, alice)
    answer = await person.ask("threads.create", input=message("hello"))
    assert answer.headers["cache-control"] == "no-cache, no-store, no-transform"
    assert (await person.ask("threads.list")).headers["cache-control"] == "no-store"


async def test_chatkit_without_a_token_is_refused(fast: Served) -> None:
    answer = await fast.http.post("/chatkit", json={"type": "threads.list", "params": {}})
    assert answer.status_code == 401


async def test_only_requests_for_an_answer_count_as_chats(
    running: RunningSystem, alice: str
) -> None:
    async with (
        serving(create_model(helpful)) as model,
        backend(running, model, chat_rate_limit_burst=2, chat_rate_limit_per_minute=1) as system,
    ):
        person = Person(system, alice)
        for _ in range(4):
            assert (await person.ask("threads.list")).status_code == 200
        statuses = [
            (await person.ask("threads.create", input=message("hello"))).status_code
            for _ in range(3)
        ]
    assert statuses == [200, 200, 429]
