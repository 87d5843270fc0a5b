"""Hooks of schemathesis for this interface."""

from __future__ import annotations

import secrets
from typing import Any

import schemathesis
from schemathesis import Case, GenerationMode, HookContext

KEY_HEADER = "Idempotency-Key"


# Not `map_case`, which leaves out the requests made from the document's examples.
@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Make requests that are meant to be valid so, where a schema cannot say what that takes.

    A cursor is signed for its owner and its list, so only the server can make one: made-up ones go,
    and the campaign follows real ones. A key belongs to one call, and examples and small values
    come again: each is put in the place of a new one of its form. Requests that are meant to be
    invalid stay as they are.
    """
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if case.query:
        case.query.pop("cursor", None)
    if case.headers and KEY_HEADER in case.headers:
        new = secrets.token_hex(16)
        quoted = str(case.headers[KEY_HEADER]).startswith('"')
        case.headers[KEY_HEADER] = f'"{new}"' if quoted else new
