"""What a system still holds is said by itself and by its database; at rest there is nothing."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

import asyncpg
import httpx2
import pytest

from crosstalk.environment import RunningSystem
from crosstalk.environment.backends.quiescence import Quiescence
from crosstalk.execution.quiescence import what_is_left


@pytest.fixture
def quiescence(running: RunningSystem) -> Quiescence:
    """Looks at the running system, which is at rest."""
    looking = Quiescence(running.databases["admin"], running.metrics_urls)
    assert what_is_left(looking.left) == []
    return looking


def _bearer(running: RunningSystem, subject: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {running.mint(subject)}"}


def test_quiescence_sees_an_open_transaction(
    running: RunningSystem, quiescence: Quiescence
) -> None:
    async def hold() -> list[str]:
        connection = await asyncpg.connect(running.databases["backend"])
        await connection.execute("BEGIN; SELECT set_config('app.user_id', 'somebody', true)")
        try:
            return quiescence.left()
        finally:
            await connection.close()

    (found,) = asyncio.run(hold())
    assert found.startswith("database: 1 session(s) of crosstalk_backend idle in transaction")
    assert what_is_left(quiescence.left) == []


def test_quiescence_sees_an_advisory_lock(running: RunningSystem, quiescence: Quiescence) -> None:
    async def hold() -> list[str]:
        connection = await asyncpg.connect(running.databases["mcp"])
        await connection.execute("SELECT pg_advisory_lock(7)")
        try:
            return quiescence.left()
        finally:
            await connection.close()

    assert asyncio.run(hold()) == ["database: 1 advisory lock(s) of crosstalk_mcp"]


def test_quiescence_sees_a_lent_connection_and_its_task(
    running: RunningSystem, quiescence: Quiescence, alice: str
) -> None:
    url = f"{running.backend_url}/api/{alice}/projects"
    httpx2.post(url, json={"name": "one"}, headers=_bearer(running, alice)).raise_for_status()

    async def hold() -> list[str]:
        connection = await asyncpg.connect(running.databases["admin"])
        async with httpx2.AsyncClient() as http:
            try:
                # The write below waits for this lock.
                await connection.execute("BEGIN; LOCK TABLE projects")
                asked = asyncio.create_task(
                    http.post(url, json={"name": "two"}, headers=_bearer(running, alice))
                )
                found: list[str] = []
                while not any("checked out" in each for each in found):
                    await asyncio.sleep(0.05)
                    found = await asyncio.to_thread(quiescence.left)
                await connection.execute("COMMIT")
                assert (await asked).status_code == 201
                return found
            finally:
                await connection.close()

    found = asyncio.run(hold())
    assert "backend: 1 connections checked out" in found
    assert any(each.startswith("backend: 1 task(s) of ") for each in found)
    assert any("crosstalk_backend active" in each for each in found)
    assert what_is_left(quiescence.left) == []


def test_quiescence_sees_the_task_of_an_endless_request(
    running: RunningSystem, quiescence: Quiescence, alice: str
) -> None:
    address = urlsplit(running.backend_url)
    token = _bearer(running, alice)["Authorization"]
    head = (
        f"POST /api/{alice}/projects HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Authorization: {token}\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n"
    )
    with socket.create_connection((str(address.hostname), address.port or 80)) as connection:
        connection.sendall(head.encode())
        found: list[str] = []
        while not found:
            found = quiescence.left()
    assert any(each.startswith("backend: 1 task(s) of ") for each in found)
    assert what_is_left(quiescence.left) == []


def test_quiescence_of_a_target_without_a_source_is_unknown() -> None:
    assert what_is_left(None) is None


def test_quiescence_reports_what_remains_after_a_while() -> None:
    looks = iter([["a task"], ["a task"], []])
    assert what_is_left(lambda: next(looks), patience=60) == []
    assert what_is_left(lambda: ["a task"], patience=0) == ["a task"]
