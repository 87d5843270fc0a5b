"""ChatKit's threads and items: made, listed, named, rated, and shared with REST."""

from __future__ import annotations

from tests.integration.system.backend.chatkit.person import (
    MISSING,
    Person,
    Served,
    message,
    thread_of,
    words,
)


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
