"""Fairness: another user's latency beside one who does all that is allowed, in alternating windows.

Beside harmless calls, and beside searches, chats that call 64 tools a turn, and tool calls, each at
the rate that the limits allow. Each p95 is compared with that of the harmless window before
it; the figure is the median of five.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import statistics
import threading
import time
from collections.abc import Callable, Mapping

import httpx2

from benchmarks.hostile.attack import PATIENCE, Attack, bearer, victim
from benchmarks.hostile.users import fill
from crosstalk.environment import RunningSystem
from crosstalk.environment.runtime.background import BackgroundLoop
from crosstalk.environment.runtime.ports import Ports, free_port
from crosstalk.hostile.model import MANY_CALLS, HostileModel, directive

_WINDOWS = 5
_SECONDS = 8.0
_SENDERS = 20
# The default limits: 600 requests and 30 chats a minute.
_PER_SECOND = {"searches": 10.0, "tools": 10.0, "chats": 0.5}
_LIMITS = {
    "RATE_LIMIT_PER_MINUTE": "600",
    "RATE_LIMIT_BURST": "120",
    "CHAT_RATE_LIMIT_PER_MINUTE": "30",
    "CHAT_RATE_LIMIT_BURST": "10",
}
_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "fairness", "version": "1"},
}
_Send = Callable[[httpx2.Client], object]


def measure(attack: Attack) -> Mapping[str, float]:
    """Ratios of the other user's p95, and the p95 themselves in seconds."""
    own = free_port()
    with Ports() as ports, BackgroundLoop("model") as loop:
        model = HostileModel(ports.take(), own)
        loop.run(model.open())
        limits = {"backend": _LIMITS, "mcp": _LIMITS}
        options = {"ports": {"model": own}, "links": {"model": model.port}, "extra_env": limits}
        with attack.system(**options) as running:
            user = f"many-{secrets.token_hex(4)}"
            asyncio.run(fill(running.databases["admin"], user))
            figures: dict[str, float] = {}
            for kind, send in _kinds(running, user).items():
                figures |= _compare(running, kind, send)
        loop.run(model.close())
    return figures


def _kinds(running: RunningSystem, user: str) -> dict[str, _Send]:
    headers, tool_headers = bearer(running, user), bearer(running, user, "mcp")
    base = f"{running.backend_url}/api"
    params = {"name": "search_tasks", "arguments": {"user_id": user, "query": "absent"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    call = json.dumps({**message, "params": {**params, "_meta": _META}})
    tool_headers = {
        **tool_headers,
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": "search_tasks",
    }
    chat = json.dumps({"message": directive(MANY_CALLS)})
    search = {"q": "what is not there"}
    return {
        "searches": lambda http: http.get(
            f"{base}/{user}/tasks/search", params=search, headers=headers
        ),
        "tools": lambda http: http.post(running.mcp_url, content=call, headers=tool_headers),
        "chats": lambda http: http.post(f"{base}/chat", content=chat, headers=headers),
    }


def _compare(running: RunningSystem, kind: str, send: _Send) -> dict[str, float]:
    other, harmless = (f"{name}-{secrets.token_hex(4)}" for name in ("victim", "harmless"))
    url, headers = f"{running.backend_url}/api/{other}/stats", bearer(running, other)
    reads, reader = f"{running.backend_url}/api/{harmless}/stats", bearer(running, harmless)
    ratios, alone, beside = [], [], []
    for _ in range(_WINDOWS):
        with victim(url, headers) as calm:
            _paced(lambda http: http.get(reads, headers=reader), _PER_SECOND[kind])
        with victim(url, headers) as pressed:
            _paced(send, _PER_SECOND[kind])
        alone.append(calm.percentile(0.95))
        beside.append(pressed.percentile(0.95))
        ratios.append(beside[-1] / alone[-1])
    return {
        f"{kind}, ratio of p95": round(statistics.median(ratios), 2),
        f"{kind}, p95 beside harmless calls s": round(statistics.median(alone), 3),
        f"{kind}, p95 beside them s": round(statistics.median(beside), 3),
    }


def _paced(send: _Send, per_second: float) -> None:
    """Send at a rate, whatever the answers take, from as many connections as that needs."""
    began, taking = time.monotonic(), threading.Lock()
    numbers = iter(range(int(_SECONDS * per_second)))

    def work() -> None:
        with httpx2.Client(timeout=PATIENCE) as http:
            while True:
                with taking:
                    number = next(numbers, None)
                if number is None:
                    return
                time.sleep(max(0.0, began + number / per_second - time.monotonic()))
                try:
                    send(http)
                except httpx2.HTTPError:
                    # A refusal costs the other user nothing; the figure is their latency.
                    continue

    senders = [threading.Thread(target=work) for _ in range(_SENDERS)]
    for each in senders:
        each.start()
    for each in senders:
        each.join()
