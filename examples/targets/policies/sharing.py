"""Notes that are shared and taken back. Faults: cached, listed (afterwards), writes (anybody)."""

from __future__ import annotations

from typing import Any

from example_server import Who, leaks, new_id, not_found, serve
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
notes: dict[str, dict[str, Any]] = {}
shares: dict[str, set[str]] = {}
# Whom a note was ever shown to: a cache that nobody empties.
seen: dict[str, set[str]] = {}


class Note(BaseModel):
    """A note's text."""

    text: str


class Share(BaseModel):
    """With whom."""

    username: str


def may_read(note_id: str, user: str) -> bool:
    return note_id in notes and (
        notes[note_id]["owner"] == user or user in shares.get(note_id, set())
    )


@app.post("/notes")
def add_note(note: Note, who: Who) -> dict[str, Any]:
    row = {"id": new_id(), "owner": who.user, "text": note.text}
    notes[row["id"]] = row
    return row


@app.get("/notes")
def list_notes(who: Who) -> list[dict[str, Any]]:
    return [each for each in notes.values() if each["owner"] == who.user]


@app.get("/shared")
def list_shared(who: Who) -> list[dict[str, Any]]:
    shown = seen if leaks("listed") else shares
    return [notes[each] for each in notes if who.user in shown.get(each, set())]


@app.get("/notes/{note_id}")
def get_note(note_id: str, who: Who) -> dict[str, Any]:
    cached = leaks("cached") and who.user in seen.get(note_id, set())
    if not may_read(note_id, who.user) and not cached:
        raise not_found()
    if notes[note_id]["owner"] != who.user:
        seen.setdefault(note_id, set()).add(who.user)
    return notes[note_id]


@app.put("/notes/{note_id}")
def update_note(note_id: str, note: Note, who: Who) -> dict[str, Any]:
    row = notes.get(note_id)
    if row is None or (row["owner"] != who.user and not leaks("writes")):
        raise not_found()
    row["text"] = note.text
    return {"id": note_id, "text": note.text}


@app.post("/notes/{note_id}/shares")
def share_note(note_id: str, share: Share, who: Who) -> dict[str, Any]:
    if note_id not in notes or notes[note_id]["owner"] != who.user:
        raise not_found()
    shares.setdefault(note_id, set()).add(share.username)
    seen.setdefault(note_id, set()).add(share.username)
    return {"note_id": note_id, "shared": True}


@app.delete("/notes/{note_id}/shares/{username}")
def take_back(note_id: str, username: str, who: Who) -> dict[str, Any]:
    if note_id not in notes or who.user not in (notes[note_id]["owner"], username):
        raise not_found()
    if username not in shares.get(note_id, set()):
        raise not_found()
    shares[note_id].discard(username)
    return {"note_id": note_id, "shared": False}


serve(app)
