"""Clubs that are joined by a code. Faults: old-code (joins), left (reads on), open (posts)."""

from __future__ import annotations

import secrets
from typing import Any

from example_server import Who, leaks, new_id, not_found, serve
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

app = FastAPI()
clubs: dict[str, dict[str, Any]] = {}
members: dict[str, set[str]] = {}
posts: dict[str, list[dict[str, Any]]] = {}
old_codes: dict[str, str] = {}


class Club(BaseModel):
    """A club's name."""

    name: str


class Joining(BaseModel):
    """The code that its founder has told."""

    join_code: str


class Post(BaseModel):
    """What is said in a club."""

    text: str


def seen(club_id: str, user: str) -> dict[str, Any]:
    if club_id not in clubs or user not in {clubs[club_id]["founder"], *members[club_id]}:
        raise not_found()
    return clubs[club_id]


def shown(club: dict[str, Any], user: str) -> dict[str, Any]:
    told = {"id": club["id"], "name": club["name"]}
    return {**told, "join_code": club["code"]} if user == club["founder"] else told


@app.post("/clubs", status_code=201)
def add_club(club: Club, who: Who) -> dict[str, Any]:
    row = {"id": new_id(), "founder": who.user, "name": club.name, "code": secrets.token_hex(4)}
    clubs[row["id"]], members[row["id"]], posts[row["id"]] = row, set(), []
    return shown(row, who.user)


@app.get("/clubs")
def list_clubs(who: Who) -> list[dict[str, Any]]:
    mine = [each for each in clubs.values() if who.user in {each["founder"], *members[each["id"]]}]
    return [shown(each, who.user) for each in mine]


@app.get("/clubs/{club_id}")
def get_club(club_id: str, who: Who) -> dict[str, Any]:
    return shown(seen(club_id, who.user), who.user)


@app.post("/clubs/join")
def join(joining: Joining, who: Who) -> dict[str, Any]:
    old = old_codes.get(joining.join_code, "") if leaks("old-code") else ""
    for club in clubs.values():
        if club["code"] == joining.join_code or club["id"] == old:
            if who.user != club["founder"]:
                members[club["id"]].add(who.user)
            return shown(club, who.user)
    raise not_found()


@app.post("/clubs/{club_id}/new-code")
def new_code(club_id: str, who: Who) -> dict[str, Any]:
    club = seen(club_id, who.user)
    if who.user != club["founder"]:
        raise HTTPException(403, "its founder gives it a new code")
    old_codes[club["code"]] = club_id
    club["code"] = secrets.token_hex(4)
    return shown(club, who.user)


@app.post("/clubs/{club_id}/leave", status_code=204)
def leave(club_id: str, who: Who) -> None:
    seen(club_id, who.user)
    if not leaks("left"):
        members[club_id].discard(who.user)


@app.post("/clubs/{club_id}/posts", status_code=201)
def add_post(club_id: str, post: Post, who: Who) -> dict[str, Any]:
    seen(club_id, who.user)
    posts[club_id].append({"id": new_id(), "text": post.text})
    return posts[club_id][-1]


@app.get("/clubs/{club_id}/posts")
def list_posts(club_id: str, who: Who) -> list[dict[str, Any]]:
    if not leaks("open"):
        seen(club_id, who.user)
    return posts.get(club_id, [])


serve(app)
