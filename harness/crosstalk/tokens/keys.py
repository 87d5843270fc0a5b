"""Test keys: pairs of the algorithms that the system accepts, as JWKs (RFC 7517)."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ALGORITHMS = ("EdDSA", "ES256", "RS256", "PS256")
_PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def b64(raw: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Decode base64url without padding.

    Raises:
        ValueError: It is not base64url.
    """
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def encode_json(value: object) -> str:
    """Encode a JSON value as one part of a compact JWS."""
    return b64(json.dumps(value, separators=(",", ":")).encode())


def _integer(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key with its id and the algorithm it signs with."""

    kid: str
    algorithm: str
    private: _PrivateKey

    @classmethod
    def generate(cls, algorithm: str = "EdDSA", kid: str | None = None) -> KeyPair:
        """Generate a new pair.

        Raises:
            ValueError: The algorithm is not among `ALGORITHMS`.
        """
        private: _PrivateKey
        if algorithm == "EdDSA":
            private = Ed25519PrivateKey.generate()
        elif algorithm == "ES256":
            private = ec.generate_private_key(ec.SECP256R1())
        elif algorithm in ("RS256", "PS256"):
            private = rsa.generate_private_key(65537, 2048)
        else:
            raise ValueError(f"no such algorithm: {algorithm}; one of {', '.join(ALGORITHMS)}")
        return cls(kid or f"{algorithm.lower()}-{secrets.token_hex(4)}", algorithm, private)

    def public_jwk(self) -> dict[str, str]:
        """Return the public key, as a JWKS lists it."""
        public = self.private.public_key()
        if isinstance(self.private, Ed25519PrivateKey):
            material = {"kty": "OKP", "crv": "Ed25519", "x": b64(public.public_bytes_raw())}  # type: ignore[union-attr]
        elif isinstance(self.private, ec.EllipticCurvePrivateKey):
            numbers = self.private.public_key().public_numbers()
            material = {
                "kty": "EC",
                "crv": "P-256",
                "x": b64(numbers.x.to_bytes(32, "big")),
                "y": b64(numbers.y.to_bytes(32, "big")),
            }
        else:
            rsa_numbers = self.private.public_key().public_numbers()
            material = {"kty": "RSA", "n": _integer(rsa_numbers.n), "e": _integer(rsa_numbers.e)}
        return {**material, "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def private_jwk(self) -> dict[str, str]:
        """Return the pair as a private JWK (RFC 8037 section 2), for a service that signs with it.

        Raises:
            ValueError: It is not an Ed25519 key.
        """
        if not isinstance(self.private, Ed25519PrivateKey):
            raise ValueError("only Ed25519 keys are given to services")
        return {**self.public_jwk(), "d": b64(self.private.private_bytes_raw())}

    @classmethod
    def from_private_jwk(cls, jwk: Mapping[str, str]) -> KeyPair:
        """Read what `private_jwk` returned.

        Raises:
            ValueError: It is not a private Ed25519 JWK.
        """
        if jwk.get("crv") != "Ed25519" or not all(jwk.get(name) for name in ("kid", "d")):
            raise ValueError("not a private Ed25519 JWK")
        private = Ed25519PrivateKey.from_private_bytes(unb64(jwk["d"]))
        return cls(jwk["kid"], "EdDSA", private)

    def public_pem(self) -> bytes:
        """Return the public key as PEM (SubjectPublicKeyInfo)."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def public_der(self) -> bytes:
        """Return the public key as DER (SubjectPublicKeyInfo)."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def private_pem(self) -> str:
        """The private part as unencrypted PKCS 8, for a key file of a test run."""
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    def raw_signature(self, message: bytes) -> bytes:
        """The JWS signature of a message (RFC 7518 section 3)."""
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(message)
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        if self.algorithm == "PS256":
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
            return self.private.sign(message, pss, hashes.SHA256())
        return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def sign(self, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
        """Sign claims as a compact JWS; `header` replaces the usual one."""
        usual = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT"}
        return self.sign_parts(encode_json(header or usual), encode_json(claims))

    def sign_parts(self, header: str, payload: str) -> str:
        """Sign parts that are encoded already, well or badly, as a compact JWS."""
        signed = f"{header}.{payload}"
        return f"{signed}.{b64(self.raw_signature(signed.encode()))}"


def dump_keys(pairs: list[KeyPair]) -> str:
    """Serialize key pairs as JSON, for a key file."""
    return json.dumps(
        [{"kid": p.kid, "algorithm": p.algorithm, "pem": p.private_pem()} for p in pairs], indent=1
    )


def load_keys(text: str) -> list[KeyPair]:
    """Read what `dump_keys` wrote.

    Raises:
        ValueError, KeyError: It is something else.
    """
    pairs = []
    for row in json.loads(text):
        private = serialization.load_pem_private_key(row["pem"].encode(), None)
        if not isinstance(
            private, Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
        ):
            raise ValueError("a key of another kind")
        pairs.append(KeyPair(row["kid"], row["algorithm"], private))
    return pairs
