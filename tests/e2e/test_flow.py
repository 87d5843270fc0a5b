"""The reference flow through all tiers, with one request id in every log."""

from __future__ import annotations

import json
import secrets

import asyncpg
import httpx2
import pytest

from crosstalk.environment import RunningSystem


async def test_a_sentence_becomes_a_row_of_its_author(
    running: RunningSystem, alice: str, bob: str
) -> None:
    if running.kind == "attached":
        pytest.skip("nobody mints tokens for that backend; people sign up there in other tests")
    request_id = f"flow-{secrets.token_hex(8)}"
    headers = {"Authorization": f"Bearer {running.mint(alice)}", "X-Request-ID": request_id}
    async with httpx2.AsyncClient(base_url=running.backend_url, timeout=30.0) as http:
        body = {"message": "add a task to buy milk"}
        answer = await http.post("/api/chat", json=body, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["X-Request-ID"] == request_id
        assert answer.json()["tool_calls"][0]["name"] == "add_task"
        his = await http.get(
            f"/api/{bob}/tasks", headers={"Authorization": f"Bearer {running.mint(bob)}"}
        )
        assert his.json()["items"] == []
    admin = await asyncpg.connect(running.databases["admin"])
    try:
        rows = await admin.fetch("SELECT title FROM tasks WHERE user_id = $1", alice)
    finally:
        await admin.close()
    assert [row["title"] for row in rows] == ["buy milk"]
    for service in ("backend", "mcp"):
        text = (running.logs / f"{service}.log").read_text()
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        assert any(line["request_id"] == request_id for line in lines), service
