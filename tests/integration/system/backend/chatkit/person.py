"""A ChatKit client as a test sees it, and how its answers are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from crosstalk.environment import RunningSystem
from tests.unit.system.backend.serving import Backend

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


@dataclass(frozen=True, slots=True)
class Served:
    """The running backend, as a client sees it."""

    running: RunningSystem
    http: httpx2.AsyncClient

    def bearer(self, subject: str) -> dict[str, str]:
        """Headers with a token of this subject."""
        return {"Authorization": f"Bearer {self.running.mint(subject)}"}


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
