"""Secrets are hidden; what is none stays readable."""

from __future__ import annotations

import pytest

from crosstalk.environment.runtime.masking import (
    mask_settings,
    mask_text,
    secret_values,
    shown_secrets,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://role:pass-word@127.0.0.1:1/db", "postgresql://role:***@127.0.0.1:1/db"),
        ("http://127.0.0.1:8000/mcp", "http://127.0.0.1:8000/mcp"),
        ("see eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln now", "see *** now"),
        ("--port", "--port"),
    ],
)
def test_mask_text_hides_passwords_and_tokens(text: str, shown: str) -> None:
    assert mask_text(text) == shown


def test_mask_settings_hides_values_of_settings_named_as_secrets() -> None:
    settings = {
        "CURSOR_SECRET": "a",
        "OPENAI_API_KEY": "b",
        "BACKEND_SIGNING_KEY": '{"d": "c"}',
        "OWNER_DATABASE_PASSWORD": "d",
        "ADMIN_TOKEN": "",
        "MCP_URL": "http://127.0.0.1/mcp",
    }
    assert mask_settings(settings) == {
        "CURSOR_SECRET": "***",
        "OPENAI_API_KEY": "***",
        "BACKEND_SIGNING_KEY": "***",
        "OWNER_DATABASE_PASSWORD": "***",
        "ADMIN_TOKEN": "",
        "MCP_URL": "http://127.0.0.1/mcp",
    }


def test_secret_values_are_passwords_private_parts_of_keys_and_whole_secrets() -> None:
    key = '{"kid": "public-key-id", "x": "public-coordinate", "d": "private-part-of-it"}'
    found = secret_values(
        {
            "DATABASE_URL": "postgresql://role:pass-word-of-it@127.0.0.1/db",
            "CURSOR_SECRET": "a secret of a cursor",
            "BACKEND_SIGNING_KEY": key,
            "MCP_PUBLISHED_KEYS": f"[{key}]",
            "IDEMPOTENCY_KEY_HOURS": "24.0",
            "MCP_URL": "http://127.0.0.1:8001/mcp",
        }
    )
    assert set(found.values()) == {
        "pass-word-of-it",
        "a secret of a cursor",
        "private-part-of-it",
    }
    shown = shown_secrets("see pass-word-of-it, public-key-id", found)
    assert shown == ["password in DATABASE_URL"]
    assert shown_secrets("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln", found) == ["a token"]
