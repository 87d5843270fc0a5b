"""Without a container engine, a command says so and names the alternative."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosstalk.environment import EnvironmentFailed, ProcessOptions, chosen_environment
from crosstalk.environment.runtime.engine import require_engine


def test_engine_that_does_not_answer_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(EnvironmentFailed, match=r"none answers.*--environment processes"):
        require_engine()


def test_missing_docker_command_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    environment = chosen_environment("containers", ProcessOptions(tmp_path))
    with (
        pytest.raises(EnvironmentFailed, match=r"no `docker` command.*--environment processes"),
        environment,
    ):
        pass


def test_container_environment_refuses_a_pooler(tmp_path: Path) -> None:
    options = ProcessOptions(tmp_path, pooler="pgbouncer")
    with (
        pytest.raises(EnvironmentFailed, match="PgBouncer"),
        chosen_environment("containers", options),
    ):
        pass
