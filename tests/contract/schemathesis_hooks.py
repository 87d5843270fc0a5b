"""What schemathesis has to be told about this interface."""

from __future__ import annotations

from typing import Any

import schemathesis
from schemathesis import Case, GenerationMode, HookContext


@schemathesis.hook
def map_case(context: HookContext, case: Case[Any]) -> Case[Any]:
    """Take made-up cursors out of requests that are meant to be valid.

    A cursor is signed for its owner and its list, so only the server can make one; a schema cannot
    say that. Cursors in requests meant to be invalid stay, and the campaign follows real ones.
    """
    positive = case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE
    if positive and case.query:
        case.query.pop("cursor", None)
    return case
