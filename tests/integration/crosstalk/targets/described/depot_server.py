"""A depot over REST, whose operations are reached only by what its answers and refusals show.

`python depot_server.py PORT [LEAK,…]` serves HTTP; users are known by `Bearer t-NAME`. Jobs, parts
and plans are all numbered and called `id`; pages have a history, and go to a bin under another
name; files are called by a path in the query; a kind of job comes from a public list.
"""

from __future__ import annotations

import itertools
import json
import random
import re
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

LEAKS: frozenset[str] = frozenset()
KINDS = {"weld": "Welding", "turn": "Turning", "mill": "Milling"}
TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
jobs: dict[int, dict[str, Any]] = {}
plans: dict[int, dict[str, Any]] = {}
parts: dict[int, dict[str, Any]] = {}
pages: dict[tuple[str, str], dict[str, Any]] = {}
versions: dict[int, dict[str, Any]] = {}
files: dict[tuple[str, str], str] = {}
fresh = itertools.count(1)


class RefusedError(Exception):
    """A request that is refused."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def number() -> int:
    """Give a number that no other object has."""
    return random.randrange(10**6) * 1000 + next(fresh)


def own(table: dict[int, dict[str, Any]], key: str, me: str, leak: str = "") -> dict[str, Any]:
    """Find a row by its number; only its owner does, unless that is the leak."""
    row = table.get(int(key)) if key.isdecimal() else None
    if row is None or (row["owner"] != me and leak not in LEAKS):
        raise RefusedError(404, "nothing has this number")
    return row


def whole(value: Any) -> str:
    """Take a whole number alone, as strict servers do."""
    if not isinstance(value, int):
        raise RefusedError(422, "a whole number, please")
    return str(value)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Leave the owner out."""
    return {name: value for name, value in row.items() if name != "owner"}


def add_job(me: str, _path: list[str], given: dict[str, Any]) -> Any:
    """Store a job of a kind of the list."""
    if given.get("kind") not in KINDS:
        raise RefusedError(422, f"Unknown kind; there are {', '.join(KINDS)}")
    row = {
        "id": number(),
        "owner": me,
        **{each: given[each] for each in ("kind", "title", "remark")},
    }
    jobs[row["id"]] = {**row, "day": given.get("day", "2030-01-01")}
    return shown(row)


def add_plan(me: str, _path: list[str], given: dict[str, Any]) -> Any:
    """Store a plan."""
    row = {"id": number(), "owner": me, "title": given["title"]}
    plans[row["id"]] = row
    return shown(row)


def start(me: str, path: list[str], _given: dict[str, Any]) -> Any:
    """Make a job of a plan."""
    row = {**own(plans, path[1], me, "start"), "id": number(), "owner": me}
    jobs[row["id"]] = row
    return shown(row)


def add_part(me: str, path: list[str], given: dict[str, Any]) -> Any:
    """Store a part of a job."""
    job = own(jobs, path[1], me)
    row = {"id": number(), "owner": me, "job": job["id"], "name": given["name"]}
    parts[row["id"]] = row
    return shown(row)


def move_part(me: str, path: list[str], given: dict[str, Any]) -> Any:
    """Put a part to another job."""
    row = own(parts, path[1], me)
    row["job"] = own(jobs, whole(given.get("job")), me)["id"]
    return shown(row)


def drop_part(me: str, path: list[str], _given: dict[str, Any]) -> Any:
    """Delete a part of a job."""
    job, row = own(jobs, path[1], me), own(parts, path[3], me, "drop-part")
    if row["job"] != job["id"] and "drop-part" not in LEAKS:
        raise RefusedError(404, "nothing has this number")
    del parts[row["id"]]
    return None


def month(me: str, path: list[str], _given: dict[str, Any]) -> Any:
    """Show what a month has."""
    if not re.fullmatch(r"\d{4}-\d{2}", path[1]):
        raise RefusedError(422, "month is written like 2025-03")
    rows = [each for each in jobs.values() if str(each.get("day", "")).startswith(path[1])]
    return [each["title"] for each in rows if each["owner"] == me or "month" in LEAKS]


def add_page(me: str, _path: list[str], given: dict[str, Any]) -> Any:
    """Store a page under a name made of its title."""
    slug = re.sub(r"[^a-z0-9]+", "-", given["title"].lower()).strip("-")
    pages[me, slug] = {"slug": slug, "text": given["text"], "bin": ""}
    keep(me, slug)
    return shown(pages[me, slug])


def keep(me: str, slug: str) -> None:
    """Keep a version of a page."""
    row = {"id": number(), "owner": me, "slug": slug, "text": pages[me, slug]["text"]}
    versions[row["id"]] = row


def page_of(me: str, slug: str) -> dict[str, Any]:
    """Find a page that is not in the bin."""
    if (me, slug) not in pages or pages[me, slug]["bin"]:
        raise RefusedError(404, "no such page")
    return pages[me, slug]


def history(me: str, path: list[str], _given: dict[str, Any]) -> Any:
    """List the versions of a page."""
    page_of(me, path[1])
    mine = [each for each in versions.values() if (each["owner"], each["slug"]) == (me, path[1])]
    return {"slug": path[1], "revisions": [{"id": each["id"]} for each in mine]}


def compare(me: str, path: list[str], given: dict[str, Any]) -> Any:
    """Show two versions."""
    page_of(me, path[1])
    old, new = own(versions, given["old"], me), own(versions, given["new"], me, "compare")
    return f"- {old['text']}\n+ {new['text']}"


def restore(me: str, path: list[str], given: dict[str, Any]) -> Any:
    """Take the text of a version back."""
    page = page_of(me, path[1])
    page["text"] = own(versions, whole(given.get("revision")), me, "restore")["text"]
    return shown(page)


def throw(me: str, path: list[str], _given: dict[str, Any]) -> Any:
    """Put a page into the bin."""
    page_of(me, path[1])["bin"] = f"b-{number():012x}"
    return None


def thrown(me: str, _path: list[str], _given: dict[str, Any]) -> Any:
    """List the bin."""
    mine = [page for (owner, _), page in pages.items() if owner == me and page["bin"]]
    return [{"ref": each["bin"], "slug": each["slug"]} for each in mine]


def back(me: str, path: list[str], _given: dict[str, Any]) -> Any:
    """Take a page out of the bin."""
    for (owner, _), page in pages.items():
        if page["bin"] == path[1] and (owner == me or "back" in LEAKS):
            page["bin"] = ""
            return {"text": page["text"]}
    raise RefusedError(404, "not in the bin")


def put_file(me: str, _path: list[str], given: dict[str, Any]) -> Any:
    """Store a file."""
    files[me, given["path"]] = given["content"]
    return {"path": given["path"]}


def get_file(me: str, _path: list[str], given: dict[str, Any]) -> Any:
    """Show a file."""
    owners = [me, *(owner for owner, _ in files)] if "file" in LEAKS else [me]
    for owner in owners:
        if (owner, given["path"]) in files:
            return files[owner, given["path"]]
    raise RefusedError(404, "no such file")


def find(me: str, _path: list[str], given: dict[str, Any]) -> Any:
    """Find the job or plan with a title."""
    everything = [*jobs.values(), *plans.values()]
    rows = [each for each in everything if each["title"] == given["title"]]
    return [shown(each) for each in rows if each["owner"] == me or "find" in LEAKS]


def listing(table: dict[int, dict[str, Any]]) -> Callable[..., Any]:
    """Return what lists one's own."""
    return lambda me, _path, _given: [
        shown(each) for each in list(table.values()) if each["owner"] == me
    ]


def list_jobs(me: str, _path: list[str], given: dict[str, Any]) -> Any:
    """List the jobs of a worker: one's own, unless that is the leak."""
    wanted = given.get("worker", me)
    mine = [each for each in list(jobs.values()) if each["owner"] == wanted]
    return [shown(each) for each in mine if wanted == me or "worker" in LEAKS]


def mark(me: str, _path: list[str], given: dict[str, Any]) -> Any:
    """Grade several jobs; the leak looks at the first one's owner alone."""
    for place, each in enumerate(given["marks"]):
        row = own(jobs, whole(each["job"]), me, "mark" if place else "")
        row["grade"] = int(each["grade"])
    return {"marked": len(given["marks"])}


def set_name(me: str, _path: list[str], given: dict[str, Any]) -> Any:
    """Set one's public name."""
    return {"worker": me, "nickname": given["nickname"]}


def body(**fields: Any) -> dict[str, Any]:
    """Describe a body."""
    schema = {"type": "object", "properties": fields, "required": list(fields)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def query(*names: str) -> dict[str, Any]:
    """Describe a query."""
    return {
        "parameters": [{"name": n, "in": "query", "required": True, "schema": TEXT} for n in names]
    }


MARK = {
    "type": "object",
    "properties": {"job": NUMBER, "grade": {**NUMBER, "minimum": 1, "maximum": 5}},
    "required": ["job", "grade"],
}
OPTIONAL_WORKER = {"name": "worker", "in": "query", "schema": TEXT}
DAY = {"type": "string", "format": "date"}
ROUTES: tuple[tuple[str, str, Callable[..., Any], dict[str, Any]], ...] = (
    ("GET", "/kinds", lambda *_: KINDS, {}),
    ("GET", "/jobs", list_jobs, {"parameters": [OPTIONAL_WORKER]}),
    ("POST", "/marks", mark, body(marks={"type": "array", "items": MARK, "minItems": 1})),
    ("PUT", "/profile", set_name, body(nickname=TEXT)),
    ("POST", "/jobs", add_job, body(kind=TEXT, title=TEXT, remark=TEXT, day=DAY)),
    ("GET", "/jobs/{id}", lambda me, path, _: shown(own(jobs, path[1], me)), {}),
    ("GET", "/jobs/{id}/parts", lambda me, path, _: parts_of(me, path), {}),
    ("POST", "/jobs/{id}/parts", add_part, body(name=TEXT)),
    ("DELETE", "/jobs/{id}/parts/{partId}", drop_part, {}),
    ("POST", "/parts/{id}/move", move_part, body(job=NUMBER)),
    ("GET", "/plans", listing(plans), {}),
    ("POST", "/plans", add_plan, body(title=TEXT)),
    ("POST", "/plans/{id}/start", start, {}),
    ("GET", "/months/{month}", month, {}),
    ("POST", "/pages", add_page, body(title=TEXT, text=TEXT)),
    ("GET", "/pages/{slug}", lambda me, path, _: shown(page_of(me, path[1])), {}),
    ("DELETE", "/pages/{slug}", throw, {}),
    ("GET", "/pages/{slug}/history", history, {}),
    ("GET", "/pages/{slug}/compare", compare, query("old", "new")),
    ("POST", "/pages/{slug}/restore", restore, body(revision=NUMBER)),
    ("GET", "/bin", thrown, {}),
    ("POST", "/bin/{ref}/back", back, {}),
    ("PUT", "/file", put_file, {**query("path"), **body(content=TEXT)}),
    ("GET", "/file", get_file, query("path")),
    ("GET", "/find", find, query("title")),
)


def parts_of(me: str, path: list[str]) -> Any:
    """List the parts of a job."""
    job = own(jobs, path[1], me)
    return [shown(each) for each in list(parts.values()) if each["job"] == job["id"]]


def document() -> dict[str, Any]:
    """Describe the API."""
    paths: dict[str, dict[str, Any]] = {}
    for method, path, _, more in ROUTES:
        variables = [
            {"name": name, "in": "path", "required": True, "schema": TEXT}
            for name in re.findall(r"{(\w+)}", path)
        ]
        about = {**more, "responses": {"200": {"description": "ok"}}}
        about["parameters"] = [*variables, *more.get("parameters", ())]
        paths.setdefault(path, {})[method.lower()] = about
    scheme = {"type": "http", "scheme": "bearer"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "depot", "version": "1"},
        "components": {"securitySchemes": {"bearer": scheme}},
        "security": [{"bearer": []}],
        "paths": paths,
    }


class Handler(BaseHTTPRequestHandler):
    """Answers requests."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Answer one request."""
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        split = urlsplit(self.path)
        try:
            status, result = 200, self.result(split.path, split.query, raw)
        except RefusedError as refused:
            status, result = refused.status, {"detail": str(refused)}
        except (KeyError, TypeError, ValueError, AttributeError):
            status, result = 400, {"detail": "malformed"}
        data = json.dumps({"done": True} if result is None else result).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def result(self, path: str, asked: str, raw: bytes) -> Any:
        """Find the operation and have it answer."""
        if path == "/openapi.json":
            return document()
        known = re.fullmatch(r"Bearer t-([\w.-]+)", self.headers.get("Authorization", ""))
        if known is None:
            raise RefusedError(401, "who are you?")
        given = {name: values[-1] for name, values in parse_qs(asked).items()}
        given |= json.loads(raw or b"{}")
        for method, template, function, _ in ROUTES:
            pattern = re.sub(r"{\w+}", "[^/]+", template)
            if self.command == method and re.fullmatch(pattern, path):
                return function(
                    known.group(1), [unquote(each) for each in path.split("/")[1:]], given
                )
        raise RefusedError(404, "no such address")

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


if __name__ == "__main__":
    LEAKS = frozenset(each for each in ",".join(sys.argv[2:]).split(",") if each)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
