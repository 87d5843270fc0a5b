"""Forgeries of the header: keys embedded in the token, key ids that inject something, and members
that change what is verified."""

from __future__ import annotations

import base64
import datetime
import json
import zlib
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crosstalk.tokens.forgeries.algorithms import hmac_token
from crosstalk.tokens.forgeries.base import (
    Forgery,
    ForgeryContext,
    NotApplicableError,
    of_token,
    part,
)
from crosstalk.tokens.keys import b64

_BROUGHT = "RFC 8725 section 3.10; RFC 7515 section 10"
_KID = "RFC 8725 section 3.10; PortSwigger Web Security Academy, kid injection"
_CRIT = "RFC 7515 section 4.1.11"

_Token = Callable[[ForgeryContext], str]


def _strangers(**members: Any) -> _Token:
    """Make tokens signed by the stranger, with header members that point to the stranger's key."""

    def token(context: ForgeryContext) -> str:
        key = context.stranger.key()
        return key.sign(context.claims(), {"alg": "EdDSA", "kid": key.kid, "typ": "JWT", **members})

    return token


def _embedded_jwk(context: ForgeryContext) -> str:
    return _strangers(jwk=context.stranger.key().public_jwk())(context)


def _embedded_jwk_true_kid(context: ForgeryContext) -> str:
    jwk = {**context.stranger.key().public_jwk(), "kid": context.key().kid}
    return _strangers(jwk=jwk, kid=context.key().kid)(context)


def _jku(context: ForgeryContext) -> str:
    return _strangers(jku=f"{context.stranger.url}/.well-known/jwks.json")(context)


def _jku_with_userinfo(context: ForgeryContext) -> str:
    trusted = context.issuer.url.partition("://")[2]
    stranger = context.stranger.url.partition("://")[2]
    return _strangers(jku=f"http://{trusted}@{stranger}/.well-known/jwks.json")(context)


def _x5u(context: ForgeryContext) -> str:
    return _strangers(x5u=f"{context.stranger.url}/certificate.pem")(context)


def _x5c(context: ForgeryContext) -> str:
    key = context.stranger.key("ES256")
    if not isinstance(key.private, ec.EllipticCurvePrivateKey):
        raise NotApplicableError("the stranger's ES256 key is not an elliptic-curve key")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key.private, hashes.SHA256())
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    # x5c is base64 with padding, unlike all the rest (RFC 7515 section 4.1.6).
    chain = [base64.b64encode(der).decode()]
    header = {"alg": "ES256", "kid": key.kid, "typ": "JWT", "x5c": chain}
    return key.sign(context.claims(), header)


def _kid(value: object) -> _Token:
    """Make correctly signed tokens with another kid."""
    return lambda context: context.signed({**context.header(), "kid": value})


def _kid_of_another_key(context: ForgeryContext) -> str:
    return context.signed({**context.header(), "kid": context.key("ES256").kid})


def _kid_spoiled(before: str = "", after: str = "") -> _Token:
    return lambda context: context.signed(context.header(kid=before + context.key().kid + after))


def _hmac_kid(kid: str, secret: bytes) -> _Token:
    return lambda context: hmac_token(context, secret, kid=kid)


def _with(**members: Any) -> _Token:
    """Make correctly signed tokens with further header members."""
    return lambda context: context.signed({**context.header(), **members})


def _unencoded(context: ForgeryContext) -> str:
    header = part({**context.header(), "b64": False, "crit": ["b64"]})
    # A dot would end the part (RFC 7797 section 5.2), so it is written as an escape.
    payload = json.dumps(context.claims(), separators=(",", ":")).replace(".", "\\u002e")
    signature = context.key().raw_signature(f"{header}.{payload}".encode())
    return f"{header}.{payload}.{b64(signature)}"


def _compressed(context: ForgeryContext) -> str:
    claims = json.dumps(context.claims()).encode()
    return context.signed({**context.header(), "zip": "DEF"}, zlib.compress(claims)[2:-4])


def _nested(context: ForgeryContext) -> str:
    return context.signed({**context.header(), "cty": "JWT"}, context.valid_token.encode())


HEADER_FORGERIES: tuple[Forgery, ...] = (
    of_token("jwk-embedded", f"CVE-2018-0114; {_BROUGHT}", "brings its own key", _embedded_jwk),
    of_token(
        "jwk-embedded-true-kid",
        f"CVE-2018-0114; {_BROUGHT}",
        "brings its own key under the issuer's kid",
        _embedded_jwk_true_kid,
    ),
    of_token("jku", _BROUGHT, "names the attacker's JWKS", _jku),
    of_token(
        "jku-userinfo",
        f"{_BROUGHT}; RFC 3986 section 7.6",
        "names the attacker's JWKS behind the issuer's name",
        _jku_with_userinfo,
    ),
    of_token("x5u", _BROUGHT, "names the attacker's certificate", _x5u),
    of_token("x5c", _BROUGHT, "brings a certificate of its own", _x5c),
    of_token(
        "kid-path-traversal",
        _KID,
        "kid is the path of an empty file",
        _hmac_kid("../../../../../../../dev/null", b""),
    ),
    of_token(
        "kid-known-file",
        _KID,
        "kid is the path of a file with known text",
        _hmac_kid("/proc/sys/kernel/randomize_va_space", b"2\n"),
    ),
    of_token(
        "kid-sql",
        _KID,
        "kid makes a query return the secret",
        _hmac_kid("x' UNION SELECT 'secret'-- ", b"secret"),
    ),
    of_token("kid-command", _KID, "kid runs a command", _kid("key.pem|sleep 5")),
    of_token(
        "kid-url",
        f"{_KID}; CWE-918",
        "kid is an address to fetch",
        _kid("http://169.254.169.254/latest/meta-data/"),
    ),
    of_token(
        "kid-nul",
        f"{_KID}; CWE-158",
        "the issuer's kid, NUL, and more",
        _kid_spoiled(after="\0.pem"),
    ),
    of_token(
        "kid-newline", f"{_KID}; CWE-93", "a line break in kid", _kid_spoiled(after="\r\nx: y")
    ),
    of_token(
        "kid-space",
        "RFC 7515 section 4.1.4 (case-sensitive string)",
        "the issuer's kid and a space",
        _kid_spoiled(after=" "),
    ),
    of_token(
        "kid-prefixed",
        "RFC 7515 section 4.1.4",
        "the issuer's kid as a path",
        _kid_spoiled(before="./"),
    ),
    of_token("kid-empty", "RFC 7515 section 4.1.4", "kid is empty", _kid("")),
    of_token(
        "kid-missing",
        "RFC 7515 section 4.1.4; this system's rule: no guessing of keys",
        "no kid",
        lambda c: c.signed(c.header(kid=None)),
    ),
    of_token("kid-number", "RFC 7515 section 4.1.4", "kid is a number", _kid(0)),
    of_token("kid-null", "RFC 7515 section 4.1.4", "kid is null", _kid(None)),
    of_token("kid-list", "RFC 7515 section 4.1.4", "kid is a list", _kid(["a"])),
    of_token(
        "kid-object",
        "RFC 7515 section 4.1.4; CWE-943",
        "kid is a query operator",
        _kid({"$ne": ""}),
    ),
    of_token("kid-huge", f"{_KID}; CWE-770", "kid has 5,000 characters", _kid("k" * 5_000)),
    of_token(
        "kid-prototype", f"{_KID}; CWE-1321", "kid is a property of every object", _kid("__proto__")
    ),
    of_token(
        "kid-of-another-key",
        "RFC 8725 section 3.1",
        "kid of the issuer's other key",
        _kid_of_another_key,
    ),
    of_token(
        "crit-unknown",
        _CRIT,
        "an unknown extension is critical",
        _with(crit=["x-role"], **{"x-role": "admin"}),
    ),
    of_token("crit-empty", _CRIT, "the list of critical extensions is empty", _with(crit=[])),
    of_token(
        "crit-registered", _CRIT, "a registered member is called critical", _with(crit=["alg"])
    ),
    of_token("crit-not-a-list", _CRIT, "crit is text", _with(crit="exp")),
    of_token("b64-false", "RFC 7797 sections 6 and 7", "the payload is not encoded", _unencoded),
    of_token(
        "b64-false-without-crit",
        "RFC 7797 section 6",
        "b64 false and not critical",
        _with(b64=False),
    ),
    of_token(
        "zip-compressed",
        "RFC 7516 section 4.1.3; RFC 8725 section 3.6; CVE-2024-33664",
        "the payload is compressed",
        _compressed,
    ),
    of_token(
        "enc-member",
        "RFC 7516 section 4.1.2",
        "claims to be encrypted",
        _with(enc="A256GCM"),
    ),
    of_token(
        "nested-jwt",
        "RFC 7519 section 5.2; RFC 8725 section 3.3",
        "a valid token inside a token",
        _nested,
    ),
    of_token("cty-jwt", "RFC 7519 section 5.2", "claims to hold a token", _with(cty="JWT")),
    of_token(
        "typ-logout",
        "RFC 8725 section 3.11; OpenID Connect Back-Channel Logout section 2.4",
        "a logout token",
        _with(typ="logout+jwt"),
    ),
    of_token(
        "typ-dpop",
        "RFC 8725 section 3.11; RFC 9449 section 4.2",
        "a proof of possession",
        _with(typ="dpop+jwt"),
    ),
    of_token(
        "typ-event",
        "RFC 8725 section 3.11; RFC 8417 section 2.3",
        "a security event",
        _with(typ="secevent+jwt"),
    ),
    of_token("typ-not-a-string", "RFC 7515 section 4.1.9", "typ is a list", _with(typ=["JWT"])),
)
