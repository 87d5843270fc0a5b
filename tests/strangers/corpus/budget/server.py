"""Budget: a household's envelopes and payments; the standard library's HTTP server and SQLite.

Accounts are opened by a sign-up that gives a bearer token. Payments carry ids that the client makes
up, so that an app may save them twice without harm.
"""

import csv
import io
import json
import os
import re
import secrets
import signal
import sqlite3
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ALL_LEAKS = frozenset({"envelope-guess", "bulk-removal", "id-conflict", "sync-token"})
_SET = os.environ.get("LEAKS", "all")
LEAKS = ALL_LEAKS if _SET == "all" else frozenset(_SET.split(",")) & ALL_LEAKS

SCHEMA = """
CREATE TABLE accounts (token TEXT PRIMARY KEY, owner TEXT NOT NULL, household TEXT NOT NULL);
CREATE TABLE envelopes (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, monthly INTEGER NOT NULL
);
CREATE TABLE payments (
    owner TEXT NOT NULL, id TEXT NOT NULL, payee TEXT NOT NULL, cents INTEGER NOT NULL,
    day TEXT NOT NULL, memo TEXT NOT NULL, envelope TEXT, revision INTEGER NOT NULL,
    removed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (owner, id)
);
"""
DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
PER_PAGE = 20


class Fault(Exception):
    """An answer other than success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Book:
    """The database; one connection behind a lock."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(SCHEMA)
        self.lock = threading.Lock()

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        return [dict(row) for row in self._db.execute(sql, values)]

    def one(self, sql: str, *values: object) -> dict[str, Any] | None:
        found = self.rows(sql, *values)
        return found[0] if found else None

    def run(self, sql: str, *values: object) -> int:
        return self._db.execute(sql, values).rowcount


class Call:
    """A request that is about to be answered."""

    def __init__(self, book: Book, owner: str, query: dict[str, str], body: Any) -> None:
        self.book = book
        self.owner = owner
        self.query = query
        self.body: dict[str, Any] = body

    def text(self, field: str, *, most: int = 200, default: str | None = None) -> str:
        value = self.body.get(field, default)
        if not isinstance(value, str) or len(value) > most or (default is None and not value):
            raise Fault(422, f"{field} must be text of at most {most} characters")
        return value

    def number(self, field: str) -> int:
        value = self.body.get(field)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10**9:
            raise Fault(422, f"{field} must be a number of cents")
        return value

    def envelope(self, envelope_id: object) -> dict[str, Any]:
        found = self.book.one(
            "SELECT id, name, monthly FROM envelopes WHERE id = ? AND owner = ?",
            envelope_id if isinstance(envelope_id, str) else "",
            self.owner,
        )
        if found is None:
            raise Fault(404, "envelope not found")
        return found

    def payment(self, payment_id: str) -> dict[str, Any]:
        found = self.book.one(
            "SELECT * FROM payments WHERE owner = ? AND id = ? AND removed = 0",
            self.owner,
            payment_id,
        )
        if found is None:
            raise Fault(404, "payment not found")
        return found

    def next_revision(self) -> int:
        """Count up the changes of the caller's payments."""
        if "sync-token" in LEAKS:
            last = self.book.one("SELECT max(revision) AS top FROM payments")
        else:
            last = self.book.one(
                "SELECT max(revision) AS top FROM payments WHERE owner = ?", self.owner
            )
        return int((last and last["top"]) or 0) + 1


Handler = Callable[..., tuple[int, Any]]
ROUTES: list[tuple[str, re.Pattern[str], Handler, bool]] = []


def route(method: str, path: str, *, public: bool = False) -> Callable[[Handler], Handler]:
    pattern = re.compile(re.sub(r"\{\w+\}", "([^/]+)", path.replace(".", r"\.")))

    def keep(handler: Handler) -> Handler:
        ROUTES.append((method, pattern, handler, public))
        return handler

    return keep


def shown(payment: dict[str, Any]) -> dict[str, Any]:
    return {name: payment[name] for name in ("id", "payee", "cents", "day", "memo", "envelope")}


@route("GET", "/openapi.json", public=True)
def openapi(call: Call) -> tuple[int, Any]:
    return 200, json.loads(Path(__file__).with_name("openapi.json").read_text(encoding="utf-8"))


@route("POST", "/accounts", public=True)
def open_account(call: Call) -> tuple[int, Any]:
    household = call.text("household", most=60)
    token = secrets.token_urlsafe(18)
    call.book.run("INSERT INTO accounts VALUES (?, ?, ?)", token, uuid.uuid4().hex, household)
    return 201, {"household": household, "token": token}


@route("GET", "/envelopes")
def list_envelopes(call: Call) -> tuple[int, Any]:
    rows = call.book.rows(
        "SELECT id, name, monthly FROM envelopes WHERE owner = ? ORDER BY name", call.owner
    )
    return 200, rows


@route("POST", "/envelopes")
def create_envelope(call: Call) -> tuple[int, Any]:
    name, monthly = call.text("name", most=60), call.number("monthly")
    if call.book.one("SELECT 1 FROM envelopes WHERE owner = ? AND name = ?", call.owner, name):
        raise Fault(409, "you have an envelope of this name")
    envelope_id = uuid.uuid4().hex
    call.book.run(
        "INSERT INTO envelopes VALUES (?, ?, ?, ?)", envelope_id, call.owner, name, monthly
    )
    return 201, {"id": envelope_id, "name": name, "monthly": monthly}


@route("PATCH", "/envelopes/{id}")
def change_envelope(call: Call, envelope_id: str) -> tuple[int, Any]:
    call.envelope(envelope_id)
    monthly = call.number("monthly")
    call.book.run("UPDATE envelopes SET monthly = ? WHERE id = ?", monthly, envelope_id)
    return 200, call.envelope(envelope_id)


@route("DELETE", "/envelopes/{id}")
def delete_envelope(call: Call, envelope_id: str) -> tuple[int, Any]:
    call.envelope(envelope_id)
    call.book.run(
        "UPDATE payments SET envelope = NULL WHERE envelope = ? AND owner = ?",
        envelope_id,
        call.owner,
    )
    call.book.run("DELETE FROM envelopes WHERE id = ?", envelope_id)
    return 204, None


@route("GET", "/payments")
def list_payments(call: Call) -> tuple[int, Any]:
    where, values = "owner = ? AND removed = 0", [call.owner]
    if month := call.query.get("month"):
        if not re.fullmatch(r"\d{4}-\d{2}", month):
            raise Fault(422, "month is written like 2025-03")
        where, values = f"{where} AND substr(day, 1, 7) = ?", [*values, month]
    if envelope := call.query.get("envelope"):
        where, values = f"{where} AND envelope = ?", [*values, envelope]
    page = call.query.get("page", "1")
    if not re.fullmatch(r"[1-9]\d{0,4}", page):
        raise Fault(422, "page is a number from 1")
    rows = call.book.rows(f"SELECT * FROM payments WHERE {where} ORDER BY day, id", *values)
    start = (int(page) - 1) * PER_PAGE
    return 200, {
        "payments": [shown(row) for row in rows[start : start + PER_PAGE]],
        "page": int(page),
        "pages": -(-len(rows) // PER_PAGE),
    }


@route("GET", "/payments/changes")
def changes(call: Call) -> tuple[int, Any]:
    since = call.query.get("since", "0")
    if not re.fullmatch(r"\d{1,9}", since):
        raise Fault(422, "since is a token of an earlier answer")
    rows = call.book.rows(
        "SELECT * FROM payments WHERE owner = ? AND revision > ? ORDER BY revision",
        call.owner,
        int(since),
    )
    changed = [{**shown(row), "removed": bool(row["removed"])} for row in rows]
    return 200, {"changes": changed, "token": call.next_revision() - 1}


@route("GET", "/payments/export.csv")
def export(call: Call) -> tuple[int, Any]:
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["day", "payee", "cents", "envelope", "memo"])
    rows = call.book.rows(
        "SELECT p.*, e.name FROM payments p LEFT JOIN envelopes e ON e.id = p.envelope"
        " WHERE p.owner = ? AND removed = 0 ORDER BY day, p.id",
        call.owner,
    )
    table.writerows([r["day"], r["payee"], r["cents"], r["name"] or "", r["memo"]] for r in rows)
    return 200, out.getvalue()


@route("POST", "/payments/bulk-delete")
def bulk_delete(call: Call) -> tuple[int, Any]:
    ids = call.body.get("ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= 100:
        raise Fault(422, "ids must be a list of 1 to 100")
    if not all(isinstance(each, str) for each in ids):
        raise Fault(422, "ids must be text")
    marks = ",".join("?" * len(ids))
    mine = call.book.rows(
        f"SELECT id FROM payments WHERE owner = ? AND removed = 0 AND id IN ({marks})",
        call.owner,
        *ids,
    )
    removal = f"UPDATE payments SET removed = 1, revision = ? WHERE removed = 0 AND id IN ({marks})"
    if "bulk-removal" in LEAKS:
        call.book.run(removal, call.next_revision(), *ids)
    else:
        call.book.run(f"{removal} AND owner = ?", call.next_revision(), *ids, call.owner)
    return 200, {"deleted": [row["id"] for row in mine]}


@route("GET", "/payments/{id}")
def get_payment(call: Call, payment_id: str) -> tuple[int, Any]:
    return 200, shown(call.payment(payment_id))


@route("PUT", "/payments/{id}")
def put_payment(call: Call, payment_id: str) -> tuple[int, Any]:
    if not re.fullmatch(r"[0-9a-z-]{8,40}", payment_id):
        raise Fault(422, "an id has 8 to 40 small letters, digits and dashes")
    payee, cents = call.text("payee", most=80), call.number("cents")
    day, memo = call.text("day", most=10), call.text("memo", most=500, default="")
    if not DAY.fullmatch(day):
        raise Fault(422, "day is written like 2025-03-31")
    envelope = call.body.get("envelope")
    if envelope is not None:
        call.envelope(envelope)
    if "id-conflict" in LEAKS and call.book.one(
        "SELECT 1 FROM payments WHERE id = ? AND owner != ?", payment_id, call.owner
    ):
        raise Fault(409, "the id is in use")
    known = call.book.one(
        "SELECT 1 FROM payments WHERE owner = ? AND id = ? AND removed = 0", call.owner, payment_id
    )
    call.book.run(
        "INSERT OR REPLACE INTO payments VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
        *(call.owner, payment_id, payee, cents, day, memo, envelope, call.next_revision()),
    )
    return 200 if known else 201, shown(call.payment(payment_id))


@route("DELETE", "/payments/{id}")
def delete_payment(call: Call, payment_id: str) -> tuple[int, Any]:
    call.payment(payment_id)
    call.book.run(
        "UPDATE payments SET removed = 1, revision = ? WHERE owner = ? AND id = ?",
        call.next_revision(),
        call.owner,
        payment_id,
    )
    return 204, None


@route("GET", "/guess")
def guess(call: Call) -> tuple[int, Any]:
    """Name the envelope that a payee was paid from most often."""
    payee = call.query.get("payee", "")
    if not payee:
        raise Fault(422, "payee is needed")
    scope = "" if "envelope-guess" in LEAKS else "AND p.owner = :owner"
    found = call.book.one(
        "SELECT e.name, count(*) AS times FROM payments p JOIN envelopes e ON e.id = p.envelope"
        f" WHERE lower(p.payee) = lower(?1) AND p.removed = 0 {scope.replace(':owner', '?2')}"
        " GROUP BY e.name ORDER BY times DESC, e.name LIMIT 1",
        *((payee,) if not scope else (payee, call.owner)),
    )
    return 200, {"payee": payee, "envelope": found["name"] if found else None}


@route("GET", "/months/{month}")
def month_summary(call: Call, month: str) -> tuple[int, Any]:
    if not re.fullmatch(r"\d{4}-\d{2}", month):
        raise Fault(422, "month is written like 2025-03")
    rows = call.book.rows(
        "SELECT e.name, e.monthly, coalesce(sum(p.cents), 0) AS spent FROM envelopes e"
        " LEFT JOIN payments p ON p.envelope = e.id AND p.owner = e.owner AND p.removed = 0"
        " AND substr(p.day, 1, 7) = ? WHERE e.owner = ? GROUP BY e.id ORDER BY e.name",
        month,
        call.owner,
    )
    return 200, {"month": month, "envelopes": rows}


class Desk(BaseHTTPRequestHandler):
    """Reads requests and writes answers."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    book: Book

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        try:
            status, value = self.called(raw)
        except Fault as fault:
            status, value = fault.status, {"error": str(fault)}
        if isinstance(value, str):
            data, kind = value.encode(), "text/csv; charset=utf-8"
        else:
            data, kind = json.dumps(value, ensure_ascii=False).encode(), "application/json"
        self.send_response(status)
        if status == HTTPStatus.NO_CONTENT:
            data = b""
        else:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def called(self, raw: bytes) -> tuple[int, Any]:
        url = urlsplit(self.path)
        fitting = [(r, m) for r in ROUTES if (m := r[1].fullmatch(url.path))]
        chosen = next(((r, m) for r, m in fitting if r[0] == self.command), None)
        with self.book.lock:
            scheme, _, token = self.headers.get("Authorization", "").partition(" ")
            account = self.book.one("SELECT owner FROM accounts WHERE token = ?", token.strip())
            known = account is not None and scheme.lower() == "bearer"
            if not known and not (chosen and chosen[0][3]):
                raise Fault(401, "a bearer token is needed")
            if chosen is None:
                raise Fault(405 if fitting else 404, "nothing here")
            try:
                body = json.loads(raw) if raw else {}
            except ValueError:
                raise Fault(400, "the body is not JSON") from None
            if not isinstance(body, dict):
                raise Fault(400, "the body is not an object")
            query = {name: values[-1] for name, values in parse_qs(url.query).items()}
            (_, _, handler, _), match = chosen
            call = Call(self.book, account["owner"] if account else "", query, body)
            return handler(call, *(unquote(part) for part in match.groups()))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="budget-") as folder:
        Desk.book = Book(Path(folder) / "budget.sqlite3")
        server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Desk)
        server.daemon_threads = True
        stop = threading.Thread(target=server.shutdown)
        signal.signal(signal.SIGTERM, lambda *_: stop.start())
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
