"""Key classes that python-jose lacks: EdDSA with Ed25519 (RFC 8037) and PS256 (RFC 7518 3.5).

Importing this module registers them with `jose.jwk`. The curve or the key type decides what a key
can do; the `alg` of a token never does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jose import jwk
from jose.backends.base import Key
from jose.exceptions import JWKError

from system.identity.encoding import b64url_decode


class EdDSAKey(Key):  # type: ignore[misc]
    """An Ed25519 key as a JWK of type OKP (RFC 8037 section 2).

    Raises:
        JWKError: Another type or curve, malformed, or `x` is not the public part of `d`.
    """

    def __init__(self, key: Mapping[str, Any], algorithm: str) -> None:
        super().__init__(key, algorithm)
        if key.get("kty") != "OKP" or key.get("crv") != "Ed25519":
            raise JWKError("not an Ed25519 key")
        try:
            self._public = Ed25519PublicKey.from_public_bytes(b64url_decode(str(key["x"])))
            self._private = (
                Ed25519PrivateKey.from_private_bytes(b64url_decode(str(key["d"])))
                if "d" in key
                else None
            )
        except (KeyError, ValueError) as error:
            raise JWKError("malformed Ed25519 key") from error
        if self._private is not None and self._private.public_key() != self._public:
            raise JWKError("x does not belong to d")

    def sign(self, msg: bytes) -> bytes:
        """Sign with the private part.

        Raises:
            JWKError: The key has none.
        """
        if self._private is None:
            raise JWKError("a public key cannot sign")
        return self._private.sign(msg)

    def verify(self, msg: bytes, sig: bytes) -> bool:
        """Return whether the signature is this key's."""
        try:
            self._public.verify(sig, msg)
        except InvalidSignature:
            return False
        return True


class PSSKey(Key):  # type: ignore[misc]
    """An RSA public key that verifies RSASSA-PSS with SHA-256 and a 32 byte salt."""

    def __init__(self, key: Mapping[str, Any], algorithm: str) -> None:
        super().__init__(key, algorithm)
        if key.get("kty") != "RSA":
            raise JWKError("not an RSA key")
        try:
            modulus = int.from_bytes(b64url_decode(str(key["n"])), "big")
            exponent = int.from_bytes(b64url_decode(str(key["e"])), "big")
            self._public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        except (KeyError, ValueError) as error:
            raise JWKError("malformed RSA key") from error

    def verify(self, msg: bytes, sig: bytes) -> bool:
        """Return whether the signature is this key's."""
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256().digest_size)
        try:
            self._public.verify(sig, msg, scheme, hashes.SHA256())
        except InvalidSignature:
            return False
        return True


jwk.register_key("EdDSA", EdDSAKey)
# The fully specified name of the same algorithm (RFC 9864 section 2.2).
jwk.register_key("Ed25519", EdDSAKey)
jwk.register_key("PS256", PSSKey)
