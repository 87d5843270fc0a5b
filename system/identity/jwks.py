"""An issuer's public keys: fetched asynchronously, cached with an age, refreshed with restraint.

- A key is used until `max_age` seconds after it was last seen in the issuer's JWKS, so rotation
  needs no restart and a key that the issuer withdrew is forgotten.
- An unknown `kid` causes one refresh, shared by all who wait for it, and then none for
  `min_interval` seconds, so that a stream of forged `kid`s cannot make us hammer the issuer.
- While the issuer is down, known keys stay in use until their age ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
from jose import jwk
from jose.exceptions import JOSEError

from system.errors import Unavailable

_log = logging.getLogger(__name__)

_KEY_TYPES = {"EdDSA": "OKP", "ES256": "EC", "RS256": "RSA", "PS256": "RSA"}
_MAX_KEYS = 64


def canonical_algorithm(name: object) -> str:
    """The name under which an algorithm is allowed; RFC 9864's `Ed25519` is `EdDSA`."""
    return "EdDSA" if name == "Ed25519" else str(name)


class KeySet:
    """The keys of one issuer.

    Args:
        url: Where the JWKS is (RFC 7517 section 5).
        http: Client that fetches it.
        max_age: Seconds for which a key counts after it was last seen.
        min_interval: Seconds between two fetches, at least.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        url: str,
        http: httpx2.AsyncClient,
        *,
        max_age: float,
        min_interval: float,
        clock: Callable[[], float],
    ) -> None:
        self._url = url
        self._http = http
        self._max_age = max_age
        self._min_interval = min_interval
        self._clock = clock
        self._keys: dict[str, tuple[Mapping[str, Any], float]] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._lock = asyncio.Lock()
        self.fetches = 0

    async def key(self, kid: str, algorithm: str) -> Mapping[str, Any] | None:
        """The public key of that id if it can be used with `algorithm`, else None.

        Raises:
            Unavailable: No key is known and the issuer does not answer.
        """
        now = self._clock()
        stale = self._fetched_at is None or now - self._fetched_at > self._max_age / 2
        if kid not in self._keys or stale:
            await self.refresh()
        found = self._keys.get(kid)
        if found is None or self._clock() - found[1] > self._max_age:
            if not self._keys and self._fetched_at is None:
                raise Unavailable("sign-in keys cannot be fetched", retry_after=5)
            return None
        key = found[0]
        if key.get("kty") != _KEY_TYPES.get(algorithm):
            return None
        declared = key.get("alg")
        if declared is not None and canonical_algorithm(declared) != algorithm:
            return None
        return key

    async def refresh(self) -> None:
        """Fetch the JWKS, unless it was tried within the minimum interval."""
        seen = self._tried_at
        async with self._lock:
            # Whoever waited for the lock uses the result of the one who held it.
            if self._tried_at != seen:
                return
            now = self._clock()
            if self._tried_at is not None and now - self._tried_at < self._min_interval:
                return
            self._tried_at = now
            self.fetches += 1
            try:
                response = await self._http.get(self._url, headers={"accept": "application/json"})
                response.raise_for_status()
                keys = response.json()["keys"]
                usable = {key["kid"]: key for key in keys[:_MAX_KEYS] if _usable(key)}
            except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
                _log.warning("jwks not refreshed from %s: %s", self._url, type(error).__name__)
                return
            self._fetched_at = now
            alive = {
                kid: item for kid, item in self._keys.items() if now - item[1] <= self._max_age
            }
            self._keys = {**alive, **{kid: (key, now) for kid, key in usable.items()}}

    @property
    def known(self) -> bool:
        """Whether any key is known."""
        return bool(self._keys)


def _usable(key: Any) -> bool:
    """Whether one entry of a JWKS is a key we can verify with; a bad one spoils no other."""
    if not isinstance(key, dict) or not isinstance(key.get("kid"), str) or not key["kid"]:
        return False
    if key.get("use", "sig") != "sig":
        return False
    operations = key.get("key_ops")
    if isinstance(operations, list) and "verify" not in operations:
        return False
    name = key.get("alg") or {"OKP": "EdDSA", "EC": "ES256", "RSA": "RS256"}.get(
        str(key.get("kty"))
    )
    algorithm = canonical_algorithm(name)
    if _KEY_TYPES.get(algorithm) != key.get("kty"):
        return False
    try:
        jwk.construct(key, algorithm)
    except (JOSEError, ValueError, TypeError, KeyError):
        return False
    return key.get("kty") != "EC" or key.get("crv") == "P-256"
