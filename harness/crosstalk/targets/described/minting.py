"""Tokens minted with a key that a described system trusts, and spoiled ones that it must refuse."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jose import jwt
from jose.exceptions import JOSEError

from crosstalk.core.errors import HarnessError
from crosstalk.targets.described.identity import MintConfig
from crosstalk.targets.described.placeholders import filled
from crosstalk.tokens.keys import b64, encode_json

# They need no knowledge of the system: any credential can be spoiled like this.
CUT_SHORT = "cut-short"
SPOILED = ("invented", CUT_SHORT)
SPOILED_TOKENS = ("tampered", "alg-none", "unsigned")
SPOILED_MINTED = ("expired", "wrong-key")
# A token whose secret is guessed can be made for any user.
GUESSED_SECRET = "guessed-secret"  # noqa: S105 - the name of a forgery
_COMMON_SECRETS = (
    *("secret", "your-256-bit-secret", "your-secret-key", "your_secret_key", "secretkey"),
    *("secret_key", "secret-key", "supersecret", "super-secret", "super-secret-key", "changeme"),
    *("change-me", "change_me", "jwt_secret", "jwt-secret", "jwtsecret", "my-secret", "mysecret"),
    *("my_secret_key", "my-secret-key", "password", "password123", "123456", "12345678", "test"),
    *("testing", "dev", "development", "default", "key", "private", "token", "admin", "hello"),
    *("dev-secret", "dev-secret-key", "insecure", "insecure-secret", "secret123", "s3cr3t", ""),
)
_DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def mint(
    config: MintConfig,
    subject: str,
    attributes: Mapping[str, str] | None = None,
    name: str = "",
    **changes: Any,
) -> str:
    """Mint a token for a user.

    Args:
        config: The key, and the claims of every user.
        subject: The user's.
        attributes: What stands for `{tenant}` and `{role}`; the subject stands for `{user}`.
        name: What the file calls the user.
        changes: Replace claims; None leaves one out.

    Raises:
        HarnessError: The key cannot be read or does not fit the algorithm.
    """
    claims = {**_claims(config, subject, attributes, name), **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return _signed(config, claims, _key(config))


def _claims(
    config: MintConfig,
    subject: str,
    attributes: Mapping[str, str] | None = None,
    name: str = "",
) -> dict[str, Any]:
    """Return the claims of a user's token that is valid from now on."""
    now = int(time.time())
    return {
        config.subject_claim: subject,
        "iat": now,
        "exp": now + config.ttl,
        **claims_of(config, {"user": subject, **(attributes or {})}, name),
    }


def claims_of(
    config: MintConfig, attributes: Mapping[str, str] | None, name: str
) -> dict[str, Any]:
    """Return the claims of a user beside the registered ones."""
    known = {"tenant": "", "role": "", **(attributes or {})}
    claims = {}
    for claim, value in config.claims.items():
        found = filled(value, known)
        if isinstance(found, list):
            found = [each for each in found if each != ""]
        if found != "" or value == "":
            claims[claim] = found
    return {**claims, **config.claims_of.get(name, {})}


def spoiled(kind: str, token: str, config: MintConfig | None, subject: str) -> str:
    """Make a token that must be refused.

    Raises:
        HarnessError: The kind is unknown.
    """
    makers: Mapping[str, Callable[[], str]] = {
        "invented": lambda: secrets.token_urlsafe(24),
        CUT_SHORT: lambda: token[: max(1, len(token) - 4)],
        "tampered": lambda: _tampered(token),
        "alg-none": lambda: ".".join(
            [encode_json({"alg": "none", "typ": "JWT"}), token.split(".")[1], ""]
        ),
        "unsigned": lambda: ".".join([*token.split(".")[:2], ""]),
        "expired": lambda: mint(
            _known(config), subject, iat=int(time.time()) - 7_200, exp=int(time.time()) - 3_600
        ),
        "wrong-key": lambda: _with_another_key(_known(config), subject),
        GUESSED_SECRET: lambda: _resigned(token, guessed_secret(token) or ""),
    }
    if kind not in makers:
        raise HarnessError(f"no such spoiled credential: {kind}")
    return makers[kind]()


def spoilable(token: str, config: MintConfig | None) -> tuple[str, ...]:
    """Return the kinds that can be made of such a token."""
    signed = SPOILED_TOKENS if _is_jwt(token) else ()
    guessed = (GUESSED_SECRET,) if guessed_secret(token) is not None else ()
    return (*SPOILED, *signed, *guessed, *(SPOILED_MINTED if config is not None else ()))


def guessed_secret(token: str) -> str | None:
    """Return the secret that signs a token by HMAC, where it is one of a short list of usual ones.

    Such a secret proves no identity (RFC 8725, section 2.2; wallarm/jwt-secrets).
    """
    signed, _, signature = token.rpartition(".")
    digest = _DIGESTS.get(str(_header_of(token).get("alg")))
    if digest is None or signed.count(".") != 1:
        return None
    for secret in _COMMON_SECRETS:
        if hmac.compare_digest(_mac(secret, signed, digest), signature.rstrip("=")):
            return secret
    return None


def _is_jwt(token: str) -> bool:
    """Return whether a token is a JWT; a cookie of Flask has three parts and claims nothing."""
    parts = token.split(".")
    return len(parts) == 3 and "alg" in _header_of(token) and bool(_header_of(parts[1]))


def _header_of(token: str) -> Mapping[str, Any]:
    head = token.split(".", 1)[0]
    try:
        found = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _mac(secret: str, signed: str, digest: Any) -> str:
    return b64(hmac.new(secret.encode(), signed.encode(), digest).digest())


def _resigned(token: str, secret: str) -> str:
    """Sign the same claims, one minute younger, with the secret that was guessed."""
    header, payload, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if isinstance(claims.get("exp"), int | float):
        claims["exp"] += 60
    signed = f"{header}.{encode_json(claims)}"
    return f"{signed}.{_mac(secret, signed, _DIGESTS[str(_header_of(token)['alg'])])}"


def _tampered(token: str) -> str:
    """Keep the signature over other claims: one year more, and an admin."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims["exp"] = int(time.time()) + 31_536_000
    claims["admin"] = True
    return f"{header}.{encode_json(claims)}.{signature}"


def _with_another_key(config: MintConfig, subject: str) -> str:
    claims = _claims(config, subject)
    if config.algorithm.startswith("HS"):
        return _signed(config, claims, secrets.token_urlsafe(48))
    # It cannot be checked with the real key, whatever it was signed with.
    header = {"alg": config.algorithm, "typ": "JWT"}
    signed = f"{encode_json(header)}.{encode_json(claims)}"
    return f"{signed}.{b64(Ed25519PrivateKey.generate().sign(signed.encode()))}"


def _known(config: MintConfig | None) -> MintConfig:
    if config is None:
        raise HarnessError("such a token can only be made where identity.mint is set")
    return config


def _key(config: MintConfig) -> str:
    if config.key:
        return config.key
    try:
        with open(config.key_file, encoding="utf-8") as file:  # noqa: PTH123 - a path as text
            return file.read()
    except OSError as error:
        raise HarnessError(
            f"cannot read identity.mint.key_file {config.key_file} ({error.strerror})"
        ) from error


def _signed(config: MintConfig, claims: Mapping[str, Any], key: str) -> str:
    headers = {"kid": config.key_id} if config.key_id else {}
    try:
        if config.algorithm == "EdDSA":
            return _signed_by_ed25519(claims, headers, key)
        token: str = jwt.encode(dict(claims), key, algorithm=config.algorithm, headers=headers)
    except (JOSEError, ValueError, TypeError) as error:
        raise HarnessError(
            f"identity.mint.key does not fit {config.algorithm}: {str(error)[:160]}"
        ) from error
    return token


def _signed_by_ed25519(claims: Mapping[str, Any], headers: Mapping[str, str], key: str) -> str:
    private = serialization.load_pem_private_key(key.encode(), None)
    if not isinstance(private, Ed25519PrivateKey):
        raise ValueError("it is not an Ed25519 key")
    header = {"alg": "EdDSA", "typ": "JWT", **headers}
    signed = f"{encode_json(header)}.{encode_json(dict(claims))}"
    return f"{signed}.{b64(private.sign(signed.encode()))}"
