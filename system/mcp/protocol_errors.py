"""Failures of resources and prompts as JSON-RPC errors that carry the envelope.

Tools answer failures inside their result; resources and prompts have no place for them there, so
the error object's `data` is the envelope and its code the closest one of JSON-RPC. What is missing
is `-32602` in every revision (2026-07-28, resources, section Error Handling).
"""

from __future__ import annotations

from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST
from pydantic import ValidationError

from system.errors import NotFound, ServerError, ServiceError, ValidationFailed, first_details

_CODES = {
    "validation_error": INVALID_PARAMS,
    "not_found": INVALID_PARAMS,
    "unauthorized": INVALID_REQUEST,
    "forbidden": INVALID_REQUEST,
    "rate_limited": INVALID_REQUEST,
}


def protocol_error(error: ServiceError, uri: str | None = None) -> MCPError:
    """The JSON-RPC error that says what the envelope says, and which URI was asked for, if any."""
    data = error.envelope() if uri is None else {**error.envelope(), "uri": uri}
    return MCPError(_CODES.get(error.code, INTERNAL_ERROR), error.message, data)


def service_error(error: BaseException) -> ServiceError:
    """Find the service error that the SDK wrapped; a server error if there is none."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ServiceError):
            return cause
        if isinstance(cause, ResourceNotFoundError):
            return NotFound()
        if isinstance(cause, ValidationError):
            return ValidationFailed(details=reasons(cause))
        cause = cause.__cause__
    return ServerError()


def reasons(error: ValidationError) -> dict[str, object]:
    """Argument name to what is wrong with it; never the value."""
    return first_details(
        (printable(".".join(str(part) for part in item["loc"])), item["msg"])
        for item in error.errors(include_input=False, include_context=False, include_url=False)
    )


def printable(name: str) -> str:
    """A caller's word, short and in ASCII."""
    return name.encode("ascii", "replace").decode()[:60]
