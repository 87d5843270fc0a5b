"""What the balancer is told, and what is said where it is not installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crosstalk.environment import EnvironmentFailed, ProcessEnvironment, ProcessOptions
from crosstalk.environment.backends.replicas import service_of, slots
from crosstalk.environment.parts.haproxy import configuration


def test_replicas_have_a_free_slot() -> None:
    assert slots({"backend": 2}) == {"backend": ["backend-1", "backend-2", "backend-3"]}
    assert slots({}) == {}


def test_slot_belongs_to_its_service() -> None:
    assert [service_of(each) for each in ("backend-2", "mcp-10", "mcp", "issuer")] == [
        "backend",
        "mcp",
        "mcp",
        "issuer",
    ]


def test_haproxy_checks_every_slot_and_retries_unsent_requests_alone() -> None:
    text = configuration({"mcp": 8001}, {"mcp": {"mcp-1": 9001, "mcp-2": 9002}})
    assert "listen mcp\n    bind 127.0.0.1:8001" in text
    assert "server mcp-1 127.0.0.1:9001\n" in text
    assert "server mcp-2 127.0.0.1:9002\n" in text
    assert [line.strip() for line in text.splitlines() if "retry-on" in line] == [
        "retry-on conn-failure"
    ]
    assert "default-server check" in text


def test_missing_haproxy_is_named_before_anything_starts(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda program, **options: None)
    options = ProcessOptions(tmp_path / "run", system_root=root, replicas={"mcp": 2})
    with (
        pytest.raises(EnvironmentFailed, match="apt-get install haproxy"),
        ProcessEnvironment(options),
    ):
        pytest.fail("it started without a balancer")


def test_replicas_of_an_unknown_service_are_refused(root: Path, tmp_path: Path) -> None:
    options = ProcessOptions(tmp_path / "run", system_root=root, replicas={"model": 2})
    with pytest.raises(EnvironmentFailed, match="no service 'model'"), ProcessEnvironment(options):
        pytest.fail("it started several models")
