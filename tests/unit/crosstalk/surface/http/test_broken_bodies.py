"""Requests without their body, or with half of it: what is sent, and what is said of it."""

from __future__ import annotations

import httpx2
import pytest

from crosstalk.core.history import Sending
from crosstalk.surface.http.delivery import SendingClient, sent_as

BODY = b'{"title": "note"}'


def sent(sending: Sending | None, *, content: bytes = BODY) -> httpx2.Request:
    """Return the request that leaves the client."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200)

    with SendingClient(transport=httpx2.MockTransport(answer)) as client, sent_as(sending):
        client.post(
            "http://127.0.0.1/things",
            content=content,
            headers={"content-type": "application/json", "idempotency-key": "k"},
        )
    return seen[0]


@pytest.mark.parametrize(
    ("sending", "body"),
    [
        (None, BODY),
        (Sending(body="empty"), b""),
        (Sending(body="cut"), BODY[: len(BODY) // 2]),
    ],
)
def test_as_much_of_a_body_is_sent_as_the_request_says(
    sending: Sending | None, body: bytes
) -> None:
    request = sent(sending)
    assert request.read() == body
    assert request.headers["content-length"] == str(len(body))
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == "k"


def test_a_request_without_a_body_stays_as_it_is() -> None:
    assert sent(Sending(body="cut"), content=b"").read() == b""


def test_a_way_of_sending_is_saved_with_its_body() -> None:
    assert Sending.from_json({"body": "empty"}) == Sending(body="empty")
