"""The relay replaces the user in the path by the token's subject, and nothing else."""

from __future__ import annotations

import pytest

from benchmarks.side_by_side.system_under_test import own_path
from crosstalk.tokens import LocalIssuer


@pytest.fixture(scope="module")
def bearer() -> bytes:
    """Authorization header of the user bob."""
    issuer = LocalIssuer.create("http://127.0.0.1:9/issuer", ("EdDSA",))
    return f"Authorization: Bearer {issuer.mint('bob', audience='x', ttl=60)}\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (b"GET /api/alice/tasks/1?x=/api/a/ HTTP/1.1", b"GET /api/bob/tasks/1?x=/api/a/ HTTP/1.1"),
        (b"POST /api/chat HTTP/1.1", b"POST /api/chat HTTP/1.1"),
        (b"POST /api/chat/stream HTTP/1.1", b"POST /api/chat/stream HTTP/1.1"),
        (b"GET /openapi.json HTTP/1.1", b"GET /openapi.json HTTP/1.1"),
    ],
)
def test_own_path_replaces_the_user_by_the_tokens_subject(
    asked: bytes, sent: bytes, bearer: bytes
) -> None:
    host = b"\r\nHost: /api/alice/\r\n"
    assert own_path(asked + host + bearer) == sent + host + bearer


def test_own_path_stays_without_a_token_that_names_a_subject() -> None:
    for header in (b"", b"Authorization: Bearer nonsense\r\n", b"Authorization: Bearer a.b.c\r\n"):
        head = b"GET /api/alice/tasks HTTP/1.1\r\n" + header + b"\r\n"
        assert own_path(head) == head
