"""Spoiled tokens: what can be made of a token, a guessed secret among it."""

from __future__ import annotations

from pathlib import Path

import pytest
from jose import jwt

from crosstalk.targets.described.credentials import People, SurfaceCredentials
from crosstalk.targets.described.identity import IdentityConfig, MintConfig
from crosstalk.targets.described.login.base import CredentialError
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


def test_claims_name_the_user_of_each_token() -> None:
    config = MintConfig(key="x" * 40, claims={"sub": "{user}", "email": "{user}@club.example"})
    for subject in ("alice", "bob"):
        claims = jwt.get_unverified_claims(mint(config, subject))
        assert (claims["sub"], claims["email"]) == (subject, f"{subject}@club.example")


def test_users_with_the_same_credential_are_refused(tmp_path: Path) -> None:
    config = MintConfig(key="x" * 40, claims={"sub": "club", "iat": 1, "exp": 2})
    identity = IdentityConfig(by=["bearer"], mint=config)
    credentials = SurfaceCredentials(identity, People({}, tmp_path))
    first = credentials.of_user("alice")
    assert credentials.of_user("alice") == first
    for _ in range(2):
        with pytest.raises(CredentialError, match="alice and bob present the same credential"):
            credentials.of_user("bob")
