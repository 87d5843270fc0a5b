"""The ChatKit surface of the running reference system."""

from __future__ import annotations

import httpx2
import pytest

from crosstalk.core.history import Outcome
from crosstalk.environment import RunningSystem
from crosstalk.surface import (
    NOTHING,
    ChatKitSurface,
    Operation,
    Presented,
    RestSurface,
    Role,
    SurfaceError,
)
from crosstalk.surface.capabilities import Capabilities


@pytest.fixture
def operations(running: RunningSystem) -> dict[str, Operation]:
    """The running system's ChatKit operations."""
    surface = ChatKitSurface(f"{running.backend_url}/chatkit")
    return {each.name: each for each in surface.discover()}


def test_chatkit_threads_and_items_are_references(operations: dict[str, Operation]) -> None:
    assert len(operations) == 9
    capabilities = Capabilities.of(list(operations.values()))
    assert [each.name for each in capabilities.chats] == ["chatkit:threads.create"]
    assert {each.name for each in capabilities.details} == {
        "chatkit:items.list",
        "chatkit:threads.get_by_id",
    }
    assert {each.name for each in capabilities.mutates_by_id} == {
        f"chatkit:{name}"
        for name in (
            "threads.add_user_message",
            "threads.delete",
            "threads.retry_after_item",
            "threads.update",
            "items.feedback",
        )
    }
    assert capabilities.creators == []


def test_chatkit_conversation_is_held_over_the_wire(
    running: RunningSystem, operations: dict[str, Operation], alice: str, bob: str
) -> None:
    surface = ChatKitSurface(f"{running.backend_url}/chatkit")
    hers, his = (Presented.bearer(running.mint(subject)) for subject in (alice, bob))
    begun = surface.call(operations["chatkit:threads.create"], {"text": "add a task to rest"}, hers)
    assert begun.outcome is Outcome.OK
    assert "rest" in begun.body["text"]
    thread = begun.body["events"][0]["thread"]["id"]
    item = begun.body["events"][1]["item"]["id"]
    again = surface.call(
        operations["chatkit:threads.retry_after_item"],
        {"thread_id": thread, "item_id": item},
        hers,
    )
    assert again.outcome is Outcome.OK
    foreign = surface.call(operations["chatkit:items.list"], {"thread_id": thread}, his)
    assert (foreign.outcome, foreign.status, foreign.code) == (Outcome.ERROR, 404, "not_found")
    assert surface.call(operations["chatkit:threads.list"], {}, NOTHING).status == 401


def test_chat_operation_exists_as_events_too(running: RunningSystem, alice: str) -> None:
    surface = RestSurface(running.backend_url, elsewhere=("/chatkit",))
    found = {each.name: each for each in surface.discover()}
    assert not any("chatkit" in name for name in found)
    bearer = Presented.bearer(running.mint(alice))
    message = {"message": "add a task to read"}
    plain = surface.call(found["chat:POST /api/chat"], message, bearer)
    streamed = surface.call(found["chat:POST /api/chat as events"], message, bearer)
    assert plain.outcome is streamed.outcome is Outcome.OK
    answered = streamed.body["events"][-1]
    assert answered["event"] == "answered"
    assert set(answered["data"]) == set(plain.body)
    assert streamed.body["text"] == answered["data"]["message"]["content"]


def test_chatkit_surface_without_a_server_says_so_in_one_line(running: RunningSystem) -> None:
    with pytest.raises(SurfaceError, match="no ChatKit server answers"):
        ChatKitSurface("http://127.0.0.1:9/chatkit").discover()
    assert httpx2.get(f"{running.model_url}/chatkit").status_code == 404
    with pytest.raises(SurfaceError, match="there is no ChatKit"):
        ChatKitSurface(f"{running.model_url}/chatkit").discover()


def test_chatkit_parameters_have_roles(operations: dict[str, Operation]) -> None:
    roles = {each.name: each.role for each in operations["chatkit:items.list"].parameters}
    assert roles["after"] is Role.CURSOR
    assert operations["chatkit:threads.list"].lists
    assert operations["chatkit:threads.create"].conversational
    assert not operations["chatkit:threads.update"].conversational
