"""base64url without padding (RFC 7515 section 2), in its one canonical spelling.

Lenient decoders let one token have many spellings, and let two parsers disagree about one.
"""

from __future__ import annotations

import base64


def b64url_decode(text: str) -> bytes:
    """Decode base64url without padding (RFC 7515 appendix C), refusing any other spelling.

    Raises:
        ValueError: Padding, white space, foreign characters or stray bits.
    """
    if not text.isascii() or "=" in text:
        raise ValueError("not base64url")
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if b64url_encode(raw) != text:
        raise ValueError("not the canonical encoding")
    return raw


def b64url_encode(raw: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
