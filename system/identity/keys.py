"""Public keys of an issuer, and their permitted use.

A key is judged when it is read from the JWKS, not when a token asks for it: type, curve, size and
declared algorithm decide which algorithms it can ever verify. One bad entry spoils no other.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from jose import jwk
from jose.exceptions import JOSEError

import system.identity.eddsa  # noqa: F401  registers EdDSA and PS256 with python-jose
from system.identity.encoding import b64url_decode

SUPPORTED_ALGORITHMS = ("EdDSA", "ES256", "RS256", "PS256")
_ALGORITHMS_OF = {
    ("OKP", "Ed25519"): ("EdDSA",),
    ("EC", "P-256"): ("ES256",),
    ("RSA", None): ("RS256", "PS256"),
}
# RFC 7518 sections 3.3 and 3.5: 2048 bits or more; the upper bound keeps one check cheap.
_RSA_BITS = range(2_048, 8_193)
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_MAX_KID = 256
_log = logging.getLogger(__name__)


class UnusableKeyError(Exception):
    """A JWKS entry that cannot verify tokens here; the message has the reason, for the log."""


def canonical_algorithm(name: object) -> str:
    """The name under which an algorithm is allowed; RFC 9864's `Ed25519` is `EdDSA`."""
    return "EdDSA" if name == "Ed25519" else str(name)


def acceptable_kid(kid: object) -> bool:
    """Return whether a `kid` is printable ASCII without quotes, white space or backslash."""
    return (
        isinstance(kid, str)
        and 0 < len(kid) <= _MAX_KID
        and all(each.isalnum() or each in "-._~:+/=@" for each in kid)
        and kid.isascii()
    )


class PublishedKey:
    """A public key of an issuer (RFC 7517 section 4).

    Args:
        entry: One member of `keys` in a JWKS.

    Raises:
        UnusableKeyError: It cannot verify signatures of any supported algorithm.
    """

    __slots__ = ("_verifiers", "entry", "kid")

    def __init__(self, entry: object) -> None:
        if not isinstance(entry, Mapping):
            raise UnusableKeyError("not an object")
        self.entry: dict[str, Any] = {
            name: value for name, value in entry.items() if name not in _PRIVATE_MEMBERS
        }
        kid = entry.get("kid")
        if not isinstance(kid, str) or not acceptable_kid(kid):
            raise UnusableKeyError("no usable kid")
        self.kid = kid
        if entry.get("use", "sig") != "sig":
            raise UnusableKeyError("not for signatures")
        operations = entry.get("key_ops")
        if operations is not None and (
            not isinstance(operations, list) or "verify" not in operations
        ):
            raise UnusableKeyError("key_ops leaves out verify")
        self._verifiers = {name: self._construct(name) for name in self._algorithms()}

    def _algorithms(self) -> tuple[str, ...]:
        kty, curve = self.entry.get("kty"), self.entry.get("crv")
        if not isinstance(kty, str) or not (curve is None or isinstance(curve, str)):
            raise UnusableKeyError("kty or crv is not a string")
        able = _ALGORITHMS_OF.get((kty, curve))
        if able is None:
            raise UnusableKeyError("key type or curve not supported")
        declared = self.entry.get("alg")
        if declared is None:
            return able
        if canonical_algorithm(declared) not in able:
            raise UnusableKeyError("alg does not fit the key type")
        return (canonical_algorithm(declared),)

    def _construct(self, algorithm: str) -> Any:
        try:
            if self.entry["kty"] == "RSA":
                modulus = int.from_bytes(b64url_decode(str(self.entry["n"])), "big")
                if modulus.bit_length() not in _RSA_BITS:
                    raise UnusableKeyError("RSA key of a refused size")
            return jwk.construct(self.entry, algorithm)
        except (JOSEError, ValueError, TypeError, KeyError) as error:
            raise UnusableKeyError("malformed key") from error

    @property
    def algorithms(self) -> frozenset[str]:
        """Algorithms that this key can verify."""
        return frozenset(self._verifiers)

    def verifies(self, algorithm: str, message: bytes, signature: bytes) -> bool:
        """Return whether `signature` over `message` is this key's, by an algorithm that fits it."""
        verifier = self._verifiers.get(algorithm)
        return verifier is not None and bool(verifier.verify(message, signature))


def read_jwks(document: object, *, limit: int = 64) -> tuple[dict[str, PublishedKey], list[str]]:
    """Read the usable keys of a JWKS by `kid`, and the reasons why others were left out.

    A `kid` that occurs twice is left out altogether: which key was meant is unknown.

    Raises:
        ValueError: Not a JWKS (RFC 7517 section 5).
    """
    entries = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(entries, list):
        raise ValueError("not a JWKS")
    usable: dict[str, PublishedKey] = {}
    reasons: list[str] = []
    twice: set[str] = set()
    exposed: list[str] = []
    for entry in entries[:limit]:
        if isinstance(entry, Mapping) and _PRIVATE_MEMBERS & entry.keys():
            exposed.append(str(entry["kid"]) if acceptable_kid(entry.get("kid")) else "without kid")
        try:
            key = PublishedKey(entry)
        except UnusableKeyError as error:
            reasons.append(str(error))
            continue
        if key.kid in usable:
            twice.add(key.kid)
        usable[key.kid] = key
    for kid in twice:
        del usable[kid]
        reasons.append("kid occurs twice")
    if exposed:
        _log.error("a JWKS publishes private keys, replace them: %s", ", ".join(exposed))
    return usable, reasons
