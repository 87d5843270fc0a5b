"""The ChatKit server reads requests as the SDK does, without what the SDK does for each anew."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import chatkit.server
import pytest
from chatkit.server import NonStreamingResult, StreamingResult
from chatkit.types import ThreadMetadata
from pydantic import ValidationError

from system.backend.chat import ChatService
from system.backend.chatkit import threads
from system.backend.chatkit.server import AssistantServer
from system.backend.chatkit.threads import Caller
from system.identity import Subject
from system.store import Store

_CALLER = Caller(cast(Subject, None))


class Sessions:
    """A database that counts its transactions, and notes what a conversation is called."""

    def __init__(self) -> None:
        self.titles: list[str | None] = []

    @asynccontextmanager
    async def user_session(self, user_id: str) -> AsyncIterator[Sessions]:
        yield self

    async def start(self, _: object, *, title: str | None, conversation_id: object) -> None:
        self.titles.append(title)

    async def rename(self, _: object, *, title: str | None, conversation_id: object) -> None:
        self.titles.append(title)


class Silent(AssistantServer):
    """A server that answers nothing."""

    async def _process_non_streaming(self, request: Any, context: Caller) -> bytes:
        return str(request.type).encode()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> AssistantServer:
    """A server without data, where the SDK can make no adapter."""
    monkeypatch.delattr(chatkit.server, "TypeAdapter")
    return Silent(cast(Store, None), cast(ChatService, None))


async def test_chatkit_request_is_read_without_an_adapter_of_its_own(
    server: AssistantServer,
) -> None:
    listing = await server.process('{"type": "threads.list", "params": {}}', _CALLER)
    assert isinstance(listing, NonStreamingResult)
    assert listing.json == b"threads.list"
    item = f'"thread_id": "{uuid4()}", "item_id": "{uuid4()}"'
    retry = f'{{"type": "threads.retry_after_item", "params": {{{item}}}}}'
    assert isinstance(await server.process(retry, _CALLER), StreamingResult)


async def test_chatkit_request_of_no_known_kind_is_refused(server: AssistantServer) -> None:
    with pytest.raises(ValidationError):
        await server.process('{"type": "threads.guess", "params": {}}', _CALLER)


async def test_new_thread_is_stored_with_its_title_and_not_once_more(
    server: AssistantServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Sessions()
    monkeypatch.setattr(threads, "conversations", database)
    caller = Caller(Subject("alice", "", "", 2**40, None, {}))
    content = [{"type": "input_text", "text": " what is\nnew? "}]
    given = {"input": {"content": content, "attachments": [], "inference_options": {}}}
    await server.process(json.dumps({"type": "threads.create", "params": given}), caller)
    store = threads.ThreadStore(cast(Store, database))
    thread = ThreadMetadata(id=store.generate_thread_id(caller), created_at=datetime.now(UTC))
    await store.save_thread(thread, caller)
    thread.title = "what is new?"
    await store.save_thread(thread, caller)
    assert database.titles == ["what is new?"]
    thread.title = "News"
    await store.save_thread(thread, caller)
    assert database.titles == ["what is new?", "News"]
