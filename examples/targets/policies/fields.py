"""Profiles that all may look up. Faults: hash (in an answer), phone (of others), owner-in-body."""

from __future__ import annotations

from typing import Any

from example_server import Who, leaks, new_id, not_found, serve
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

app = FastAPI()
cards: dict[str, dict[str, Any]] = {}
HIDDEN = ("password_hash",)


class Card(BaseModel):
    """A visiting card."""

    model_config = ConfigDict(extra="allow")
    name: str
    phone: str = "+49 30 5550100"


def shown(row: dict[str, Any], user: str) -> dict[str, Any]:
    left_out = set() if leaks("hash") else set(HIDDEN)
    if row["owner"] != user and not leaks("phone"):
        left_out.add("phone")
    return {name: value for name, value in row.items() if name not in left_out}


@app.post("/cards")
def add_card(card: Card, who: Who) -> dict[str, Any]:
    sent = card.model_dump()
    owner = sent.get("owner") if leaks("owner-in-body") else None
    row = {
        "id": new_id(),
        "owner": owner or who.user,
        "name": card.name,
        "phone": card.phone,
        "password_hash": "$2b$12$Q7example",
    }
    cards[row["id"]] = row
    return {name: row[name] for name in ("id", "owner", "name", "phone")}


@app.get("/cards")
def list_cards(who: Who) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in each.items() if name not in HIDDEN}
        for each in cards.values()
        if each["owner"] == who.user
    ]


@app.get("/directory/{card_id}")
def look_up(card_id: str, who: Who) -> dict[str, Any]:
    if card_id not in cards:
        raise not_found()
    return shown(cards[card_id], who.user)


@app.patch("/cards/{card_id}")
def update_card(card_id: str, card: Card, who: Who) -> dict[str, Any]:
    row = cards.get(card_id)
    if row is None or row["owner"] != who.user:
        raise not_found()
    row["name"] = card.name
    return {"id": card_id, "name": row["name"]}


serve(app)
