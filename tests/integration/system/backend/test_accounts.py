"""Accounts over real HTTP: administrators list and disable them, and read no content."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx2
import pytest
from sqlalchemy.engine import make_url
from starlette.types import Receive, Scope, Send

from crosstalk.environment import RunningSystem
from crosstalk.model.app import create_app as create_model
from crosstalk.model.policies import helpful
from crosstalk.tokens import BACKEND_AUDIENCE
from system.store.admin.appoint import appoint
from tests.integration.system.backend.test_sharing import Person, shared
from tests.unit.system.backend.serving import backend, serving


@pytest.fixture
def http(running: RunningSystem) -> Iterator[httpx2.Client]:
    """A client of the backend."""
    with httpx2.Client(base_url=running.backend_url, timeout=30.0) as client:
        yield client


def set_role(running: RunningSystem, person: Person, *, dismiss: bool = False) -> None:
    """Appoint or dismiss an administrator as an operator does."""
    url = running.databases["admin"]
    database = make_url(url).database or ""
    asyncio.run(appoint(url, person.name, database=database, dismiss=dismiss))


@pytest.fixture
def people(running: RunningSystem, http: httpx2.Client) -> tuple[Person, Person, Person]:
    """Two members, and an administrator."""
    nonce = secrets.token_hex(6)
    alice, bob, root = (
        Person(running, http, f"{name}-{nonce}") for name in ("alice", "bob", "root")
    )
    set_role(running, root)
    return alice, bob, root


def tool(running: RunningSystem, person: Person, name: str, **arguments: object) -> Any:
    """Call a tool as a person, with a token that they got before."""
    token = running.mint(person.name, audience="mcp")
    said = {"name": name, "arguments": {"user_id": person.name, **arguments}}
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": said
        | {
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            }
        },
    }
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": name,
    }
    answer = httpx2.post(running.mcp_url, json=body, headers=headers, timeout=30.0)
    return answer.json()["result"]["structuredContent"]


READS = ("tasks", "projects", "stats", "conversations", "invitations", "tasks/search?q=milk")


def test_disabled_account_is_served_by_nothing_and_enabled_by_everything_again(
    running: RunningSystem, people: tuple[Person, Person, Person]
) -> None:
    alice, bob, root = people
    project, task = shared(alice, bob, "editor")
    assert alice.chat("list my tasks")["message"]["content"]
    assert tool(running, alice, "list_tasks")["items"]
    disabled = root.ask("POST", f"accounts/{alice.name}/disable")
    assert disabled.status_code == 200, disabled.text
    assert disabled.json()["disabled_at"]
    for path in (*READS, f"tasks/{task}", f"projects/{project}/members", "account"):
        answer = alice.ask("GET", path)
        assert answer.status_code == 403, path
        assert answer.json()["message"] == "this account is disabled"
    assert alice.code("POST", "tasks", {"title": "more"}) == "forbidden"
    assert tool(running, alice, "list_tasks")["error_code"] == "forbidden"
    assert tool(running, alice, "add_task", title="more")["error_code"] == "forbidden"
    headers = {"Authorization": f"Bearer {running.mint(alice.name)}"}
    said = alice.http.post("/api/chat", json={"message": "list my tasks"}, headers=headers)
    assert said.status_code == 403
    # What they share with others goes on.
    assert bob.get(f"tasks/{task}")["id"] == task
    assert root.ask("POST", f"accounts/{alice.name}/enable").json()["disabled_at"] is None
    for path in READS:
        alice.get(path)
    assert tool(running, alice, "list_tasks")["items"]


def test_administrator_lists_accounts_page_by_page_and_reads_no_content(
    people: tuple[Person, Person, Person],
) -> None:
    alice, bob, root = people
    project, task = shared(alice, bob, "viewer")
    root.ask("POST", f"accounts/never-seen-{root.name}/disable")
    found: dict[str, Any] = {}
    cursor = ""
    while True:
        page = root.get(f"accounts?limit=50{cursor}")
        found |= {each["account_id"]: each for each in page["items"]}
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert list(found) == sorted(found)
    assert {alice.name, bob.name, f"never-seen-{root.name}"} <= set(found)
    assert set(found[alice.name]) == {"account_id", "created_at", "disabled_at"}
    assert found[f"never-seen-{root.name}"]["disabled_at"]
    for path in (f"tasks/{task}", f"projects/{project}", f"projects/{project}/members"):
        assert root.code("GET", path) == "not_found"
    for path in ("tasks", "projects", "tasks/search?q=milk"):
        assert root.get(path)["items"] == []
    root.ask("POST", f"accounts/never-seen-{root.name}/enable")


def test_member_is_refused_whatever_they_say_of_their_role(
    running: RunningSystem, people: tuple[Person, Person, Person]
) -> None:
    alice, bob, root = people
    bob.ask("POST", "tasks", {"title": "mine"})
    assert bob.get("account") == {"account_id": bob.name, "role": "member"}
    assert root.get("account")["role"] == "admin"
    for method, path in (
        ("GET", "accounts"),
        ("POST", f"accounts/{alice.name}/disable"),
        ("POST", f"accounts/{alice.name}/enable"),
        ("POST", f"accounts/nobody-{alice.name}/disable"),
    ):
        assert bob.code(method, path) == "forbidden", path
        assert bob.code(method, path, {"role": "admin", "is_admin": True}) == "forbidden", path
    claiming = running.issuer.mint_for(bob.name, audience=BACKEND_AUDIENCE, ttl=60, role="admin")
    headers = {"Authorization": f"Bearer {claiming}", "X-Role": "admin"}
    answer = bob.http.get(f"/api/{bob.name}/accounts", headers=headers)
    assert answer.status_code == 403
    # The administrator's path is not the member's.
    token = {"Authorization": f"Bearer {running.mint(bob.name)}"}
    assert bob.http.get(f"/api/{root.name}/accounts", headers=token).status_code == 403


def test_dismissed_and_disabled_administrators_administer_nothing(
    running: RunningSystem, people: tuple[Person, Person, Person]
) -> None:
    alice, bob, root = people
    assert root.code("POST", f"accounts/{root.name}/disable") == "validation_error"
    set_role(running, bob)
    assert bob.code("POST", f"accounts/{root.name}/disable") == "ok"
    assert root.code("GET", "accounts") == "forbidden"
    assert root.code("POST", f"accounts/{alice.name}/disable") == "forbidden"
    assert bob.code("POST", f"accounts/{root.name}/enable") == "ok"
    set_role(running, bob, dismiss=True)
    assert bob.code("GET", "accounts") == "forbidden"
    assert root.code("GET", "accounts") == "ok"


@pytest.mark.parametrize("silent", [True, False])
async def test_answer_that_is_under_way_ends_when_its_account_is_disabled(
    running: RunningSystem, people: tuple[Person, Person, Person], *, silent: bool
) -> None:
    alice, _, root = people
    disabled = asyncio.Event()
    model = create_model(helpful)

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        # A model that answers at once may have its tool called before the account is disabled; one
        # that never does would be waited for.
        if scope["type"] == "http":
            await disabled.wait()
        await model(scope, receive, send)

    ended = ""
    async with (
        asyncio.timeout(40),
        serving(waiting) as url,
        backend(running, url) as system,
    ):
        headers = {**system.bearer(alice.name), "Accept": "text/event-stream"}
        said = {"message": "add a task to buy milk"}
        async with system.http.stream("POST", "/api/chat", json=said, headers=headers) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("event: started"):
                    answer = await system.http.post(
                        f"/api/{root.name}/accounts/{alice.name}/disable",
                        headers=system.bearer(root.name),
                    )
                    assert answer.status_code == 200
                    if not silent:
                        disabled.set()
                if line.startswith("event: "):
                    ended = line.removeprefix("event: ")
        disabled.set()
    assert ended == "failed"
    root.ask("POST", f"accounts/{alice.name}/enable")
    assert alice.get("tasks")["items"] == []


async def test_no_service_appoints_and_no_member_disables_in_sql(
    running: RunningSystem, people: tuple[Person, Person, Person]
) -> None:
    alice, bob, root = people
    refused = (
        ("INSERT INTO administrators (user_id) VALUES ($1)", bob.name),
        ("UPDATE administrators SET user_id = $1", bob.name),
        ("INSERT INTO disabled_accounts (user_id) VALUES ($1)", alice.name),
    )
    for service in ("backend", "mcp"):
        connection = await asyncpg.connect(running.databases[service])
        try:
            for statement, value in refused:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with connection.transaction():
                        await connection.execute(
                            "SELECT set_config('app.user_id', $1, true)", bob.name
                        )
                        await connection.execute(statement, value)
            async with connection.transaction():
                await connection.execute("SELECT set_config('app.user_id', $1, true)", root.name)
                for table in ("tasks", "projects", "memberships"):
                    assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
        finally:
            await connection.close()
