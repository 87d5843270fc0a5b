"""Error responses in the OpenAPI document: the one envelope, per status."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

_MEANINGS = {
    401: "The bearer token is missing or does not verify.",
    403: "The path names another user, or one's role in a shared project does not allow it.",
    404: "Not there, or not this user's: the two are answered alike.",
    409: "Conflicts with what this user stored, or the first call with this key is under way.",
    413: "The body is too large.",
    422: "An argument is not valid; `details` names it.",
    503: "A dependency does not answer; see `Retry-After`.",
}


class ErrorEnvelope(BaseModel):
    """Every error."""

    status: Literal["error"]
    error_code: Literal[
        "validation_error",
        "not_found",
        "unauthorized",
        "forbidden",
        "conflict",
        "rate_limited",
        "unavailable",
        "server_error",
    ]
    message: str
    details: dict[str, Any]


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can answer with these statuses."""
    return {
        status: {"model": ErrorEnvelope, "description": _MEANINGS[status]} for status in statuses
    }


def events_schema(description: str) -> dict[str, Any]:
    """Server-sent events in OpenAPI: the schema is that of one event."""
    return {
        "schema": {
            "type": "object",
            "description": description,
            "properties": {
                "event": {"type": "string"},
                "data": {"type": "string", "contentMediaType": "application/json"},
            },
            "required": ["data"],
        }
    }


# What any route of a user's data can answer; those with a body add 413.
USER_DATA = errors(401, 403, 422, 503)
ONE_OBJECT = errors(401, 403, 404, 422, 503)
# A write with an idempotency key can meet its own first call.
WRITE = {**ONE_OBJECT, **errors(409)}
