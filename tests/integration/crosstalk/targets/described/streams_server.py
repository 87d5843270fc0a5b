"""A small server of notes with sessions, standing streams, resumption and long tasks.

Written with the standard library and served in a thread of the test. Each leak is one of `LEAKS`;
without any, every stream, event and task is its owner's alone.
"""

from __future__ import annotations

import itertools
import json
import queue
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LEAKS = ("broadcast", "resume", "stream-owner", "task", "task-list", "task-cancel")
TOKENS = {f"token-of-{name}": name for name in ("alice", "bob", "carol")}
_TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
_TASKS: dict[str, Any] = {"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}}


@dataclass(slots=True)
class Session:
    """A session: whose it is, and what waits to be sent on its stream."""

    user: str
    waiting: queue.Queue[str] = field(default_factory=queue.Queue)


class Server:
    """Notes of several users."""

    def __init__(self, leak: str, *, tasks: bool) -> None:
        self.leak = leak
        self.tasks_offered = tasks
        self.notes: list[tuple[str, str]] = []
        self.sessions: dict[str, Session] = {}
        # Event id to stream, owner and message, in the order in which they were sent.
        self.events: dict[str, tuple[str, str, str]] = {}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.numbers = itertools.count(1)

    def event(self, stream: str, owner: str, message: str) -> str:
        """Keep a message of a stream; return it as an event."""
        identifier = uuid.uuid4().hex
        self.events[identifier] = (stream, owner, message)
        return f"id: {identifier}\ndata: {message}\n\n"

    def after(self, identifier: str, user: str) -> str:
        """The events of a stream after one of them, for its owner."""
        stream, owner, _ = self.events.get(identifier, ("", "", ""))
        if owner != user and self.leak != "resume":
            return ""
        found, passed = "", False
        for each, (name, _, message) in list(self.events.items()):
            if passed and name == stream:
                found += f"id: {each}\ndata: {message}\n\n"
            passed = passed or each == identifier
        return found

    def answer(self, message: dict[str, Any], user: str) -> dict[str, Any]:
        """The reply to a request."""
        params = message.get("params") or {}
        found = self.result(str(message["method"]), params, user)
        key = "error" if "code" in found else "result"
        return {"jsonrpc": "2.0", "id": message["id"], key: found}

    def result(self, method: str, params: dict[str, Any], user: str) -> dict[str, Any]:
        if method == "initialize":
            capabilities: dict[str, Any] = {"tools": {}, "logging": {}}
            if self.tasks_offered:
                capabilities["tasks"] = _TASKS
            return {
                "protocolVersion": params["protocolVersion"],
                "capabilities": capabilities,
                "serverInfo": {"name": "notes", "version": "1"},
            }
        if method == "tools/list":
            return {"tools": self.listing()}
        if method == "tools/call":
            return self.call(params, user)
        if method == "logging/setLevel":
            return {}
        if method.startswith("tasks/") and self.tasks_offered:
            return self.task(method, params, user)
        return {"code": -32601, "message": "Method not found"}

    def listing(self) -> list[dict[str, Any]]:
        empty = {"type": "object", "properties": {}}
        found: list[dict[str, Any]] = [
            {"name": "add_note", "inputSchema": _TEXT},
            {"name": "list_notes", "inputSchema": empty},
        ]
        if self.tasks_offered:
            how = {"taskSupport": "required"}
            found.append({"name": "export_notes", "inputSchema": empty, "execution": how})
        return found

    def call(self, params: dict[str, Any], user: str) -> dict[str, Any]:
        name, arguments = params["name"], params.get("arguments") or {}
        mine = [text for owner, text in self.notes if owner == user]
        if name == "add_note":
            if not isinstance(arguments.get("text"), str):
                return _content("Error: text is required", error=True)
            self.notes.append((user, arguments["text"]))
            self.say(user, f"stored {arguments['text']}")
            return _content("stored")
        if name == "list_notes":
            return _content(json.dumps(mine))
        if "task" not in params:
            return {"code": -32601, "message": "export_notes runs as a task"}
        task: dict[str, Any] = {"taskId": uuid.uuid4().hex, "status": "working", "pollInterval": 10}
        self.tasks[task["taskId"]] = {**task, "owner": user, "notes": mine, "looks": 0}
        return {"task": task}

    def task(self, method: str, params: dict[str, Any], user: str) -> dict[str, Any]:
        if method == "tasks/list":
            own = [
                each
                for each in self.tasks.values()
                if each["owner"] == user or self.leak == "task-list"
            ]
            return {"tasks": [_task(each) for each in own]}
        found = self.tasks.get(str(params.get("taskId")))
        open_to_all = {"tasks/result": "task", "tasks/cancel": "task-cancel"}.get(method)
        if found is None or (found["owner"] != user and self.leak != open_to_all):
            return {"code": -32602, "message": "no such task"}
        if method == "tasks/cancel":
            found["status"] = "cancelled"
            found["notes"] = []
            return _task(found)
        found["looks"] += 1
        if found["status"] == "working" and found["looks"] > 1:
            found["status"] = "completed"
        if method == "tasks/get":
            return _task(found)
        return _content(json.dumps(found["notes"]))

    def say(self, user: str, text: str) -> None:
        """Send a log message to the user's streams; to every user's where that is the leak."""
        log = {"method": "notifications/message", "params": {"level": "info", "data": text}}
        message = json.dumps({"jsonrpc": "2.0", **log})
        for name, session in list(self.sessions.items()):
            if session.user == user or self.leak == "broadcast":
                session.waiting.put(self.event(name, session.user, message))


def _content(text: str, *, error: bool = False) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": error}


def _task(found: dict[str, Any]) -> dict[str, Any]:
    return {"taskId": found["taskId"], "status": found["status"], "pollInterval": 10}


@contextmanager
def streaming(leak: str = "", *, tasks: bool = False) -> Iterator[str]:
    """Serve notes with one leak or none; gives the endpoint."""
    server = Server(leak, tasks=tasks)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            self.connection.setsockopt(6, 1, 1)

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

        def user(self) -> str | None:
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            return TOKENS.get(token)

        def session(self, user: str) -> Session | None:
            """The caller's session; of any user where that is the leak."""
            found = server.sessions.get(str(self.headers.get("Mcp-Session-Id")))
            if found is not None and found.user != user and server.leak != "stream-owner":
                return None
            return found

        def say(
            self, status: int, body: bytes, kind: str = "application/json", **more: str
        ) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in more.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            user = self.user()
            if user is None:
                self.say(401, b'{"error": "invalid_token"}')
                return
            if message.get("method") == "initialize":
                name = uuid.uuid4().hex
                server.sessions[name] = Session(user)
                reply = json.dumps(server.answer(message, user)).encode()
                self.say(200, reply, Mcp_Session_Id=name)
                return
            if self.session(user) is None:
                self.say(404, b'{"error": "no such session"}')
                return
            if "id" not in message:
                self.say(202, b"")
                return
            # A first event without data, by which the stream can be resumed, and then the reply.
            stream = uuid.uuid4().hex
            begun = server.event(stream, user, "")
            text = begun + server.event(stream, user, json.dumps(server.answer(message, user)))
            self.say(200, text.encode(), "text/event-stream")

        def do_GET(self) -> None:
            user = self.user()
            session = self.session(user) if user is not None else None
            if user is None or session is None:
                self.say(401 if user is None else 404, b"{}")
                return
            after = self.headers.get("Last-Event-ID")
            if after is not None:
                self.say(200, server.after(after, user).encode(), "text/event-stream")
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            while True:
                try:
                    self.wfile.write(session.waiting.get(timeout=20).encode())
                except (queue.Empty, OSError):
                    return

        def do_DELETE(self) -> None:
            server.sessions.pop(str(self.headers.get("Mcp-Session-Id")), None)
            self.say(200, b"{}")

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that has gone away is nothing to tell of."""

    listener = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}/mcp"
    finally:
        listener.shutdown()
        listener.server_close()
