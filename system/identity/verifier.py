"""Verification of bearer tokens.

The issuer named in the token picks the configuration, and from there on only configuration
decides: which keys, which algorithms, which audience. Why a token was refused is logged and never
answered.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

import httpx2

from system.errors import Unauthorized
from system.identity.claims import Subject, check_claims
from system.identity.compact import CompactToken, MalformedTokenError, parse
from system.identity.issuers import TrustedIssuer, foreign_prefixes
from system.identity.jwks import KeySet
from system.identity.keys import PublishedKey, canonical_algorithm
from system.identity.remembered import RememberedTokens
from system.identity.revocations import RevokedSessions

_log = logging.getLogger(__name__)

# How long after a failure the keys are asked for again without a token: ever longer.
_FIRST_WAIT_SECONDS, _LONGER, _LONGEST_WAIT_SECONDS = 0.25, 1.5, 30.0


class TokenVerifier:
    """Verifies tokens of the trusted issuers.

    Args:
        issuers: Trusted issuers, each named once.
        http: Fetches JWKS; made here when left out.
        leeway: Seconds by which clocks may differ.
        jwks_max_age: Seconds for which a key counts after it was last seen.
        jwks_min_refresh_interval: Seconds between two fetches of one JWKS, at least; also the
            longest that a token with an unknown `kid` waits before the JWKS is asked again.
        revocations_refresh_interval: Seconds between two readings of an issuer's ended sessions.
        clock: Seconds since the epoch, for the claims.
        monotonic: Seconds that never step back, for the age of keys.

    Raises:
        ValueError: An issuer is named twice.
    """

    def __init__(
        self,
        issuers: Sequence[TrustedIssuer],
        *,
        http: httpx2.AsyncClient | None = None,
        leeway: float = 10.0,
        jwks_max_age: float = 600.0,
        jwks_min_refresh_interval: float = 1.0,
        revocations_refresh_interval: float = 5.0,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http or httpx2.AsyncClient()
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
                clock=monotonic,
            )
            for each in issuers
        }
        self._max_age = jwks_max_age
        self._revoked = {
            each.issuer: RevokedSessions(each.revocations_url, self._http)
            for each in issuers
            if each.revocations_url
        }
        self._revocations_refresh_interval = revocations_refresh_interval
        self._warming: list[asyncio.Task[None]] = []
        self._remembered = RememberedTokens(leeway=leeway)

    async def verify(self, token: str) -> Subject:
        """The subject of a token.

        Raises:
            Unauthorized: It does not verify; the message does not say why.
            Unavailable: The key is not known and the issuer's keys cannot be had.
        """
        known = self._remembered.get(token, now=self._clock())
        try:
            return self._of_a_live_session(known or await self._verify(token))
        except MalformedTokenError as error:
            _log.info("token refused: %s", error, extra={"layer": "identity"})
            raise Unauthorized() from None

    async def _verify(self, token: str) -> Subject:
        parsed = parse(token)
        issuer = self._issuer_of(parsed)
        algorithm = canonical_algorithm(parsed.algorithm)
        if algorithm not in issuer.algorithms:
            raise MalformedTokenError("algorithm not allowed for this issuer")
        # Before the key is looked up: an expired token with a withdrawn key costs no fetch.
        foreign = foreign_prefixes(issuer, self._issuers.values())
        subject = check_claims(
            parsed.claims, issuer, now=self._clock(), leeway=self._leeway, foreign=foreign
        )
        keys = self._keys[issuer.issuer]
        key = await keys.find(parsed.kid)
        if key is None:
            raise MalformedTokenError("the issuer publishes no such key")
        check_signature(parsed, key, algorithm)
        self._remembered.put(token, subject, key, keys)
        return subject

    def _of_a_live_session(self, subject: Subject) -> Subject:
        ended = self._revoked.get(subject.issuer)
        if ended is not None and ended.names(subject.claims):
            raise MalformedTokenError("its session has ended")
        return subject

    def _issuer_of(self, parsed: CompactToken) -> TrustedIssuer:
        name = parsed.claims.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise MalformedTokenError("issuer not trusted")
        return issuer

    async def warm_up(self) -> dict[str, bool]:
        """Fetch keys of issuers none are known of; issuer name to whether any are known."""
        missing = [keys for keys in self._keys.values() if not keys.known]
        await asyncio.gather(*(keys.refresh() for keys in missing))
        return {name: keys.known for name, keys in self._keys.items()}

    def keep_warm(self) -> None:
        """From now on, in the background: have every issuer's keys before the first token comes.

        An issuer that does not answer is asked again, ever less often; keys that were read are read
        again before they are too old, so that an idle service is warm too. Lists of ended sessions
        are read from now on as well.
        """
        if self._warming:
            return
        self._warming.append(asyncio.create_task(self._warm(), name="keys kept warm"))
        for issuer, ended in self._revoked.items():
            reading = ended.keep_reading(self._revocations_refresh_interval)
            self._warming.append(asyncio.create_task(reading, name=f"ended sessions of {issuer}"))

    async def _warm(self) -> None:
        wait = _FIRST_WAIT_SECONDS
        while True:
            ageing = [each for each in self._keys.values() if each.ageing]
            await asyncio.gather(*(each.refresh() for each in ageing))
            if all(each.known for each in self._keys.values()):
                wait = self._max_age / 4
            else:
                wait = min(wait * _LONGER, _LONGEST_WAIT_SECONDS)
            await asyncio.sleep(wait)

    async def knows_keys(self) -> bool:
        """Return whether keys of any issuer are known, so that its users can be served.

        An issuer that is away makes its own users' requests unavailable and no other's; missing
        keys are fetched in the background meanwhile (`keep_warm`).
        """
        if any(keys.known for keys in self._keys.values()):
            return True
        return any((await self.warm_up()).values())

    def fetches(self) -> dict[str, int]:
        """Return the number of requests for each issuer's JWKS."""
        return {name: keys.fetches for name, keys in self._keys.items()}

    async def aclose(self) -> None:
        """End refreshes under way, and close the HTTP client if it was made here."""
        for task in self._warming:
            task.cancel()
        await asyncio.gather(*self._warming, return_exceptions=True)
        for keys in self._keys.values():
            await keys.aclose()
        if self._owns_http:
            await self._http.aclose()


def check_signature(parsed: CompactToken, key: PublishedKey, algorithm: str) -> None:
    """Check the signature with a key that fits the algorithm.

    Raises:
        MalformedTokenError: The key is for another algorithm, or did not make the signature.
    """
    if algorithm not in key.algorithms:
        raise MalformedTokenError("the key is not for this algorithm")
    if not key.verifies(algorithm, parsed.signing_input, parsed.signature):
        raise MalformedTokenError("signature")
