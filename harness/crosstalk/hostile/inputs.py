"""One hostile input: the bytes to send, and what may come back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

STRANGER = ""


@dataclass(frozen=True, slots=True)
class Attacker:
    """A user who attacks.

    Attributes:
        user: Subject of the tokens.
        token: For the backend.
        mcp_token: For the MCP server.
    """

    user: str
    token: str = field(repr=False)
    mcp_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HostileInput:
    """Bytes for one connection.

    Attributes:
        surface: The parser that they are meant for.
        service: `backend` or `mcp`.
        payload: The bytes, a whole request or something like one.
        keeps: The request is whole and well framed, so that its connection can be used again.
        is_chat: The assistant answers it, which takes as long as a model may, and may be 503 in the
            envelope, where the model fails.
    """

    surface: str
    service: str
    payload: bytes
    keeps: bool = False
    is_chat: bool = False


def request(
    method: str,
    path: str,
    host: str,
    headers: Iterable[tuple[str, str | bytes]] = (),
    body: bytes | None = None,
) -> bytes:
    """Build a well-framed HTTP/1.1 request; header values and body may be anything."""
    lines = [f"{method} {path} HTTP/1.1".encode(), f"Host: {host}".encode()]
    for name, value in headers:
        lines.append(name.encode() + b": " + (value.encode() if isinstance(value, str) else value))
    if body is not None:
        lines.append(f"Content-Length: {len(body)}".encode())
    return b"\r\n".join([*lines, b"", body or b""])


def bearer(token: str) -> tuple[str, str]:
    """Return the header with a token."""
    return "Authorization", f"Bearer {token}"


JSON_BODY = ("Content-Type", "application/json")


def as_json(value: object) -> bytes:
    """Return a value as JSON."""
    return json.dumps(value).encode()
