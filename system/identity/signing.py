"""The key with which a service signs tokens of its own."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from system.identity.eddsa import EdDSAKey, b64url_encode


class SigningKey:
    """An Ed25519 key pair (RFC 8037) with an id.

    Args:
        jwk: The private key as a JWK of type OKP with `d`.

    Raises:
        ValueError: It is not such a key.
    """

    def __init__(self, jwk: Mapping[str, Any]) -> None:
        if "d" not in jwk or not isinstance(jwk.get("kid"), str):
            raise ValueError("must be a private Ed25519 JWK with kid and d")
        try:
            self._key = EdDSAKey(jwk, "EdDSA")
        except Exception as error:
            raise ValueError("must be a private Ed25519 JWK with kid and d") from error
        self._jwk = dict(jwk)
        self.kid: str = jwk["kid"]

    @classmethod
    def generate(cls, kid: str | None = None) -> SigningKey:
        """A new key."""
        private = Ed25519PrivateKey.generate()
        return cls(
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "kid": kid or secrets.token_hex(8),
                "x": b64url_encode(private.public_key().public_bytes_raw()),
                "d": b64url_encode(private.private_bytes_raw()),
            }
        )

    @classmethod
    def from_jwk_json(cls, text: str) -> SigningKey:
        """Read a private JWK.

        Raises:
            ValueError: Not JSON, or not a private Ed25519 JWK.
        """
        data = json.loads(text)
        if not isinstance(data, dict):
            raise ValueError("must be a private Ed25519 JWK with kid and d")
        return cls(data)

    def public_jwk(self) -> dict[str, str]:
        """What the JWKS publishes: no `d`."""
        public = {name: self._jwk[name] for name in ("kty", "crv", "kid", "x")}
        return {**public, "alg": "EdDSA", "use": "sig"}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A compact JWS of the claims."""
        header = {"alg": "EdDSA", "kid": self.kid, "typ": "JWT"}
        parts = [
            b64url_encode(json.dumps(part, separators=(",", ":")).encode())
            for part in (header, claims)
        ]
        signing_input = ".".join(parts)
        return f"{signing_input}.{b64url_encode(self._key.sign(signing_input.encode()))}"
