"""Forgeries of the spelling: JSON, base64url and serializations that parsers read differently.

Most are correctly signed, so that only strict parsing refuses them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from crosstalk.tokens.forgeries.base import Forgery, ForgeryContext, of_token, part
from crosstalk.tokens.keys import b64

_DUPLICATE = "RFC 7515 section 4; RFC 7519 section 4; RFC 8725 section 2.6"
_BASE64 = "RFC 7515 section 2; RFC 4648 sections 3.2 to 3.5"
_COMPACT = "RFC 7515 section 7.1"

_Token = Callable[[ForgeryContext], str]


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _header_text(edit: Callable[[str], str]) -> _Token:
    """Make correctly signed tokens with the header's JSON text edited."""
    return lambda context: context.signed(header=edit(_json(context.header())).encode())


def _payload_text(edit: Callable[[str], str], encoding: str = "utf-8") -> _Token:
    """Make correctly signed tokens with the payload's JSON text edited."""
    return lambda context: context.signed(payload=edit(_json(context.claims())).encode(encoding))


def _first(member: str) -> Callable[[str], str]:
    return lambda text: "{" + member + "," + text[1:]


def _last(member: str) -> Callable[[str], str]:
    return lambda text: text[:-1] + "," + member + "}"


def _invalid_utf8(context: ForgeryContext) -> str:
    text = _json(context.claims(nickname="@")).encode()
    # An overlong form of a slash: not UTF-8, though some decoders take it.
    return context.signed(payload=text.replace(b"@", b"\xc0\xaf"))


def _respelled(edit: Callable[[str], str], which: int) -> _Token:
    """Make valid tokens with one of the three parts spelled differently, signature unchanged."""

    def token(context: ForgeryContext) -> str:
        parts = context.valid_token.split(".")
        parts[which] = edit(parts[which])
        return ".".join(parts)

    return token


def _resigned(edit: Callable[[str], str], which: int) -> _Token:
    """Make tokens with a part spelled differently, and the signature made over that spelling."""

    def token(context: ForgeryContext) -> str:
        parts = [part(context.header()), part(context.claims())]
        parts[which] = edit(parts[which])
        return context.key().sign_parts(*parts)

    return token


def _stray_bits(text: str) -> str:
    """Set unused bits of the last character (64 bytes leave four); the bytes stay the same."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(text) % 4 != 0
    return text[:-1] + alphabet[alphabet.index(text[-1]) | 1]


def _standard_alphabet(context: ForgeryContext) -> str:
    while True:
        token = context.valid_token
        signature = token.rpartition(".")[2]
        if "-" in signature or "_" in signature:
            head = token.rpartition(".")[0]
            return f"{head}.{signature.replace('-', '+').replace('_', '/')}"


def _padded(context: ForgeryContext) -> str:
    signed = f"{part(context.header())}.{part(context.claims())}"
    raw = context.key().raw_signature(signed.encode())
    return f"{signed}.{base64.urlsafe_b64encode(raw).decode()}"


def _flattened(context: ForgeryContext) -> str:
    protected, payload, signature = context.valid_token.split(".")
    return _json({"protected": protected, "payload": payload, "signature": signature})


def _general(context: ForgeryContext) -> str:
    protected, payload, signature = context.valid_token.split(".")
    signatures = [{"protected": protected, "signature": signature}]
    return _json({"payload": payload, "signatures": signatures})


def _five_parts(context: ForgeryContext) -> str:
    header = {"alg": "dir", "enc": "A256GCM", "kid": context.key().kid}
    return f"{part(header)}..{b64(bytes(12))}.{part(context.claims())}.{b64(bytes(16))}"


def _padded_with(after: str = "", before: str = "") -> _Token:
    return lambda context: f"{before}{context.valid_token}{after}"


def _joined(separator: str) -> _Token:
    return lambda context: context.valid_token.replace(".", separator)


def _deep(levels: int) -> _Token:
    def token(context: ForgeryContext) -> str:
        text = _json(context.claims(nested="@"))
        return context.signed(payload=text.replace('"@"', "[" * levels + "]" * levels).encode())

    return token


SPELLING_FORGERIES: tuple[Forgery, ...] = (
    of_token(
        "duplicate-alg-none-last",
        _DUPLICATE,
        "alg twice, none at the end",
        _header_text(_last('"alg":"none"')),
    ),
    of_token(
        "duplicate-alg-none-first",
        _DUPLICATE,
        "alg twice, none at the start",
        _header_text(_first('"alg":"none"')),
    ),
    of_token("duplicate-kid", _DUPLICATE, "kid twice", _header_text(_first('"kid":"other"'))),
    of_token(
        "duplicate-sub-first",
        _DUPLICATE,
        "sub twice, another user first",
        _payload_text(_first('"sub":"mallory"')),
    ),
    of_token(
        "duplicate-sub-last",
        _DUPLICATE,
        "sub twice, another user last",
        _payload_text(_last('"sub":"mallory"')),
    ),
    of_token(
        "duplicate-sub-escaped",
        f"{_DUPLICATE}; RFC 8259 section 8.3",
        "sub twice, once spelled with an escape",
        _payload_text(_last('"\\u0073ub":"mallory"')),
    ),
    of_token("duplicate-exp", _DUPLICATE, "exp twice", _payload_text(_last('"exp":99999999999'))),
    of_token(
        "duplicate-nested",
        _DUPLICATE,
        "a member twice inside a claim",
        _payload_text(_last('"act":{"sub":"a","sub":"b"}')),
    ),
    of_token(
        "payload-array",
        "RFC 7519 section 7.2",
        "the claims are in a list",
        _payload_text(lambda text: f"[{text}]"),
    ),
    of_token(
        "payload-string",
        "RFC 7519 section 7.2",
        "the claims are text in JSON",
        _payload_text(_json),
    ),
    of_token(
        "payload-empty",
        "RFC 7519 section 7.2",
        "there are no claims at all",
        lambda c: c.signed(payload=b""),
    ),
    of_token(
        "payload-two-documents",
        "RFC 8259 section 2",
        "two objects after each other",
        _payload_text(lambda text: text + text),
    ),
    of_token(
        "payload-with-comment",
        "RFC 8259 section 2",
        "a comment in the JSON",
        _payload_text(lambda text: "/**/" + text),
    ),
    of_token(
        "payload-trailing-comma",
        "RFC 8259 section 4",
        "a comma too many",
        _payload_text(lambda text: text[:-1] + ",}"),
    ),
    of_token(
        "payload-byte-order-mark",
        "RFC 8259 section 8.1; RFC 8725 section 3.7",
        "a byte order mark before the claims",
        _payload_text(lambda text: "\ufeff" + text),
    ),
    of_token(
        "payload-utf-16",
        "RFC 8259 section 8.1; RFC 8725 section 3.7",
        "the claims in UTF-16",
        _payload_text(lambda text: text, "utf-16-le"),
    ),
    of_token(
        "payload-invalid-utf-8",
        "RFC 3629 section 10; RFC 8725 section 3.7",
        "an overlong character",
        _invalid_utf8,
    ),
    of_token(
        "payload-nested",
        "RFC 8259 section 9; CWE-674",
        "lists 100 deep, which every parser takes",
        _deep(100),
    ),
    of_token(
        "payload-nested-deeply", "RFC 8259 section 9; CWE-674", "lists 2,500 deep", _deep(2_500)
    ),
    of_token(
        "header-not-an-object",
        "RFC 7515 section 4",
        "the header is a list",
        _header_text(lambda text: f"[{text}]"),
    ),
    of_token(
        "header-byte-order-mark",
        "RFC 8259 section 8.1",
        "a byte order mark before the header",
        _header_text(lambda text: "\ufeff" + text),
    ),
    of_token("base64-padded", _BASE64, "the signature with padding", _padded),
    of_token(
        "base64-padded-payload",
        _BASE64,
        "padding after the payload, rightly signed",
        _resigned(lambda text: text + "=" * (-len(text) % 4 or 4), 1),
    ),
    of_token(
        "base64-stray-bits",
        _BASE64,
        "another spelling of the same signature",
        _respelled(_stray_bits, 2),
    ),
    of_token(
        "base64-standard-alphabet", _BASE64, "plus and slash in the signature", _standard_alphabet
    ),
    of_token(
        "base64-foreign-character",
        _BASE64,
        "a character that lenient decoders skip",
        _respelled(lambda text: text[:8] + "!" + text[8:], 2),
    ),
    of_token(
        "base64-space",
        _BASE64,
        "a space in the payload, rightly signed",
        _resigned(lambda text: text[:8] + " " + text[8:], 1),
    ),
    of_token(
        "base64-newline",
        _BASE64,
        "a line break in the payload, rightly signed",
        _resigned(lambda text: text[:8] + "\n" + text[8:], 1),
    ),
    of_token(
        "base64-incomplete",
        _BASE64,
        "a length that base64 cannot have",
        _respelled(lambda text: text[:-1], 2),
    ),
    of_token("token-newline", _COMPACT, "a line break at the end", _padded_with("\n")),
    of_token("token-nul", f"{_COMPACT}; CWE-158", "NUL at the end", _padded_with("\0")),
    of_token("token-quoted", "RFC 6750 section 2.1", "the token in quotes", _padded_with('"', '"')),
    of_token("token-four-parts", _COMPACT, "a part too many", _padded_with(".e30")),
    of_token("token-trailing-dot", _COMPACT, "a dot too many", _padded_with(".")),
    of_token("token-dots-alone", _COMPACT, "no parts", lambda _: ".."),
    of_token(
        "token-full-width-dots",
        f"{_COMPACT}; Unicode UTS 46",
        "dots of another script",
        _joined("\uff0e"),
    ),
    of_token(
        "token-percent-encoded", f"{_COMPACT}; RFC 3986 section 2.1", "dots as %2E", _joined("%2E")
    ),
    of_token(
        "token-huge",
        "RFC 8725 section 3.4; CWE-770",
        "20,000 characters, rightly signed",
        lambda c: c.signed(payload=c.claims(padding="x" * 15_000)),
    ),
    of_token(
        "json-flattened", "RFC 7515 section 7.2.2", "the flattened JSON serialization", _flattened
    ),
    of_token("json-general", "RFC 7515 section 7.2.1", "the general JSON serialization", _general),
    of_token(
        "jwe-five-parts",
        "RFC 7516 section 7.1; RFC 8725 section 2.1",
        "five parts, as if encrypted",
        _five_parts,
    ),
)
