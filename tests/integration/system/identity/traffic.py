"""What goes on while keys are replaced: calls that must be answered, and floods that must not."""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx2

from crosstalk.environment import RunningSystem
from crosstalk.surface.mcp.tools import tool_call
from crosstalk.tokens import BACKEND_AUDIENCE, KeyPair, LocalIssuer
from crosstalk.tokens.keys import encode_json

# Fewer than one client may have at once (HTTP_MAX_CONNECTIONS_PER_CLIENT), its other calls beside
# them; the services may open as many files as this process may.
_CONNECTIONS = min(500, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


async def flood(url: str, issuer: str, audience: str, count: int) -> Counter[int]:
    """Send this many tokens, each with a `kid` that no issuer publishes; count the statuses.

    Written on bare connections: a client library would be slower than the service it floods.
    """
    place = urlsplit(url)
    claims = encode_json(LocalIssuer(issuer).claims("alice", audience=audience))
    statuses: Counter[int] = Counter()
    connections = min(_CONNECTIONS, count)

    async def send_some(first: int) -> None:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        for number in range(first, count, connections):
            header = encode_json({"alg": "EdDSA", "kid": f"forged-{number}", "typ": "JWT"})
            writer.write(
                f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\n"
                f"Authorization: Bearer {header}.{claims}.{'A' * 86}\r\n\r\n".encode()
            )
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            await reader.readexactly(int(head.split("content-length: ")[1].split("\r\n")[0]))
            statuses[int(head.split()[1])] += 1
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(send_some(first) for first in range(connections)))
    return statuses


@dataclass(slots=True)
class Traffic:
    """Calls of one user, one after another, each with a token of its own.

    Attributes:
        running: The system.
        who: The user.
        statuses: Key id and status to how often it was answered so.
    """

    running: RunningSystem
    who: str
    http: httpx2.AsyncClient
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def rest(self, key: KeyPair) -> None:
        """Read the user's tasks through the backend."""
        claims = self.running.issuer.claims(self.who, audience=BACKEND_AUDIENCE)
        answer = await self.http.get(
            f"{self.running.backend_url}/api/{self.who}/tasks",
            headers={"Authorization": f"Bearer {key.sign(claims)}"},
        )
        await self._note(key.kid, answer.status_code)

    async def tool(self, issuer: LocalIssuer, key: KeyPair) -> None:
        """Read them through the MCP server."""
        headers, message = tool_call("list_tasks", {"user_id": self.who})
        claims = issuer.claims(self.who, audience=self.running.mcp_url, ttl=60)
        authorization = {"Authorization": f"Bearer {key.sign(claims)}"}
        answer = await self.http.post(
            self.running.mcp_url, json=message, headers={**headers, **authorization}
        )
        await self._note(key.kid, answer.status_code)

    async def more(self, kid: str, calls: int = 5) -> None:
        """Wait until so many more calls with tokens of that key were answered."""
        seen = self._with(kid)
        async with self._changed:
            await self._changed.wait_for(lambda: self._with(kid) >= seen + calls)

    async def _note(self, kid: str, status: int) -> None:
        async with self._changed:
            self.statuses[kid, status] += 1
            self._changed.notify_all()

    def _with(self, kid: str) -> int:
        return sum(count for (each, _), count in self.statuses.items() if each == kid)

    @property
    def refused(self) -> dict[tuple[str, int], int]:
        """What was not answered with 200."""
        return {each: count for each, count in self.statuses.items() if each[1] != 200}


@asynccontextmanager
async def meanwhile(*flows: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Repeat each of these until the block ends; fail if one of them breaks."""

    async def repeat(flow: Callable[[], Awaitable[None]]) -> None:
        while True:
            await flow()
            # Leaves the machine to the services and to what else the test does.
            await asyncio.sleep(0.02)

    tasks = [asyncio.create_task(repeat(flow)) for flow in flows]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended
