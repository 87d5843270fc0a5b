"""A run of hostile inputs: windows of harmless and of hostile requests at the same paced rate."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import secrets
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from crosstalk.core.errors import HarnessError
from crosstalk.environment import (
    DataAccess,
    ProcessEnvironment,
    ProcessOptions,
    RunningSystem,
    secrets_in_logs,
    secrets_of,
)
from crosstalk.environment.runtime.background import BackgroundLoop
from crosstalk.environment.runtime.ports import Ports, free_port
from crosstalk.hostile.corpus import CORPORA, MODEL_OUTPUT, Context
from crosstalk.hostile.inputs import JSON_BODY, Attacker, HostileInput, as_json, bearer, request
from crosstalk.hostile.model import OUTPUTS, HostileModel
from crosstalk.hostile.resources import Resources, resources_of
from crosstalk.hostile.victim import Victim, Waits
from crosstalk.hostile.wire import Answer, Wire

SERVICES = ("backend", "mcp")
_ATTACKERS = 8
_WORKERS = 48
# A head that does not end is answered after 10 s, a body after 15.
_PATIENCE_SECONDS = 20.0
# An agent has 60 s, and may wait 30 s for its turn.
_CHAT_PATIENCE_SECONDS = 100.0
_VICTIM_PER_SECOND = 20.0
_TTL_SECONDS = 3 * 3_600
_TASKS = 20
_SAMPLES = 5
# Tasks of agents that were cancelled, and kept connections.
_SETTLE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class HostilePlan:
    """Extent of a run.

    Attributes:
        seed: Of the inputs.
        inputs: Number of hostile inputs.
        per_second: Requests a second, hostile and harmless alike.
        windows: Pairs of a harmless and a hostile window.
        harmless_seconds: Length of each harmless window.
        only: Names of surfaces; all of them where empty.
        data_access: The MCP server's way to the data.
        stateful: The MCP server keeps sessions.
    """

    seed: int
    inputs: int = 100_000
    per_second: float = 400.0
    windows: int = 5
    harmless_seconds: float = 12.0
    only: tuple[str, ...] = ()
    data_access: DataAccess = "direct"
    stateful: bool = False

    @classmethod
    def short(cls, seed: int) -> HostilePlan:
        """Return the plan for continuous integration."""
        return cls(seed, 4_000, 200.0, windows=2, harmless_seconds=5.0)


@dataclass(slots=True)
class HostileResult:
    """Result of a run.

    Attributes:
        inputs: Inputs by surface.
        statuses: Surface and status to how often that was answered; 0 for a closed connection.
        found: Kind of finding to how often.
        samples: The first few findings of each kind.
        harmless: Waits of the victim beside harmless requests, by window.
        hostile: The same beside hostile inputs.
        before: What each service held before.
        after: What each held some seconds after the last input.
        rate: Requests a second that were really sent in the hostile windows.
    """

    inputs: Counter[str] = field(default_factory=Counter)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)
    harmless: list[Waits] = field(default_factory=list)
    hostile: list[Waits] = field(default_factory=list)
    before: dict[str, Resources] = field(default_factory=dict)
    after: dict[str, Resources] = field(default_factory=dict)
    rate: float = 0.0

    def find(self, kind: str, text: str) -> None:
        """Note a finding."""
        self.found[kind] += 1
        if self.found[kind] <= _SAMPLES:
            self.samples.append(f"{kind}: {text[:400]}")

    def ratio(self, share: float = 0.99) -> float:
        """Return the victim's wait beside hostile inputs over that beside harmless requests.

        Of each pair of windows, which are minutes apart at most; the median of them.
        """
        pairs = zip(self.harmless, self.hostile, strict=True)
        return round(
            statistics.median(b.percentile(share) / a.percentile(share) for a, b in pairs), 2
        )


@dataclass(frozen=True, slots=True)
class _Users:
    """Users of a run.

    Attributes:
        attackers: Users who attack.
        victim: The user who is attacked.
        marker: In every text of the victim's.
    """

    attackers: list[Attacker]
    victim: Attacker
    marker: str

    @classmethod
    def make(cls, running: RunningSystem) -> _Users:
        def one(name: str) -> Attacker:
            user = f"{name}-{secrets.token_hex(6)}"
            token = running.mint(user, ttl=_TTL_SECONDS)
            return Attacker(user, token, running.mint(user, audience="mcp", ttl=_TTL_SECONDS))

        attackers = [one("attacker") for _ in range(_ATTACKERS)]
        return cls(attackers, one("victim"), f"mk-{secrets.token_hex(8)}")


@contextmanager
def hostile_system(plan: HostilePlan, folder: Path) -> Iterator[RunningSystem]:
    """Run the reference system with a hostile model before the offline one.

    Raises:
        EnvironmentFailed: A part does not start.
    """
    stateful = {"MCP_STATEFUL": "true"} if plan.stateful else {}
    own = free_port()
    with Ports() as ports, BackgroundLoop("hostile model") as loop:
        model = HostileModel(ports.take(), own)
        loop.run(model.open())
        options = ProcessOptions(
            run_folder=folder,
            data_access=plan.data_access,
            ports={"model": own},
            links={"model": model.port},
            extra_env={"mcp": stateful},
        )
        with ProcessEnvironment(options) as running:
            yield running
        loop.run(model.close())


def run_hostile(plan: HostilePlan, folder: Path, tell: Callable[[str], None]) -> HostileResult:
    """Attack the reference system.

    Args:
        plan: Extent of the run.
        folder: For logs.
        tell: Receives a line for each window.

    Raises:
        HarnessError: A surface does not exist, or a part does not start.
    """
    with hostile_system(plan, folder) as running:
        users = _Users.make(running)
        result = asyncio.run(_Attack(plan, running, users, tell).run())
        for log, name in secrets_in_logs(running, {"victim's text": users.marker}):
            result.find("secret in a log", f"{log}: {name}")
        return result


class _Attack:
    """One run on a running system."""

    def __init__(
        self,
        plan: HostilePlan,
        running: RunningSystem,
        users: _Users,
        tell: Callable[[str], None],
    ) -> None:
        self._plan = plan
        self._running = running
        self._users = users
        self._tell = tell
        self._result = HostileResult()
        backend, mcp = urlsplit(running.backend_url), urlsplit(running.mcp_url)
        self._ports = {"backend": backend.port or 80, "mcp": mcp.port or 80}
        self._context = Context(
            backend.netloc, mcp.netloc, mcp.path, users.attackers, users.victim.user
        )
        self._inputs = drawn(self._context, plan)
        self._secrets = [each.encode() for each in secrets_of(running).values()]

    async def run(self) -> HostileResult:
        """Run the windows, and compare what the services hold before and after."""
        result, plan = self._result, self._plan
        await self._store_victims_tasks()
        share = -(-plan.inputs // plan.windows)
        harmless = int(plan.harmless_seconds * plan.per_second)
        # The first requests of a service are its slowest.
        await self._window(self._harmless(), int(2 * plan.per_second))
        result.before = self._resources()
        began, spent = time.monotonic(), 0.0
        for number in range(plan.windows):
            result.harmless.append(await self._window(self._harmless(), harmless))
            began = time.monotonic()
            result.hostile.append(await self._window(self._inputs, share))
            spent += time.monotonic() - began
            found = sum(result.found.values())
            self._tell(f"window {number + 1}: {result.inputs.total()} inputs, {found} findings")
        result.rate = round(plan.windows * share / spent, 1)
        await asyncio.sleep(_SETTLE_SECONDS)
        result.after = self._resources()
        return result

    async def _window(self, inputs: Iterator[HostileInput], count: int) -> Waits:
        """Send a number of inputs at the paced rate, with the victim beside them."""
        waits, victim = Waits(), Victim(self._victims_requests(), _PATIENCE_SECONDS)
        watching = asyncio.create_task(victim.watch(waits, _VICTIM_PER_SECOND))
        due = _paced(time.monotonic(), self._plan.per_second)
        some = itertools.islice(inputs, count)
        workers = [asyncio.create_task(self._work(some, due)) for _ in range(_WORKERS)]
        try:
            await asyncio.gather(*workers)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await victim.close()
        return waits

    async def _work(self, inputs: Iterator[HostileInput], due: Iterator[float]) -> None:
        wires = {name: Wire(port) for name, port in self._ports.items()}
        for one in inputs:
            await asyncio.sleep(max(0.0, next(due) - time.monotonic()))
            patience = _CHAT_PATIENCE_SECONDS if one.is_chat else _PATIENCE_SECONDS
            answer = await wires[one.service].send(one.payload, keeps=one.keeps, patience=patience)
            if one.surface != _HARMLESS:
                self._result.inputs[one.surface] += 1
                self._result.statuses[one.surface, answer.status] += 1
            for kind in findings_in(one, answer, self._users.marker, self._secrets):
                told = f"{one.surface} at {one.service}: {answer.head[:80]!r} {answer.body[:120]!r}"
                self._result.find(kind, f"{told} to {one.payload[-160:]!r}")
        for wire in wires.values():
            await wire.close()

    def _harmless(self) -> Iterator[HostileInput]:
        """Yield harmless requests, to both services in turn."""
        for who in itertools.cycle(self._users.attackers):
            for service, payload in self._reads(who):
                yield HostileInput(_HARMLESS, service, payload, keeps=True)

    def _victims_requests(self) -> list[tuple[int, bytes]]:
        return [(self._ports[name], payload) for name, payload in self._reads(self._users.victim)]

    def _reads(self, who: Attacker) -> list[tuple[str, bytes]]:
        context = self._context
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": _statistics(who.user)}
        fields: list[tuple[str, str | bytes]] = [
            bearer(who.mcp_token), JSON_BODY, *_MCP_FIELDS
        ]  # fmt: skip
        return [
            (
                "backend",
                request("GET", f"/api/{who.user}/stats", context.backend_host, [bearer(who.token)]),
            ),
            ("mcp", request("POST", context.mcp_path, context.mcp_host, fields, as_json(body))),
        ]

    async def _store_victims_tasks(self) -> None:
        victim, marker = self._users.victim, self._users.marker
        headers = {"Authorization": f"Bearer {victim.token}"}
        url = f"{self._running.backend_url}/api/{victim.user}/tasks"
        async with httpx2.AsyncClient(trust_env=False, headers=headers, timeout=30.0) as http:
            for number in range(_TASKS):
                task = {"title": f"{marker} {number}", "description": f"{marker} secret"}
                (await http.post(url, json=task)).raise_for_status()

    def _resources(self) -> dict[str, Resources]:
        return {name: resources_of(self._running.services[name].pid) for name in SERVICES}


_HARMLESS = "harmless"
_FIRST = 1_500
_PROTOCOL = "2026-07-28"
_MCP_FIELDS: tuple[tuple[str, str], ...] = (
    ("Accept", "application/json, text/event-stream"),
    ("MCP-Protocol-Version", _PROTOCOL),
    ("Mcp-Method", "tools/call"),
    ("Mcp-Name", "get_user_stats"),
)


def _statistics(user: str) -> dict[str, object]:
    meta = {
        "io.modelcontextprotocol/protocolVersion": _PROTOCOL,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "victim", "version": "1"},
    }
    return {"name": "get_user_stats", "arguments": {"user_id": user}, "_meta": meta}


def drawn(context: Context, plan: HostilePlan) -> Iterator[HostileInput]:
    """Yield inputs of the chosen surfaces by their weights, the same ones for a seed.

    Raises:
        HarnessError: A surface does not exist.
    """
    for name in plan.only:
        if name not in CORPORA:
            raise HarnessError(f"there is no surface {name!r}; there are: {', '.join(CORPORA)}")
    names = plan.only or tuple(CORPORA)
    chance = random.Random(plan.seed)  # noqa: S311
    streams = {
        name: CORPORA[name][0](context, random.Random(chance.random()))  # noqa: S311
        for name in names
    }
    weights = [CORPORA[name][1] for name in names]
    return (next(streams[name]) for name in _choices(chance, names, weights))


def _choices(chance: random.Random, names: tuple[str, ...], weights: list[int]) -> Iterator[str]:
    # Chats are drawn so seldom that a short run would not reach each of the model's outputs.
    first = chance.choices(names, weights, k=_FIRST)
    first += [MODEL_OUTPUT] * OUTPUTS if MODEL_OUTPUT in names else []
    chance.shuffle(first)
    yield from first
    while True:
        yield from chance.choices(names, weights, k=100)


def _paced(began: float, per_second: float) -> Iterator[float]:
    """Yield the moments at which requests are due."""
    return (began + number / per_second for number in itertools.count())


def findings_in(
    one: HostileInput, answer: Answer, marker: str, secrets: Sequence[bytes] = ()
) -> Iterator[str]:
    """Yield the kinds of what is wrong with an answer.

    Args:
        one: What was sent.
        answer: What came back.
        marker: In every text of the victim's.
        secrets: Texts that no answer may show.
    """
    if answer.hung:
        yield "hang"
    unavailable = answer.status == 503 and b'"unavailable"' in answer.body
    if answer.status >= 500 and not (one.is_chat and unavailable):
        yield "server error"
    if answer.status >= 400 and not enveloped(answer.body):
        yield "outside the envelope"
    if marker.encode() in answer.body + answer.head:
        yield "foreign"
    if any(each in answer.body or each in answer.head for each in secrets):
        yield "secret in an answer"
    if one.surface == _HARMLESS and answer.status != 200:
        yield "harmless request refused"


def enveloped(body: bytes) -> bool:
    """Return whether a refusal has the system's envelope, or that of JSON-RPC at MCP."""
    try:
        read = json.loads(body)
    except ValueError:
        return False
    if not isinstance(read, dict):
        return False
    return "error_code" in read or ("jsonrpc" in read and "error" in read)
