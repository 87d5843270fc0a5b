"""The backend's own tokens, and how its key is replaced without refusing any of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from system.backend.settings import BackendSettings
from system.identity import SigningKey, TokenExchange, TokenVerifier
from tests.unit.system.identity.issuing import EXCHANGER_URL, MCP, Published, trusted


def settings(**variables: Any) -> BackendSettings:
    usual: dict[str, Any] = {
        "database_url": "postgresql://u:p@127.0.0.1/d",
        "cursor_secret": "x" * 32,
        "trusted_issuers": [
            {"issuer": "http://i.test", "jwks_url": "http://i.test/jwks", "audience": "b"}
        ],
    }
    return BackendSettings(**{**usual, **variables})


async def test_exchanged_tokens_before_and_after_a_rotation_verify_with_either_jwks() -> None:
    old, new = SigningKey.generate("old"), SigningKey.generate("new")
    before = TokenExchange(EXCHANGER_URL, MCP, old, also_published=[new.public_jwk()])
    after = TokenExchange(EXCHANGER_URL, MCP, new, also_published=[old.public_jwk()])
    for answering in (before, after):
        published = Published()
        published.documents["backend.test"] = answering.jwks
        verifier = TokenVerifier([trusted(EXCHANGER_URL, MCP)], http=published.client())
        for signing in (before, after):
            subject = await verifier.verify(signing.token_for("alice"))
            assert (subject.user_id, subject.actor) == ("alice", EXCHANGER_URL)


def test_exchange_publishes_its_signing_key_once() -> None:
    key = SigningKey.generate("k")
    exchange = TokenExchange(EXCHANGER_URL, MCP, key, also_published=[key.public_jwk()])
    assert exchange.jwks() == {"keys": [key.public_jwk()]}


def test_published_keys_are_configured_as_the_jwks_has_them() -> None:
    key = SigningKey.generate("next").public_jwk()
    assert settings(backend_published_keys=[key]).backend_published_keys == [key]


def test_private_key_is_neither_published_nor_repeated_in_the_message() -> None:
    private = SigningKey.generate("next").private_jwk()
    with pytest.raises(ValidationError, match="must be public Ed25519 JWKs") as refused:
        settings(backend_published_keys=[private])
    assert private["d"] not in json.dumps(refused.value.errors(include_input=False), default=str)
