"""The ChatKit surface over a loopback server, and its streams of events."""

from __future__ import annotations

from crosstalk.surface.chatkit import request


def test_chatkit_request_places_arguments_of_any_type() -> None:
    sent = request("threads.add_user_message", {"thread_id": None, "text": ["x"]})
    assert sent["params"]["thread_id"] is None
    assert sent["params"]["input"]["content"] == [{"type": "input_text", "text": ["x"]}]
    assert request("items.feedback", {"item_id": "i"})["params"] == {"item_ids": ["i"]}
    assert request("threads.retry_after_item", {"item_id": "i"})["params"] == {"item_id": "i"}
