"""Checks of a token's claims (RFC 7519 section 4.1).

Functions of the claims, the issuer's configuration and the time; signatures are checked elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from system.identity.compact import MalformedTokenError, numeric_date
from system.identity.issuers import TrustedIssuer

# OpenID Connect Core 1.0 section 2: a subject is at most 255 ASCII characters.
_MAX_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Subject:
    """Subject of a verified token.

    Attributes:
        user_id: The `sub` claim behind the issuer's prefix, if it has one.
        issuer: The `iss` claim.
        audience: The audience of the token: this service.
        expires_at: Seconds since the epoch.
        actor: Party that acts for the subject (`act.sub`, RFC 8693 section 4.1), if any.
        claims: All claims; shared, so never changed.
    """

    user_id: str
    issuer: str
    audience: str
    expires_at: int
    actor: str | None
    claims: Mapping[str, Any]


def check_times(
    claims: Mapping[str, Any], *, now: float, leeway: float, max_lifetime: float
) -> float:
    """Check `exp`, `nbf`, `iat` and the lifetime.

    Args:
        claims: What the token says.
        now: Seconds since the epoch.
        leeway: Seconds by which clocks may differ.
        max_lifetime: Longest time in seconds from `iat`, or from now without one, to `exp`.

    Returns:
        `exp` in seconds since the epoch.

    Raises:
        MalformedTokenError: A time is missing, malformed or wrong.
    """
    expires_at = numeric_date(claims.get("exp"))
    if expires_at + leeway <= now:
        raise MalformedTokenError("expired")
    for name in ("nbf", "iat"):
        if name in claims and numeric_date(claims[name]) - leeway > now:
            raise MalformedTokenError(f"{name} lies in the future")
    issued_at = numeric_date(claims["iat"]) if "iat" in claims else now
    if expires_at - issued_at > max_lifetime + leeway:
        raise MalformedTokenError("lifetime too long")
    return expires_at


def check_audience(claims: Mapping[str, Any], expected: str) -> None:
    """Check that `aud`, a string or a list of strings, names this service.

    Raises:
        MalformedTokenError: It does not.
    """
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not all(isinstance(each, str) for each in named) or expected not in named:
        raise MalformedTokenError("audience")


def subject_of(claims: Mapping[str, Any]) -> str:
    """The `sub` claim: 1 to 255 printable ASCII characters, no space at either end.

    Anything that could look like, or be normalized to, another user's id is refused.

    Raises:
        MalformedTokenError: Missing or something else.
    """
    user_id = claims.get("sub")
    if not isinstance(user_id, str) or not 0 < len(user_id) <= _MAX_SUBJECT:
        raise MalformedTokenError("subject missing or too long")
    if not (user_id.isascii() and user_id.isprintable()) or user_id != user_id.strip():
        raise MalformedTokenError("subject with characters that are not accepted")
    return user_id


def actor_of(claims: Mapping[str, Any]) -> str | None:
    """Return the party that acts for the subject, if any.

    Raises:
        MalformedTokenError: `act` is not an object with a `sub` (RFC 8693 section 4.1).
    """
    if "act" not in claims:
        return None
    actor = claims["act"]
    acting = actor.get("sub") if isinstance(actor, Mapping) else None
    if not isinstance(acting, str) or not acting:
        raise MalformedTokenError("act")
    return acting


def check_claims(
    claims: Mapping[str, Any],
    issuer: TrustedIssuer,
    *,
    now: float,
    leeway: float,
    foreign: tuple[str, ...] = (),
) -> Subject:
    """Return the subject that the claims describe.

    Args:
        claims: Of the token.
        issuer: Its issuer.
        now: Seconds since the epoch.
        leeway: Seconds by which clocks may differ.
        foreign: Prefixes of other issuers' subjects.

    Raises:
        MalformedTokenError: One of them is missing or wrong; the message is for the log.
    """
    expires_at = check_times(claims, now=now, leeway=leeway, max_lifetime=issuer.max_lifetime)
    check_audience(claims, issuer.audience)
    user_id = issuer.subject_prefix + subject_of(claims)
    if len(user_id) > _MAX_SUBJECT or user_id.startswith(foreign):
        raise MalformedTokenError("subject too long, or of another issuer's prefix")
    return Subject(
        user_id=user_id,
        issuer=issuer.issuer,
        audience=issuer.audience,
        expires_at=int(expires_at),
        actor=actor_of(claims),
        claims=claims,
    )
