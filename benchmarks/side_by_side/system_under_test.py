"""System under test of every tool: a running system, two users, and their data."""

from __future__ import annotations

import base64
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from crosstalk.conformance.proxy import relay, token_proxy
from crosstalk.core.errors import HarnessError
from crosstalk.environment import ProcessEnvironment, ProcessOptions, RunningSystem
from crosstalk.targets.mutants import get_mutant

_TTL_SECONDS = 3 * 3_600
_BEARER = re.compile(rb"^authorization: bearer [\w-]+\.([\w-]+)\.", re.IGNORECASE | re.MULTILINE)
_OF_USER = re.compile(rb"\A(\w+ /api/)(?!chat[/ ?])[^/ ?]+(?=/)")


@dataclass(frozen=True, slots=True)
class Person:
    """A user with a token for the backend and one for the MCP server."""

    name: str
    backend: str
    mcp: str


@dataclass(frozen=True, slots=True)
class SystemUnderTest:
    """A system as a tool sees it.

    Attributes:
        mutant: The planted leak, None for the unpatched system.
        seed: For tools that draw at random.
        backend_url: Base of the REST interface.
        own_path_url: The REST interface through a relay that puts the token's subject into the
            path, for tools that change the credential of a request and nothing else.
        openapi_url: Its description.
        mcp_url: The MCP endpoint.
        relayed_mcp_url: The same endpoint through a relay that adds the first user's token, for
            tools that have no way to send one.
        alice: The first user, the owner of `task`.
        bob: The second user.
        task: A task of the first user.
    """

    mutant: str | None
    seed: int
    backend_url: str
    own_path_url: str
    openapi_url: str
    mcp_url: str
    relayed_mcp_url: str
    alice: Person
    bob: Person
    task: str

    def masked(self, text: str) -> str:
        """Replace tokens and addresses in a text by names."""
        for value, name in (
            (self.alice.backend, "$ALICE"),
            (self.alice.mcp, "$ALICE_MCP"),
            (self.bob.backend, "$BOB"),
            (self.bob.mcp, "$BOB_MCP"),
            (self.relayed_mcp_url, "$RELAYED_MCP_URL"),
            (self.own_path_url, "$OWN_PATH_URL"),
            (self.openapi_url, "$OPENAPI_URL"),
            (self.mcp_url, "$MCP_URL"),
            (self.backend_url, "$BACKEND_URL"),
            (self.task, "$TASK"),
        ):
            text = text.replace(value, name)
        return text


@contextmanager
def running_system(mutant: str | None, folder: Path) -> Iterator[RunningSystem]:
    """Run the system, or a copy with a planted leak, while the block runs.

    Raises:
        HarnessError: It does not start, or the mutant does not apply.
    """
    with tempfile.TemporaryDirectory(prefix="crosstalk-") as scratch:
        root = get_mutant(mutant).apply(Path(scratch)) if mutant else None
        with ProcessEnvironment(ProcessOptions(run_folder=folder, system_root=root)) as running:
            yield running


@contextmanager
def fresh_system(
    running: RunningSystem, mutant: str | None, seed: int
) -> Iterator[SystemUnderTest]:
    """Empty the database, store data of both users, and yield the system for one tool.

    Raises:
        HarnessError: A user cannot store data.
    """
    running.reset()
    alice, bob = (
        Person(
            name,
            running.mint(name, ttl=_TTL_SECONDS),
            running.mint(name, audience="mcp", ttl=_TTL_SECONDS),
        )
        for name in ("alice", "bob")
    )
    task = _store(running, alice)
    _store(running, bob)
    with (
        token_proxy(running.mcp_url, alice.mcp) as relayed,
        relay(running.backend_url, own_path) as own_path_url,
    ):
        yield SystemUnderTest(
            mutant=mutant,
            seed=seed,
            backend_url=running.backend_url,
            own_path_url=own_path_url,
            openapi_url=f"{running.backend_url}/openapi.json",
            mcp_url=running.mcp_url,
            relayed_mcp_url=relayed,
            alice=alice,
            bob=bob,
            task=task,
        )


def unstarted_system(mutant: str | None, seed: int) -> SystemUnderTest:
    """Return a placeholder for a tool that starts the system itself."""
    nobody = Person("nobody", "unused:backend-token", "unused:mcp-token")
    return SystemUnderTest(
        mutant=mutant,
        seed=seed,
        backend_url="unused:backend",
        own_path_url="unused:own-path",
        openapi_url="unused:openapi",
        mcp_url="unused:mcp",
        relayed_mcp_url="unused:relayed",
        alice=nobody,
        bob=nobody,
        task="unused:task",
    )


def own_path(head: bytes) -> bytes:
    """Replace the user in the path of a request's head by the subject of its token."""
    found = _BEARER.search(head)
    if found is None:
        return head
    try:
        claims = json.loads(base64.urlsafe_b64decode(found[1] + b"=" * (-len(found[1]) % 4)))
        subject = str(claims["sub"]).encode("ascii")
    except (ValueError, KeyError, TypeError):
        return head
    return _OF_USER.sub(rb"\1" + subject, head, count=1)


def _store(running: RunningSystem, person: Person) -> str:
    """Store a project and two tasks; return the id of one of the tasks."""
    base = f"{running.backend_url}/api/{person.name}"
    headers = {"Authorization": f"Bearer {person.backend}"}
    with httpx2.Client(headers=headers, timeout=30) as client:
        made = [
            client.post(f"{base}/projects", json={"name": f"Garden of {person.name}"}),
            client.post(f"{base}/tasks", json={"title": f"Water the roses of {person.name}"}),
            client.post(f"{base}/tasks", json={"title": f"Pay the gardener of {person.name}"}),
        ]
    for answer in made:
        if not answer.is_success:
            raise HarnessError(f"{person.name} cannot store data: {answer.status_code}")
    return str(made[1].json()["id"])
