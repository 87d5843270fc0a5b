"""Parses a JWS in compact serialization (RFC 7515 section 7.1), strictly, before any key is used.

Refused here is what lenient parsers accept: other serializations, non-canonical base64url,
duplicate JSON members (RFC 7515 section 4, RFC 7519 section 4), critical and unencoded-payload
headers, keys that a token brings along (RFC 8725 section 3.10).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from system.identity.encoding import b64url_decode
from system.identity.keys import acceptable_kid

MAX_TOKEN_BYTES = 8_192
MAX_DEPTH = 16
# Members that bring a key, or change how the token is to be read: no issuer we trust needs them.
# Others are ignored, as RFC 7515 section 4 asks, because common issuers send some of their own.
_REFUSED_MEMBERS = frozenset(
    {
        "jku",
        "jwk",
        "x5u",
        "x5c",
        "crit",
        "b64",
        "cty",
        "zip",
        "enc",
        "epk",
        "apu",
        "apv",
        "p2s",
        "p2c",
    }
)
# RFC 7519 section 5.1 and RFC 9068 section 2.1; other kinds of token are not access tokens.
_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt", "application/jwt"})
# 9999-12-31T23:59:59Z, the last moment that common date types can hold.
_LAST_SECOND = 253_402_300_799


class MalformedTokenError(Exception):
    """The token is not what this system accepts; the message is for the log alone."""


@dataclass(frozen=True, slots=True)
class CompactToken:
    """A token taken apart and not yet verified: believe nothing in it."""

    algorithm: str
    kid: str
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes


def parse(token: str) -> CompactToken:
    """Take a compact JWS apart.

    Raises:
        MalformedTokenError: It is not one, or its header asks for something refused.
    """
    if len(token) > MAX_TOKEN_BYTES:
        raise MalformedTokenError("too long")
    parts = token.split(".")
    if len(parts) != 3 or not all(parts):
        raise MalformedTokenError("not three parts")
    header = _object(parts[0])
    _check_header(header)
    claims = _object(parts[1])
    try:
        signature = b64url_decode(parts[2])
    except ValueError as error:
        raise MalformedTokenError("signature encoding") from error
    signing_input = f"{parts[0]}.{parts[1]}".encode("ascii")
    return CompactToken(header["alg"], header["kid"], claims, signing_input, signature)


def _check_header(header: Mapping[str, Any]) -> None:
    if _REFUSED_MEMBERS & set(header):
        raise MalformedTokenError("header members that are not accepted")
    if not isinstance(header.get("alg"), str):
        raise MalformedTokenError("alg missing")
    if not acceptable_kid(header.get("kid")):
        raise MalformedTokenError("kid missing or not acceptable")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or not kind.isascii() or kind.lower() not in _TYPES:
        raise MalformedTokenError("typ not accepted")


def _object(part: str) -> dict[str, Any]:
    try:
        text = b64url_decode(part).decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedTokenError("not canonical base64url of JSON") from error
    if not isinstance(value, dict):
        raise MalformedTokenError("not a JSON object")
    if _deeper_than(value, MAX_DEPTH):
        raise MalformedTokenError("nested too deeply")
    return value


def _deeper_than(value: object, limit: int) -> bool:
    """Return whether JSON values nest deeper than `limit`; the parser's own limit varies."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return any(isinstance(each, dict | list) for each in level)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate member")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def numeric_date(value: object) -> float:
    """A NumericDate (RFC 7519 section 2): finite, positive, not a boolean, not a string.

    Returns:
        Seconds since the epoch.

    Raises:
        MalformedTokenError: It is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedTokenError("a time is not a number")
    try:
        seconds = float(value)
    except OverflowError as error:
        raise MalformedTokenError("a time is out of range") from error
    if not math.isfinite(seconds) or not 0 <= seconds <= _LAST_SECOND:
        raise MalformedTokenError("a time is out of range")
    return seconds
