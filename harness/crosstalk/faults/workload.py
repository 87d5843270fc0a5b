"""The workload: users who write and read all the time, and repeat what was not answered."""

from __future__ import annotations

import asyncio
import json
import random
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from crosstalk.environment import RunningSystem
from crosstalk.faults.ledger import Register, WriteLedger
from crosstalk.faults.requests import (
    Reply,
    Writer,
    WriteRequest,
    chat_add,
    read_reply,
    rest_add,
    rest_change,
    rest_read,
    tool_add,
)

# Longer than any bound of the system on one answer (an agent's 60 s), so that none is given up that
# would have been answered.
GIVE_UP_SECONDS = 75.0
_ATTEMPT_SECONDS = 20.0
_CONNECT_SECONDS = 3.0
_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 0.5
# Between two requests of a user: users who wait for nothing measure the machine alone.
_LONGEST_THOUGHT_SECONDS = 0.1
_TTL_SECONDS = 6 * 3_600
_PAGE = 100
_SAMPLES = 10
_MARKER = re.compile(r"\bmk-[0-9a-f]{12}\b")


@dataclass(frozen=True, slots=True)
class Entry:
    """Addresses at which users reach the system: those of the links before it.

    Attributes:
        backend: Base URL of REST and chat.
        mcp: The MCP endpoint.
    """

    backend: str
    mcp: str


@dataclass(slots=True)
class Findings:
    """Violations of what must hold, with the first few samples.

    Attributes:
        counts: Kind to how often it occurred.
        samples: One line each.
    """

    counts: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)

    def add(self, kind: str, text: str, count: int = 1) -> None:
        """Note an occurrence."""
        if not count:
            return
        self.counts[kind] += count
        if len(self.samples) < _SAMPLES:
            self.samples.append(f"{kind}: {text[:300]}")

    def merge(self, other: Findings) -> None:
        """Add those of another round."""
        self.counts.update(other.counts)
        self.samples = [*self.samples, *other.samples][:_SAMPLES]


def make_writer(running: RunningSystem) -> Writer:
    """Make a new user with tokens."""
    user = f"fault-{secrets.token_hex(6)}"
    return Writer(
        user,
        f"mk-{secrets.token_hex(6)}",
        running.mint(user, ttl=_TTL_SECONDS),
        running.mint(user, audience="mcp", ttl=_TTL_SECONDS),
    )


class Client:
    """Sends one user's requests until they are answered, and looks at every reply.

    Args:
        writer: The user.
        ledger: Receives repeats and requests that were given up.
        findings: Receives foreign text and replies outside the envelope.
    """

    def __init__(self, writer: Writer, ledger: WriteLedger, findings: Findings) -> None:
        self.writer = writer
        self._ledger = ledger
        self._findings = findings
        timeout = httpx2.Timeout(_ATTEMPT_SECONDS, connect=_CONNECT_SECONDS)
        self._http = httpx2.AsyncClient(timeout=timeout, trust_env=False)

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def send(self, request: WriteRequest) -> str | None:
        """Send a request until it is served; return the reply's text, None where it is not."""
        began, pause = time.monotonic(), _PAUSE_SECONDS
        while time.monotonic() - began < GIVE_UP_SECONDS:
            attempt = await self.attempt(request)
            if attempt is not None:
                reply, text = attempt
                if reply.good:
                    return text
                if not reply.again:
                    if request.path != "chat":
                        self._findings.add("refused", f"{request.path}: {reply.code}: {text}")
                    return None
            self._ledger.note_repeat()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        self._ledger.note_unanswered()
        self._findings.add("unanswered", f"{request.method} {request.path}")
        return None

    async def attempt(self, request: WriteRequest) -> tuple[Reply, str] | None:
        """Send a request once; None where no reply came."""
        try:
            answer = await self._http.request(
                request.method, request.url, headers=dict(request.headers), json=request.body
            )
        except httpx2.TransportError:
            # It may have been served; the key makes a repeat safe.
            return None
        text = answer.text
        if foreign := set(_MARKER.findall(text)) - {self.writer.marker}:
            self._findings.add("foreign", f"{request.path} of {self.writer.user}: {foreign}")
        reply = read_reply(request, answer.status_code, answer.headers, text)
        if not reply.enveloped:
            self._findings.add("outside the envelope", f"{answer.status_code} {text}")
        return reply, text


class Workload:
    """Users of one round, who write and read until they are told to stop.

    Args:
        running: The system.
        entry: Addresses at which the users reach it.
        users: How many there are.
        seed: Of their choices.
    """

    def __init__(self, running: RunningSystem, entry: Entry, users: int, seed: int) -> None:
        self.ledger = WriteLedger()
        self.findings = Findings()
        self._entry = entry
        self._seed = seed
        self._ending = asyncio.Event()
        self._clients = [
            Client(make_writer(running), self.ledger, self.findings) for _ in range(users)
        ]
        # It probes whether the system serves again, and writes what must be kept as well.
        self.prober = Client(make_writer(running), self.ledger, self.findings)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Workload:
        """Start the users."""
        self._tasks = [
            asyncio.create_task(self._work(client, random.Random(self._seed + number)))  # noqa: S311
            for number, client in enumerate(self._clients)
        ]
        return self

    async def __aexit__(self, *failure: object) -> None:
        """Stop the users after the answers under way."""
        await self.stop()
        for client in self._every:
            await client.close()

    async def stop(self) -> None:
        """Wait for the answers under way.

        Raises:
            Exception: One of a user's own, which is an error of this module.
        """
        self._ending.set()
        tasks, self._tasks = self._tasks, []
        await asyncio.gather(*tasks)

    async def serves(self, path: str, seconds: float) -> bool:
        """Return whether a new write on a path is acknowledged, trying once, for some seconds."""
        client = self.prober
        title = client.writer.title()
        request = _adding(path)(client.writer, self._entry, title)
        try:
            async with asyncio.timeout(seconds):
                attempt = await client.attempt(request)
        except TimeoutError:
            return False
        if attempt is None or not attempt[0].good:
            return False
        self.ledger.acknowledge(client.writer.user, title)
        return True

    async def read_back(self, backend: str) -> dict[str, int]:
        """Compare what is stored with what was acknowledged; what cannot be read is a violation.

        Args:
            backend: Base URL of the backend, past the links.
        """
        found = Counter({"acknowledged": self.ledger.acknowledged, "lost": 0, "duplicated": 0})
        found["foreign"] = self.findings.counts["foreign"]
        async with httpx2.AsyncClient(timeout=30.0, trust_env=False) as http:
            for client in self._every:
                try:
                    titles = await stored_titles(http, backend, client.writer)
                except httpx2.HTTPError as error:
                    told = f"tasks of {client.writer.user}: {error}".splitlines()[0]
                    self.findings.add("not readable", told)
                    continue
                found.update(self.ledger.compare(client.writer.user, titles))
                found["foreign"] += sum(client.writer.marker not in each for each in titles)
        for kind in ("lost", "duplicated"):
            self.findings.add(kind, f"{found[kind]} writes", found[kind])
        return dict(found)

    @property
    def _every(self) -> list[Client]:
        return [*self._clients, self.prober]

    async def _work(self, client: Client, chance: random.Random) -> None:
        register, task = Register(), ""
        while not self._ending.is_set():
            drawn = chance.random()
            if task and drawn < 0.12:
                await self._change(client, register, task)
            elif task and drawn < 0.2:
                await self._read(client, register, task)
            else:
                path = "rest" if drawn < 0.62 else "tool" if drawn < 0.98 else "chat"
                added = await self._add(client, path)
                if path == "rest" and added and not task:
                    task, register = json.loads(added)["id"], Register()
            await asyncio.sleep(chance.uniform(0.0, _LONGEST_THOUGHT_SECONDS))

    async def _add(self, client: Client, path: str) -> str | None:
        title = client.writer.title()
        text = await client.send(_adding(path)(client.writer, self._entry, title))
        if text is not None:
            self.ledger.acknowledge(client.writer.user, title)
        return text

    async def _change(self, client: Client, register: Register, task: str) -> None:
        value = f"{client.writer.marker} {len(register.values)}"
        position = register.write(value)
        request = rest_change(client.writer, self._entry.backend, task, value)
        if await client.send(request) is not None:
            register.acknowledge(position)

    async def _read(self, client: Client, register: Register, task: str) -> None:
        if register.settled < 0:
            return
        allowed = register.allowed()
        text = await client.send(rest_read(client.writer, self._entry.backend, task))
        if text is not None and json.loads(text).get("description") not in allowed:
            self.findings.add("stale read", f"{text} is none of {sorted(allowed)[-3:]}")


def _adding(path: str) -> Callable[[Writer, Entry, str], WriteRequest]:
    """Return what makes a write on a path."""
    return {
        "rest": lambda writer, entry, title: rest_add(writer, entry.backend, title),
        "tool": lambda writer, entry, title: tool_add(writer, entry.mcp, title),
        "chat": lambda writer, entry, title: chat_add(writer, entry.backend, title),
    }[path]


async def stored_titles(http: httpx2.AsyncClient, backend: str, writer: Writer) -> list[str]:
    """Read the titles of all of a user's tasks.

    Raises:
        HTTPError: They cannot be read.
    """
    titles: list[str] = []
    cursor: str | None = None
    headers: Mapping[str, str] = {"Authorization": f"Bearer {writer.token}"}
    while True:
        given: dict[str, Any] = {"limit": _PAGE, **({"cursor": cursor} if cursor else {})}
        url = f"{backend}/api/{writer.user}/tasks"
        answer = await http.get(url, params=given, headers=headers)
        answer.raise_for_status()
        page = answer.json()
        titles += [each["title"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return titles
