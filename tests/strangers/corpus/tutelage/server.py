"""Tutelage: a private tutor's students, lessons, notes and letters to parents, for an assistant. FastMCP on SQLite."""

import os
import secrets
import sqlite3
import sys
from typing import Annotated, Any

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import Field

LEAKS = {x.strip() for x in os.environ.get("LEAKS", "all").split(",")}
TUTORS = {
    "tut_a81c_sonja_4f": "sonja",
    "tut_57e2_theo_b9": "theo",
    "tut_0d36_uma_e1": "uma",
}
HOURS = range(8, 20)

db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
db.row_factory = sqlite3.Row
db.executescript("""
CREATE TABLE students (ref TEXT PRIMARY KEY, tutor TEXT, name TEXT, level TEXT, contact TEXT);
CREATE TABLE lessons (
    id INTEGER PRIMARY KEY, ref TEXT UNIQUE, tutor TEXT, student TEXT, day TEXT, hour INTEGER, subject TEXT, homework TEXT
);
CREATE TABLE notes (ref TEXT PRIMARY KEY, tutor TEXT, lesson INTEGER, title TEXT, body TEXT);
CREATE TABLE letters (ref TEXT PRIMARY KEY, tutor TEXT, student TEXT, body TEXT, sent INTEGER DEFAULT 0);
""")
cancelled: dict[
    str, list[tuple[dict[str, Any], list[dict[str, Any]]]]
] = {}  # lessons with their notes

mcp = FastMCP(
    "tutelage",
    instructions="Helps a private tutor with students, lessons, notes on them, and letters to parents.",
    auth=StaticTokenVerifier(
        {t: {"client_id": n, "sub": n, "scopes": []} for t, n in TUTORS.items()}
    ),
)

Short = Annotated[str, Field(min_length=1, max_length=200)]
Long = Annotated[str, Field(min_length=1, max_length=4000)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="YYYY-MM-DD")]
Hour = Annotated[int, Field(ge=HOURS[0], le=HOURS[-1])]


def leaky(name: str) -> bool:
    return name in LEAKS or "all" in LEAKS


def me() -> str:
    token = get_access_token()
    if token is None:
        raise ToolError("no token")
    return token.client_id


def rows(sql: str, *values: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in db.execute(sql, values)]


def insert(table: str, **values: Any) -> dict[str, Any]:
    names = ", ".join(values)
    db.execute(
        f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})",
        list(values.values()),
    )
    return shown(values)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k not in ("id", "tutor", "lesson")}


def one(table: str, ref: str) -> dict[str, Any]:
    found = rows(f"SELECT * FROM {table} WHERE ref = ? AND tutor = ?", ref, me())
    if not found:
        raise ToolError(f"There is no {table[:-1]} {ref}.")
    return found[0]


def new_ref(kind: str) -> str:
    return f"{kind}-{secrets.token_hex(7)}"


@mcp.tool
async def add_student(
    name: Short, level: Short = "beginner", contact: Short | None = None
) -> dict[str, Any]:
    """Add a student, with how to reach the parents."""
    return insert(
        "students", ref=new_ref("stu"), tutor=me(), name=name, level=level, contact=contact
    )


@mcp.tool
async def list_students() -> dict[str, Any]:
    """Your students."""
    return {"students": [shown(r) for r in rows("SELECT * FROM students WHERE tutor = ?", me())]}


@mcp.tool
async def update_student(
    student: str, level: Short | None = None, contact: Short | None = None
) -> dict[str, Any]:
    """Change level or contact of a student."""
    old = one("students", student)
    new = (level or old["level"], contact or old["contact"])
    db.execute("UPDATE students SET level = ?, contact = ? WHERE ref = ?", (*new, old["ref"]))
    return shown(one("students", student))


@mcp.tool
async def book_lesson(
    student: str, day: Day, hour: Hour, subject: Short = "lesson"
) -> dict[str, Any]:
    """Book a lesson. Several students may come at one hour, as a group."""
    who = one("students", student)["ref"]
    return insert(
        "lessons",
        ref=new_ref("les"),
        tutor=me(),
        student=who,
        day=day,
        hour=hour,
        subject=subject,
        homework="",
    )


@mcp.tool
async def list_lessons(day: Day | None = None) -> dict[str, Any]:
    """Your lessons, of one day or all."""
    found = rows("SELECT * FROM lessons WHERE tutor = ? ORDER BY day, hour", me())
    return {"lessons": [shown(r) for r in found if day in (None, r["day"])]}


@mcp.tool
async def free_hours(day: Day) -> dict[str, Any]:
    """The hours of a day at which you have no lesson yet."""
    sql, values = "SELECT hour FROM lessons WHERE day = ?", [day]
    if not leaky("free-hours"):
        sql, values = sql + " AND tutor = ?", [day, me()]
    taken = {r["hour"] for r in rows(sql, *values)}
    return {"day": day, "free": [h for h in HOURS if h not in taken]}


@mcp.tool
async def open_lesson(lesson: str) -> dict[str, Any]:
    """A lesson with the notes on it."""
    row = one("lessons", lesson)
    notes = rows("SELECT * FROM notes WHERE lesson = ?", row["id"])
    return {**shown(row), "notes": [shown(n) for n in notes]}


@mcp.tool
async def move_lesson(lesson: str, day: Day, hour: Hour) -> dict[str, Any]:
    """Put a lesson on another day or hour."""
    if leaky("move-lesson"):
        moved = db.execute(
            "UPDATE lessons SET day = ?, hour = ? WHERE ref = ?", (day, hour, lesson)
        )
    else:
        moved = db.execute(
            "UPDATE lessons SET day = ?, hour = ? WHERE ref = ? AND tutor = ?",
            (day, hour, lesson, me()),
        )
    if moved.rowcount == 0:
        raise ToolError(f"There is no lesson {lesson}.")
    return {"ref": lesson, "day": day, "hour": hour}


@mcp.tool
async def set_homework(lesson: str, homework: Long) -> dict[str, Any]:
    """Note what is to be done until the next time."""
    row = one("lessons", lesson)
    db.execute("UPDATE lessons SET homework = ? WHERE id = ?", (homework, row["id"]))
    return shown(one("lessons", lesson))


@mcp.tool
async def cancel_lesson(lesson: str) -> str:
    """Cancel a lesson. undo_cancel brings the last one back, with its notes."""
    row = one("lessons", lesson)
    notes = rows("SELECT * FROM notes WHERE lesson = ?", row["id"])
    db.execute("DELETE FROM lessons WHERE id = ?", (row["id"],))
    if not leaky("old-notes"):
        db.execute("DELETE FROM notes WHERE lesson = ?", (row["id"],))
    cancelled.setdefault(me(), []).append((row, [n for n in notes if n["tutor"] == me()]))
    return f"Lesson {lesson} is cancelled."


@mcp.tool
async def undo_cancel() -> dict[str, Any]:
    """Bring back the lesson that you cancelled last."""
    if not cancelled.get(me()):
        raise ToolError("You cancelled nothing.")
    row, notes = cancelled[me()].pop()
    values = {k: v for k, v in row.items() if k != "id"}
    insert("lessons", **values)
    again = one("lessons", row["ref"])
    for note in notes:
        db.execute(
            "INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?, ?)",
            tuple({**note, "lesson": again["id"]}.values()),
        )
    return shown(again)


@mcp.tool
async def write_note(lesson: str, title: Short, body: Long) -> dict[str, Any]:
    """Write a note on a lesson."""
    row = one("lessons", lesson)
    return insert(
        "notes", ref=new_ref("note"), tutor=me(), lesson=row["id"], title=title, body=body
    )


@mcp.tool
async def search_notes(words: Short) -> dict[str, Any]:
    """Your notes with these words in title or body."""
    matches = "instr(lower(title), ?) OR instr(lower(body), ?)"
    if not leaky("search-or"):
        matches = f"({matches})"
    found = rows(
        f"SELECT n.* FROM notes n JOIN lessons l ON l.id = n.lesson AND l.tutor = n.tutor WHERE n.tutor = ? AND {matches}",
        me(),
        words.lower(),
        words.lower(),
    )
    return {"notes": [shown(r) for r in found]}


@mcp.tool
async def delete_note(note: str) -> str:
    """Delete a note."""
    db.execute("DELETE FROM notes WHERE ref = ?", (one("notes", note)["ref"],))
    return f"Note {note} is deleted."


@mcp.tool
async def draft_letter(student: str, body: Long) -> dict[str, Any]:
    """Draft a letter to the parents of a student."""
    return insert(
        "letters",
        ref=new_ref("let"),
        tutor=me(),
        student=one("students", student)["ref"],
        body=body,
        sent=0,
    )


@mcp.tool
async def list_letters(sent: bool = False) -> dict[str, Any]:
    """Drafts of letters, or those that were sent."""
    return {
        "letters": [
            shown(r)
            for r in rows("SELECT * FROM letters WHERE tutor = ? AND sent = ?", me(), int(sent))
        ]
    }


@mcp.tool
async def revise_letter(letter: str, body: Long) -> dict[str, Any]:
    """Write a draft anew."""
    if one("letters", letter)["sent"]:
        raise ToolError("This letter is sent already.")
    db.execute("UPDATE letters SET body = ? WHERE ref = ?", (body, letter))
    return shown(one("letters", letter))


@mcp.tool
async def mark_letter_sent(letter: str) -> dict[str, Any]:
    """Note that a letter went out."""
    db.execute("UPDATE letters SET sent = 1 WHERE ref = ?", (one("letters", letter)["ref"],))
    return shown(one("letters", letter))


@mcp.tool
async def discard_letter(letter: str) -> str:
    """Throw a letter away."""
    db.execute("DELETE FROM letters WHERE ref = ?", (one("letters", letter)["ref"],))
    return f"Letter {letter} is gone."


@mcp.tool
async def overview() -> str:
    """How much there is, in one line."""
    n = [
        rows(f"SELECT count(*) AS n FROM {t} WHERE tutor = ?", me())[0]["n"]
        for t in ("students", "lessons", "letters")
    ]
    return f"{n[0]} students, {n[1]} lessons, {n[2]} letters"


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    mcp.run(
        "http",
        host="127.0.0.1",
        port=port,
        show_banner=False,
        log_level="critical",
        stateless_http=True,
    )
