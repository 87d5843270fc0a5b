"""Secrets are hidden; what is none stays readable."""

from __future__ import annotations

import pytest

from crosstalk.environment.runtime.masking import mask_settings, mask_text


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
