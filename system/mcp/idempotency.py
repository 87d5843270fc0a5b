"""The idempotency key of a tool call: `_meta` of the request, under `crosstalk/idempotencyKey`.

It is not an argument of the tool, because a model must not invent keys: the client makes one for
each intended call, and sends the same one when it has to send the call again. Tools that write say
in their own `_meta`, under the same name, that they take one, with the JSON Schema of its value;
other tools ignore it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from system.errors import ValidationFailed
from system.store.schemas import IDEMPOTENCY_KEY_PATTERN
from system.wire.idempotency_key_meta import META_KEY

SCHEMA = {"type": "string", "pattern": IDEMPOTENCY_KEY_PATTERN}

_key: ContextVar[str | None] = ContextVar("idempotency_key", default=None)


def current_key() -> str | None:
    """The key of the tool call under way, if its client gave one."""
    return _key.get()


@contextmanager
def key_of(meta: Mapping[str, object] | None) -> Iterator[None]:
    """Make the key that a request's `_meta` holds the current one.

    Raises:
        ValidationFailed: It is not 1 to 255 visible ASCII characters.
    """
    value = (meta or {}).get(META_KEY)
    if value == SCHEMA:
        # Some clients, the Agents SDK's among them, send a tool's own `_meta` back with each call.
        value = None
    if value is not None and not (
        isinstance(value, str) and re.fullmatch(IDEMPOTENCY_KEY_PATTERN, value)
    ):
        raise ValidationFailed(details={META_KEY: "must be 1 to 255 visible ASCII characters"})
    token = _key.set(value)
    try:
        yield
    finally:
        _key.reset(token)
