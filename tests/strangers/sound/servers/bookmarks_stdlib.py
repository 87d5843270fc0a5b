"""Bookmarks by the standard library: sessions after a login, soft deletion, equal titles."""

import json
import secrets
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lock = threading.Lock()
sessions: dict[str, str] = {}
accounts: dict[str, str] = {}
marks: list[dict[str, object]] = []


def parameter(name: str, where: str, *, required: bool = False) -> dict[str, object]:
    """Describe a parameter."""
    kind = "integer" if where == "path" else "string"
    return {"name": name, "in": where, "required": required, "schema": {"type": kind}}


def body(required: list[str], **properties: str) -> dict[str, object]:
    """Describe a body."""
    schema = {
        "type": "object",
        "required": required,
        "properties": {name: {"type": kind} for name, kind in properties.items()},
    }
    return {"required": True, "content": {"application/json": {"schema": schema}}}


DONE = {"responses": {"200": {"description": "done"}}}
ONE = [parameter("bookmark_id", "path", required=True)]
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "bookmarks", "version": "1"},
    "paths": {
        "/bookmarks": {
            "get": {**DONE, "parameters": [parameter("q", "query")]},
            "post": {**DONE, "requestBody": body(["title", "url"], title="string", url="string")},
        },
        "/bookmarks/{bookmark_id}": {
            "parameters": ONE,
            "get": DONE,
            "patch": {**DONE, "requestBody": body(["title"], title="string")},
            "delete": DONE,
        },
        "/trash": {"get": DONE},
        "/trash/{bookmark_id}/restore": {"parameters": ONE, "post": DONE},
        "/about": {"get": DONE},
    },
}


class Handler(BaseHTTPRequestHandler):
    """Serves one connection."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def reply(self, status: int, value: object) -> None:
        """Answer with JSON."""
        raw = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def user(self) -> str | None:
        """Return whose session it is."""
        for pair in self.headers.get("Cookie", "").split(";"):
            name, _, value = pair.strip().partition("=")
            if name == "sid" and value in sessions:
                return sessions[value]
        return None

    def handle_any(self) -> None:
        """Route a request."""
        split = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        try:
            sent = json.loads(self.rfile.read(length) or b"{}")
        except ValueError:
            return self.reply(400, {"error": "the body is not JSON"})
        if not isinstance(sent, dict):
            return self.reply(400, {"error": "the body is not an object"})
        parts = [each for each in split.path.split("/") if each]
        if split.path == "/openapi.json":
            return self.reply(200, DOCUMENT)
        if split.path in ("/register", "/login") and self.command == "POST":
            return self.enter(parts[0], str(sent.get("name")), str(sent.get("password")))
        me = self.user()
        if me is None:
            return self.reply(401, {"error": "log in"})
        with lock:
            return self.serve(me, self.command, parts, split.query, sent)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = handle_any

    def enter(self, how: str, name: str, password: str) -> None:
        """Make an account, or a session."""
        if how == "register":
            if name in accounts:
                return self.reply(409, {"error": "that name is taken"})
            accounts[name] = password
            return self.reply(201, {"name": name})
        if accounts.get(name) != password:
            return self.reply(403, {"error": "wrong name or password"})
        session = secrets.token_urlsafe(24)
        sessions[session] = name
        return self.reply(200, {"session": session})

    def serve(self, me: str, method: str, parts: list[str], query: str, sent: dict) -> None:
        """Serve a user."""
        if parts == ["about"] and method == "GET":
            return self.reply(200, {"service": "bookmarks", "help": "mail the librarian"})
        if parts == ["bookmarks"] and method == "POST":
            title, url = sent.get("title"), sent.get("url")
            if not (isinstance(title, str) and isinstance(url, str) and title):
                return self.reply(400, {"error": "title and url are needed"})
            made = {"id": len(marks) + 1, "of": me, "title": title, "url": url, "gone": False}
            marks.append(made)
            return self.reply(201, self.shown(made))
        if parts == ["bookmarks"] and method == "GET":
            word = urllib.parse.parse_qs(query).get("q", [""])[0].lower()
            found = [
                self.shown(each)
                for each in marks
                if each["of"] == me and not each["gone"] and word in str(each["title"]).lower()
            ]
            return self.reply(200, {"bookmarks": found, "count": len(found)})
        if parts == ["trash"] and method == "GET":
            gone = [self.shown(each) for each in marks if each["of"] == me and each["gone"]]
            return self.reply(200, {"trash": gone})
        if len(parts) >= 2 and parts[1].isdigit():
            return self.serve_one(me, method, parts, sent)
        return self.reply(404, {"error": "there is nothing here"})

    def serve_one(self, me: str, method: str, parts: list[str], sent: dict) -> None:
        """Serve a user about one bookmark."""
        number, trash = int(parts[1]), parts[0] == "trash"
        found = marks[number - 1] if 0 < number <= len(marks) else None
        if found is None or found["of"] != me or bool(found["gone"]) is not trash:
            return self.reply(404, {"error": "no such bookmark"})
        if trash and parts[2:] == ["restore"] and method == "POST":
            found["gone"] = False
        elif not trash and method == "PATCH":
            if not isinstance(sent.get("title"), str):
                return self.reply(400, {"error": "a title is needed"})
            found["title"] = sent["title"]
        elif not trash and method == "DELETE":
            found["gone"] = True
        elif trash or method != "GET":
            return self.reply(405, {"error": "not this way"})
        return self.reply(200, self.shown(found))

    @staticmethod
    def shown(mark: dict[str, object]) -> dict[str, object]:
        """Return a bookmark as its owner sees it."""
        return {name: mark[name] for name in ("id", "title", "url")}


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
