"""Hamlog: the station log of radio amateurs. Contacts (QSOs), activations, ADIF in and out. FastAPI, one SQLite in memory.

Operators register, and log in with the OAuth2 password form; a token is good for twelve hours.
"""

import base64
import hashlib
import os
import re
import secrets
import sqlite3
import sys
import threading
import time
import uuid
from contextlib import contextmanager
from typing import Annotated, Literal

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.responses import PlainTextResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, Field

LEAKS = {part.strip() for part in os.environ.get("LEAKS", "all").split(",")}
SECRET = secrets.token_hex(32)
WORKED_FOR = 120  # seconds that an answer of /worked is kept

SCHEMA = """
CREATE TABLE operators (id TEXT PRIMARY KEY, username TEXT UNIQUE, salt BLOB, password BLOB);
CREATE TABLE settings (operator TEXT PRIMARY KEY, locator TEXT, rig TEXT, power INTEGER);
CREATE TABLE contacts (id TEXT PRIMARY KEY, operator TEXT, call TEXT, band TEXT, mode TEXT, rst TEXT, remarks TEXT,
    version INTEGER DEFAULT 1, at INTEGER);
CREATE TABLE activations (id TEXT PRIMARY KEY, operator TEXT, title TEXT, summit TEXT, story TEXT, at INTEGER);
CREATE TABLE activation_contacts (activation TEXT, contact TEXT, PRIMARY KEY (activation, contact));
"""

app = FastAPI(title="Hamlog", version="2.1")
connection = sqlite3.connect(":memory:", check_same_thread=False)
connection.row_factory = sqlite3.Row
connection.executescript(SCHEMA)
lock = threading.RLock()
worked: dict[tuple, tuple[float, str, dict]] = {}  # answers of /worked: until when, for whom, what
ticks = iter(range(1, 1 << 62))  # the order of rows

Band = Literal["160m", "80m", "40m", "20m", "15m", "10m", "2m", "70cm"]
Mode = Literal["SSB", "CW", "FT8", "FM"]
Call = Annotated[str, Field(min_length=1, max_length=60)]


def leak(name: str) -> bool:
    return "all" in LEAKS or name in LEAKS


@contextmanager
def db():
    with lock, connection:
        yield connection


class Registration(BaseModel):
    username: str = Field(min_length=3, max_length=80)
    password: str = Field(min_length=8, max_length=200)


class NewContact(BaseModel):
    call: Call
    band: Band = "20m"
    mode: Mode = "SSB"
    rst: str = Field("59", max_length=10)
    remarks: str = Field("", max_length=1000)


class ContactChange(BaseModel):
    version: int = Field(ge=1, description="of the contact as it was read")
    rst: str | None = Field(None, max_length=10)
    remarks: str | None = Field(None, max_length=1000)


class Contact(NewContact):
    id: str
    version: int


class Ids(BaseModel):
    contact_ids: list[str] = Field(min_length=1, max_length=100)


class Adif(BaseModel):
    adif: str = Field(min_length=1, max_length=20000, examples=["<CALL:4>DL1X<BAND:3>20m<EOR>"])


class NewActivation(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    summit: str = Field("", max_length=40)
    story: str = Field("", max_length=4000)


class Station(BaseModel):
    locator: str = Field("", max_length=10)
    rig: str = Field("", max_length=200)
    power: int = Field(100, ge=1, le=1500)


def hashed(salt: bytes, password: str) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 2000)


@app.post("/register", status_code=201)
def register(new: Registration) -> dict:
    operator, salt = str(uuid.uuid4()), secrets.token_bytes(16)
    try:
        with db() as c:
            c.execute(
                "INSERT INTO operators VALUES (?, ?, ?, ?)",
                [operator, new.username, salt, hashed(salt, new.password)],
            )
    except sqlite3.IntegrityError:
        raise HTTPException(409, "this name is taken") from None
    return {"operator_id": operator, "username": new.username}


@app.post("/token")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict:
    with db() as c:
        row = c.execute("SELECT * FROM operators WHERE username = ?", [form.username]).fetchone()
    if row is None or not secrets.compare_digest(
        row["password"], hashed(row["salt"], form.password)
    ):
        raise HTTPException(401, "wrong name or password", {"WWW-Authenticate": "Bearer"})
    claims = {"sub": row["id"], "iat": int(time.time()), "exp": int(time.time()) + 12 * 3600}
    return {
        "access_token": jwt.encode(claims, SECRET, "HS256"),
        "token_type": "bearer",
        "expires_in": 12 * 3600,
    }


def operator(token: Annotated[str, Depends(OAuth2PasswordBearer("token"))]) -> str:
    try:
        who = jwt.decode(token, SECRET, ["HS256"], options={"require": ["sub", "exp"]})["sub"]
    except jwt.InvalidTokenError:
        raise HTTPException(
            401, "a valid token is needed", {"WWW-Authenticate": "Bearer"}
        ) from None
    with db() as c:
        if c.execute("SELECT 1 FROM operators WHERE id = ?", [who]).fetchone() is None:
            raise HTTPException(401, "a valid token is needed", {"WWW-Authenticate": "Bearer"})
    return who


Me = Annotated[str, Depends(operator)]


def shown(row: sqlite3.Row) -> dict:
    return {f: row[f] for f in ("id", "call", "band", "mode", "rst", "remarks", "version")}


def contact_of(c: sqlite3.Connection, me: str, contact_id: str) -> sqlite3.Row:
    row = c.execute(
        "SELECT * FROM contacts WHERE id = ? AND operator = ?", [contact_id, me]
    ).fetchone()
    if row is None:
        raise HTTPException(404, "no such contact")
    return row


def log_changed(me: str) -> None:
    """What was answered by /worked is not true any more."""
    for key in [k for k, kept in worked.items() if kept[1] == me]:
        del worked[key]


def insert(c: sqlite3.Connection, me: str, new: NewContact) -> str:
    contact_id = str(uuid.uuid4())
    c.execute(
        "INSERT INTO contacts (id, operator, call, band, mode, rst, remarks, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [contact_id, me, new.call.upper(), new.band, new.mode, new.rst, new.remarks, next(ticks)],
    )
    log_changed(me)
    return contact_id


@app.get("/me")
def who_am_i(me: Me) -> dict:
    with db() as c:
        row = c.execute("SELECT * FROM operators WHERE id = ?", [me]).fetchone()
    return {"operator_id": me, "username": row["username"]}


@app.post("/contacts", status_code=201)
def log_contact(new: NewContact, me: Me) -> Contact:
    with db() as c:
        return Contact(**shown(contact_of(c, me, insert(c, me, new))))


@app.get("/contacts")
def list_contacts(
    me: Me,
    band: Band | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict:
    """The log, oldest first; `next` of an answer goes into `after`."""
    try:
        start = int(base64.urlsafe_b64decode(after)) if after else 0
    except ValueError:
        raise HTTPException(422, "this is no cursor of the log") from None
    with db() as c:
        rows = c.execute(
            "SELECT * FROM contacts WHERE operator = ? AND (? IS NULL OR band = ?) ORDER BY at LIMIT ? OFFSET ?",
            [me, band, band, limit + 1, min(max(start, 0), 1 << 40)],
        ).fetchall()
    following = (
        base64.urlsafe_b64encode(str(start + limit).encode()).decode()
        if len(rows) > limit
        else None
    )
    return {"contacts": [shown(r) for r in rows[:limit]], "next": following}


@app.get("/contacts/search")
def search(me: Me, q: Annotated[str, Query(min_length=1, max_length=100)]) -> list[Contact]:
    with db() as c:
        rows = c.execute("SELECT * FROM contacts WHERE operator = ? ORDER BY at", [me]).fetchall()
    return [Contact(**shown(r)) for r in rows if q.lower() in f"{r['call']} {r['remarks']}".lower()]


@app.get("/contacts/export", response_class=PlainTextResponse)
def export(me: Me) -> str:
    """The whole log as ADIF."""
    with db() as c:
        rows = c.execute("SELECT * FROM contacts WHERE operator = ? ORDER BY at", [me]).fetchall()
    names = {
        "CALL": "call",
        "BAND": "band",
        "MODE": "mode",
        "RST_SENT": "rst",
        "COMMENT": "remarks",
    }
    lines = ("".join(f"<{n}:{len(r[f])}>{r[f]}" for n, f in names.items()) + "<EOR>" for r in rows)
    return "\n".join(["Hamlog<EOH>", *lines])


@app.post("/contacts/import")
def import_adif(sent: Adif, me: Me) -> dict:
    """Takes ADIF records; what the log has already (call, band and mode) is passed over."""
    made, duplicates = [], 0
    with db() as c:
        for record in re.split(r"<EOR>", sent.adif.split("<EOH>")[-1], flags=re.I)[:200]:
            fields = {}
            for m in re.finditer(r"<(\w+):(\d{1,4})>", record):
                fields[m[1].upper()] = record[m.end() : m.end() + int(m[2])]
            if not fields.get("CALL"):
                continue
            try:
                new = NewContact(
                    call=fields["CALL"], band=fields.get("BAND", "20m").lower(), mode=fields.get("MODE", "SSB").upper(),
                    rst=fields.get("RST_SENT", "59"), remarks=fields.get("COMMENT", ""),
                )  # fmt: skip
            except ValueError:
                raise HTTPException(
                    422, f"the record of {fields['CALL'][:60]!r} cannot be read"
                ) from None
            there = (
                "SELECT 1 FROM contacts WHERE operator = ? AND call = ? AND band = ? AND mode = ?"
            )
            if c.execute(there, [me, new.call.upper(), new.band, new.mode]).fetchone():
                duplicates += 1
            else:
                made.append(insert(c, me, new))
    return {"made": made, "duplicates": duplicates}


@app.post("/contacts/delete")
def delete_contacts(which: Ids, me: Me) -> dict:
    """Deletes several contacts; those that are not there are passed over."""
    deleted = []
    with db() as c:
        for contact_id in dict.fromkeys(which.contact_ids):
            if leak("bulk-delete"):
                gone = c.execute("DELETE FROM contacts WHERE id = ?", [contact_id]).rowcount
            else:
                gone = c.execute(
                    "DELETE FROM contacts WHERE id = ? AND operator = ?", [contact_id, me]
                ).rowcount
            if gone:
                c.execute("DELETE FROM activation_contacts WHERE contact = ?", [contact_id])
                deleted.append(contact_id)
        log_changed(me)
    return {"deleted": deleted}


@app.get("/contacts/{contact_id}")
def get_contact(contact_id: str, me: Me) -> Contact:
    with db() as c:
        return Contact(**shown(contact_of(c, me, contact_id)))


@app.patch("/contacts/{contact_id}")
def change_contact(contact_id: str, change: ContactChange, me: Me) -> Contact:
    """Corrects report or remarks. Refused with 409 where the contact was changed since it was read."""
    with db() as c:
        if leak("version-first"):
            row = c.execute("SELECT * FROM contacts WHERE id = ?", [contact_id]).fetchone()
            if row is not None and row["version"] != change.version:
                raise HTTPException(409, "the contact was changed since; read it again")
        row = contact_of(c, me, contact_id)
        if row["version"] != change.version:
            raise HTTPException(409, "the contact was changed since; read it again")
        for name, value in change.model_dump(exclude={"version"}, exclude_none=True).items():
            c.execute(f"UPDATE contacts SET {name} = ? WHERE id = ?", [value, contact_id])
        c.execute("UPDATE contacts SET version = version + 1 WHERE id = ?", [contact_id])
        log_changed(me)
        return Contact(**shown(contact_of(c, me, contact_id)))


@app.get("/worked/{call}")
def worked_before(call: str, me: Me) -> dict:
    """Whether a station is in the log already: how often, on which bands, and the last remarks."""
    call = call.upper()
    key = (call,) if leak("worked-cache") else (me, call)
    with db() as c:
        kept = worked.get(key)
        if kept is None or kept[0] < time.monotonic():
            rows = c.execute(
                "SELECT * FROM contacts WHERE operator = ? AND call = ? ORDER BY at", [me, call]
            ).fetchall()
            answer = {"call": call, "times": len(rows), "bands": sorted({r["band"] for r in rows})}
            answer["last_remarks"] = rows[-1]["remarks"] if rows else None
            kept = worked[key] = (time.monotonic() + WORKED_FOR, me, answer)
    return kept[2]


def activation_of(c: sqlite3.Connection, me: str, activation_id: str) -> sqlite3.Row:
    row = c.execute(
        "SELECT * FROM activations WHERE id = ? AND operator = ?", [activation_id, me]
    ).fetchone()
    if row is None:
        raise HTTPException(404, "no such activation")
    return row


def activation_shown(c: sqlite3.Connection, row: sqlite3.Row) -> dict:
    contacts = c.execute(
        "SELECT c.* FROM contacts c JOIN activation_contacts a ON a.contact = c.id WHERE a.activation = ? ORDER BY c.at",
        [row["id"]],
    ).fetchall()
    return {
        **{f: row[f] for f in ("id", "title", "summit", "story")},
        "contacts": [shown(r) for r in contacts],
    }


@app.post("/activations", status_code=201)
def new_activation(new: NewActivation, me: Me) -> dict:
    activation_id = str(uuid.uuid4())
    with db() as c:
        row = [activation_id, me, new.title, new.summit, new.story, next(ticks)]
        c.execute("INSERT INTO activations VALUES (?, ?, ?, ?, ?, ?)", row)
        return activation_shown(c, activation_of(c, me, activation_id))


@app.get("/activations")
def list_activations(me: Me) -> list[dict]:
    with db() as c:
        rows = c.execute(
            "SELECT * FROM activations WHERE operator = ? ORDER BY at", [me]
        ).fetchall()
    return [{f: r[f] for f in ("id", "title", "summit")} for r in rows]


@app.get("/activations/{activation_id}")
def get_activation(activation_id: str, me: Me) -> dict:
    """An activation with its story and the contacts made in it."""
    with db() as c:
        if leak("activation"):
            row = c.execute("SELECT * FROM activations WHERE id = ?", [activation_id]).fetchone()
            if row is None:
                raise HTTPException(404, "no such activation")
        else:
            row = activation_of(c, me, activation_id)
        return activation_shown(c, row)


@app.post("/activations/{activation_id}/contacts")
def add_to_activation(activation_id: str, which: Ids, me: Me) -> dict:
    """Puts contacts into an activation, all of them or none."""
    with db() as c:
        row = activation_of(c, me, activation_id)
        for contact_id in which.contact_ids:
            contact_of(c, me, contact_id)
        for contact_id in which.contact_ids:
            c.execute(
                "INSERT OR IGNORE INTO activation_contacts VALUES (?, ?)",
                [activation_id, contact_id],
            )
        return activation_shown(c, row)


@app.delete("/activations/{activation_id}", status_code=204)
def delete_activation(activation_id: str, me: Me) -> None:
    """Its contacts stay in the log."""
    with db() as c:
        activation_of(c, me, activation_id)
        c.execute("DELETE FROM activation_contacts WHERE activation = ?", [activation_id])
        c.execute("DELETE FROM activations WHERE id = ?", [activation_id])


@app.get("/statistics")
def statistics(me: Me) -> dict:
    out = {}
    with db() as c:
        for field in ("band", "mode"):
            sql = f"SELECT {field} AS what, count(*) AS n FROM contacts WHERE operator = ? GROUP BY {field} ORDER BY what"
            out[field] = {r["what"]: r["n"] for r in c.execute(sql, [me])}
        stations = c.execute(
            "SELECT count(DISTINCT call) AS n FROM contacts WHERE operator = ?", [me]
        ).fetchone()["n"]
        activations = c.execute(
            "SELECT count(*) AS n FROM activations WHERE operator = ?", [me]
        ).fetchone()["n"]
    return {
        "by_band": out["band"],
        "by_mode": out["mode"],
        "stations": stations,
        "activations": activations,
    }


@app.get("/settings")
def get_settings(me: Me) -> Station:
    with db() as c:
        row = c.execute("SELECT * FROM settings WHERE operator = ?", [me]).fetchone()
    return Station(**{f: row[f] for f in ("locator", "rig", "power")}) if row else Station()


@app.put("/settings")
def put_settings(station: Station, me: Me) -> Station:
    with db() as c:
        c.execute(
            "INSERT OR REPLACE INTO settings VALUES (?, ?, ?, ?)",
            [me, station.locator, station.rig, station.power],
        )
    return station


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
