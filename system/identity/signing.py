"""The key with which a service signs tokens of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jose.exceptions import JWKError
from pydantic import AfterValidator, SecretStr

from system.identity.eddsa import EdDSAKey
from system.identity.encoding import b64url_encode
from system.identity.keys import acceptable_kid

_EXPECTED = "must be a private Ed25519 JWK (kty OKP, crv Ed25519, x, d)"
_EXPECTED_PUBLIC = "must be public Ed25519 JWKs (kty OKP, crv Ed25519, kid, x; never d)"


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
        if "d" not in jwk or not (kid == "" or acceptable_kid(kid)):
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
        """Return the public key as the JWKS publishes it, without `d`."""
        members = {name: self._jwk[name] for name in ("kty", "crv", "x")}
        return public_jwk({**members, "kid": self.kid})

    def private_jwk(self) -> dict[str, str]:
        """Return the private key as it is configured: a secret."""
        return {**self.public_jwk(), "d": str(self._jwk["d"])}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A compact JWS of the claims (RFC 7515 section 7.1)."""
        header = {"alg": "EdDSA", "kid": self.kid, "typ": "JWT"}
        parts = [
            b64url_encode(json.dumps(part, separators=(",", ":")).encode())
            for part in (header, claims)
        ]
        signing_input = ".".join(parts)
        return f"{signing_input}.{b64url_encode(self._key.sign(signing_input.encode()))}"


def public_jwk(jwk: Mapping[str, Any]) -> dict[str, str]:
    """A public Ed25519 key as a JWKS lists it, and nothing else that was said of it.

    Raises:
        ValueError: It is not one, has no `kid`, or is a private key, which must not be published.
    """
    if "d" in jwk or not acceptable_kid(jwk.get("kid")):
        raise ValueError(_EXPECTED_PUBLIC)
    try:
        EdDSAKey(jwk, "EdDSA")
    except JWKError as error:
        raise ValueError(_EXPECTED_PUBLIC) from error
    members = {name: str(jwk[name]) for name in ("kty", "crv", "x", "kid")}
    return {**members, "alg": "EdDSA", "use": "sig"}


def _checked(value: SecretStr) -> SecretStr:
    SigningKey.from_jwk_json(value.get_secret_value())
    return value


# A private JWK as a setting, checked when it is read.
SigningKeySetting = Annotated[SecretStr, AfterValidator(_checked)]
# Public keys that are published beside one's own while a rotation is under way.
PublishedKeys = Annotated[
    list[dict[str, str]], AfterValidator(lambda value: [public_jwk(each) for each in value])
]


def _thumbprint(jwk: Mapping[str, Any]) -> str:
    required = {name: jwk[name] for name in ("crv", "kty", "x")}
    text = json.dumps(required, separators=(",", ":"), sort_keys=True)
    return b64url_encode(hashlib.sha256(text.encode()).digest())
