"""Tokens made with a key that a described system trusts, and tokens that it must refuse."""

from __future__ import annotations

import base64
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
from crosstalk.tokens.keys import b64, encode_json

# They need no knowledge of the system: any credential can be spoiled like this.
SPOILED = ("invented", "cut-short")
SPOILED_TOKENS = ("tampered", "alg-none", "unsigned")
SPOILED_MINTED = ("expired", "wrong-key")


def mint(config: MintConfig, subject: str, **changes: Any) -> str:
    """A token for somebody; `changes` replace claims, None leaves one out.

    Raises:
        HarnessError: The key cannot be read or does not fit the algorithm.
    """
    now = int(time.time())
    claims = {
        config.subject_claim: subject,
        "iat": now,
        "exp": now + config.ttl,
        **config.claims,
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return _signed(config, claims, _key(config))


def spoiled(kind: str, token: str, config: MintConfig | None, subject: str) -> str:
    """A token that must be refused.

    Raises:
        HarnessError: There is no such kind.
    """
    makers: Mapping[str, Callable[[], str]] = {
        "invented": lambda: secrets.token_urlsafe(24),
        "cut-short": lambda: token[: max(1, len(token) - 4)],
        "tampered": lambda: _tampered(token),
        "alg-none": lambda: ".".join(
            [encode_json({"alg": "none", "typ": "JWT"}), token.split(".")[1], ""]
        ),
        "unsigned": lambda: ".".join([*token.split(".")[:2], ""]),
        "expired": lambda: mint(
            _known(config), subject, iat=int(time.time()) - 7_200, exp=int(time.time()) - 3_600
        ),
        "wrong-key": lambda: _with_another_key(_known(config), subject),
    }
    if kind not in makers:
        raise HarnessError(f"no such spoiled credential: {kind}")
    return makers[kind]()


def spoilable(token: str, config: MintConfig | None) -> tuple[str, ...]:
    """The kinds that can be made of such a token."""
    signed = SPOILED_TOKENS if token.count(".") == 2 and token.startswith("ey") else ()
    return (*SPOILED, *signed, *(SPOILED_MINTED if config is not None else ()))


def _tampered(token: str) -> str:
    """The same signature over other claims: somebody else's name, one year more."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims["exp"] = int(time.time()) + 31_536_000
    claims["admin"] = True
    return f"{header}.{encode_json(claims)}.{signature}"


def _with_another_key(config: MintConfig, subject: str) -> str:
    now = int(time.time())
    claims = {config.subject_claim: subject, "iat": now, "exp": now + config.ttl, **config.claims}
    if config.algorithm.startswith("HS"):
        return _signed(config, claims, secrets.token_urlsafe(48))
    # Nobody can check it with the real key, whatever it was signed with.
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
        raise ValueError("it is no Ed25519 key")
    header = {"alg": "EdDSA", "typ": "JWT", **headers}
    signed = f"{encode_json(header)}.{encode_json(dict(claims))}"
    return f"{signed}.{b64(private.sign(signed.encode()))}"
