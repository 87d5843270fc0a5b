"""Oralhist: an archive of oral-history interviews, with their segments, a trash, exports and idempotency keys.

FastAPI on a temporary SQLite file. Everything is of one archivist alone.
"""

import base64
import hashlib
import json
import os
import secrets
import sqlite3
import sys
import tempfile
import threading
import time
import uuid
from typing import Annotated, Any

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

NAMES = ("idempotency-shared", "export-any", "trash-everyone", "restore-state")
wanted = os.environ.get("LEAKS", "all")
LEAKS = set(NAMES) if wanted == "all" else set(wanted.split(","))

file = os.path.join(tempfile.mkdtemp(prefix="oralhist-"), "archive.db")
db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
db.row_factory = sqlite3.Row
lock = threading.RLock()
db.executescript(
    """
    CREATE TABLE archivist (id TEXT PRIMARY KEY, email TEXT UNIQUE, password TEXT);
    CREATE TABLE session (token TEXT PRIMARY KEY, archivist TEXT);
    CREATE TABLE interview (n INTEGER PRIMARY KEY, id TEXT UNIQUE, archivist TEXT, narrator TEXT, place TEXT,
                            summary TEXT, trashed REAL);
    CREATE TABLE segment (n INTEGER PRIMARY KEY, id TEXT UNIQUE, interview TEXT, start REAL, text TEXT);
    CREATE TABLE export (id TEXT PRIMARY KEY, archivist TEXT, ready REAL, content TEXT);
    CREATE TABLE replay (archivist TEXT, key TEXT, status INTEGER, body TEXT, PRIMARY KEY (archivist, key));
    """
)
LIMIT = 200

app = FastAPI(title="Oralhist", version="1.8.0")
api = APIRouter(prefix="/v1")


def rows(sql: str, *args: Any) -> list[sqlite3.Row]:
    with lock:
        return db.execute(sql, args).fetchall()


def row(sql: str, *args: Any) -> sqlite3.Row | None:
    return next(iter(rows(sql, *args)), None)


class Account(BaseModel):
    email: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=200)


class Interview(BaseModel):
    narrator: str = Field(min_length=1, max_length=200)
    place: str = Field("", max_length=200)
    summary: str = Field("", max_length=4000)


class InterviewChange(BaseModel):
    narrator: str | None = Field(None, min_length=1, max_length=200)
    place: str | None = Field(None, max_length=200)
    summary: str | None = Field(None, max_length=4000)


class Segment(BaseModel):
    start: float = Field(0, ge=0, le=86400)
    text: str = Field(min_length=1, max_length=4000)


class ExportOrder(BaseModel):
    interview_ids: list[str] = Field(min_length=1, max_length=20)


def archivist(
    sent: HTTPAuthorizationCredentials | None = Depends(HTTPBearer(auto_error=False)),
) -> str:
    found = sent and row("SELECT archivist FROM session WHERE token = ?", sent.credentials)
    if not found:
        raise HTTPException(401, "log in")
    return found["archivist"]


Who = Annotated[str, Depends(archivist)]


def interview_of(who: str, id: str) -> sqlite3.Row:
    found = row(
        "SELECT * FROM interview WHERE id = ? AND archivist = ? AND trashed IS NULL", id, who
    )
    if found is None:
        raise HTTPException(404, "interview not found")
    return found


def shown(each: sqlite3.Row) -> dict:
    return {
        "id": each["id"],
        "narrator": each["narrator"],
        "place": each["place"],
        "summary": each["summary"],
    }


@api.post("/register", status_code=201)
def register(body: Account) -> dict:
    salt = secrets.token_hex(8)
    kept = salt + ":" + hashlib.sha256((salt + body.password).encode()).hexdigest()
    id = str(uuid.uuid4())
    try:
        rows("INSERT INTO archivist VALUES (?, ?, ?)", id, body.email, kept)
    except sqlite3.IntegrityError:
        raise HTTPException(409, "address in use") from None
    return {"archivist_id": id}


@api.post("/session")
def log_in(body: Account) -> dict:
    found = row("SELECT * FROM archivist WHERE email = ?", body.email)
    salt, _, digest = (found["password"] if found else "").partition(":")
    if not found or hashlib.sha256((salt + body.password).encode()).hexdigest() != digest:
        raise HTTPException(401, "wrong address or password")
    token = secrets.token_urlsafe(24)
    rows("INSERT INTO session VALUES (?, ?)", token, found["id"])
    return {"access_token": token, "archivist_id": found["id"]}


@api.post("/interviews", status_code=201)
def add_interview(
    body: Interview, who: Who, idempotency_key: Annotated[str | None, Header(max_length=100)] = None
) -> Any:
    """A repeated Idempotency-Key gives the first answer again instead of a second interview."""
    owner = "" if "idempotency-shared" in LEAKS else who
    with lock:
        if idempotency_key:
            done = row(
                "SELECT * FROM replay WHERE archivist = ? AND key = ?", owner, idempotency_key
            )
            if done:
                return JSONResponse(
                    json.loads(done["body"]), done["status"], {"Idempotent-Replayed": "true"}
                )
        used = row("SELECT count(*) AS n FROM interview WHERE archivist = ?", who)["n"]
        if used >= LIMIT:
            raise HTTPException(402, "your plan has room for 200 interviews")
        id = str(uuid.uuid4())
        rows(
            "INSERT INTO interview (id, archivist, narrator, place, summary) VALUES (?, ?, ?, ?, ?)",
            id,
            who,
            body.narrator,
            body.place,
            body.summary,
        )
        answer = {"id": id, **body.model_dump()}
        if idempotency_key:
            rows(
                "INSERT INTO replay VALUES (?, ?, ?, ?)",
                owner,
                idempotency_key,
                201,
                json.dumps(answer),
            )
    return answer


@api.get("/interviews")
def list_interviews(
    who: Who,
    q: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
    cursor: str | None = None,
) -> dict:
    after = ""
    if cursor:
        try:
            after = base64.urlsafe_b64decode(cursor.encode()).decode()
        except ValueError:
            raise HTTPException(400, "not a cursor of ours") from None
    mine = rows("SELECT * FROM interview WHERE archivist = ? AND trashed IS NULL ORDER BY n", who)
    mine = [i for i in mine if q.lower() in f"{i['narrator']} {i['place']} {i['summary']}".lower()]
    start = next((k + 1 for k, i in enumerate(mine) if i["id"] == after), 0)
    page = mine[start : start + limit]
    more = start + limit < len(mine)
    following = base64.urlsafe_b64encode(page[-1]["id"].encode()).decode() if more else None
    return {"items": [shown(i) for i in page], "next": following}


@api.get("/interviews/{interview_id}")
def get_interview(interview_id: str, who: Who) -> dict:
    return shown(interview_of(who, interview_id))


@api.patch("/interviews/{interview_id}")
def change_interview(interview_id: str, body: InterviewChange, who: Who) -> dict:
    interview_of(who, interview_id)
    for name, value in body.model_dump(exclude_none=True).items():
        rows(
            f"UPDATE interview SET {name} = ? WHERE id = ? AND archivist = ?",
            value,
            interview_id,
            who,
        )
    return shown(interview_of(who, interview_id))


@api.delete("/interviews/{interview_id}", status_code=204)
def trash_interview(interview_id: str, who: Who) -> Response:
    """Puts it into the trash."""
    interview_of(who, interview_id)
    rows(
        "UPDATE interview SET trashed = ? WHERE id = ? AND archivist = ?",
        time.time(),
        interview_id,
        who,
    )
    return Response(status_code=204)


@api.post("/interviews/{interview_id}/restore")
def restore_interview(interview_id: str, who: Who) -> dict:
    found = row("SELECT * FROM interview WHERE id = ?", interview_id)
    if found is None:
        raise HTTPException(404, "interview not found")
    if "restore-state" in LEAKS and found["trashed"] is None:
        raise HTTPException(409, "this interview is not in the trash")
    if found["archivist"] != who:
        raise HTTPException(404, "interview not found")
    if found["trashed"] is None:
        raise HTTPException(409, "this interview is not in the trash")
    rows("UPDATE interview SET trashed = NULL WHERE id = ?", interview_id)
    return shown(found)


@api.get("/trash")
def list_trash(who: Who) -> list[dict]:
    found = rows(
        "SELECT * FROM interview WHERE archivist = ? AND trashed IS NOT NULL ORDER BY n", who
    )
    return [shown(i) for i in found]


@api.delete("/trash")
def empty_trash(who: Who) -> dict:
    """Removes for good what is in the trash, with its segments."""
    with lock:
        removed = rows("SELECT id FROM interview WHERE trashed IS NOT NULL AND archivist = ?", who)
        rows(
            "DELETE FROM segment WHERE interview IN (SELECT id FROM interview WHERE trashed IS NOT NULL"
            " AND archivist = ?)",
            who,
        )
        if "trash-everyone" in LEAKS:
            rows("DELETE FROM interview WHERE trashed IS NOT NULL")
        else:
            rows("DELETE FROM interview WHERE trashed IS NOT NULL AND archivist = ?", who)
    return {"removed": len(removed)}


@api.post("/interviews/{interview_id}/segments", status_code=201)
def add_segment(interview_id: str, body: Segment, who: Who) -> dict:
    interview_of(who, interview_id)
    id = str(uuid.uuid4())
    rows(
        "INSERT INTO segment (id, interview, start, text) VALUES (?, ?, ?, ?)",
        id,
        interview_id,
        body.start,
        body.text,
    )
    return {"id": id, **body.model_dump()}


@api.get("/interviews/{interview_id}/segments")
def list_segments(interview_id: str, who: Who) -> list[dict]:
    interview_of(who, interview_id)
    found = rows("SELECT * FROM segment WHERE interview = ? ORDER BY start, n", interview_id)
    return [{"id": s["id"], "start": s["start"], "text": s["text"]} for s in found]


def transcript(interview: sqlite3.Row) -> str:
    parts = rows("SELECT * FROM segment WHERE interview = ? ORDER BY start, n", interview["id"])
    head = f"# {interview['narrator']}, {interview['place']}\n{interview['summary']}"
    return "\n".join([head, *(f"[{p['start']:.0f}s] {p['text']}" for p in parts)])


@api.post("/exports", status_code=202)
def order_export(body: ExportOrder, who: Who) -> dict:
    """One text with the transcripts of several interviews; it is made in the background."""
    found = [
        row("SELECT * FROM interview WHERE id = ? AND trashed IS NULL", id)
        for id in body.interview_ids
    ]
    owned = [i is not None and i["archivist"] == who for i in found]
    enough = any(owned) if "export-any" in LEAKS else all(owned)
    if not enough:
        raise HTTPException(404, "interview not found")
    text = "\n\n".join(transcript(i) for i in found if i is not None)
    id = str(uuid.uuid4())
    rows("INSERT INTO export VALUES (?, ?, ?, ?)", id, who, time.time() + 0.05, text)
    return {"id": id, "status": "running"}


@api.get("/exports/{export_id}")
def get_export(export_id: str, who: Who) -> dict:
    found = row("SELECT * FROM export WHERE id = ? AND archivist = ?", export_id, who)
    if found is None:
        raise HTTPException(404, "export not found")
    if time.time() < found["ready"]:
        return {"id": export_id, "status": "running", "content": None}
    return {"id": export_id, "status": "done", "content": found["content"]}


@api.get("/usage")
def usage(who: Who) -> dict:
    used = row("SELECT count(*) AS n FROM interview WHERE archivist = ?", who)["n"]
    return {"interviews": used, "limit": LIMIT}


app.include_router(api)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
