"""The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header-07, section 2.1).

The draft makes it a structured-field string, `"8e03978e"`; most clients send it bare, `8e03978e`.
Both are read, and both name the same key. What is sent to another service is in quotes, since only
that form can carry every key.
"""

from __future__ import annotations

import re

KEY_HEADER = "Idempotency-Key"

# A string of RFC 9651 section 3.3.3 without spaces, or the key as it is.
KEY_HEADER_PATTERN = r'^(?:"(?:[!#-\[\]-~]|\\["\\]){1,255}"|[!#-~][!-~]{0,254})$'
_ESCAPED = re.compile(r'\\(["\\])')
_TO_ESCAPE = re.compile(r'(["\\])')


def read_key(value: str) -> str:
    """The key that a header of this pattern holds."""
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value


def write_key(key: str) -> str:
    """The header that holds this key."""
    return '"' + _TO_ESCAPE.sub(r"\\\1", key) + '"'
