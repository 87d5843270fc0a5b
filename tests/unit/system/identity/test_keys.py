from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from crosstalk.tokens import KeyPair
from crosstalk.tokens.keys import b64
from system.identity.keys import PublishedKey, UnusableKeyError, acceptable_kid, read_jwks

ED = KeyPair.generate("EdDSA", "ed").public_jwk()
EC = KeyPair.generate("ES256", "ec").public_jwk()
RSA = KeyPair.generate("RS256", "rsa").public_jwk()


def without(entry: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in names}


@pytest.mark.parametrize(
    ("entry", "algorithms"),
    [
        (ED, {"EdDSA"}),
        ({**ED, "alg": "Ed25519"}, {"EdDSA"}),
        (without(ED, "alg", "use"), {"EdDSA"}),
        (EC, {"ES256"}),
        (RSA, {"RS256"}),
        ({**RSA, "alg": "PS256"}, {"PS256"}),
        (without(RSA, "alg"), {"RS256", "PS256"}),
        ({**ED, "key_ops": ["verify"]}, {"EdDSA"}),
    ],
)
def test_key_type_curve_and_declared_algorithm_limit_what_it_verifies(
    entry: dict[str, Any], algorithms: set[str]
) -> None:
    assert PublishedKey(entry).algorithms == algorithms


def small_rsa() -> dict[str, Any]:
    private = rsa.generate_private_key(65_537, 1_024)  # noqa: S505  the point of the test
    numbers = private.public_key().public_numbers()
    return {**RSA, "n": b64(numbers.n.to_bytes(128, "big"))}


def other_curve() -> dict[str, Any]:
    point = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    x, y = (b64(each.to_bytes(48, "big")) for each in (point.x, point.y))
    return {**EC, "crv": "P-384", "x": x, "y": y, "alg": "ES384"}


@pytest.mark.parametrize(
    "entry",
    [
        None,
        "text",
        {},
        without(ED, "kid"),
        {**ED, "kid": ""},
        {**ED, "kid": 7},
        {**ED, "kid": "with space"},
        {**ED, "use": "enc"},
        {**ED, "key_ops": ["sign"]},
        {**ED, "key_ops": "verify"},
        {**ED, "alg": "RS256"},
        {**ED, "alg": ["EdDSA"]},
        {**ED, "crv": "Ed448"},
        {**ED, "crv": ["Ed25519"]},
        {**ED, "kty": ["OKP"]},
        {**ED, "x": "AA"},
        {**ED, "x": ED["x"] + "="},
        without(ED, "x"),
        {**EC, "y": EC["x"]},
        without(EC, "y"),
        other_curve(),
        {**RSA, "n": "AQAB"},
        small_rsa(),
        without(RSA, "e"),
        {"kty": "oct", "kid": "k", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": "OKP", "crv": "X25519", "kid": "k", "x": ED["x"]},
    ],
)
def test_jwks_entry_that_cannot_verify_is_left_out(entry: object) -> None:
    with pytest.raises(UnusableKeyError):
        PublishedKey(entry)
    usable, reasons = read_jwks({"keys": [entry, EC]})
    assert set(usable) == {"ec"}
    assert len(reasons) == 1


def test_private_members_of_a_jwks_entry_are_dropped() -> None:
    assert "d" not in PublishedKey({**EC, "d": EC["x"]}).entry


def test_private_key_in_a_jwks_is_logged_by_its_id(caplog: pytest.LogCaptureFixture) -> None:
    assert set(read_jwks({"keys": [ED, {**EC, "d": EC["x"]}]})[0]) == {"ed", EC["kid"]}
    assert [each.getMessage() for each in caplog.records] == [
        f"a JWKS publishes private keys, replace them: {EC['kid']}"
    ]
    assert EC["x"] not in caplog.text


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}, "shared"),
        ({**EC, "kid": None, "d": EC["x"]}, "without kid"),
        ({**EC, "use": "enc", "d": EC["x"]}, EC["kid"]),
    ],
)
def test_a_private_key_that_is_of_no_use_here_is_logged_too(
    entry: dict[str, Any], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    read_jwks({"keys": [ED, entry]})
    assert f"a JWKS publishes private keys, replace them: {said}" in caplog.text
    assert EC["x"] not in caplog.text
    assert "c2VjcmV0" not in caplog.text


def test_a_key_id_that_occurs_twice_names_no_key() -> None:
    usable, reasons = read_jwks({"keys": [ED, {**EC, "kid": "ed"}, RSA]})
    assert set(usable) == {"rsa"}
    assert reasons == ["kid occurs twice"]


def test_jwks_is_read_up_to_a_number_of_keys() -> None:
    entries = [{**ED, "kid": f"k{number}"} for number in range(100)]
    assert len(read_jwks({"keys": entries}, limit=5)[0]) == 5


@pytest.mark.parametrize("document", [None, [], "", {}, {"keys": {}}, {"keys": None}])
def test_document_in_another_form_is_refused_as_jwks(document: object) -> None:
    with pytest.raises(ValueError, match="not a JWKS"):
        read_jwks(document)


@pytest.mark.parametrize("kid", ["a", "A-._~:+/=@9", "urn:ietf:params:x", "x" * 256])
def test_key_ids_in_use_are_acceptable(kid: str) -> None:
    assert acceptable_kid(kid)


@pytest.mark.parametrize("kid", ["", "x" * 257, "a b", "a\0", "ä", "'", "a\n", None, 1, ["a"]])
def test_key_ids_with_other_characters_are_refused(kid: object) -> None:
    assert not acceptable_kid(kid)
