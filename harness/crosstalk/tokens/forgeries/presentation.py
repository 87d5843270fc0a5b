"""Forgeries of the presentation: a valid token in a place or a form that must not be accepted.

Each carries a token that would be accepted in a single `Authorization: Bearer` line.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from crosstalk.tokens.forgeries.base import Forgery, ForgeryContext, Header

_BEARER = "RFC 6750 section 2.1"
_FIELD = "RFC 9110 sections 5.3 and 11.6.2"


def _scheme(text: str) -> Callable[[ForgeryContext], str]:
    return lambda context: text.format(token=context.valid_token, subject=context.subject)


def _basic(context: ForgeryContext) -> str:
    pair = f"{context.subject}:{context.valid_token}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def _nothing(_: ForgeryContext) -> None:
    return None


def _line(name: str, text: str) -> Callable[[ForgeryContext], list[Header]]:
    return lambda context: [(name, text.format(token=context.valid_token, subject=context.subject))]


def _lines(*texts: str) -> Callable[[ForgeryContext], list[Header]]:
    """Make several `Authorization` lines, which a map of headers could not hold."""
    return lambda context: [
        ("Authorization", text.format(token=context.valid_token, subject=context.subject))
        for text in texts
    ]


PRESENTATION_FORGERIES: tuple[Forgery, ...] = (
    Forgery("no-credential", "RFC 6750 section 3", "nothing at all", _nothing),
    Forgery("bearer-without-token", _BEARER, "the scheme alone", _scheme("Bearer")),
    Forgery("bearer-subject", _BEARER, "the user's id for a token", _scheme("Bearer {subject}")),
    Forgery("token-without-scheme", _BEARER, "the token alone", _scheme("{token}")),
    Forgery("scheme-basic", "RFC 7617 section 2", "the token as a password", _basic),
    Forgery(
        "scheme-basic-token", "RFC 7617 section 2", "Basic for Bearer", _scheme("Basic {token}")
    ),
    Forgery("scheme-dpop", "RFC 9449 section 7.1", "DPoP for Bearer", _scheme("DPoP {token}")),
    Forgery("scheme-joined", _BEARER, "no space after the scheme", _scheme("Bearer{token}")),
    Forgery("scheme-colon", _BEARER, "a colon after the scheme", _scheme("Bearer: {token}")),
    Forgery(
        "scheme-tab",
        f"{_BEARER} (one or more spaces)",
        "a tab after the scheme",
        _scheme("Bearer\t{token}"),
    ),
    Forgery("bearer-twice", _BEARER, "the scheme twice", _scheme("Bearer Bearer {token}")),
    Forgery("token-and-more", _BEARER, "something after the token", _scheme("Bearer {token} x")),
    Forgery(
        "tokens-joined", _FIELD, "two tokens in one line", _scheme("Bearer {token}, Bearer {token}")
    ),
    Forgery(
        "two-authorization-lines",
        _FIELD,
        "a valid line and another one",
        _nothing,
        more=_lines("Bearer {token}", "Bearer {subject}"),
    ),
    Forgery(
        "two-authorization-lines-reversed",
        _FIELD,
        "another line and a valid one",
        _nothing,
        more=_lines("Bearer {subject}", "Bearer {token}"),
    ),
    Forgery(
        "token-in-query",
        "RFC 6750 section 2.3; RFC 9700 section 4.3.2",
        "the token in the address",
        _nothing,
        query=lambda context: {"access_token": context.valid_token},
    ),
    Forgery(
        "token-in-cookie",
        "RFC 6750 section 2; CWE-352",
        "the token in a cookie",
        _nothing,
        more=_line("Cookie", "access_token={token}; token={token}"),
    ),
    Forgery(
        "token-in-other-header",
        "RFC 6750 section 2",
        "the token in a proxy's header",
        _nothing,
        more=_line("X-Forwarded-Access-Token", "{token}"),
    ),
    Forgery(
        "proxy-authorization",
        "RFC 9110 section 11.7.2",
        "the token meant for a proxy",
        _nothing,
        more=_line("Proxy-Authorization", "Bearer {token}"),
    ),
    Forgery(
        "user-in-header",
        "CWE-290; CWE-348",
        "the user named in a proxy's header",
        _nothing,
        more=lambda context: [
            (name, context.subject)
            for name in ("X-User-Id", "X-Forwarded-User", "X-Remote-User", "Remote-User")
        ],
    ),
)
