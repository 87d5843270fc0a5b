"""Notes that any user reads by their id, over REST, MCP with sessions, MCP by events, and stdio.

`python leaking.py PORT` serves HTTP, `python leaking.py FILE` the standard streams, with the notes
in that file. Users are known by their tokens.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

TOKENS = {f"tok-{name}": name for name in ("alice", "bob", "carol")}
TEXT = {"type": "string"}
TOOLS: list[dict[str, Any]] = [
    {
        "name": "add_note",
        "inputSchema": {"type": "object", "properties": {"text": TEXT}, "required": ["text"]},
    },
    {
        "name": "get_note",
        "inputSchema": {
            "type": "object",
            "properties": {"note_id": {"type": "integer"}},
            "required": ["note_id"],
        },
    },
]
JSON_BODY = {"application/json": {"schema": TOOLS[0]["inputSchema"]}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "notes", "version": "1"},
    "paths": {
        "/notes": {
            "get": {"responses": {"200": {"description": "own notes"}}},
            "post": {
                "requestBody": {"required": True, "content": JSON_BODY},
                "responses": {"201": {"description": "made"}},
            },
        },
        "/notes/{note_id}": {
            "get": {
                "parameters": [
                    {
                        "name": "note_id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "integer"},
                    }
                ],
                "responses": {"200": {"description": "a note"}},
            }
        },
    },
}


class Notes:
    """Notes in a file, or in memory without one."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file
        self.rows: list[dict[str, Any]] = []

    def add(self, owner: str, text: Any) -> dict[str, Any]:
        """Keep a note."""
        self._read()
        self.rows.append({"id": len(self.rows) + 1, "owner": owner, "text": text})
        if self.file is not None:
            self.file.write_text(json.dumps(self.rows))
        return self.rows[-1]

    def get(self, number: Any) -> dict[str, Any] | None:
        """Give a note to whoever asks: the leak."""
        self._read()
        return next((each for each in self.rows if each["id"] == number), None)

    def _read(self) -> None:
        if self.file is not None and self.file.exists():
            self.rows = json.loads(self.file.read_text())


def replied(notes: Notes, user: str, message: dict[str, Any], revision: str) -> dict[str, Any]:
    """Answer a request of JSON-RPC."""
    method, params = message.get("method"), message.get("params") or {}
    result: dict[str, Any] = {}
    if method == "initialize":
        about = {"name": "notes", "version": "1"}
        result = {"protocolVersion": revision, "capabilities": {"tools": {}}, "serverInfo": about}
    elif method == "tools/list":
        result = {"tools": TOOLS}
    elif method == "tools/call":
        given = params.get("arguments") or {}
        if params.get("name") == "add_note":
            found: Any = notes.add(user, given.get("text"))
        else:
            found = notes.get(given.get("note_id")) or {"error": "not found"}
        result = {
            "content": [{"type": "text", "text": json.dumps(found)}],
            "isError": "error" in found,
        }
    else:
        error = {"code": -32601, "message": "no such method"}
        return {"jsonrpc": "2.0", "id": message.get("id"), "error": error}
    return {"jsonrpc": "2.0", "id": message.get("id"), "result": result}


class Handler(BaseHTTPRequestHandler):
    """Serves HTTP."""

    protocol_version = "HTTP/1.1"
    notes = Notes()
    sessions: ClassVar[set[str]] = set()
    streams: ClassVar[dict[str, queue.Queue[str]]] = {}

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def user(self) -> str | None:
        """Say who calls."""
        return TOKENS.get((self.headers.get("Authorization") or "").removeprefix("Bearer "))

    def give(self, status: int, body: Any, kind: str = "application/json", **more: str) -> None:
        """Answer in one packet."""
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(data)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
        self.wfile.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)

    def do_GET(self) -> None:
        """Read."""
        user = self.user()
        if self.path == "/openapi.json":
            self.give(200, DOCUMENT)
        elif user is None:
            self.give(401, {"error": "unauthorized"})
        elif self.path == "/sse":
            self.stream()
        elif self.path == "/notes":
            self.give(200, [each for each in self.notes.rows if each["owner"] == user])
        else:
            number = self.path.rsplit("/", 1)[-1]
            found = self.notes.get(int(number)) if number.isdigit() else None
            self.give(200 if found else 404, found or {"error": "not found"})

    def stream(self) -> None:
        """Keep an event stream open."""
        name = uuid.uuid4().hex
        arrived: queue.Queue[str] = queue.Queue()
        self.streams[name] = arrived
        self.wfile.write(b"HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\n\r\n")
        self.wfile.write(f"event: endpoint\ndata: /messages?session={name}\n\n".encode())
        self.close_connection = True
        while True:
            try:
                self.wfile.write(f"event: message\ndata: {arrived.get(timeout=20)}\n\n".encode())
            except (OSError, queue.Empty):
                return

    def do_POST(self) -> None:
        """Write, or answer a message."""
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        user = self.user()
        if user is None:
            self.give(401, {"error": "unauthorized"})
        elif self.path == "/notes":
            self.give(201, self.notes.add(user, body.get("text")))
        elif self.path.startswith("/messages"):
            if "id" in body:
                reply = replied(self.notes, user, body, "2024-11-05")
                self.streams[self.path.partition("=")[2]].put(json.dumps(reply))
            self.give(202, "")
        else:
            self.message(user, body)

    def message(self, user: str, body: dict[str, Any]) -> None:
        """Answer on a session, in an event stream that ends."""
        if body.get("method") == "initialize":
            session = uuid.uuid4().hex
            self.sessions.add(session)
            reply = json.dumps(replied(self.notes, user, body, "2025-06-18"))
            event = f"event: message\ndata: {reply}\n\n"
            self.give(200, event, "text/event-stream", mcp_session_id=session)
        elif self.headers.get("Mcp-Session-Id") not in self.sessions:
            self.give(400, {"error": "no session"})
        elif "id" not in body:
            self.give(202, "")
        else:
            reply = json.dumps(replied(self.notes, user, body, "2025-06-18"))
            self.give(200, f"event: message\ndata: {reply}\n\n", "text/event-stream")


def serve_streams(file: Path) -> None:
    """Serve the standard streams of one user, whose token is in the environment."""
    user = TOKENS[os.environ["NOTES_TOKEN"]]
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message:
            sys.stdout.write(json.dumps(replied(Notes(file), user, message, "2025-06-18")) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1].isdigit():
        ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
    else:
        serve_streams(Path(sys.argv[1]))
