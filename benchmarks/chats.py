"""Chats a second of a hundred users at once: our system against the widely copied form of it.

Each user asks again as soon as they are answered. The model is offline in both and thinks for
200 ms before each reply; a chat is two replies with one tool call between them, and the writing of
both messages. An answer counts when it holds the user's own task. What fails or is not answered
within the measurement and ten seconds more does not count, on either side.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping

from benchmarks.cpu import cpu_seconds
from benchmarks.figures import Figure, Goal, in_turns
from benchmarks.stage import THINK_MS, Stage
from benchmarks.wire import Drive, Prepared, drive, request, send_once
from harness.tokens import BACKEND_AUDIENCE

_USERS = 100
_MESSAGE = {"message": "show my tasks"}
_SECONDS = 12.0
_ROUNDS = 3
_GRACE = 10.0


async def measure(stage: Stage) -> list[Figure]:
    """The figure of this benchmark."""
    users = {f"chat-{secrets.token_hex(4)}": secrets.token_hex(6) for _ in range(_USERS)}
    ours, backend = await _ours(stage, users)
    copied, copied_backend = await _copied(stage, users)
    markers = {**ours, **copied}
    spent: dict[str, list[float]] = {"ours": [], "copied": []}
    late: dict[str, list[float]] = {"ours": [], "copied": []}

    def side(name: str, requests: list[Prepared], pid: int) -> Callable[[], Awaitable[float]]:
        async def run() -> float:
            before = cpu_seconds(pid)
            driven: Drive = await drive(
                requests,
                seconds=max(stage.seconds, _SECONDS),
                good=lambda status, body, sent: status == 200 and markers[sent] in body.decode(),
                patience=_GRACE,
                tolerant=True,
            )
            if driven.answers:
                spent[name].append(1000 * (cpu_seconds(pid) - before) / driven.answers)
                late[name].append(driven.percentile(0.5))
            return driven.rate

        return run

    found = await in_turns(
        "chats-100-users",
        f"{_USERS} users at once, a model that thinks {THINK_MS} ms a reply: our chats against "
        "those of the widely copied form",
        "chats/s",
        ours=side("ours", list(ours), backend),
        anchor=side("copied", list(copied), copied_backend),
        rounds=min(_ROUNDS, stage.rounds),
        goal=Goal("least", 5.0),
    )
    found.also["backend_cpu_ms_per_chat"] = spent
    found.also["p50_ms"] = late
    return [found]


async def _ours(stage: Stage, users: Mapping[str, str]) -> tuple[dict[Prepared, str], int]:
    running = stage.system()
    made = {}
    for user, marker in users.items():
        token = running.issuer.mint(user, audience=BACKEND_AUDIENCE, ttl=3_600)
        headers = {"Authorization": f"Bearer {token}"}
        title = {"title": f"remember {marker}"}
        await send_once(request("POST", f"{running.backend_url}/api/{user}/tasks", headers, title))
        chat = request("POST", f"{running.backend_url}/api/chat", headers, _MESSAGE)
        made[chat] = marker
    return made, running.services["backend"].pid


async def _copied(stage: Stage, users: Mapping[str, str]) -> tuple[dict[Prepared, str], int]:
    running = stage.system()
    database = running.databases["admin"].replace("postgresql://", "postgresql+psycopg://")
    tables = {"DATABASE_URL": database}
    room = "benchmarks.copied_form"
    model, _ = stage.service(
        "copied-form-model", f"{room}.model", lambda url: {}, f"--think-ms={THINK_MS}"
    )
    mcp, _ = stage.service("copied-form-mcp", f"{room}.mcp_server", lambda url: tables)
    base, pid = stage.service(
        "copied-form-backend",
        f"{room}.backend",
        lambda url: {
            **tables,
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
    return made, pid
