"""Spoiled tokens: what can be made of a token, a guessed secret among it."""

from __future__ import annotations

import pytest
from jose import jwt

from crosstalk.targets.described.identity import MintConfig
from crosstalk.targets.described.minting import (
    GUESSED_SECRET,
    guessed_secret,
    mint,
    spoilable,
    spoiled,
)


def test_token_signed_with_a_common_secret_can_be_forged() -> None:
    token = mint(MintConfig(key="changeme"), "alice")
    assert guessed_secret(token) == "changeme"
    assert GUESSED_SECRET in spoilable(token, None)
    forged = spoiled(GUESSED_SECRET, token, None, "alice")
    assert forged != token
    assert jwt.decode(forged, "changeme", algorithms=["HS256"])["sub"] == "alice"


@pytest.mark.parametrize(
    "token",
    ["", "opaque", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", mint(MintConfig(key="x" * 40), "alice")],
)
def test_token_of_an_unguessable_secret_or_of_none_is_left_alone(token: str) -> None:
    assert guessed_secret(token) is None
    assert GUESSED_SECRET not in spoilable(token, None)


def test_cookie_of_three_parts_is_not_taken_for_a_jwt() -> None:
    # What Flask signs: data, a time, a signature.
    cookie = "eyJsYW5kbG9yZCI6ImhhcnRtYW5uIn0.aSm2fw.cPGkZ3hJX0"
    assert {"tampered", "alg-none"}.isdisjoint(spoilable(cookie, None))
