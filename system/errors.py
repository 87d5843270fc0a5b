"""The one error envelope of the system, in REST answers and in tool results alike.

A service raises a `ServiceError`; the edge (FastAPI handler, MCP tool wrapper) turns it into the
envelope. Messages are fixed or name an argument; they never carry users' text, tokens or SQL, so
that an error tells an attacker nothing. A foreign object and a missing one raise the same
`NotFound`, with the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import ClassVar

# Reasons that one answer gives at most: who sends thousands of faults needs no list of them.
MAX_DETAILS = 20


class ServiceError(Exception):
    """Base of every error the system answers with.

    Args:
        message: One sentence for the caller; the class's default when left out.
        details: What a program can act on, argument name to reason.
        retry_after: Seconds after which a repeat can succeed, for the `Retry-After` header
            (RFC 9110 section 10.2.3).
    """

    code: ClassVar[str] = "server_error"
    http_status: ClassVar[int] = 500
    default_message: ClassVar[str] = "the server could not answer; the request id identifies it"

    def __init__(
        self,
        message: str | None = None,
        *,
        details: Mapping[str, object] | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.message = message or self.default_message
        self.details: dict[str, object] = dict(details or {})
        self.retry_after = retry_after
        super().__init__(self.message)

    def envelope(self) -> dict[str, object]:
        """The JSON object that REST and MCP answer with."""
        return {
            "status": "error",
            "error_code": self.code,
            "message": self.message,
            "details": self.details,
        }


class ServerError(ServiceError):
    """Something failed that the caller cannot mend."""


class ValidationFailed(ServiceError):
    """An argument is missing, malformed or out of range; `details` names it and says why."""

    code = "validation_error"
    http_status = 422
    default_message = "an argument is not valid"


class PayloadTooLarge(ServiceError):
    """The request body is larger than the service reads."""

    code = "validation_error"
    http_status = 413
    default_message = "the request body is too large"


class BodyTooSlow(ServiceError):
    """The request body did not arrive in time (RFC 9110 section 15.5.9)."""

    code = "validation_error"
    http_status = 408
    default_message = "the request body took too long to arrive"


class BadRequest(ServiceError):
    """Request that cannot be parsed (RFC 9110 section 15.5.1)."""

    code = "validation_error"
    http_status = 400
    default_message = "the request cannot be read"


class HeadTooSlow(ServiceError):
    """The request's head did not arrive in time (RFC 9110 section 15.5.9)."""

    code = "validation_error"
    http_status = 408
    default_message = "the request took too long to arrive"


class HeadersTooLarge(ServiceError):
    """The request's head has more bytes or fields than the service reads (RFC 6585 section 5)."""

    code = "validation_error"
    http_status = 431
    default_message = "the request headers are too large"


class Misdirected(ServiceError):
    """The request names a host that this service does not answer to (RFC 9110 section 15.5.20)."""

    code = "forbidden"
    http_status = 421
    default_message = "this service does not answer to this host name"


class MethodNotAllowed(ServiceError):
    """The path exists and is not for this method (RFC 9110 section 15.5.6)."""

    code = "validation_error"
    http_status = 405
    default_message = "this method is not allowed here"


class NotAcceptable(ServiceError):
    """The client takes no media type that the service answers in (RFC 9110 section 15.5.7)."""

    code = "validation_error"
    http_status = 406
    default_message = "the Accept header names no media type that is answered in"


class NotFound(ServiceError):
    """No such object for this user: missing and foreign are the same answer."""

    code = "not_found"
    http_status = 404
    default_message = "not found"


class Unauthorized(ServiceError):
    """The credential is missing or does not verify (RFC 6750 section 3.1)."""

    code = "unauthorized"
    http_status = 401
    default_message = "a valid bearer token is required"


class Forbidden(ServiceError):
    """The credential is valid and does not cover what was asked for."""

    code = "forbidden"
    http_status = 403
    default_message = "forbidden"


class AccountDisabled(Forbidden):
    """An administrator has disabled the caller's account."""

    default_message = "this account is disabled"


class Conflict(ServiceError):
    """The write contradicts something the same user stored."""

    code = "conflict"
    http_status = 409
    default_message = "conflicts with an existing object"


class KeyReused(Conflict):
    """An idempotency key came again with other arguments.

    422 as in draft-ietf-httpapi-idempotency-key-header-07, section 2.7; the code says "conflict",
    because the arguments are valid and it is another key that helps.
    """

    http_status = 422
    default_message = "this idempotency key was used with other arguments; take a new one"


class CallUnderWay(Conflict):
    """The first call with an idempotency key has not ended; the same call can be sent again."""

    default_message = "the first call with this idempotency key is under way; repeat it"

    def __init__(self) -> None:
        # Tool results have no Retry-After header, so the details say it too.
        super().__init__(details={"retry_after": 1}, retry_after=1)


class RateLimited(ServiceError):
    """The user sent more than the limit allows; repeat after `retry_after` seconds."""

    code = "rate_limited"
    http_status = 429
    default_message = "too many requests"


class Unavailable(ServiceError):
    """A dependency does not answer; repeat later."""

    code = "unavailable"
    http_status = 503
    default_message = "temporarily unavailable"


def first_details(reasons: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return the first of an error's reasons, as many as one answer gives, by their argument."""
    return dict(islice(reasons, MAX_DETAILS))


class NotReached(Unavailable):
    """A service could not be connected to: what was asked of it was certainly not done."""

    default_message = "not done: the service cannot be reached"


_BY_STATUS: Mapping[int, type[ServiceError]] = {
    each.http_status: each
    for each in (
        BadRequest,
        MethodNotAllowed,
        NotAcceptable,
        BodyTooSlow,
        ValidationFailed,
        PayloadTooLarge,
        NotFound,
        Unauthorized,
        Forbidden,
        Conflict,
        RateLimited,
        Unavailable,
    )
}


def error_of_status(status: int) -> ServiceError:
    """Return the error with this HTTP status, in its class's own words."""
    kind = _BY_STATUS.get(status, BadRequest if status < 500 else ServerError)
    return kind()


def from_envelope(status: int, body: object, retry_after: int | None = None) -> ServiceError:
    """The error that another service of this system answered with.

    Args:
        status: Its HTTP status.
        body: Its JSON body; anything but the envelope gives the class's own words.
        retry_after: Seconds, from its header.
    """
    code = body.get("error_code") if isinstance(body, Mapping) else None
    kind = _BY_STATUS.get(status, ServerError)
    if (status, code) == (KeyReused.http_status, KeyReused.code):
        kind = KeyReused
    envelope = body if isinstance(body, Mapping) and code == kind.code else {}
    message, details = envelope.get("message"), envelope.get("details")
    return kind(
        message if isinstance(message, str) else None,
        details=details if isinstance(details, Mapping) else None,
        retry_after=retry_after,
    )
