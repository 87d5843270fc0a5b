"""Tickets, and operations for admins. Faults: report, remove (no role), role-in-body."""

from __future__ import annotations

from typing import Any

from example_server import Caller, Who, leaks, new_id, not_found, serve
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict

app = FastAPI()
tickets: dict[str, dict[str, Any]] = {}
profiles: dict[str, dict[str, Any]] = {}


class Ticket(BaseModel):
    """A ticket's text."""

    text: str


class Profile(BaseModel):
    """What a user may say about themselves."""

    model_config = ConfigDict(extra="allow")
    nickname: str


def profile_of(who: Caller) -> dict[str, Any]:
    return profiles.setdefault(who.user, {"nickname": "new", "role": who.role})


def require_admin(who: Caller) -> None:
    if profile_of(who)["role"] != "admin":
        raise HTTPException(403, "forbidden")


@app.post("/tickets")
def add_ticket(ticket: Ticket, who: Who) -> dict[str, Any]:
    row = {"id": new_id(), "owner": who.user, "text": ticket.text}
    tickets[row["id"]] = row
    return row


@app.get("/tickets")
def list_tickets(who: Who) -> list[dict[str, Any]]:
    return [each for each in tickets.values() if each["owner"] == who.user]


@app.get("/tickets/{ticket_id}")
def get_ticket(ticket_id: str, who: Who) -> dict[str, Any]:
    row = tickets.get(ticket_id)
    if row is None or row["owner"] != who.user:
        raise not_found()
    return row


@app.get("/me")
def get_profile(who: Who) -> dict[str, Any]:
    return profile_of(who)


@app.patch("/me")
def update_profile(profile: Profile, who: Who) -> dict[str, Any]:
    sent = profile.model_dump() if leaks("role-in-body") else {"nickname": profile.nickname}
    profile_of(who).update(sent)
    return profile_of(who)


@app.get("/admin/report")
def report(who: Who) -> dict[str, Any]:
    if not leaks("report"):
        require_admin(who)
    return {"takings": 1200, "tills": 3}


@app.get("/admin/tickets")
def all_tickets(who: Who) -> list[dict[str, Any]]:
    require_admin(who)
    return list(tickets.values())


@app.delete("/admin/tickets/{ticket_id}")
def remove_ticket(ticket_id: str, who: Who) -> dict[str, Any]:
    if not leaks("remove"):
        require_admin(who)
    if tickets.pop(ticket_id, None) is None:
        raise not_found()
    return {"removed": ticket_id}


serve(app)
