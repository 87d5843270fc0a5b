"""The ChatKit server reads requests as the SDK does, without what the SDK does for each anew."""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

import chatkit.server
import pytest
from chatkit.server import NonStreamingResult, StreamingResult
from pydantic import ValidationError

from system.backend.chat import ChatService
from system.backend.chatkit.server import AssistantServer
from system.backend.chatkit.threads import Caller
from system.identity import Subject
from system.store import Store

_CALLER = Caller(cast(Subject, None))


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
