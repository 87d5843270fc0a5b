from __future__ import annotations

import json

import pytest
from jose import jwk
from jose.exceptions import JWKError

from crosstalk.tokens import KeyPair, LocalIssuer
from system.identity import EdDSAKey, PSSKey, SigningKey, TokenVerifier
from system.identity.__main__ import main as make_a_key
from system.identity.signing import public_jwk
from tests.unit.system.identity.issuing import EXCHANGER_URL, MCP, Published, trusted


def private_jwk(key: SigningKey) -> str:
    return json.dumps(key.private_jwk())


async def test_signing_key_signs_tokens_that_its_public_key_verifies() -> None:
    key = SigningKey.generate("backend-1")
    claims = LocalIssuer.create(EXCHANGER_URL).claims("alice", audience=MCP, ttl=60)
    published = Published()
    published.documents["backend.test"] = lambda: {"keys": [key.public_jwk()]}
    verifier = TokenVerifier([trusted(EXCHANGER_URL, MCP)], http=published.client())
    subject = await verifier.verify(key.sign({**claims, "act": {"sub": "backend"}}))
    assert (subject.user_id, subject.actor) == ("alice", "backend")


def test_public_jwk_leaves_the_private_part_out() -> None:
    public = SigningKey.generate("k").public_jwk()
    assert set(public) == {"kty", "crv", "x", "kid", "alg", "use"}
    assert (public["kty"], public["crv"], public["kid"]) == ("OKP", "Ed25519", "k")


def test_signing_key_survives_serialization() -> None:
    key = SigningKey.generate()
    again = SigningKey.from_jwk_json(private_jwk(key))
    assert again.public_jwk() == key.public_jwk()


def test_signing_key_without_an_id_uses_its_thumbprint() -> None:
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
def test_signing_key_in_another_form_is_refused_without_repeating_it(text: str) -> None:
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


def test_a_key_is_published_by_its_public_members_alone() -> None:
    key = SigningKey.generate("next").public_jwk()
    assert public_jwk({**key, "x5c": ["..."], "alg": "none"}) == key


@pytest.mark.parametrize(
    "changes",
    [{"d": "AAAA"}, {"kid": ""}, {"kid": None}, {"crv": "X25519"}, {"kty": "RSA"}, {"x": "short"}],
    ids="".join,
)
def test_key_that_must_not_be_published_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="must be public Ed25519 JWKs"):
        public_jwk({**SigningKey.generate("next").public_jwk(), **changes})


def test_a_new_key_is_printed_as_the_services_read_it(capsys: pytest.CaptureFixture[str]) -> None:
    make_a_key()
    lines = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    key = SigningKey.from_jwk_json(lines["BACKEND_SIGNING_KEY"])
    assert json.loads(lines["BACKEND_PUBLISHED_KEYS"]) == [key.public_jwk()]
