"""A small server of notes in every form that servers have, for the campaign to be tried on.

Standard library alone, so that it starts in a tenth of a second. It is written as people write such
servers, and each of its forms exists with the leak and without: `--leak list` shows every user's
notes in a listing, `--leak get` reads any note, `--leak delete` deletes any, `--leak key` keeps one
note a key for all users, `--leak trust` believes a token without checking it. With `--resources`
the notes are resources too, with a prompt and completions; `--leak resource`, `resource-list`,
`index`, `prompt` and `completion` show every user's there. `--leak description`, `instructions` and
`debug` show the latest note in a tool's description, in the greeting and at /debug. Each call takes
`--delay` seconds.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import itertools
import json
import queue
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = b"a secret that only tests know, long enough"


class Refused(Exception):
    """A call that is answered with an error; the message says which."""


class Notes:
    """The notes and who may have them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.ids = options.ids
        self.leak = options.leak
        self.rows: list[dict[str, Any]] = []
        self.counter = itertools.count(1)

    def add(self, user: str, title: str, body: str = "") -> dict[str, Any]:
        row = {"id": self._new_id(user), "title": title, "body": body, "owner": user}
        self.rows.append(row)
        return shown(row)

    def put(self, user: str, key: str, value: str) -> dict[str, Any]:
        everybody = self.leak == "key"
        for row in self.rows:
            if row["id"] == key and (everybody or row["owner"] == user):
                row["body"] = value
                return {"stored": key}
        self.rows.append({"id": key, "title": "", "body": value, "owner": user})
        return {"stored": key}

    def listing(self, user: str) -> list[dict[str, Any]]:
        return [shown(row) for row in self.rows if self.leak == "list" or row["owner"] == user]

    def search(self, user: str, query: str) -> list[dict[str, Any]]:
        return [row for row in self.listing(user) if query in row["title"] + row["body"]]

    def get(self, user: str, identifier: Any) -> dict[str, Any]:
        return shown(self._own(user, identifier, self.leak in ("get", "key")))

    def update(self, user: str, identifier: Any, title: str) -> dict[str, Any]:
        row = self._own(user, identifier, self.leak == "update")
        row["title"] = title
        return shown(row)

    def delete(self, user: str, identifier: Any) -> dict[str, Any]:
        row = self._own(user, identifier, self.leak == "delete")
        self.rows.remove(row)
        return {"deleted": row["id"]}

    def _own(self, user: str, identifier: Any, anybodys: bool) -> dict[str, Any]:
        for row in self.rows:
            if str(row["id"]) == str(identifier) and (anybodys or row["owner"] == user):
                return row
        raise Refused("note not found")

    def _new_id(self, user: str) -> Any:
        if self.ids == "sequence":
            return next(self.counter)
        if self.ids == "per-user":
            return 1 + sum(row["owner"] == user for row in self.rows)
        return str(uuid.uuid4())


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A note without its owner."""
    return {key: value for key, value in row.items() if key != "owner"}


TEXT = {"type": "string"}


def tools(options: argparse.Namespace) -> list[dict[str, Any]]:
    """What the server lists; without annotations, as most servers."""
    identifier = TEXT if options.ids == "uuid" else {"type": "integer"}
    if options.ids == "key":
        forms: dict[str, dict[str, Any]] = {
            "put_note": {"key": TEXT, "value": TEXT},
            "get_note": {"key": TEXT},
            "delete_note": {"key": TEXT},
            "list_notes": {},
        }
    else:
        forms = {
            "add_note": {"title": TEXT, "body": TEXT},
            "list_notes": {},
            "search_notes": {"query": TEXT},
            "get_note": {"note_id": identifier},
            "update_note": {"note_id": identifier, "title": TEXT},
            "delete_note": {"note_id": identifier},
        }
    found = []
    for name, own in forms.items():
        properties: dict[str, Any] = dict(own)
        required = [each for each in own if each != "body"]
        if options.identity in ("argument", "optional-argument"):
            properties = {"user_id": TEXT, **properties}
            required += ["user_id"] if options.identity == "argument" else []
        if options.identity in ("token-argument", "login"):
            properties = {"token": TEXT, **properties}
            required.append("token")
        schema: dict[str, Any] = {
            "type": "object",
            "properties": properties,
            "required": required,
        }
        if options.nested:
            schema = {
                "type": "object",
                "properties": {"params": {"$ref": "#/$defs/Params"}},
                "required": ["params"],
                "$defs": {"Params": schema},
            }
        found.append({"name": name, "description": name, "inputSchema": schema})
    if options.identity == "login":
        account = {"username": TEXT, "password": TEXT}
        for name in ("register", "login"):
            schema = {"type": "object", "properties": account, "required": list(account)}
            found.append({"name": name, "description": name, "inputSchema": schema})
    return found


class Server:
    """JSON-RPC for one store of notes."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.notes = Notes(options)
        self.accounts: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    def answer(self, message: dict[str, Any], who: str | None) -> dict[str, Any] | None:
        """The reply to one message; None for a notification."""
        if "id" not in message:
            return None
        method, params = message.get("method"), message.get("params") or {}
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": message["id"]}
        if method == "initialize":
            revision = params.get("protocolVersion", "2025-06-18")
            about = {"name": "notes", "version": "1"}
            more: dict[str, Any] = {"resources": {}, "prompts": {}, "completions": {}}
            capabilities: dict[str, Any] = {"tools": {}, **(more if self.options.resources else {})}
            return {
                **reply,
                "result": {
                    "protocolVersion": revision,
                    "capabilities": capabilities,
                    "serverInfo": about,
                    "instructions": f"Keep notes. {self.latest('instructions')}",
                },
            }
        if method == "tools/list":
            listed = tools(self.options)
            listed[0]["description"] += f" {self.latest('description')}"
            return {**reply, "result": {"tools": listed}}
        if method == "tools/call":
            time.sleep(self.options.delay)
            try:
                result = self.call(params["name"], dict(params.get("arguments") or {}), who)
            except Refused as error:
                return {**reply, "result": self.refusal(str(error))}
            except (KeyError, TypeError, AttributeError) as error:
                return {**reply, "result": self.refusal(f"validation error: {error!r}")}
            return {**reply, "result": result}
        if self.options.resources and who is not None:
            found = self.resource(str(method), params, who)
            if found is not None:
                return {**reply, **found}
        return {**reply, "error": {"code": -32601, "message": "Method not found"}}

    def latest(self, leak: str) -> str:
        """The latest note of any user, where that is leaked; a sentence otherwise."""
        rows = self.notes.rows if self.options.leak == leak else []
        return f"Latest: {rows[-1]['title']}" if rows else "Nothing is shared."

    def resource(self, method: str, params: dict[str, Any], who: str) -> dict[str, Any] | None:
        """The answer about resources, prompts and completions; None for another method."""
        leak, notes = self.options.leak, self.notes
        mine = [row for row in notes.rows if row["owner"] == who]

        def rows(name: str) -> list[dict[str, Any]]:
            return notes.rows if leak == name else mine

        def text(value: Any) -> str:
            return json.dumps(value)

        if method == "resources/list":
            listed = [{"uri": f"note://one/{row['id']}"} for row in rows("resource-list")]
            return {"result": {"resources": [{"uri": "note://index"}, *listed]}}
        if method == "resources/templates/list":
            return {"result": {"resourceTemplates": [{"uriTemplate": "note://one/{note_id}"}]}}
        if method == "resources/read":
            uri = str(params.get("uri"))
            if uri == "note://index":
                found = [row["title"] for row in rows("index")]
                return {"result": {"contents": [{"uri": uri, "text": text(found)}]}}
            for row in rows("resource"):
                if uri == f"note://one/{row['id']}":
                    return {"result": {"contents": [{"uri": uri, "text": text(shown(row))}]}}
            return {"error": {"code": -32002, "message": "Resource not found"}}
        if method == "prompts/list":
            return {"result": {"prompts": [{"name": "digest"}]}}
        if method == "prompts/get":
            said = text([row["title"] for row in rows("prompt")])
            content = {"type": "text", "text": said}
            return {"result": {"messages": [{"role": "user", "content": content}]}}
        if method == "completion/complete":
            begun = str(params["argument"]["value"])
            values = [str(row["id"]) for row in rows("completion")]
            fitting = [each for each in values if each.startswith(begun)]
            return {"result": {"completion": {"values": fitting[-100:]}}}
        return None

    def call(self, name: str, arguments: dict[str, Any], who: str | None) -> dict[str, Any]:
        if self.options.nested:
            arguments = dict(arguments["params"])
        if name == "register":
            if arguments["username"] in self.accounts:
                raise Refused("username is taken")
            self.accounts[arguments["username"]] = arguments["password"]
            return self.content("ok")
        if name == "login":
            if self.accounts.get(arguments["username"]) != arguments["password"]:
                raise Refused("unauthorized")
            token = uuid.uuid4().hex
            self.tokens[token] = arguments["username"]
            return self.content({"access_token": token})
        user = self.user(arguments, who)
        verb = name.split("_")[0].replace("list", "listing")
        if "key" in arguments and verb != "put":
            arguments["identifier"] = arguments.pop("key")
        if "note_id" in arguments:
            arguments["identifier"] = arguments.pop("note_id")
        return self.content(getattr(self.notes, verb)(user, **arguments))

    def user(self, arguments: dict[str, Any], who: str | None) -> str:
        """Whose data is meant."""
        identity = self.options.identity
        if identity in ("argument", "optional-argument"):
            named = arguments.pop("user_id", None)
            return str(named or "default")
        if identity == "token-argument":
            return verified(arguments.pop("token", None), self.options.leak == "trust")
        if identity == "login":
            token = arguments.pop("token", None)
            if token not in self.tokens:
                raise Refused("invalid token")
            return self.tokens[token]
        if who is None:
            raise Refused("unauthorized")
        return who

    def content(self, value: Any) -> dict[str, Any]:
        form = self.options.replies
        if form == "rows" and isinstance(value, list):
            return {"content": [{"type": "text", "text": json.dumps(row)} for row in value]}
        text = json.dumps(value)
        if form == "double":
            text = json.dumps(text)
        if form == "prose":
            text = f"Here is what I found:\n{text}\nAnything else?"
        if form == "sentences":
            rows = value if isinstance(value, list) else [value]
            text = "\n".join(
                f"Note (ID: {row['id']}): {row.get('title', '')} {row.get('body', '')}"
                if isinstance(row, dict) and "id" in row
                else json.dumps(row)
                for row in rows
            )
        return {"content": [{"type": "text", "text": text or "Nothing yet."}]}

    def refusal(self, message: str) -> dict[str, Any]:
        form = self.options.errors
        if form == "flag":
            return {"isError": True, "content": [{"type": "text", "text": message}]}
        if form == "inside":
            error = {"jsonrpc": "2.0", "error": {"code": -32000, "message": message}}
            return {"content": [{"type": "text", "text": json.dumps(error)}]}
        return {"content": [{"type": "text", "text": f"Error: {message}"}]}


def verified(token: Any, trusting: bool) -> str:
    """The subject of a token (HS256)."""
    try:
        header, payload, signature = str(token).split(".")
        claims = json.loads(unb64(payload))
        expected = hmac.new(SECRET, f"{header}.{payload}".encode(), hashlib.sha256).digest()
        if not trusting and not hmac.compare_digest(expected, unb64(signature)):
            raise Refused("invalid token")
        if not trusting and claims["exp"] < __import__("time").time():
            raise Refused("token expired")
        return str(claims["sub"])
    except (ValueError, KeyError):
        raise Refused("invalid token") from None


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def handler(server: Server) -> type[BaseHTTPRequestHandler]:
    options = server.options
    sessions: dict[str, str | None] = {}
    streams: dict[str, queue.Queue[str]] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            # Small answers wait for nobody.
            self.connection.setsockopt(6, 1, 1)

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

        def who(self) -> str | None:
            if options.identity == "bearer":
                token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
                try:
                    return verified(token, options.leak == "trust")
                except Refused:
                    return None
            if options.identity == "header":
                return self.headers.get("X-User-Id")
            if options.identity == "url":
                return self.path.strip("/").split("/")[0]
            if options.identity == "session":
                return self.headers.get("Mcp-Session-Id") if options.leak != "session" else "all"
            return "somebody"

        def do_GET(self) -> None:
            if self.path == "/debug":
                self.say(200, server.latest("debug").encode())
                return
            if options.transport != "sse" or self.path != "/sse":
                self.say(405 if self.path == "/mcp" else 404, b"")
                return
            if options.identity == "bearer" and self.who() is None:
                self.say(401, b'{"error": "unauthorized"}')
                return
            name = uuid.uuid4().hex
            streams[name] = queue.Queue()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            # Whoever reads sees when it ends.
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(f"event: endpoint\ndata: /messages?session={name}\n\n".encode())
            while True:
                try:
                    text = streams[name].get(timeout=30)
                    self.wfile.write(f"event: message\ndata: {text}\n\n".encode())
                    self.wfile.flush()
                except (queue.Empty, OSError):
                    return

        def do_DELETE(self) -> None:
            self.say(200, b"")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            message = json.loads(self.rfile.read(length))
            who = self.who()
            if options.identity == "bearer" and who is None:
                self.say(401, b'{"error": "unauthorized"}')
                return
            if options.transport == "sse":
                name = self.path.partition("session=")[2]
                reply = server.answer(message, who)
                if reply is not None:
                    streams[name].put(json.dumps(reply))
                self.say(202, b"")
                return
            headers = {}
            if options.transport == "stateful":
                if message.get("method") == "initialize":
                    headers["Mcp-Session-Id"] = uuid.uuid4().hex
                    sessions[headers["Mcp-Session-Id"]] = who
                elif self.headers.get("Mcp-Session-Id") not in sessions:
                    self.say(404, b'{"error": "no such session"}')
                    return
                elif options.leak == "session-owner":
                    who = sessions[str(self.headers.get("Mcp-Session-Id"))]
            reply = server.answer(message, who)
            if reply is None:
                self.say(202, b"")
            elif options.stream:
                text = f"event: message\ndata: {json.dumps(reply)}\n\n"
                self.say(200, text.encode(), {**headers, "Content-Type": "text/event-stream"})
            else:
                self.say(200, json.dumps(reply).encode(), headers)

        def say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def serve_lines(server: Server, who: str | None) -> None:
    """Standard streams, a message a line."""
    print("notes server ready")
    lock = threading.Lock()
    for line in sys.stdin:
        reply = server.answer(json.loads(line), who)
        if reply is not None:
            with lock:
                print(json.dumps(reply), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--transport", default="current")
    parser.add_argument("--identity", default="argument")
    parser.add_argument("--ids", default="uuid")
    parser.add_argument("--replies", default="json")
    parser.add_argument("--errors", default="flag")
    parser.add_argument("--leak", default="")
    parser.add_argument("--nested", action="store_true")
    parser.add_argument("--stream", action="store_true")
    parser.add_argument("--resources", action="store_true")
    parser.add_argument("--delay", type=float, default=0.0)
    options = parser.parse_args()
    server = Server(options)
    if options.transport == "stdio":
        serve_lines(server, "somebody")
        return
    listener = ThreadingHTTPServer(("127.0.0.1", options.port), handler(server))
    listener.daemon_threads = True
    listener.serve_forever()


if __name__ == "__main__":
    main()
