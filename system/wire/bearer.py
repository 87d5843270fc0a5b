"""Takes the bearer token out of the request headers (RFC 6750 section 2.1)."""

from __future__ import annotations

from starlette.datastructures import Headers

from system.errors import Unauthorized


def bearer_token(headers: Headers) -> str:
    """The token of the one `Authorization` header.

    Raises:
        Unauthorized: None, more than one, another scheme, or not one token.
    """
    values = headers.getlist("authorization")
    if len(values) != 1:
        raise Unauthorized()
    scheme, _, token = values[0].partition(" ")
    if scheme.lower() != "bearer" or not token or token != token.strip() or " " in token:
        raise Unauthorized()
    return token
