"""Chats a second of a hundred concurrent users: the system against the common pattern.

Each user asks again after every answer. The model is offline in both and thinks for 200 ms before
each reply; a chat is two replies with one tool call between them, and the storage of both messages.
An answer counts when it contains the user's own task. A failure, or an answer later than ten
seconds after the measurement, does not count on either side.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from benchmarks.cpu import cpu_seconds
from benchmarks.figures import Figure, Goal, alternate
from benchmarks.fixture import THINK_MS, Fixture
from benchmarks.wire import DriveResult, Prepared, drive, request, send_once
from crosstalk.tokens import BACKEND_AUDIENCE

_USERS = 100
_MESSAGE = {"message": "show my tasks"}
_SECONDS = 10.0
_ROUNDS = 2
_GRACE = 10.0


@dataclass(frozen=True, slots=True)
class ChatLoad:
    """Prepared chats on one of the two systems.

    Attributes:
        chats: A chat request of each user, and the text that its answer must contain.
        pid: The backend's process.
    """

    chats: Mapping[Prepared, str]
    pid: int


async def measure(fixture: Fixture) -> list[Figure]:
    """Measure the figures of this benchmark."""
    users = _markers()
    system = await _system(fixture, users)
    return [
        await _against(
            fixture,
            system,
            await _common_pattern(fixture, users, closes_in_time=False),
            "chats-100-users",
            "the common pattern, whose endpoint keeps its session while the agent runs",
            least=5.0,
        ),
        await _against(
            fixture,
            system,
            await _common_pattern(fixture, users, closes_in_time=True),
            "chats-100-users-closing",
            "the same pattern, corrected to close sessions before the agent runs",
            least=2.0,
        ),
    ]


async def chats_of_system(fixture: Fixture) -> ChatLoad:
    """Prepare the chats of the users on the system."""
    return await _system(fixture, _markers())


def _markers() -> dict[str, str]:
    """Return users, each with a word for a task of their own."""
    return {f"chat-{secrets.token_hex(4)}": secrets.token_hex(6) for _ in range(_USERS)}


async def _against(
    fixture: Fixture,
    system: ChatLoad,
    pattern: ChatLoad,
    name: str,
    pattern_name: str,
    *,
    least: float,
) -> Figure:
    notes: dict[str, dict[str, list[float]]] = {"ours": {}, "anchor": {}}

    def note(side: str, **values: float) -> None:
        for key, value in values.items():
            notes[side].setdefault(key, []).append(round(value, 1))

    def rate(side: str, measured: ChatLoad) -> Callable[[], Awaitable[float]]:
        async def run() -> float:
            before = cpu_seconds(measured.pid)
            driven: DriveResult = await drive(
                measured.chats,
                seconds=max(fixture.seconds, _SECONDS),
                good=lambda status, body, sent: (
                    status == 200 and measured.chats[sent].encode() in body
                ),
                patience=_GRACE,
                tolerant=True,
            )
            note(side, failed=driven.failed)
            if driven.answers:
                spent = 1000 * (cpu_seconds(measured.pid) - before) / driven.answers
                note(side, cpu_ms=spent, p50_ms=driven.percentile(0.5))
            # At least one answer, so that there is a ratio.
            return max(driven.answers, 1) / driven.seconds

        return run

    found = await alternate(
        name,
        f"{_USERS} concurrent users, a model that thinks {THINK_MS} ms a reply: the system's chats "
        f"against those of {pattern_name}",
        "chats/s",
        ours=rate("ours", system),
        anchor=rate("anchor", pattern),
        rounds=min(_ROUNDS, fixture.rounds),
        goal=Goal("least", least),
    )
    found.extra["notes"] = notes
    return found


async def _system(fixture: Fixture, users: Mapping[str, str]) -> ChatLoad:
    running = fixture.system()
    made = {}
    for user, marker in users.items():
        token = running.issuer.mint(user, audience=BACKEND_AUDIENCE, ttl=3_600)
        headers = {"Authorization": f"Bearer {token}"}
        title = {"title": f"remember {marker}"}
        await send_once(request("POST", f"{running.backend_url}/api/{user}/tasks", headers, title))
        chat = request("POST", f"{running.backend_url}/api/chat", headers, _MESSAGE)
        made[chat] = marker
    return ChatLoad(made, running.services["backend"].pid)


async def _common_pattern(
    fixture: Fixture, users: Mapping[str, str], *, closes_in_time: bool
) -> ChatLoad:
    running = fixture.system()
    database = running.databases["admin"].replace("postgresql://", "postgresql+psycopg://")
    tables = {"DATABASE_URL": database}
    package = "benchmarks.common_pattern"
    model, _ = fixture.service(
        "common-pattern-model", f"{package}.model", lambda url: {}, f"--think-ms={THINK_MS}"
    )
    mcp, _ = fixture.service("common-pattern-mcp", f"{package}.mcp_server", lambda url: tables)
    base, pid = fixture.service(
        f"common-pattern-backend{'-closing' if closes_in_time else ''}",
        f"{package}.backend",
        lambda url: {
            **tables,
            "CLOSES_IN_TIME": "1" if closes_in_time else "",
            "MCP_URL": f"{mcp}/mcp",
            "OPENAI_API_KEY": "offline",
            "OPENAI_BASE_URL": f"{model}/v1",
            "OPENAI_MODEL": "gpt-4.1-mini",
        },
    )
    made = {}
    for user, marker in users.items():
        title = {"title": f"remember {marker}"}
        await send_once(request("POST", f"{base}/api/{user}/tasks", {}, title))
        made[request("POST", f"{base}/api/{user}/chat", {}, _MESSAGE)] = marker
    return ChatLoad(made, pid)
