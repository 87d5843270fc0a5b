"""Chats a second of a hundred users at once: our system against the widely copied form of it.

Each user asks again as soon as they are answered. The model is offline in both and thinks for
200 ms before each reply; a chat is two replies with one tool call between them, and the writing of
both messages. An answer counts when it holds the user's own task. What fails or is not answered
within the measurement and ten seconds more does not count, on either side.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from benchmarks.cpu import cpu_seconds
from benchmarks.figures import Figure, Goal, in_turns
from benchmarks.fixture import THINK_MS, Stage
from benchmarks.wire import Drive, Prepared, drive, request, send_once
from crosstalk.tokens import BACKEND_AUDIENCE

_USERS = 100
_MESSAGE = {"message": "show my tasks"}
_SECONDS = 10.0
_ROUNDS = 2
_GRACE = 10.0


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two systems.

    Attributes:
        chats: A chat request of each user, and what its answer must hold.
        pid: The backend's process.
    """

    chats: Mapping[Prepared, str]
    pid: int


async def measure(stage: Stage) -> list[Figure]:
    """The figures of this benchmark."""
    users = {f"chat-{secrets.token_hex(4)}": secrets.token_hex(6) for _ in range(_USERS)}
    ours = await _ours(stage, users)
    return [
        await _against(
            stage,
            ours,
            await _copied(stage, users, closes_in_time=False),
            "chats-100-users",
            "the widely copied form, whose endpoint keeps its session while the agent runs",
        ),
        await _against(
            stage,
            ours,
            await _copied(stage, users, closes_in_time=True),
            "chats-100-users-closing",
            "the same form, mended so that sessions are closed before the agent runs",
        ),
    ]


async def _against(stage: Stage, ours: Side, copied: Side, name: str, said: str) -> Figure:
    notes: dict[str, dict[str, list[float]]] = {"ours": {}, "anchor": {}}

    def note(side: str, **values: float) -> None:
        for key, value in values.items():
            notes[side].setdefault(key, []).append(round(value, 1))

    def rate(side: str, measured: Side) -> Callable[[], Awaitable[float]]:
        async def run() -> float:
            before = cpu_seconds(measured.pid)
            driven: Drive = await drive(
                measured.chats,
                seconds=max(stage.seconds, _SECONDS),
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
            # Where nobody was answered: as if one had been, so that there is a ratio.
            return max(driven.answers, 1) / driven.seconds

        return run

    found = await in_turns(
        name,
        f"{_USERS} users at once, a model that thinks {THINK_MS} ms a reply: our chats against "
        f"those of {said}",
        "chats/s",
        ours=rate("ours", ours),
        anchor=rate("anchor", copied),
        rounds=min(_ROUNDS, stage.rounds),
        goal=Goal("least", 5.0),
    )
    found.also["notes"] = notes
    return found


async def _ours(stage: Stage, users: Mapping[str, str]) -> Side:
    running = stage.system()
    made = {}
    for user, marker in users.items():
        token = running.issuer.mint(user, audience=BACKEND_AUDIENCE, ttl=3_600)
        headers = {"Authorization": f"Bearer {token}"}
        title = {"title": f"remember {marker}"}
        await send_once(request("POST", f"{running.backend_url}/api/{user}/tasks", headers, title))
        chat = request("POST", f"{running.backend_url}/api/chat", headers, _MESSAGE)
        made[chat] = marker
    return Side(made, running.services["backend"].pid)


async def _copied(stage: Stage, users: Mapping[str, str], *, closes_in_time: bool) -> Side:
    running = stage.system()
    database = running.databases["admin"].replace("postgresql://", "postgresql+psycopg://")
    tables = {"DATABASE_URL": database}
    room = "benchmarks.common_pattern"
    model, _ = stage.service(
        "copied-form-model", f"{room}.model", lambda url: {}, f"--think-ms={THINK_MS}"
    )
    mcp, _ = stage.service("copied-form-mcp", f"{room}.mcp_server", lambda url: tables)
    base, pid = stage.service(
        f"copied-form-backend{'-closing' if closes_in_time else ''}",
        f"{room}.backend",
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
    return Side(made, pid)
