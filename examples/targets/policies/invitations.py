"""Boards that people are invited to. Faults: pending, anybody (accepts), left (reads on)."""

from __future__ import annotations

from typing import Any

from example_server import Who, leaks, new_id, not_found, serve
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
boards: dict[str, dict[str, Any]] = {}
invitations: dict[str, dict[str, Any]] = {}
members: dict[str, set[str]] = {}


class Board(BaseModel):
    """A board's title."""

    title: str


class Invitation(BaseModel):
    """Who is invited."""

    username: str


def may_read(board_id: str, user: str) -> bool:
    if board_id not in boards:
        return False
    invited = any(
        (each["board_id"], each["username"]) == (board_id, user) for each in invitations.values()
    )
    return (
        boards[board_id]["owner"] == user
        or user in members[board_id]
        or (leaks("pending") and invited)
    )


@app.post("/boards")
def add_board(board: Board, who: Who) -> dict[str, Any]:
    row = {"id": new_id(), "owner": who.user, "title": board.title}
    boards[row["id"]], members[row["id"]] = row, set()
    return row


@app.get("/boards")
def list_boards(who: Who) -> list[dict[str, Any]]:
    return [
        each
        for each in boards.values()
        if each["owner"] == who.user or who.user in members[each["id"]]
    ]


@app.get("/boards/{board_id}")
def get_board(board_id: str, who: Who) -> dict[str, Any]:
    if not may_read(board_id, who.user):
        raise not_found()
    return boards[board_id]


@app.post("/boards/{board_id}/invitations")
def invite(board_id: str, invitation: Invitation, who: Who) -> dict[str, Any]:
    if board_id not in boards or boards[board_id]["owner"] != who.user:
        raise not_found()
    row = {"id": new_id(), "board_id": board_id, "username": invitation.username}
    invitations[row["id"]] = row
    return {"id": row["id"], "board_id": board_id}


@app.post("/invitations/{invitation_id}/accept")
def accept(invitation_id: str, who: Who) -> dict[str, Any]:
    row = invitations.get(invitation_id)
    if row is None or (row["username"] != who.user and not leaks("anybody")):
        raise not_found()
    del invitations[invitation_id]
    members[row["board_id"]].add(who.user)
    return {"board_id": row["board_id"], "member": True}


@app.delete("/boards/{board_id}/members/{username}")
def remove(board_id: str, username: str, who: Who) -> dict[str, Any]:
    if board_id not in boards or who.user not in (boards[board_id]["owner"], username):
        raise not_found()
    if username not in members[board_id]:
        raise not_found()
    if not leaks("left"):
        members[board_id].discard(username)
    return {"board_id": board_id, "member": False}


serve(app)
