"""Says whom a bearer token speaks for, or refuses it.

The issuer named in the token picks the configuration, and from there on only configuration
decides: which keys, which algorithms, which audience. Why a token was refused is logged and never
answered. Verified tokens are remembered by their hash until they expire, so that a busy client
costs one signature check a token.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
from jose import jws
from jose.exceptions import JOSEError

from system.errors import Unauthorized
from system.identity.compact import CompactToken, MalformedTokenError, numeric_date, parse
from system.identity.issuers import TrustedIssuer
from system.identity.jwks import KeySet, canonical_algorithm

_log = logging.getLogger(__name__)

_MAX_SUBJECT = 255
_MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a verified token speaks for.

    Attributes:
        user_id: The `sub` claim.
        issuer: Who says so.
        audience: For whom the token was meant: this service.
        expires_at: Seconds since the epoch.
        actor: Who acts for the subject (`act.sub`, RFC 8693 section 4.1), if anybody.
        claims: All claims.
    """

    user_id: str
    issuer: str
    audience: str
    expires_at: int
    actor: str | None
    claims: Mapping[str, Any]


class TokenVerifier:
    """Verifies tokens of the trusted issuers.

    Args:
        issuers: Whom to trust; several may share an issuer name with different audiences.
        http: Fetches JWKS; made here when left out.
        leeway: Seconds by which clocks may differ.
        jwks_max_age: Seconds for which a key counts after it was last seen.
        jwks_min_refresh_interval: Seconds between two fetches of one JWKS, at least.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        issuers: Sequence[TrustedIssuer],
        *,
        http: httpx2.AsyncClient | None = None,
        leeway: float = 10.0,
        jwks_max_age: float = 600.0,
        jwks_min_refresh_interval: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._http = http or httpx2.AsyncClient(timeout=5.0, follow_redirects=False)
        self._owns_http = http is None
        self._leeway = leeway
        self._clock = clock
        self._issuers = {each.issuer: each for each in issuers}
        if len(self._issuers) != len(issuers):
            raise ValueError("TRUSTED_ISSUERS names an issuer twice")
        # One cache an issuer: a key of one must never verify a token of another.
        self._keys = {
            each.issuer: KeySet(
                each.jwks_url,
                self._http,
                max_age=jwks_max_age,
                min_interval=jwks_min_refresh_interval,
                clock=time.monotonic,
            )
            for each in issuers
        }
        self._remember_seconds = min(60.0, jwks_max_age)
        self._verified: OrderedDict[bytes, tuple[Subject, float]] = OrderedDict()

    async def verify(self, token: str) -> Subject:
        """The subject of a token.

        Raises:
            Unauthorized: It does not verify; the message does not say why.
            Unavailable: The issuer's keys cannot be had and none are known.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        remembered = self._verified.get(digest)
        now = self._clock()
        if remembered is not None:
            subject, until = remembered
            if now < until and now < subject.expires_at + self._leeway:
                return subject
            del self._verified[digest]
        try:
            subject = await self._verify(token)
        except MalformedTokenError as error:
            _log.info("token refused: %s", error, extra={"layer": "identity"})
            raise Unauthorized() from None
        self._verified[digest] = (subject, now + self._remember_seconds)
        if len(self._verified) > _MAX_REMEMBERED:
            self._verified.popitem(last=False)
        return subject

    async def _verify(self, token: str) -> Subject:
        parsed = parse(token)
        name = parsed.claims.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise MalformedTokenError("issuer not trusted")
        algorithm = canonical_algorithm(parsed.algorithm)
        if algorithm not in issuer.algorithms:
            raise MalformedTokenError("algorithm not allowed for this issuer")
        key = await self._keys[issuer.issuer].key(parsed.kid, algorithm)
        if key is None:
            raise MalformedTokenError("no such key for this algorithm")
        try:
            jws.verify(token, {**key, "alg": algorithm}, algorithms=[parsed.algorithm])
        except (JOSEError, ValueError, TypeError) as error:
            raise MalformedTokenError("signature") from error
        return self._subject(parsed, issuer)

    def _subject(self, token: CompactToken, issuer: TrustedIssuer) -> Subject:
        claims = token.claims
        now = self._clock()
        expires_at = numeric_date(claims.get("exp"))
        if expires_at + self._leeway <= now:
            raise MalformedTokenError("expired")
        for name in ("nbf", "iat"):
            if name in claims and numeric_date(claims[name]) - self._leeway > now:
                raise MalformedTokenError(f"{name} lies in the future")
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if not all(isinstance(each, str) for each in named) or issuer.audience not in named:
            raise MalformedTokenError("audience")
        user_id = claims.get("sub")
        if (
            not isinstance(user_id, str)
            or not 0 < len(user_id) <= _MAX_SUBJECT
            or not user_id.isprintable()
            or user_id != user_id.strip()
        ):
            raise MalformedTokenError("subject")
        actor = claims.get("act")
        acting = actor.get("sub") if isinstance(actor, Mapping) else None
        return Subject(
            user_id=user_id,
            issuer=issuer.issuer,
            audience=issuer.audience,
            expires_at=int(expires_at),
            actor=acting if isinstance(acting, str) else None,
            claims=dict(claims),
        )

    async def warm_up(self) -> dict[str, bool]:
        """Fetch keys of issuers none are known of; issuer name to whether any are known."""
        for keys in self._keys.values():
            if not keys.known:
                await keys.refresh()
        return {name: keys.known for name, keys in self._keys.items()}

    async def aclose(self) -> None:
        """Close the HTTP client, if it was made here."""
        if self._owns_http:
            await self._http.aclose()
