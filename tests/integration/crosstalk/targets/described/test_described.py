"""A described server's token command that fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crosstalk.targets.described import TargetConfig
from crosstalk.targets.described.credentials import People, SurfaceCredentials
from crosstalk.targets.described.login.base import CredentialError


def credentials(**identity: Any) -> SurfaceCredentials:
    """Build the credentials of a target with this identity."""
    mcp = {"url": "http://127.0.0.1:1/{user}/mcp"}
    config = TargetConfig.model_validate({"mcp": mcp, "identity": identity})
    return SurfaceCredentials(config.identities()["mcp"], People({}, Path.cwd()))


def test_a_token_command_that_fails_says_so() -> None:
    source = credentials(by=["bearer"], token_command=["sh", "-c", "echo no {user} >&2; exit 3"])
    with pytest.raises(CredentialError, match="no alice-1"):
        source.token("alice-1")
    source = credentials(by=["bearer"], token_command=["sh", "-c", "echo token-of-{user}"])
    assert source.token("alice-1") == "token-of-alice-1"
