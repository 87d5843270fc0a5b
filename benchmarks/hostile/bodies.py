"""Bodies that are dear to read: what a stranger and a user can make the services spend on them.

A stranger sends the MCP server 32 KB of open brackets and escaped quotes. A user sends the backend
one burst of 1 MiB bodies of open brackets, one object with 70,000 unknown fields, and the MCP
server a list of 150,000 words where three are known.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx2

from benchmarks.hostile.attack import PATIENCE, Attack, bearer, spent, victim
from crosstalk.environment import RunningSystem

_QUOTES = b"[" * 65 + b'\\"' * 16_000
_BRACKETS = b"[" * 1_048_576
_BURST = 120
_FIELDS = json.dumps({f"f{number}": 1 for number in range(70_000)}).encode()
_PROTOCOL = "2026-07-28"


def measure(attack: Attack) -> Mapping[str, float]:
    """Seconds of processor time, and of waiting, that each body costs."""
    with attack.system() as running:
        return {**_stranger(running), **_burst(running), **_fields(running), **_words(running)}


def _stranger(running: RunningSystem) -> Mapping[str, float]:
    health = f"http://{urlsplit(running.mcp_url).netloc}/health"
    with spent(running, "mcp") as processor, victim(health) as seen:
        _send("POST", running.mcp_url, _QUOTES, {"Content-Type": "application/json"})
    return {
        "a stranger's 32 KB of quotes at MCP, CPU s": processor(),
        "a stranger's 32 KB of quotes at MCP, longest wait of others s": seen.worst(),
    }


def _burst(running: RunningSystem) -> Mapping[str, float]:
    user = f"burst-{secrets.token_hex(4)}"
    url = f"{running.backend_url}/api/{user}/tasks"
    headers = bearer(running, user)
    remaining = iter(range(_BURST))

    def send() -> None:
        while next(remaining, None) is not None:
            _send("POST", url, _BRACKETS, headers)

    with spent(running, "backend") as processor:
        with victim(f"{running.backend_url}/health") as seen:
            senders = [threading.Thread(target=send) for _ in range(6)]
            for each in senders:
                each.start()
            for each in senders:
                each.join()
        return {
            f"{_BURST} bodies of 1 MiB of [ at the backend, CPU s": processor(),
            f"{_BURST} bodies of 1 MiB of [ at the backend, longest wait s": seen.worst(),
        }


def _fields(running: RunningSystem) -> Mapping[str, float]:
    user = f"fields-{secrets.token_hex(4)}"
    url = f"{running.backend_url}/api/{user}/tasks"
    with spent(running, "backend") as processor:
        size = _send("POST", url, _FIELDS, bearer(running, user))
        return {
            "70,000 unknown fields at the backend, CPU s": processor(),
            "70,000 unknown fields at the backend, bytes answered": size,
        }


def _words(running: RunningSystem) -> Mapping[str, float]:
    user = f"words-{secrets.token_hex(4)}"
    arguments = {"user_id": user, "task_id": secrets.token_hex(16), "clear": ["x"] * 150_000}
    meta = {
        "io.modelcontextprotocol/protocolVersion": _PROTOCOL,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "attack", "version": "1"},
    }
    parameters = {"name": "update_task", "arguments": arguments, "_meta": meta}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": parameters}
    headers = {
        **bearer(running, user, "mcp"),
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": _PROTOCOL,
        "Mcp-Method": "tools/call",
        "Mcp-Name": "update_task",
    }
    with spent(running, "mcp") as processor:
        size = _send("POST", running.mcp_url, json.dumps(message).encode(), headers)
        return {
            "a list of 150,000 words at MCP, CPU s": processor(),
            "a list of 150,000 words at MCP, bytes answered": size,
        }


def _send(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """How many bytes were answered; 0 where nothing was."""
    try:
        answer = httpx2.request(method, url, content=body, headers=headers, timeout=3 * PATIENCE)
    except httpx2.HTTPError:
        return 0
    return len(answer.content)
