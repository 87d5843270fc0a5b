"""What runs can be asked, reset, stopped and started again, and shows no secrets."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from crosstalk.environment import (
    EnvironmentFailed,
    ProcessEnvironment,
    ProcessOptions,
    RunningSystem,
)
from crosstalk.environment.runtime.probes import answers, listens
from tests.unit.crosstalk.environment.stand_in import write_stand_in


def fetch(url: str, statement: str) -> list[Any]:
    """The first column of what a query gives."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return [row[0] for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    return asyncio.run(run())


def environment_of(url: str) -> dict[str, str]:
    """The environment variables that a stand-in service was given."""
    with urllib.request.urlopen(url) as answer:
        return dict(json.loads(answer.read()))


def in_postgres(running: RunningSystem) -> str:
    """The administrator's URL of the one database that a stand-in system has."""
    return running.databases["admin"].replace("/crosstalk", "/postgres")


def test_process_environment_runs_every_service(standing_in: RunningSystem) -> None:
    assert set(standing_in.services) == {"postgresql", "issuer", "model", "mcp", "backend"}
    assert all(service.alive() for service in standing_in.services.values())


def test_process_environment_passes_settings_and_nothing_of_the_callers_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    for name in ("OPENAI_API_KEY", "DATABASE_URL", "PYTHONSTARTUP", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "the caller's")
    options = ProcessOptions(tmp_path / "run", root, extra_env={"mcp": {"LOG_LEVEL": "DEBUG"}})
    with ProcessEnvironment(options) as running:
        mcp = environment_of(running.mcp_url)
        backend = environment_of(running.backend_url)
    assert "the caller's" not in {*mcp.values(), *backend.values()}
    assert backend["OPENAI_BASE_URL"] == f"{running.model_url}/v1"
    assert not {name for name in mcp if "OPENAI" in name or "SIGNING" in name}
    assert (mcp["LOG_LEVEL"], backend["LOG_LEVEL"]) == ("DEBUG", "INFO")
    assert mcp["DATABASE_URL"] == running.databases["mcp"] != backend["DATABASE_URL"]
    # Nor does the other way round: what stands in the current folder is not taken for the system.
    assert mcp["PYTHONPATH"] == str(root)


def test_process_environment_starts_services_again_from_what_was_kept_loaded(
    tmp_path: Path, root: Path
) -> None:
    options = ProcessOptions(tmp_path / "run", root, keep_loaded=True)
    with ProcessEnvironment(options) as running:
        first = {name: service.pid for name, service in running.services.items()}
        given = {**running.services["mcp"].environment, "LOG_LEVEL": "DEBUG"}
        running.prepare_restart({"mcp": given})
        running.services["mcp"].environment = given
        running.restart("backend", "mcp")
        for name in ("backend", "mcp"):
            again = psutil.Process(running.services[name].pid)
            assert again.pid != first[name]
            # What holds it is no child of this process, and its forks neither.
            assert psutil.Process().pid not in [each.pid for each in again.parents()]
        assert environment_of(running.mcp_url)["LOG_LEVEL"] == "DEBUG"
        assert environment_of(running.backend_url)["LOG_LEVEL"] == "INFO"


def test_process_environment_uses_a_real_model_only_where_one_is_given(
    tmp_path: Path, root: Path
) -> None:
    options = ProcessOptions(tmp_path, root, openai_api_key="sk-1", openai_model="large")
    with ProcessEnvironment(options) as running:
        backend = environment_of(running.backend_url)
        described = json.dumps(running.describe())
    assert running.model_url is None
    assert "model" not in running.services
    assert (backend["OPENAI_API_KEY"], backend["OPENAI_MODEL"]) == ("sk-1", "large")
    assert "OPENAI_BASE_URL" not in backend
    assert "sk-1" not in described + repr(options)


def test_concurrent_environments_share_nothing(standing_in: RunningSystem, tmp_path: Path) -> None:
    options = ProcessOptions(tmp_path / "run", write_stand_in(tmp_path / "root"))
    with ProcessEnvironment(options) as other:
        ours = {service.port for service in standing_in.services.values()}
        theirs = {service.port for service in other.services.values()}
        assert not ours & theirs
        url = in_postgres(other).replace(
            str(other.services["postgresql"].port), str(standing_in.services["postgresql"].port)
        )
        with pytest.raises(asyncpg.InvalidPasswordError):
            fetch(url, "SELECT 1")
    assert fetch(in_postgres(standing_in), "SELECT 1") == [1]
    assert answers(standing_in.services["mcp"].port, "/")


@pytest.mark.parametrize("name", ["mcp", "postgresql"])
def test_running_system_restarts_a_service_on_its_port(
    standing_in: RunningSystem, name: str
) -> None:
    service = standing_in.services[name]
    others = {each: standing_in.services[each].pid for each in ("issuer", "backend")}
    before = service.pid
    standing_in.stop(name)
    assert not service.alive()
    assert not listens(service.port)
    standing_in.stop(name)
    standing_in.start(name)
    standing_in.restart(name)
    assert service.alive()
    assert service.pid != before
    assert {each: standing_in.services[each].pid for each in others} == others
    assert fetch(in_postgres(standing_in), "SELECT 1") == [1]


def test_running_system_restarts_services_together(standing_in: RunningSystem) -> None:
    names = ("backend", "mcp")
    before = {each: standing_in.services[each].pid for each in names}
    standing_in.restart(*names)
    for each in names:
        assert standing_in.services[each].pid != before[each]
        assert answers(standing_in.services[each].port, "/")
    with pytest.raises(EnvironmentFailed, match="no service 'redis' runs here"):
        standing_in.restart("mcp", "redis")
    assert standing_in.services["mcp"].alive()


def test_running_system_refuses_to_start_an_unknown_service(standing_in: RunningSystem) -> None:
    with pytest.raises(EnvironmentFailed, match="no service 'redis' runs here; there are: "):
        standing_in.restart("redis")
    with pytest.raises(EnvironmentFailed, match="mcp is running already"):
        standing_in.start("mcp")


def test_running_system_describes_everything_but_secrets(standing_in: RunningSystem) -> None:
    described = json.dumps(standing_in.describe())
    environments = [service.environment for service in standing_in.services.values()]
    secrets = [url.split(":")[2].split("@")[0] for url in standing_in.databases.values()]
    secrets += [each["CURSOR_SECRET"] for each in environments if "CURSOR_SECRET" in each]
    secrets += [key.private_jwk()["d"] for key in standing_in.exchanger.keys]
    assert len(secrets) > 5
    assert not [secret for secret in secrets if secret in described]
    assert standing_in.backend_url in described
    assert f"crosstalk_mcp:***@127.0.0.1:{standing_in.services['postgresql'].port}" in described
    kept = standing_in.logs.parent / "environment.json"
    assert not [secret for secret in secrets if secret in kept.read_text()]


def test_running_system_mints_tokens_for_the_named_tier(standing_in: RunningSystem) -> None:
    from jose import jwt

    audiences = {
        name: jwt.get_unverified_claims(standing_in.mint("alice", audience=name))["aud"]
        for name in ("backend", "mcp", "https://else.example")
    }
    assert audiences == {
        "backend": "crosstalk-backend",
        "mcp": standing_in.mcp_url,
        "https://else.example": "https://else.example",
    }


def test_running_system_reset_deletes_users_data_and_keeps_tables(running: RunningSystem) -> None:
    url = running.databases["admin"]
    revision = fetch(url, "SELECT version_num FROM alembic_version")
    for subject in ("reset-1", "reset-2"):
        request = urllib.request.Request(
            f"{running.backend_url}/api/{subject}/tasks",
            data=b'{"title": "gone soon"}',
            headers={
                "Authorization": f"Bearer {running.mint(subject)}",
                "Content-Type": "application/json",
            },
        )
        urllib.request.urlopen(request).close()
    assert fetch(url, "SELECT count(*) FROM tasks") >= [2]
    running.reset()
    for table in ("tasks", '"user"', "projects", "messages", "conversations"):
        assert fetch(url, f"SELECT count(*) FROM {table}") == [0], table
    assert fetch(url, "SELECT version_num FROM alembic_version") == revision != []


async def test_running_system_reset_works_inside_an_event_loop(running: RunningSystem) -> None:
    running.reset()
