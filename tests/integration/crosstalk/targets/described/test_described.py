"""A described server's token command that fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crosstalk.targets.described import TargetConfig
from crosstalk.targets.described.credentials import CredentialError, DescribedCredentials


def credentials(**identity: Any) -> DescribedCredentials:
    """Credentials of a target whose identity is described so."""
    mcp = {"url": "http://127.0.0.1:1/{user}/mcp"}
    config = TargetConfig.model_validate({"mcp": mcp, "identity": identity})
    return DescribedCredentials(config, Path.cwd())


def test_a_token_command_that_fails_says_so() -> None:
    source = credentials(by=["bearer"], token_command=["sh", "-c", "echo no {user} >&2; exit 3"])
    with pytest.raises(CredentialError, match="no alice-1"):
        source.token("alice-1")
    source = credentials(by=["bearer"], token_command=["sh", "-c", "echo token-of-{user}"])
    assert source.token("alice-1") == "token-of-alice-1"
