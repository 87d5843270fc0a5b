from __future__ import annotations

import json

import pytest
from jose import jwk
from jose.exceptions import JWKError

from harness.tokens import KeyPair, LocalIssuer
from system.identity import EdDSAKey, PSSKey, SigningKey, TokenVerifier
from tests.unit.system.identity.issuing import EXCHANGER_URL, MCP, Published, trusted


def private_jwk(key: SigningKey) -> str:
    return json.dumps(key._jwk)


async def test_what_it_signs_verifies_with_what_it_publishes() -> None:
    key = SigningKey.generate("backend-1")
    claims = LocalIssuer.create(EXCHANGER_URL).claims("alice", audience=MCP, ttl=60)
    published = Published()
    published.documents["backend.test"] = lambda: {"keys": [key.public_jwk()]}
    verifier = TokenVerifier([trusted(EXCHANGER_URL, MCP)], http=published.client())
    subject = await verifier.verify(key.sign({**claims, "act": {"sub": "backend"}}))
    assert (subject.user_id, subject.actor) == ("alice", "backend")


def test_the_public_part_leaves_the_private_part_out() -> None:
    public = SigningKey.generate("k").public_jwk()
    assert set(public) == {"kty", "crv", "x", "kid", "alg", "use"}
    assert (public["kty"], public["crv"], public["kid"]) == ("OKP", "Ed25519", "k")


def test_it_survives_being_written_down() -> None:
    key = SigningKey.generate()
    again = SigningKey.from_jwk_json(private_jwk(key))
    assert again.public_jwk() == key.public_jwk()


def test_without_a_name_its_thumbprint_is_its_name() -> None:
    # The key and its thumbprint of RFC 8037 appendix A.
    key = SigningKey(
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        }
    )
    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        json.dumps(KeyPair.generate("EdDSA").public_jwk()),
        json.dumps({**json.loads(private_jwk(SigningKey.generate())), "crv": "Ed448"}),
        json.dumps({**json.loads(private_jwk(SigningKey.generate())), "kid": 1}),
        json.dumps(
            {
                **json.loads(private_jwk(SigningKey.generate())),
                "x": SigningKey.generate().public_jwk()["x"],
            }
        ),
    ],
    ids=["nothing", "list", "empty", "null", "public", "curve", "kid", "another x"],
)
def test_anything_else_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="must be a private Ed25519 JWK") as refused:
        SigningKey.from_jwk_json(text)
    assert not text or '"d"' not in str(refused.value)


def test_python_jose_knows_the_added_algorithms() -> None:
    ed = KeyPair.generate("EdDSA").public_jwk()
    assert isinstance(jwk.construct(ed, "EdDSA"), EdDSAKey)
    assert isinstance(jwk.construct(ed, "Ed25519"), EdDSAKey)
    assert isinstance(jwk.construct(KeyPair.generate("PS256").public_jwk(), "PS256"), PSSKey)


def test_a_public_key_does_not_sign() -> None:
    with pytest.raises(JWKError):
        EdDSAKey(KeyPair.generate("EdDSA").public_jwk(), "EdDSA").sign(b"")
