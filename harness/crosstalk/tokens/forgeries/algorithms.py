"""Forgeries of the algorithm: none, HMAC under a public key, an algorithm that does not fit the
key, and signatures that unchecked arithmetic accepts."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from crosstalk.tokens.forgeries.base import (
    Forgery,
    ForgeryContext,
    NotApplicableError,
    of_token,
    unsigned,
)
from crosstalk.tokens.keys import b64, unb64

_RFC_8725 = "RFC 8725 section 2.1"
_MCLEAN = "T. McLean, Critical vulnerabilities in JSON Web Token libraries (2015)"
_CONFUSION = f"{_RFC_8725}; CVE-2016-5431, CVE-2022-29217, CVE-2024-33663"
_DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
# Order of the group of P-256 (FIPS 186-5, SP 800-186).
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

_Token = Callable[[ForgeryContext], str]


def hmac_token(
    context: ForgeryContext, secret: bytes, algorithm: str = "HS256", **header: Any
) -> str:
    """Sign a token with an HMAC under any secret (RFC 7518 section 3.2)."""
    signed = unsigned({**context.header(), "alg": algorithm, **header}, context.claims())
    mac = hmac.new(secret, signed.encode(), _DIGESTS[algorithm]).digest()
    return f"{signed}.{b64(mac)}"


def _none(spelling: object) -> _Token:
    return lambda context: unsigned({**context.header(), "alg": spelling}, context.claims()) + "."


def _none_but_signed(context: ForgeryContext) -> str:
    signature = context.valid_token.rpartition(".")[2]
    return f"{unsigned({**context.header(), 'alg': 'none'}, context.claims())}.{signature}"


def _hmac(secret: Callable[[ForgeryContext], bytes], algorithm: str = "HS256") -> _Token:
    return lambda context: hmac_token(context, secret(context), algorithm)


def _with_pem(algorithm: str, kind: str) -> _Token:
    def token(context: ForgeryContext) -> str:
        key = context.key(kind)
        return hmac_token(context, key.public_pem(), algorithm, kid=key.kid)

    return token


def _jwk(context: ForgeryContext) -> bytes:
    return json.dumps(context.key().public_jwk(), separators=(",", ":")).encode()


def _jwks(context: ForgeryContext) -> bytes:
    return json.dumps(context.issuer.jwks(), separators=(",", ":")).encode()


def _raw_point(context: ForgeryContext) -> bytes:
    return unb64(context.key().public_jwk()["x"])


def _rsa(context: ForgeryContext) -> rsa.RSAPrivateKey:
    private = context.key("RS256").private
    if not isinstance(private, rsa.RSAPrivateKey):
        raise NotApplicableError("the RS256 key is not an RSA key")
    return private


def _rs512(context: ForgeryContext) -> str:
    signed = unsigned(context.header("RS256", alg="RS512"), context.claims())
    signature = _rsa(context).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA512())
    return f"{signed}.{b64(signature)}"


def _ps256_with_rs256_key(context: ForgeryContext) -> str:
    signed = unsigned(context.header("RS256", alg="PS256"), context.claims())
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return f"{signed}.{b64(_rsa(context).sign(signed.encode(), scheme, hashes.SHA256()))}"


def _es256_signature(signature: bytes) -> _Token:
    def token(context: ForgeryContext) -> str:
        return f"{unsigned(context.header('ES256'), context.claims())}.{b64(signature)}"

    return token


def _es256_in_der(context: ForgeryContext) -> str:
    private = context.key("ES256").private
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise NotApplicableError("the ES256 key is not an elliptic-curve key")
    signed = unsigned(context.header("ES256"), context.claims())
    return f"{signed}.{b64(private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))}"


def _renamed(algorithm: object, *, key: str = "EdDSA") -> _Token:
    return lambda context: context.signed({**context.header(key), "alg": algorithm}, algorithm=key)


def _kid_of(other: str, *, alg: str, signer: str) -> _Token:
    def token(context: ForgeryContext) -> str:
        header = {**context.header(other), "alg": alg}
        return context.signed(header, algorithm=signer)

    return token


def _eddsa_zeros(context: ForgeryContext) -> str:
    return f"{unsigned(context.header(), context.claims())}.{b64(bytes(64))}"


ALGORITHM_FORGERIES: tuple[Forgery, ...] = (
    of_token(
        "alg-none",
        f"{_RFC_8725}; {_MCLEAN}; CVE-2020-15957",
        "unsigned, as alg says",
        _none("none"),
    ),
    of_token(
        "alg-none-capitalized",
        f"{_RFC_8725}; Insomnia Security, JSON Web Token validation bypass in Auth0 (2020)",
        "unsigned, alg spelled None",
        _none("None"),
    ),
    of_token(
        "alg-none-upper-case",
        f"{_RFC_8725}; PortSwigger Web Security Academy, JWT attacks",
        "unsigned, alg spelled NONE",
        _none("NONE"),
    ),
    of_token(
        "alg-none-mixed-case",
        f"{_RFC_8725}; PortSwigger Web Security Academy, JWT attacks",
        "unsigned, alg spelled nOnE",
        _none("nOnE"),
    ),
    of_token(
        "alg-none-with-space",
        f"{_RFC_8725}; RFC 7515 section 4.1.1",
        "unsigned, alg none with a space after it",
        _none("none "),
    ),
    of_token(
        "alg-none-but-signed",
        f"{_RFC_8725}; RFC 7518 section 3.6",
        "alg none with the signature of another token",
        _none_but_signed,
    ),
    of_token("alg-empty", "RFC 7515 section 4.1.1", "alg is empty", _none("")),
    of_token("alg-null", "RFC 7515 section 4.1.1", "alg is null", _none(None)),
    of_token("alg-list", "RFC 7515 section 4.1.1", "alg is a list", _none(["none", "EdDSA"])),
    of_token(
        "alg-missing",
        "RFC 7515 section 4.1.1",
        "signed, without alg",
        lambda c: c.signed(c.header(alg=None)),
    ),
    of_token(
        "hmac-with-public-key",
        _CONFUSION,
        "HS256 with the RSA public key's PEM as secret",
        _with_pem("HS256", "RS256"),
    ),
    of_token(
        "hmac-with-eddsa-pem",
        _CONFUSION,
        "HS256 with the Ed25519 public key's PEM as secret",
        _with_pem("HS256", "EdDSA"),
    ),
    of_token(
        "hmac-with-ecdsa-pem",
        "CVE-2024-33663 (python-jose, OpenSSH and ECDSA keys)",
        "HS256 with the ES256 public key's PEM as secret",
        _with_pem("HS256", "ES256"),
    ),
    of_token(
        "hmac-384-with-public-key",
        _CONFUSION,
        "HS384 with the public key's PEM as secret",
        _with_pem("HS384", "RS256"),
    ),
    of_token(
        "hmac-512-with-public-key",
        _CONFUSION,
        "HS512 with the public key's PEM as secret",
        _with_pem("HS512", "RS256"),
    ),
    of_token(
        "hmac-with-stripped-pem",
        _CONFUSION,
        "HS256 with the PEM without its last newline",
        _hmac(lambda c: c.key("RS256").public_pem().rstrip()),
    ),
    of_token(
        "hmac-with-der",
        _CONFUSION,
        "HS256 with the public key's DER as secret",
        _hmac(lambda c: c.key("RS256").public_der()),
    ),
    of_token("hmac-with-jwk", _CONFUSION, "HS256 with the JWK's JSON as secret", _hmac(_jwk)),
    of_token("hmac-with-jwks", _CONFUSION, "HS256 with the JWKS document as secret", _hmac(_jwks)),
    of_token(
        "hmac-with-raw-key",
        _CONFUSION,
        "HS256 with the 32 bytes of the Ed25519 key",
        _hmac(_raw_point),
    ),
    of_token(
        "hmac-with-jwk-member",
        _CONFUSION,
        "HS256 with the text of the JWK's x as secret",
        _hmac(lambda c: c.key().public_jwk()["x"].encode()),
    ),
    of_token(
        "hmac-with-empty-secret",
        "CVE-2019-20933; RFC 7518 section 3.2",
        "HS256 with no secret",
        _hmac(lambda _: b""),
    ),
    of_token(
        "hmac-with-common-secret",
        "RFC 8725 section 2.2; wallarm/jwt-secrets",
        "HS256 with the secret of many tutorials",
        _hmac(lambda _: b"secret"),
    ),
    of_token(
        "rs512-with-rs256-key",
        "RFC 8725 section 3.1",
        "signed with an algorithm that is not allowed, by the right key",
        _rs512,
    ),
    of_token(
        "ps256-with-rs256-key",
        "RFC 7517 section 4.4; RFC 8725 section 3.1",
        "PS256 by a key published for RS256",
        _ps256_with_rs256_key,
    ),
    of_token(
        "eddsa-name-on-rsa-key",
        "RFC 8725 section 3.1",
        "alg EdDSA, kid of the RSA key, signed by the Ed25519 key",
        _kid_of("RS256", alg="EdDSA", signer="EdDSA"),
    ),
    of_token(
        "es256-name-on-eddsa-key",
        "RFC 8725 section 3.1",
        "alg ES256 over an Ed25519 signature and kid",
        _renamed("ES256"),
    ),
    of_token(
        "ed25519-name-on-ecdsa-key",
        "RFC 9864 section 2.2",
        "alg Ed25519, kid and signature of the ES256 key",
        _kid_of("ES256", alg="Ed25519", signer="ES256"),
    ),
    of_token(
        "ed448-name",
        "RFC 9864 section 2.2",
        "alg Ed448 over an Ed25519 signature",
        _renamed("Ed448"),
    ),
    of_token(
        "alg-lower-case",
        "RFC 7515 section 4.1.1 (case-sensitive)",
        "alg eddsa over a right signature",
        _renamed("eddsa"),
    ),
    of_token("alg-unknown", "RFC 7515 section 5.2", "alg names nothing", _renamed("X256")),
    of_token(
        "psychic-signature",
        "CVE-2022-21449",
        "ES256 with r and s zero",
        _es256_signature(bytes(64)),
    ),
    of_token(
        "psychic-signature-order",
        "CVE-2022-21449; FIPS 186-5 section 6.4.2",
        "ES256 with r and s equal to the group order",
        _es256_signature(_P256_ORDER.to_bytes(32, "big") * 2),
    ),
    of_token(
        "ecdsa-in-der", "RFC 7518 section 3.4", "a right ES256 signature in DER", _es256_in_der
    ),
    of_token(
        "eddsa-zeros", "RFC 8032 section 5.1.7", "EdDSA with a signature of zeros", _eddsa_zeros
    ),
)
