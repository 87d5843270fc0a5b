from __future__ import annotations

import base64
import json
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from jose import jws

from crosstalk.core.errors import HarnessError
from crosstalk.doctor.keys import read_token
from crosstalk.tokens import ALGORITHMS, KeyPair, LocalIssuer

URL = "http://issuer.test"


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_issuer_mints_tokens_that_a_library_verifies(algorithm: str) -> None:
    issuer = LocalIssuer.create(URL, (algorithm,))
    token = issuer.mint("alice", algorithm=algorithm)
    payload = jws.verify(token, issuer.key(algorithm).public_jwk(), [algorithm])
    assert json.loads(payload)["sub"] == "alice"


def test_issuer_sets_subject_audience_and_expiry() -> None:
    claims = claims_of(LocalIssuer.create(URL, ("EdDSA",)).mint("alice", audience="a", ttl=60))
    assert (claims["iss"], claims["sub"], claims["aud"]) == (URL, "alice", "a")
    assert claims["exp"] - claims["iat"] == 60
    assert claims["iat"] == pytest.approx(time.time(), abs=5)


def test_issuer_never_mints_the_same_token_twice() -> None:
    issuer = LocalIssuer.create(URL, ("EdDSA",))
    assert issuer.mint("alice") != issuer.mint("alice")


def test_issuer_adds_replaces_and_leaves_out_claims() -> None:
    issuer = LocalIssuer.create(URL, ("EdDSA",))
    claims = claims_of(issuer.mint("alice", audience=["a", "b"], role="x", jti="1", iat=None))
    assert claims["aud"] == ["a", "b"]
    assert (claims["role"], claims["jti"]) == ("x", "1")
    assert "iat" not in claims


def test_issuer_names_an_algorithm_without_a_key() -> None:
    with pytest.raises(HarnessError, match="has no RS256 key"):
        LocalIssuer.create(URL, ("EdDSA",)).mint("alice", algorithm="RS256")
    with pytest.raises(ValueError, match="no such algorithm"):
        KeyPair.generate("HS256")


def test_issuer_rotation_signs_with_the_new_key_and_may_publish_the_old_one() -> None:
    issuer = LocalIssuer.create(URL)
    first = issuer.key().kid
    second = issuer.rotate(keep_old=True).kid
    published = {key["kid"] for key in issuer.jwks()["keys"]}
    assert issuer.key().kid == second
    assert {first, second} <= published
    assert len(published) == len(ALGORITHMS) + 1
    third = issuer.rotate().kid
    assert {first, second, third} & {key["kid"] for key in issuer.jwks()["keys"]} == {third}


def test_issuer_no_longer_publishes_a_withdrawn_key() -> None:
    issuer = LocalIssuer.create(URL)
    kid = issuer.key("ES256").kid
    issuer.withdraw(kid)
    assert kid not in {key["kid"] for key in issuer.jwks()["keys"]}


def test_issuer_saves_keys_to_a_file_that_only_the_owner_reads(tmp_path: Path) -> None:
    issuer, file = LocalIssuer.create(URL), tmp_path / "keys.json"
    issuer.save(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = LocalIssuer.load(file)
    assert (again.url, again.jwks()) == (issuer.url, issuer.jwks())
    assert list(tmp_path.iterdir()) == [file]


def test_issuer_mints_in_the_name_of_the_issuer_that_a_user_id_belongs_to() -> None:
    issuer = LocalIssuer.create(URL)
    first, second = (
        read_token(issuer.mint_for(each, audience="a")) for each in ("alice", "second:alice")
    )
    assert first is not None
    assert second is not None
    assert (first.issuer, first.subject) == (URL, "alice")
    assert (second.issuer, second.subject) == (f"{URL}/second", "alice")


def test_issuer_publishes_no_private_members() -> None:
    for key in LocalIssuer.create(URL).jwks()["keys"]:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key)


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"url": "x", "keys": [{}]}'])
def test_issuer_says_what_to_do_about_a_file_without_keys(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "keys.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(HarnessError, match="is `crosstalk up` running"):
        LocalIssuer.load(file)


def test_key_pair_travels_to_a_service_as_a_private_jwk() -> None:
    pair = KeyPair.generate("EdDSA", "k")
    private = pair.private_jwk()
    assert {name: value for name, value in private.items() if name != "d"} == pair.public_jwk()
    assert private["d"]
    with pytest.raises(ValueError, match="Ed25519"):
        KeyPair.generate("ES256").private_jwk()
