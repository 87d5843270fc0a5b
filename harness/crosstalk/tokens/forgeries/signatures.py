"""Forgeries of the signature: removed, truncated, changed, borrowed, or made with another key."""

from __future__ import annotations

from crosstalk.tokens.forgeries.base import (
    Forgery,
    ForgeryContext,
    NotApplicableError,
    of_token,
    part,
)
from crosstalk.tokens.keys import KeyPair, b64

_SPEC = "RFC 7515 section 5.2"


def _signature_bytes(context: ForgeryContext) -> tuple[str, bytes]:
    signed = ".".join((part(context.header()), part(context.claims())))
    return signed, context.key().raw_signature(signed.encode())


def _stripped(context: ForgeryContext) -> str:
    return context.valid_token.rpartition(".")[0]


def _empty(context: ForgeryContext) -> str:
    return f"{_stripped(context)}."


def _truncated(context: ForgeryContext) -> str:
    signed, signature = _signature_bytes(context)
    return f"{signed}.{b64(signature[:-1])}"


def _first_byte(context: ForgeryContext) -> str:
    signed, signature = _signature_bytes(context)
    return f"{signed}.{b64(signature[:1])}"


def _extended(context: ForgeryContext) -> str:
    signed, signature = _signature_bytes(context)
    return f"{signed}.{b64(signature + bytes(1))}"


def _flipped(context: ForgeryContext) -> str:
    signed, signature = _signature_bytes(context)
    return f"{signed}.{b64(bytes([signature[0] ^ 1]) + signature[1:])}"


def _borrowed(context: ForgeryContext) -> str:
    theirs = context.issuer.mint("mallory", audience=context.audience)
    return f"{_stripped(context)}.{theirs.rpartition('.')[2]}"


def _edited(context: ForgeryContext) -> str:
    header, _, signature = context.issuer.mint("mallory", audience=context.audience).split(".")
    return f"{header}.{part(context.claims())}.{signature}"


def _prolonged(context: ForgeryContext) -> str:
    claims = context.claims()
    past = claims["exp"] - 86_400
    old = context.signed(payload={**claims, "iat": past - 600, "exp": past})
    return f"{part(context.header())}.{part(claims)}.{old.rpartition('.')[2]}"


def _strangers_key_own_kid(context: ForgeryContext) -> str:
    return context.stranger.key().sign(context.claims())


def _strangers_key_true_kid(context: ForgeryContext) -> str:
    return context.stranger.key().sign(context.claims(), context.header())


def _same_kid_new_key(context: ForgeryContext) -> str:
    return KeyPair.generate("ES256", context.key("ES256").kid).sign(context.claims())


def _trusted_elsewhere(context: ForgeryContext) -> str:
    if context.exchanger is None:
        raise NotApplicableError("the exchanging service's key is not known")
    return context.exchanger.key().sign(context.claims())


SIGNATURE_FORGERIES: tuple[Forgery, ...] = (
    of_token(
        "signature-stripped", f"{_SPEC}; RFC 8725 section 2.1", "two parts, no signature", _stripped
    ),
    of_token("signature-empty", f"{_SPEC}; RFC 8725 section 2.1", "the signature is empty", _empty),
    of_token("signature-truncated", _SPEC, "the last byte is missing", _truncated),
    of_token("signature-first-byte", _SPEC, "one byte of signature", _first_byte),
    of_token("signature-extended", _SPEC, "one byte more", _extended),
    of_token("signature-bit-flipped", _SPEC, "one bit differs", _flipped),
    of_token("signature-of-another-token", _SPEC, "the attacker's own signature", _borrowed),
    of_token(
        "claims-edited",
        f"{_SPEC}; OWASP JWT cheat sheet",
        "the attacker's token with the victim's claims",
        _edited,
    ),
    of_token("claims-prolonged", _SPEC, "an expired token with a new expiry", _prolonged),
    of_token(
        "wrong-key",
        f"{_SPEC}; RFC 8725 section 3.8",
        "a stranger's key under the issuer's kid",
        _strangers_key_true_kid,
    ),
    of_token(
        "wrong-key-unknown-kid",
        "RFC 7515 section 6",
        "a stranger's key under its own kid",
        _strangers_key_own_kid,
    ),
    of_token(
        "wrong-key-same-kid",
        "RFC 7515 section 6",
        "a new ES256 key under the issuer's kid",
        _same_kid_new_key,
    ),
    of_token(
        "key-of-another-issuer",
        "RFC 8725 section 3.8",
        "the issuer's name, signed by a service of the same system",
        _trusted_elsewhere,
    ),
)
