"""Notes over REST with sign-up and login; a note is shown to its owner alone."""

import secrets
import sys
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

app = FastAPI(title="Notes")
passwords: dict[str, str] = {}
sessions: dict[str, str] = {}
notes: dict[str, dict[str, str]] = {}


class Account(BaseModel):
    username: str
    password: str


class NewNote(BaseModel):
    text: str


def caller(given: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> str:
    """Return whose token the request carries."""
    if given.credentials not in sessions:
        raise HTTPException(401, "log in first")
    return sessions[given.credentials]


Caller = Annotated[str, Depends(caller)]


@app.post("/signup", status_code=201)
def sign_up(account: Account) -> dict[str, str]:
    if account.username in passwords:
        raise HTTPException(409, "that name is taken")
    passwords[account.username] = account.password
    return {"username": account.username}


@app.post("/login")
def log_in(account: Account) -> dict[str, str]:
    if passwords.get(account.username) != account.password:
        raise HTTPException(401, "wrong name or password")
    token = secrets.token_urlsafe(24)
    sessions[token] = account.username
    return {"access_token": token, "token_type": "bearer"}


@app.post("/notes", status_code=201)
def add_note(note: NewNote, user: Caller) -> dict[str, str]:
    made = {"id": secrets.token_hex(16), "owner": user, "text": note.text}
    notes[made["id"]] = made
    return made


@app.get("/notes")
def list_notes(user: Caller) -> list[dict[str, str]]:
    return [note for note in notes.values() if note["owner"] == user]


@app.get("/notes/{note_id}")
def read_note(note_id: str, user: Caller) -> dict[str, str]:
    if note_id not in notes or notes[note_id]["owner"] != user:
        raise HTTPException(404, "no such note")
    return notes[note_id]


@app.delete("/notes/{note_id}", status_code=204)
def delete_note(note_id: str, user: Caller) -> None:
    if note_id not in notes or notes[note_id]["owner"] != user:
        raise HTTPException(404, "no such note")
    del notes[note_id]


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int((*sys.argv, 8000)[1]))
