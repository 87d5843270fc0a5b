"""A bearer gate in plain ASGI: nothing behind it is reached without a verified token.

It stands before routing and body parsing, so that a stranger learns nothing of either, and it
fails closed: what is public is listed, everything else is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import ExitStack

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from system.errors import RateLimited, ServiceError, Unauthorized
from system.identity import Subject, TokenVerifier
from system.observe.metrics import count_refused
from system.shares import Shares
from system.wire.bearer import bearer_token
from system.wire.error_response import error_response

_INVALID = (
    'error="invalid_token"',
    'error_description="expired, not meant for this service, or not of an issuer it trusts"',
)


def reads_of(paths: Collection[str]) -> Callable[[Scope], bool]:
    """Tells requests that read one of these paths, and so have no body that matters."""
    return lambda scope: scope["method"] in ("GET", "HEAD") and scope["path"] in paths


class BearerGate:
    """Passes requests with a valid token; answers others with the envelope and a challenge.

    Args:
        app: What is protected.
        verifier: Verifies tokens meant for this service.
        public: Whether a request needs no token.
        admit: Notes the verified subject in the scope, in the form the application reads.
        spend: Counts a request against its subject's limit; raises `RateLimited`.
        per_user: Requests of one subject that can be under way at once; more get 429.
        challenge_parameters: More `WWW-Authenticate` parameters, e.g. RFC 9728's.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        verifier: TokenVerifier,
        public: Callable[[Scope], bool],
        admit: Callable[[Scope, Subject], None],
        spend: Callable[[Scope, Subject], None],
        per_user: int = 60,
        challenge_parameters: tuple[str, ...] = (),
    ) -> None:
        self._app = app
        self._verifier = verifier
        self._public = public
        self._admit = admit
        self._spend = spend
        self._shares = Shares(per_user, _too_many_under_way)
        self._challenge_parameters = challenge_parameters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            # Tokens of other protocols are not looked at here, so nothing of these gets past.
            await _refuse_scope(scope, receive, send)
            return
        if self._public(scope):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            subject = await self._verifier.verify(bearer_token(headers))
            self._spend(scope, subject)
            ending = ExitStack()
            ending.enter_context(self._shares.now((subject.issuer, subject.user_id)))
        except ServiceError as error:
            had_credentials = "authorization" in headers
            count_refused(_reason(error, had_credentials))
            challenge = self._challenge(headers)
            await error_response(error, challenge)(scope, receive, send)
            return
        with ending:
            self._admit(scope, subject)
            await self._app(scope, receive, send)

    def _challenge(self, headers: Headers) -> str:
        # No error code for a request that brought no credentials, or of another scheme alone (RFC
        # 6750 section 3.1).
        tried = any(
            value.lower().startswith("bearer") for value in headers.getlist("authorization")
        )
        parameters = (*(_INVALID if tried else ()), *self._challenge_parameters)
        return f"Bearer {', '.join(parameters)}".strip()


def _too_many_under_way() -> RateLimited:
    return RateLimited("too many requests are under way", retry_after=1)


async def _refuse_scope(scope: Scope, receive: Receive, send: Send) -> None:
    count_refused("protocol")
    if scope["type"] == "websocket":
        await receive()
        # Before it is accepted: the server answers the handshake with 403.
        await send({"type": "websocket.close", "code": 1008, "reason": ""})


def _reason(error: ServiceError, had_credentials: bool) -> str:
    if isinstance(error, Unauthorized):
        return "invalid" if had_credentials else "missing"
    return "rate_limited" if isinstance(error, RateLimited) else "unavailable"
