"""File vault on nothing but the standard library: files by path, stored once for equal contents."""

import hashlib
import json
import os
import posixpath
import re
import secrets
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LEAKS = {
    "dot-dot": True,
    "known-hash": True,
    "blob-gone": True,
    "space-left": True,
}
if os.environ.get("LEAKS", "all") != "all":
    LEAKS = {leak: leak in os.environ["LEAKS"].split(",") for leak in LEAKS}

CAPACITY = 50_000_000
lock = threading.RLock()
members = {}  # token -> name
blobs = {}  # sha256 -> bytes
files = {}  # "name/path" -> {"sha256", "size", "saved", "tags"}


class Problem(Exception):
    def __init__(self, status, title):
        self.status, self.title = status, title


def clean_path(path):
    parts = path.split("/")
    if not path or len(path) > 200 or any(part in ("", ".", "..") for part in parts):
        raise Problem(400, "a path is like folder/name.txt, without dots or empty parts")
    return path


def key_of(name, path):
    return f"{name}/{clean_path(path)}"


def owned(name):
    return {key: meta for key, meta in files.items() if key.startswith(name + "/")}


def listed(key, meta):
    return {"path": key.partition("/")[2], **meta}


def collect(sha256, name):
    """Drops contents that no file refers to any more."""
    users = owned(name) if LEAKS["blob-gone"] else files
    if not any(meta["sha256"] == sha256 for meta in users.values()):
        blobs.pop(sha256, None)


def sign_up(_name, _query, given):
    name = given.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9]{2,23}", name):
        raise Problem(422, "name is 3 to 24 lower-case letters and digits")
    if name in members.values():
        raise Problem(409, "this name is taken")
    token = "box_" + secrets.token_hex(12)
    members[token] = name
    return 201, {"name": name, "token": token}


def store(name, query, given):
    key = key_of(name, query.get("path", ""))
    text = given.get("content")
    if not isinstance(text, str) or len(text) > 100_000:
        raise Problem(422, "content is a text of up to 100000 characters")
    tags = given.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise Problem(422, "tags is a list of words")
    data = text.encode()
    sha256 = hashlib.sha256(data).hexdigest()
    before = files.get(key)
    blobs[sha256] = data
    files[key] = {"sha256": sha256, "size": len(data), "saved": int(time.time()), "tags": tags}
    if before and before["sha256"] != sha256:
        collect(before["sha256"], name)
    return 200 if before else 201, listed(key, files[key])


def index(name, query, _given):
    rows = [listed(key, meta) for key, meta in sorted(owned(name).items())]
    folder, tag = query.get("folder"), query.get("tag")
    if folder:
        rows = [row for row in rows if row["path"].startswith(folder.rstrip("/") + "/")]
    if tag:
        rows = [row for row in rows if tag in row["tags"]]
    return 200, {"files": rows, "count": len(rows)}


def content(name, query, _given):
    if LEAKS["dot-dot"]:
        key = posixpath.normpath(posixpath.join(name, query.get("path", "")))
    else:
        key = key_of(name, query.get("path", ""))
    if key not in files:
        raise Problem(404, "no such file")
    data = blobs.get(files[key]["sha256"])
    if data is None:
        raise Problem(410, "the contents of this file are gone")
    return 200, data


def remove(name, query, _given):
    key = key_of(name, query.get("path", ""))
    if key not in files:
        raise Problem(404, "no such file")
    meta = files.pop(key)
    collect(meta["sha256"], name)
    return 204, None


def move(name, _query, given):
    old, new = (key_of(name, str(given.get(end, ""))) for end in ("from", "to"))
    if old not in files:
        raise Problem(404, "no such file")
    if new in files:
        raise Problem(409, "there is a file at the new path")
    files[new] = files.pop(old)
    return 200, listed(new, files[new])


def check_upload(name, _query, given):
    """Lets a client skip the upload of what it stored before."""
    sha256 = str(given.get("sha256", ""))
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise Problem(422, "sha256 is 64 hexadecimal digits")
    among = files if LEAKS["known-hash"] else owned(name)
    return 200, {"needed": not any(meta["sha256"] == sha256 for meta in among.values())}


def usage(name, _query, _given):
    mine = owned(name)
    used = sum(meta["size"] for meta in mine.values())
    counted = sum(map(len, blobs.values())) if LEAKS["space-left"] else used
    return 200, {"files": len(mine), "used": used, "left": CAPACITY - counted}


ROUTES = {
    ("POST", "/signup"): sign_up,
    ("GET", "/files"): index,
    ("PUT", "/file"): store,
    ("GET", "/file"): content,
    ("DELETE", "/file"): remove,
    ("POST", "/move"): move,
    ("POST", "/uploads/check"): check_upload,
    ("GET", "/usage"): usage,
}
WORD = {"type": "string"}


def document():
    def query(*names, required=True):
        return [{"name": n, "in": "query", "required": required, "schema": WORD} for n in names]

    def body(required, **fields):
        schema = {"type": "object", "required": required, "properties": fields}
        return {"required": True, "content": {"application/json": {"schema": schema}}}

    tags = {"type": "array", "items": WORD}
    digest = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    extra = {
        sign_up: {"requestBody": body(["name"], name=WORD), "security": []},
        index: {"parameters": query("folder", "tag", required=False)},
        store: {
            "parameters": query("path"),
            "requestBody": body(["content"], content=WORD, tags=tags),
        },
        content: {"parameters": query("path")},
        remove: {"parameters": query("path")},
        move: {"requestBody": body(["from", "to"], **{"from": WORD, "to": WORD})},
        check_upload: {"requestBody": body(["sha256"], sha256=digest)},
    }
    paths = {}
    for (method, path), function in ROUTES.items():
        told = {"operationId": function.__name__, "responses": {"200": {"description": "ok"}}}
        paths.setdefault(path, {})[method.lower()] = told | extra.get(function, {})
    header = {"type": "apiKey", "in": "header", "name": "X-Box-Token"}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Strongbox", "version": "1"},
        "components": {"securitySchemes": {"token": header}},
        "security": [{"token": []}],
        "paths": paths,
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        try:
            if url.path == "/openapi.json":
                status, result = 200, document()
            else:
                status, result = self.routed(url.path, query, raw)
        except Problem as problem:
            status, result = problem.status, {"title": problem.title, "status": problem.status}
        kind = "text/plain; charset=utf-8"
        if not isinstance(result, bytes | None):
            result, kind = json.dumps(result).encode(), "application/json"
        self.send_response(status)
        if result is not None:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(result)))
        self.end_headers()
        self.wfile.write(result or b"")

    def routed(self, path, query, raw):
        function = ROUTES.get((self.command, path))
        if function is None:
            raise Problem(404, "no such address")
        name = members.get(self.headers.get("X-Box-Token", ""))
        if name is None and function is not sign_up:
            raise Problem(401, "X-Box-Token is missing or unknown")
        try:
            given = json.loads(raw or b"{}")
        except ValueError:
            raise Problem(400, "the body is not JSON")
        if not isinstance(given, dict):
            raise Problem(400, "the body is not an object")
        with lock:
            return function(name, query, given)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_args):
        pass


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.daemon_threads = True
    server.serve_forever()
