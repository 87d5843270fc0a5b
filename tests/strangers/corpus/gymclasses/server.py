"""Gym classes: a timetable, members' bookings and their journals; FastAPI, session cookies."""

import base64
import binascii
import json
import os
import secrets
import sqlite3
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import uvicorn
from fastapi import Cookie, Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field

PLANTED = {"booking-forbidden", "journal-cursor", "popular-classes"}
LEAKS = set(filter(None, os.environ.get("LEAKS", "all").split(",")))
LEAKS = PLANTED if "all" in LEAKS else LEAKS

MEMBERS = {
    "rosa@gym.example": ("rosa", "kettle-1"),
    "sami@gym.example": ("sami", "kettle-2"),
    "tove@gym.example": ("tove", "kettle-3"),
    "uriel@gym.example": ("uriel", "kettle-4"),
}
CLASSES = {
    "spin-mon": ("Spinning", "Monday", "07:00"),
    "yoga-tue": ("Yoga", "Tuesday", "18:30"),
    "box-wed": ("Boxing", "Wednesday", "19:00"),
    "swim-thu": ("Swimming", "Thursday", "06:30"),
    "row-fri": ("Rowing", "Friday", "17:15"),
}
sessions: dict[str, tuple[str, str]] = {}
db = sqlite3.connect(":memory:", check_same_thread=False)
db.row_factory = sqlite3.Row
db.executescript("""
    create table booking (code text primary key, member text, class text, week text, wish text);
    create table journal (
        id text primary key, member text, position integer, title text, body text
    );
""")
app = FastAPI(title="Gym classes", version="5.0")


class Login(BaseModel):
    email: str
    password: str


class BookingIn(BaseModel):
    class_id: str = Field(description="A class of the timetable", examples=[*CLASSES])
    week: str = Field(pattern=r"^20\d\d-W[0-5]\d$", examples=["2026-W07"])
    wish: str = Field(default="", max_length=200)


class WishIn(BaseModel):
    wish: str = Field(max_length=200)


class PageIn(BaseModel):
    title: str = Field(min_length=1, max_length=80)
    body: str = Field(default="", max_length=2000)


def member(request: Request, gymsession: Annotated[str | None, Cookie()] = None) -> str:
    known = sessions.get(gymsession or "")
    if known is None:
        raise HTTPException(401, "Please log in")
    request.state.csrf = known[1]
    return known[0]


Member = Annotated[str, Depends(member)]


def checked(
    who: Member, request: Request, x_csrf_token: Annotated[str | None, Header()] = None
) -> str:
    if not secrets.compare_digest((x_csrf_token or "").encode(), request.state.csrf.encode()):
        raise HTTPException(403, "The CSRF token is missing or wrong")
    return who


Writer = Annotated[str, Depends(checked)]


def rows(statement: str, *values: Any) -> Iterator[dict[str, Any]]:
    for row in db.execute(statement, values).fetchall():
        yield {name: row[name] for name in row.keys() if name not in ("member", "position")}  # noqa: SIM118


@app.post("/login")
async def login(given: Login) -> Response:
    """Log in; the answer has the CSRF token, and sets the session cookie."""
    name, password = MEMBERS.get(given.email.lower(), ("", ""))
    if not name or not secrets.compare_digest(password.encode(), given.password.encode()):
        raise HTTPException(401, "Wrong address or password")
    key, csrf = secrets.token_urlsafe(24), secrets.token_urlsafe(12)
    sessions[key] = (name, csrf)
    response = JSONResponse({"member": name, "csrf_token": csrf})
    response.set_cookie("gymsession", key, httponly=True, samesite="lax")
    return response


@app.post("/logout", status_code=204)
async def logout(who: Writer, gymsession: Annotated[str, Cookie()]) -> Response:
    sessions.pop(gymsession, None)
    response = Response(status_code=204)
    response.delete_cookie("gymsession")
    return response


@app.get("/timetable")
async def timetable() -> list[dict[str, str]]:
    """The classes of each week, for everybody."""
    return [
        {"class_id": key, "name": name, "day": day, "at": at}
        for key, (name, day, at) in CLASSES.items()
    ]


@app.get("/suggestions")
async def suggestions(who: Member) -> list[str]:
    """Classes to try: the ones you booked most often first, the others in timetable order."""
    statement = "select class, count(*) as times from booking where member = ? group by class"
    if "popular-classes" in LEAKS:
        statement = "select class, count(*) as times from booking where ? != '' group by class"
    times = {row["class"]: row["times"] for row in db.execute(statement, (who,))}
    return sorted(CLASSES, key=lambda key: -times.get(key, 0))


def own_booking(who: str, code: str) -> dict[str, Any]:
    if "booking-forbidden" in LEAKS:
        row = db.execute("select member from booking where code = ?", (code,)).fetchone()
        if row is not None and row["member"] != who:
            raise HTTPException(403, "You may not do that")
    for row in rows("select * from booking where code = ? and member = ?", code, who):
        return row
    raise HTTPException(404, "No such booking")


@app.get("/bookings")
async def bookings(who: Member, week: str | None = None) -> dict[str, Any]:
    """Your bookings, grouped by week."""
    weeks: dict[str, list[dict[str, Any]]] = {}
    for row in rows("select * from booking where member = ? order by week, class, code", who):
        if week in (None, row["week"]):
            weeks.setdefault(row["week"], []).append(row)
    return {"weeks": weeks}


@app.post("/bookings", status_code=201)
async def book(new: BookingIn, who: Writer) -> dict[str, Any]:
    """Book a class; there is room for all."""
    if new.class_id not in CLASSES:
        raise HTTPException(422, "That class is not on the timetable")
    taken = "select 1 from booking where member = ? and class = ? and week = ?"
    if db.execute(taken, (who, new.class_id, new.week)).fetchone():
        raise HTTPException(409, "You have booked that class")
    code = secrets.token_hex(5).upper()
    values = (code, who, new.class_id, new.week, new.wish)
    db.execute("insert into booking values (?, ?, ?, ?, ?)", values)
    return own_booking(who, code)


@app.get("/bookings/{code}")
async def booking(code: str, who: Member) -> dict[str, Any]:
    return own_booking(who, code)


@app.patch("/bookings/{code}")
async def change_wish(code: str, change: WishIn, who: Writer) -> dict[str, Any]:
    db.execute(
        "update booking set wish = ? where code = ? and member = ?", (change.wish, code, who)
    )
    return own_booking(who, code)


@app.delete("/bookings/{code}", status_code=204)
async def cancel(code: str, who: Writer) -> Response:
    own_booking(who, code)
    db.execute("delete from booking where code = ? and member = ?", (code, who))
    return Response(status_code=204)


@app.get("/calendar.ics", response_class=PlainTextResponse)
async def calendar(who: Member) -> str:
    """Your bookings as a calendar."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for row in rows("select * from booking where member = ? order by week, class", who):
        name, day, at = CLASSES[row["class"]]
        lines += [
            "BEGIN:VEVENT",
            f"UID:{row['code']}",
            f"SUMMARY:{name}, {day} {at}, {row['week']}",
        ]
        lines += [f"DESCRIPTION:{row['wish']}", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def cursor_of(who: str, position: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"m": who, "after": position}).encode()).decode()


def read_cursor(who: str, cursor: str | None) -> tuple[str, int]:
    if cursor is None:
        return who, 0
    try:
        content = json.loads(base64.urlsafe_b64decode(cursor))
        owner, after = str(content["m"]), min(int(content["after"]), 10**9)
    except (ValueError, KeyError, TypeError, OverflowError, binascii.Error):
        raise HTTPException(400, "The cursor cannot be read") from None
    if "journal-cursor" in LEAKS:
        return owner, after
    if owner != who:
        raise HTTPException(400, "The cursor cannot be read")
    return who, after


@app.get("/journal")
async def journal(
    who: Member, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=50)] = 2
) -> dict[str, Any]:
    """Your training journal, a few pages at a time; `next` is the cursor for more."""
    owner, after = read_cursor(who, cursor)
    statement = "select * from journal where member = ? and position > ? order by position limit ?"
    found = db.execute(statement, (owner, after, limit + 1)).fetchall()
    pages = [{name: row[name] for name in ("id", "title", "body")} for row in found[:limit]]
    more = cursor_of(owner, found[limit - 1]["position"]) if len(found) > limit else None
    return {"pages": pages, "next": more}


@app.post("/journal", status_code=201)
async def write_page(new: PageIn, who: Writer) -> dict[str, Any]:
    last = db.execute("select max(position) from journal where member = ?", (who,)).fetchone()[0]
    key = secrets.token_hex(8)
    values = (key, who, (last or 0) + 1, new.title, new.body)
    db.execute("insert into journal values (?, ?, ?, ?, ?)", values)
    return {"id": key, **new.model_dump()}


def own_page(who: str, page_id: str) -> dict[str, Any]:
    for row in rows("select * from journal where id = ? and member = ?", page_id, who):
        return row
    raise HTTPException(404, "No such page")


@app.get("/journal/{page_id}")
async def page(page_id: str, who: Member) -> dict[str, Any]:
    return own_page(who, page_id)


@app.put("/journal/{page_id}")
async def rewrite_page(page_id: str, new: PageIn, who: Writer) -> dict[str, Any]:
    statement = "update journal set title = ?, body = ? where id = ? and member = ?"
    db.execute(statement, (new.title, new.body, page_id, who))
    return own_page(who, page_id)


@app.delete("/journal/{page_id}", status_code=204)
async def tear_out(page_id: str, who: Writer) -> Response:
    own_page(who, page_id)
    db.execute("delete from journal where id = ? and member = ?", (page_id, who))
    return Response(status_code=204)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
