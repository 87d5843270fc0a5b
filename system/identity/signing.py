"""The key with which a service signs tokens of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jose.exceptions import JWKError

from system.identity.eddsa import EdDSAKey
from system.identity.encoding import b64url_encode

_EXPECTED = "must be a private Ed25519 JWK (kty OKP, crv Ed25519, x, d)"


class SigningKey:
    """An Ed25519 key pair (RFC 8037) with an id.

    Args:
        jwk: The private key as a JWK of type OKP with `x` and `d`; without a `kid` its thumbprint
            (RFC 7638) is the id.

    Raises:
        ValueError: It is not such a key.
    """

    def __init__(self, jwk: Mapping[str, Any]) -> None:
        kid = jwk.get("kid", "")
        try:
            self._key = EdDSAKey(jwk, "EdDSA")
        except JWKError as error:
            raise ValueError(_EXPECTED) from error
        if "d" not in jwk or not isinstance(kid, str):
            raise ValueError(_EXPECTED)
        self._jwk = dict(jwk)
        self.kid: str = kid or _thumbprint(jwk)

    @classmethod
    def generate(cls, kid: str | None = None) -> SigningKey:
        """A new key; its thumbprint is its id when none is given."""
        private = Ed25519PrivateKey.generate()
        jwk = {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": b64url_encode(private.public_key().public_bytes_raw()),
            "d": b64url_encode(private.private_bytes_raw()),
        }
        return cls({**jwk, "kid": kid} if kid else jwk)

    @classmethod
    def from_jwk_json(cls, text: str) -> SigningKey:
        """Read a private JWK.

        Raises:
            ValueError: Not JSON, or not a private Ed25519 JWK.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(_EXPECTED) from error
        if not isinstance(data, dict):
            raise ValueError(_EXPECTED)
        return cls(data)

    def public_jwk(self) -> dict[str, str]:
        """What the JWKS publishes: no `d`."""
        public: dict[str, str] = {name: self._jwk[name] for name in ("kty", "crv", "x")}
        return {**public, "kid": self.kid, "alg": "EdDSA", "use": "sig"}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A compact JWS of the claims (RFC 7515 section 7.1)."""
        header = {"alg": "EdDSA", "kid": self.kid, "typ": "JWT"}
        parts = [
            b64url_encode(json.dumps(part, separators=(",", ":")).encode())
            for part in (header, claims)
        ]
        signing_input = ".".join(parts)
        return f"{signing_input}.{b64url_encode(self._key.sign(signing_input.encode()))}"


def _thumbprint(jwk: Mapping[str, Any]) -> str:
    required = {name: jwk[name] for name in ("crv", "kty", "x")}
    text = json.dumps(required, separators=(",", ":"), sort_keys=True)
    return b64url_encode(hashlib.sha256(text.encode()).digest())
