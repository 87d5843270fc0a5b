"""Credentials that must be refused, each with the source it is taken from.

A forgery is built from a context that holds what an attacker could hold: a valid token of their
own, the issuer's public keys, keys of their own, and an issuer that the system does not trust.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.tokens.issuer import LocalIssuer
from harness.tokens.keys import b64, encode_json


@dataclass(frozen=True, slots=True)
class ForgeryContext:
    """What an attacker has.

    Attributes:
        issuer: The trusted issuer (its private keys serve only to spoil a valid token).
        stranger: An issuer that nobody trusts.
        subject: Whom the attacker wants to be.
        audience: What a valid token for the surface under attack would name.
        other_audience: The audience of another service of the same system.
    """

    issuer: LocalIssuer
    stranger: LocalIssuer
    subject: str
    audience: str
    other_audience: str


@dataclass(frozen=True, slots=True)
class Forgery:
    """One way to spoil or make up a credential.

    Attributes:
        name: How reports call it.
        source: The specification or publication that describes it.
        build: Makes the value of the `Authorization` header.
    """

    name: str
    source: str
    build: Callable[[ForgeryContext], str]


def _expired(context: ForgeryContext) -> str:
    past = int(time.time()) - 3_600
    token = context.issuer.mint(
        context.subject, audience=context.audience, iat=past - 600, exp=past
    )
    return f"Bearer {token}"


def _wrong_audience(context: ForgeryContext) -> str:
    return f"Bearer {context.issuer.mint(context.subject, audience='https://elsewhere.example')}"


def _wrong_issuer(context: ForgeryContext) -> str:
    return f"Bearer {context.stranger.mint(context.subject, audience=context.audience)}"


def _wrong_key(context: ForgeryContext) -> str:
    genuine = context.issuer.key()
    header = {"alg": "EdDSA", "kid": genuine.kid, "typ": "JWT"}
    claims = context.issuer.claims(context.subject, audience=context.audience)
    return f"Bearer {context.stranger.key().sign(claims, header)}"


def _alg_none(context: ForgeryContext) -> str:
    header = encode_json({"alg": "none", "kid": context.issuer.key().kid, "typ": "JWT"})
    claims = encode_json(context.issuer.claims(context.subject, audience=context.audience))
    return f"Bearer {header}.{claims}."


def _hmac_with_public_key(context: ForgeryContext) -> str:
    genuine = context.issuer.key("RS256")
    header = encode_json({"alg": "HS256", "kid": genuine.kid, "typ": "JWT"})
    claims = encode_json(context.issuer.claims(context.subject, audience=context.audience))
    signature = hmac.new(
        genuine.public_pem(), f"{header}.{claims}".encode(), hashlib.sha256
    ).digest()
    return f"Bearer {header}.{claims}.{b64(signature)}"


FORGERIES: tuple[Forgery, ...] = (
    Forgery("expired", "RFC 7519 section 4.1.4", _expired),
    Forgery("wrong-audience", "RFC 7519 section 4.1.3", _wrong_audience),
    Forgery("wrong-issuer", "RFC 8725 section 3.8", _wrong_issuer),
    Forgery("wrong-key", "RFC 7515 section 5.2", _wrong_key),
    Forgery("alg-none", "RFC 8725 section 2.1", _alg_none),
    Forgery("hmac-with-public-key", "RFC 8725 section 2.1; CVE-2016-5431", _hmac_with_public_key),
)
BY_NAME = {each.name: each for each in FORGERIES}
