"""ChatKit's threads and items of another user: missing, whatever is asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.system.backend.chatkit.person import (
    MISSING,
    Person,
    Served,
    message,
    thread_of,
)


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
