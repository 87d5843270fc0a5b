"""Published keys of issuers, and the unverified claims of a token compared with them."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from crosstalk.doctor.client import BoundedClient

# The algorithms that the services accept: EdDSA and Ed25519 (RFC 9864) are the same.
ALGORITHMS = ("EdDSA", "Ed25519", "ES256", "RS256", "PS256")
# Members that only a private or shared key has (RFC 7518 section 6, RFC 8037 section 2).
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_LEAST_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """The key set that an issuer publishes.

    Attributes:
        url: Its URL.
        keys: The entries; none when they cannot be fetched.
        problem: The reason they cannot be fetched or used; empty when they can.
    """

    url: str
    keys: Sequence[Mapping[str, Any]]
    problem: str = ""

    @property
    def kids(self) -> frozenset[str]:
        """The ids of the keys."""
        return frozenset(str(each.get("kid")) for each in self.keys)

    @property
    def algorithms(self) -> list[str]:
        """The algorithms that the keys can be used with."""
        return sorted({each for key in self.keys for each in _algorithms(key)})


class Keys:
    """Fetches key sets, each once.

    Args:
        client: Sends the requests.
    """

    def __init__(self, client: BoundedClient) -> None:
        self._client = client
        self._sets: dict[str, PublishedKeys] = {}
        self._places: dict[str, str | None] = {}

    def at(self, url: str) -> PublishedKeys:
        """Fetch the key set (RFC 7517 section 5) at a URL."""
        if url not in self._sets:
            self._sets[url] = self._fetch(url)
        return self._sets[url]

    def of_issuer(self, issuer: str) -> PublishedKeys:
        """Fetch the key set of an issuer, found by its metadata or at usual paths.

        RFC 8414 section 3 and OpenID Connect Discovery 1.0 section 4 come first.
        """
        if issuer not in self._places:
            self._places[issuer] = self._find(issuer.rstrip("/"))
        url = self._places[issuer]
        if url is None:
            return PublishedKeys(issuer, (), f"no keys were found at {issuer}")
        return self.at(url)

    def _find(self, issuer: str) -> str | None:
        parts = urlsplit(issuer)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        origin = f"{parts.scheme}://{parts.netloc}"
        for metadata in (
            f"{origin}/.well-known/oauth-authorization-server{parts.path}",
            f"{issuer}/.well-known/openid-configuration",
        ):
            found = self._client.get(metadata).json()
            if isinstance(found, dict) and str(found.get("jwks_uri", "")).startswith("http"):
                return str(found["jwks_uri"])
        for path in ("/.well-known/jwks.json", "/api/auth/jwks", "/jwks"):
            if self.at(issuer + path).keys:
                return issuer + path
        return None

    def _fetch(self, url: str) -> PublishedKeys:
        reply = self._client.get(url)
        body = reply.json()
        entries = body.get("keys") if isinstance(body, dict) else None
        if reply.status != 200 or not isinstance(entries, list):
            return PublishedKeys(url, (), f"{url} is not a JWKS ({reply.status or reply.error})")
        keys = [each for each in entries if isinstance(each, dict)]
        if any(_PRIVATE & set(each) for each in keys):
            return PublishedKeys(url, keys, f"{url} publishes a PRIVATE key")
        usable = [each for each in keys if _algorithms(each)]
        if not usable:
            return PublishedKeys(url, keys, f"{url} has no key for any of {', '.join(ALGORITHMS)}")
        if not all(isinstance(each.get("kid"), str) and each["kid"] for each in usable):
            return PublishedKeys(url, keys, f"{url} has keys without an id (kid)")
        return PublishedKeys(url, keys)


def _algorithms(key: Mapping[str, Any]) -> list[str]:
    """Return the algorithms a key can be used with; none for a weak or an encryption key."""
    if key.get("use", "sig") != "sig":
        return []
    match key.get("kty"), key.get("crv"):
        case "OKP", "Ed25519":
            fitting = ["EdDSA", "Ed25519"]
        case "EC", "P-256":
            fitting = ["ES256"]
        case "RSA", _:
            strong = len(_decoded(str(key.get("n", "")))) * 8 >= _LEAST_RSA_BITS
            fitting = ["RS256", "PS256"] if strong else []
        case _:
            fitting = []
    named = key.get("alg")
    return [each for each in fitting if named is None or each == named]


@dataclass(frozen=True, slots=True)
class Claims:
    """The unverified header and claims of a token."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    @property
    def subject(self) -> str:
        """The `sub` claim."""
        return str(self.claims.get("sub", ""))

    @property
    def issuer(self) -> str:
        """The `iss` claim."""
        return str(self.claims.get("iss", ""))

    @property
    def audiences(self) -> list[str]:
        """The `aud` claim as a list."""
        audience = self.claims.get("aud")
        return [str(each) for each in audience] if isinstance(audience, list) else [str(audience)]

    def problems(self, keys: PublishedKeys) -> list[str]:
        """List the reasons for refusing the token, as far as they can be seen from outside."""
        found: list[str] = []
        algorithm, kid = self.header.get("alg"), self.header.get("kid")
        if algorithm not in ALGORITHMS:
            found.append(f"its algorithm {algorithm!r} is none of {', '.join(ALGORITHMS)}")
        if keys.problem:
            found.append(keys.problem)
        elif kid not in keys.kids:
            found.append(f"its key {kid!r} is not among those that {keys.url} publishes")
        for name, wrong in (("exp", "it has expired"), ("nbf", "it is not valid yet")):
            value = self.claims.get(name)
            if isinstance(value, (int, float)) and (value < time.time()) == (name == "exp"):
                found.append(wrong)
        if "exp" not in self.claims:
            found.append("it has no expiry (exp)")
        if not self.subject:
            found.append("it has no subject (sub)")
        return found


def read_token(token: str) -> Claims | None:
    """Parse a JWT (RFC 7519 section 3) without verifying it; None where it is not a JWT."""
    parts = token.strip().split(".")
    if len(parts) != 3:
        return None
    try:
        header, claims = (json.loads(_decoded(each)) for each in parts[:2])
    except (ValueError, RecursionError):
        return None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        return None
    return Claims(header, claims)


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
