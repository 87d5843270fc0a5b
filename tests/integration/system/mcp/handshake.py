"""A client of the handshake revisions, written by hand: each header and id as a test wants it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx2


@dataclass(slots=True)
class Handshake:
    """Requests to one server as one caller, in one session where the server keeps any.

    Attributes:
        url: The endpoint.
        token: The bearer token.
        version: The protocol revision to ask for.
        session: The session's id, once there is one.
    """

    url: str
    token: str
    version: str = "2025-11-25"
    session: str | None = None
    _count: int = field(default=0, repr=False)

    def initialize(self) -> dict[str, Any]:
        """Open a session, or only shake hands; gives the server's answer."""
        params = {
            "protocolVersion": self.version,
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        }
        answer = self.send("initialize", params)
        assert answer.status_code == 200, answer.text
        self.session = answer.headers.get("mcp-session-id")
        self.notify("notifications/initialized")
        result: dict[str, Any] = answer.json()["result"]
        return result

    def send(
        self, method: str, params: dict[str, Any] | None = None, /, **headers: str
    ) -> httpx2.Response:
        """Send a request."""
        self._count += 1
        message = {"jsonrpc": "2.0", "id": self._count, "method": method, "params": params or {}}
        return httpx2.post(self.url, json=message, headers=self.headers(**headers))

    def notify(self, method: str) -> None:
        """Send a notification."""
        message = {"jsonrpc": "2.0", "method": method}
        assert httpx2.post(self.url, json=message, headers=self.headers()).status_code == 202

    def use(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Call a tool; gives the result, errors of the tool included."""
        answer = self.send("tools/call", {"name": tool, "arguments": arguments})
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()["result"]
        return result

    def end(self) -> httpx2.Response:
        """End the session."""
        return httpx2.delete(self.url, headers=self.headers())

    def headers(self, **more: str) -> dict[str, str]:
        """What every request of this caller carries."""
        return {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": self.version,
            **({"Mcp-Session-Id": self.session} if self.session else {}),
            **more,
        }
