"""The idempotency key of a request, as routes ask for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request

from system.errors import ValidationFailed
from system.wire.idempotency_key_header import KEY_HEADER, KEY_HEADER_PATTERN, read_key


async def idempotency_key(
    request: Request,
    value: Annotated[
        str | None,
        Header(
            alias=KEY_HEADER,
            pattern=KEY_HEADER_PATTERN,
            description=(
                "Names this call: sent again with the same key and arguments, it answers with the "
                "first result and writes nothing. 1 to 255 visible ASCII characters, in double "
                "quotes or bare; a new one for each call, a UUID for instance."
            ),
            examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
        ),
    ] = None,
) -> str | None:
    """The key of this request, if it has one.

    Raises:
        ValidationFailed: There are several.
    """
    if len(request.headers.getlist(KEY_HEADER)) > 1:
        raise ValidationFailed(details={KEY_HEADER: "must be given once"})
    return read_key(value) if value is not None else None


RequestKey = Annotated[str | None, Depends(idempotency_key)]
