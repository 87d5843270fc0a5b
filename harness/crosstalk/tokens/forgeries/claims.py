"""Forgeries of the claims: correctly signed tokens with claims that must not be believed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from crosstalk.tokens.forgeries.base import Forgery, ForgeryContext, of_token

_EXP = "RFC 7519 section 4.1.4"
_NBF = "RFC 7519 section 4.1.5"
_IAT = "RFC 7519 section 4.1.6"
_DATE = "RFC 7519 section 2 (NumericDate)"
_AUD = "RFC 7519 section 4.1.3; RFC 8725 section 3.9"
_ISS = "RFC 7519 section 4.1.1; RFC 8725 section 3.8"
_SUB = "RFC 7519 section 4.1.2; OpenID Connect Core 1.0 section 2"

_HOUR = 3_600
_Token = Callable[[ForgeryContext], str]


def _claims(**changes: Any) -> _Token:
    """Make correctly signed tokens with claims replaced; None leaves one out."""
    return lambda context: context.signed(payload=context.claims(**changes))


def _null(name: str) -> _Token:
    return lambda context: context.signed(payload={**context.claims(), name: None})


def _literal(name: str, literal: str) -> _Token:
    """Make correctly signed tokens with a claim as a JSON literal that `json` would not write."""

    def token(context: ForgeryContext) -> str:
        text = json.dumps(context.claims(**{name: "@"}))
        return context.signed(payload=text.replace('"@"', literal).encode())

    return token


def _in(name: str, seconds: float) -> _Token:
    def token(context: ForgeryContext) -> str:
        return _claims(**{name: int(time.time() + seconds)})(context)

    return token


def _expired(context: ForgeryContext) -> str:
    past = int(time.time()) - _HOUR
    return _claims(iat=past - 600, exp=past)(context)


def _milliseconds(context: ForgeryContext) -> str:
    return _claims(exp=int(time.time() + 600) * 1_000)(context)


def _issued_later(context: ForgeryContext) -> str:
    later = int(time.time()) + _HOUR
    return _claims(iat=later, exp=later + 600)(context)


def _exp_as_text(context: ForgeryContext) -> str:
    return _claims(exp=str(int(time.time() + 600)))(context)


def _lifetime(seconds: int, **changes: Any) -> _Token:
    def token(context: ForgeryContext) -> str:
        now = int(time.time())
        return _claims(**{"iat": now, "exp": now + seconds, **changes})(context)

    return token


def _audience(edit: Callable[[str], Any]) -> _Token:
    return lambda context: _claims(aud=edit(context.audience))(context)


def _issuer(edit: Callable[[str], Any]) -> _Token:
    return lambda context: _claims(iss=edit(context.issuer.url))(context)


def _subject(edit: Callable[[str], Any]) -> _Token:
    return lambda context: _claims(sub=edit(context.subject))(context)


def _lookalike(text: str) -> str:
    """Return a text that looks the same: one Cyrillic letter, or a zero-width joiner."""
    for latin, cyrillic in (("a", "\u0430"), ("e", "\u0435"), ("o", "\u043e")):
        if latin in text:
            return text.replace(latin, cyrillic, 1)
    return text + "\u200d"


def _full_width(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


def _userinfo(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest}@stranger.example"


CLAIM_FORGERIES: tuple[Forgery, ...] = (
    of_token("expired", _EXP, "expired an hour ago", _expired),
    of_token("exp-missing", f"{_EXP}; RFC 9068 section 2.2", "never expires", _claims(exp=None)),
    of_token("exp-null", _DATE, "exp is null", _null("exp")),
    of_token("exp-string", _DATE, "exp is text", _exp_as_text),
    of_token("exp-true", _DATE, "exp is true", _claims(exp=True)),
    of_token("exp-list", _DATE, "exp is a list", _claims(exp=[99_999_999_999])),
    of_token("exp-zero", _EXP, "exp is zero", _claims(exp=0)),
    of_token("exp-negative", _EXP, "exp is negative", _claims(exp=-1)),
    of_token("exp-nan", f"{_DATE}; RFC 8259 section 6", "exp is NaN", _literal("exp", "NaN")),
    of_token(
        "exp-infinity",
        f"{_DATE}; RFC 8259 section 6",
        "exp is Infinity",
        _literal("exp", "Infinity"),
    ),
    of_token(
        "exp-overflowing",
        f"{_DATE}; RFC 8259 section 6",
        "exp overflows a double",
        _literal("exp", "1e999"),
    ),
    of_token(
        "exp-huge-integer", f"{_DATE}; CWE-190", "exp has 400 digits", _literal("exp", "9" * 400)
    ),
    of_token(
        "exp-endless-integer",
        f"{_DATE}; CVE-2020-10735",
        "exp has 5,000 digits",
        _literal("exp", "9" * 5_000),
    ),
    of_token(
        "exp-milliseconds", f"{_DATE}; RFC 8725 section 3.10", "exp in milliseconds", _milliseconds
    ),
    of_token(
        "lifetime-absurd",
        "RFC 9700 section 4.10; RFC 6819 section 5.1.5.3",
        "valid for ten years",
        _lifetime(10 * 365 * 24 * _HOUR),
    ),
    of_token(
        "lifetime-absurd-without-iat",
        "RFC 9700 section 4.10; RFC 6819 section 5.1.5.3",
        "valid for ten years, without iat",
        _lifetime(10 * 365 * 24 * _HOUR, iat=None),
    ),
    of_token(
        "lifetime-absurd-in-the-past",
        "RFC 9700 section 4.10; RFC 6819 section 5.1.5.3",
        "issued ten years ago",
        _in("iat", -10 * 365 * 24 * _HOUR),
    ),
    of_token("nbf-future", _NBF, "not valid for another hour", _in("nbf", _HOUR)),
    of_token("nbf-string", f"{_NBF}; {_DATE}", "nbf is text", _claims(nbf="0")),
    of_token("nbf-true", f"{_NBF}; {_DATE}", "nbf is true", _claims(nbf=True)),
    of_token("nbf-null", f"{_NBF}; {_DATE}", "nbf is null", _null("nbf")),
    of_token("iat-null", f"{_IAT}; {_DATE}", "iat is null", _null("iat")),
    of_token("nbf-nan", f"{_NBF}; RFC 8259 section 6", "nbf is NaN", _literal("nbf", "NaN")),
    of_token(
        "iat-future",
        _IAT,
        "issued in an hour",
        _issued_later,
    ),
    of_token("iat-string", f"{_IAT}; {_DATE}", "iat is text", _claims(iat="0")),
    of_token(
        "wrong-audience", _AUD, "for another service", _claims(aud="https://elsewhere.example")
    ),
    of_token("aud-missing", _AUD, "without an audience", _claims(aud=None)),
    of_token("aud-null", _AUD, "aud is null", _null("aud")),
    of_token("aud-empty", _AUD, "aud is empty", _claims(aud="")),
    of_token("aud-empty-list", f"{_AUD}; CVE-2020-26160", "aud is an empty list", _claims(aud=[])),
    of_token("aud-list-of-others", _AUD, "aud lists others", _claims(aud=["a", "b"])),
    of_token("aud-nested-list", _AUD, "aud is a list in a list", _audience(lambda aud: [[aud]])),
    of_token(
        "aud-mixed-list",
        _AUD,
        "aud lists something that is not a string",
        _audience(lambda aud: [aud, 1]),
    ),
    of_token("aud-object", _AUD, "aud is an object", _audience(lambda aud: {aud: True})),
    of_token(
        "aud-longer",
        _AUD,
        "aud begins with the right one",
        _audience(lambda aud: aud + ".stranger.example"),
    ),
    of_token("aud-shorter", _AUD, "aud is part of the right one", _audience(lambda aud: aud[:-1])),
    of_token(
        "aud-other-case",
        f"{_AUD}; RFC 7519 section 2 (StringOrURI)",
        "aud in other letters",
        _audience(str.swapcase),
    ),
    of_token("aud-slash", _AUD, "aud with a slash at the end", _audience(lambda aud: aud + "/")),
    of_token(
        "aud-joined",
        f"{_AUD}; RFC 6749 section 3.3",
        "several in one string",
        _audience(lambda aud: f"https://elsewhere.example {aud}"),
    ),
    of_token(
        "wrong-issuer",
        _ISS,
        "another issuer with its own key",
        lambda c: c.stranger.mint(c.subject, audience=c.audience),
    ),
    of_token(
        "iss-of-a-stranger",
        _ISS,
        "the right key in another's name",
        lambda c: _claims(iss=c.stranger.url)(c),
    ),
    of_token("iss-missing", _ISS, "without an issuer", _claims(iss=None)),
    of_token("iss-null", _ISS, "iss is null", _null("iss")),
    of_token(
        "iss-list",
        f"{_ISS}; CVE-2025-30144",
        "iss is a list with the right one",
        _issuer(lambda iss: ["https://stranger.example", iss]),
    ),
    of_token(
        "iss-shorter",
        f"{_ISS}; CVE-2024-53861",
        "iss is part of the right one",
        _issuer(lambda iss: iss[:-1]),
    ),
    of_token(
        "iss-slash",
        f"{_ISS}; RFC 3986 section 6.2",
        "iss with a slash at the end",
        _issuer(lambda iss: iss + "/"),
    ),
    of_token(
        "iss-userinfo",
        f"{_ISS}; RFC 3986 section 7.6",
        "the issuer as user info of a stranger's address",
        _issuer(_userinfo),
    ),
    of_token(
        "iss-subdomain",
        _ISS,
        "the issuer's name continued",
        _issuer(lambda iss: iss + ".stranger.example"),
    ),
    of_token(
        "iss-other-case",
        f"{_ISS}; RFC 7519 section 2 (StringOrURI)",
        "iss in other letters",
        _issuer(str.swapcase),
    ),
    of_token("iss-space", _ISS, "iss with a space at the end", _issuer(lambda iss: iss + " ")),
    of_token("sub-missing", _SUB, "without a subject", _claims(sub=None)),
    of_token("sub-null", _SUB, "sub is null", _null("sub")),
    of_token("sub-empty", _SUB, "sub is empty", _claims(sub="")),
    of_token("sub-space", _SUB, "sub is a space", _claims(sub=" ")),
    of_token("sub-number", _SUB, "sub is a number", _claims(sub=1)),
    of_token("sub-true", _SUB, "sub is true", _claims(sub=True)),
    of_token("sub-list", _SUB, "sub is a list", _subject(lambda sub: [sub, "mallory"])),
    of_token("sub-object", f"{_SUB}; CWE-943", "sub is a query operator", _claims(sub={"$ne": ""})),
    of_token("sub-nul", f"{_SUB}; CWE-158", "sub ends in NUL", _subject(lambda sub: sub + "\0")),
    of_token(
        "sub-newline",
        f"{_SUB}; CWE-93",
        "sub ends in a line break",
        _subject(lambda sub: sub + "\n"),
    ),
    of_token("sub-trailing-space", _SUB, "sub ends in a space", _subject(lambda sub: sub + " ")),
    of_token("sub-leading-space", _SUB, "sub begins with a space", _subject(lambda sub: " " + sub)),
    of_token(
        "sub-zero-width",
        f"{_SUB}; Unicode UTS 39",
        "sub with an invisible character",
        _subject(lambda sub: sub + "\u200b"),
    ),
    of_token(
        "sub-confusable",
        f"{_SUB}; Unicode UTS 39",
        "sub in letters that look the same",
        _subject(_lookalike),
    ),
    of_token(
        "sub-full-width",
        f"{_SUB}; Unicode UAX 15",
        "sub that normalizes to the victim's",
        _subject(_full_width),
    ),
    of_token(
        "sub-bidirectional",
        f"{_SUB}; CVE-2021-42574",
        "sub with a direction override",
        _subject(lambda sub: "\u202e" + sub),
    ),
    of_token(
        "sub-surrogate",
        f"{_SUB}; RFC 8259 section 8.2",
        "sub with half a character",
        _subject(lambda sub: sub + "\ud800"),
    ),
    of_token("sub-huge", f"{_SUB}; CWE-770", "sub has 3,000 characters", _claims(sub="a" * 3_000)),
    of_token(
        "act-not-an-object", "RFC 8693 section 4.1", "the actor is text", _claims(act="admin")
    ),
    of_token(
        "act-without-sub", "RFC 8693 section 4.1", "the actor has no subject", _claims(act={})
    ),
)
