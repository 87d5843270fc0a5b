"""Descriptions in which a credential proves who calls, and in which none does."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.targets.described.config import TargetConfig
from crosstalk.targets.described.proof import proves, unproven_identity

URL = {"transport": "json-rpc", "url": "http://127.0.0.1:1/{user}"}
STDIO = {"transport": "stdio", "command": ["x"]}


@pytest.mark.parametrize(
    ("mcp", "identity", "said"),
    [
        (URL, {"by": ["argument"], "arguments": ["user_id"]}, "the argument user_id"),
        (URL, {"by": ["header"]}, "the header X-User-Id"),
        (URL, {"by": ["url"]}, "the address"),
        (URL, {"by": ["none"]}, "nothing"),
        (URL, {"by": ["session"]}, "a session that needs no login"),
        (
            URL,
            {"by": ["header", "argument"], "header": "X-Who", "arguments": ["me"]},
            "the header X-Who and the argument me",
        ),
        (STDIO, {"by": ["argument"], "arguments": ["user_id"]}, "the argument user_id"),
        (STDIO, {"by": ["environment"], "environment": {"USER_ID": "{user}"}}, ""),
        (URL, {"by": ["bearer"], "token": "tok-{user}"}, ""),
        (URL, {"by": ["header"], "value": "{token}", "token": "tok-{user}"}, ""),
        (URL, {"by": ["login"], "login": {"tool": "log_in"}}, ""),
    ],
)
def test_unproven_identity_is_told_by_where_the_identity_travels(
    mcp: dict[str, Any], identity: dict[str, Any], said: str
) -> None:
    config = TargetConfig.model_validate({"mcp": mcp, "identity": identity})
    assert unproven_identity(config) == said
    assert proves(config) is (not said and "environment" not in identity["by"])
