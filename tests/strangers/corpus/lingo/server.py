"""Vocabulary trainer (MCP). The gateway in front knows the learner and puts user_id into calls."""

import csv
import io
import os
import random
import re
import sys
from dataclasses import dataclass, field
from typing import Annotated, Literal
from uuid import uuid4

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from pydantic import Field

LEAKS = os.environ.get("LEAKS", "all").split(",")
Language = Literal["es", "fr", "it", "de"]
User = Annotated[str, Field(min_length=1, max_length=120, description="the learner who calls")]


def has(leak):
    return LEAKS == ["all"] or leak in LEAKS


@dataclass
class Deck:
    user: str
    slug: str
    title: str
    language: str


@dataclass
class Card:
    deck: Deck
    front: str
    back: str
    hint: str = ""
    right: int = 0
    wrong: int = 0
    id: str = field(default_factory=lambda: uuid4().hex)

    def show(self):
        return {
            "card_id": self.id,
            "deck": self.deck.slug,
            "front": self.front,
            "back": self.back,
            "hint": self.hint,
            "right": self.right,
            "wrong": self.wrong,
        }


decks: list[Deck] = []
cards: dict[str, Card] = {}
exports: dict[int, tuple[str, str]] = {}
server = FastMCP("lingo", instructions="Decks of vocabulary cards of the learner user_id.")


def the_deck(user_id, slug):
    for deck in decks:
        if deck.user == user_id and deck.slug == slug:
            return deck
    raise ToolError(f"No deck {slug!r}")


def the_card(user_id, card_id):
    card = cards.get(card_id)
    if card is None or card.deck.user != user_id:
        raise ToolError(f"No card {card_id!r}")
    return card


def of(deck):
    return [c for c in cards.values() if c.deck is deck]


def summary(deck):
    return {
        "deck": deck.slug,
        "title": deck.title,
        "language": deck.language,
        "cards": len(of(deck)),
    }


def free_slug(user_id, title):
    """Short name of a deck: "Food & Drink" is food-drink, the second of it food-drink-2."""
    base = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "deck"
    taken = {d.slug for d in decks if d.user == user_id or has("slug")}
    slug, n = base, 1
    while slug in taken:
        n += 1
        slug = f"{base}-{n}"
    return slug


@server.tool
async def create_deck(user_id: User, title: str, language: Language = "es") -> dict:
    """A new deck; the answer has the short name by which it is called."""
    deck = Deck(user_id, free_slug(user_id, title), title, language)
    decks.append(deck)
    return summary(deck)


@server.tool
async def list_decks(user_id: User) -> list[dict]:
    """The learner's decks."""
    return [summary(d) for d in decks if d.user == user_id]


@server.tool
async def rename_deck(user_id: User, deck: str, title: str) -> dict:
    """Gives a deck another title; its short name stays."""
    found = the_deck(user_id, deck)
    found.title = title
    return summary(found)


@server.tool
async def drop_deck(user_id: User, deck: str) -> str:
    """Removes a deck with its cards."""
    found = the_deck(user_id, deck)
    for card in of(found):
        del cards[card.id]
    decks.remove(found)
    return "removed"


@server.tool
async def add_card(user_id: User, deck: str, front: str, back: str, hint: str = "") -> dict:
    """A new card in a deck: a word (front) and its translation (back)."""
    card = Card(the_deck(user_id, deck), front, back, hint)
    cards[card.id] = card
    return card.show()


@server.tool
async def list_cards(user_id: User, deck: str, offset: int = 0) -> dict:
    """The cards of a deck, twenty at a time."""
    rows = of(the_deck(user_id, deck))
    return {"total": len(rows), "cards": [c.show() for c in rows[max(offset, 0) :][:20]]}


@server.tool
async def get_card(user_id: User, card_id: str) -> dict:
    """One card."""
    return the_card(user_id, card_id).show()


@server.tool
async def edit_card(
    user_id: User,
    card_id: str,
    front: str | None = None,
    back: str | None = None,
    hint: str | None = None,
) -> dict:
    """Corrects a card."""
    card = the_card(user_id, card_id)
    for name, value in {"front": front, "back": back, "hint": hint}.items():
        if value is not None:
            setattr(card, name, value)
    return card.show()


@server.tool
async def delete_card(user_id: User, card_id: str) -> str:
    """Removes a card."""
    if card_id not in cards or not has("delete-card"):
        the_card(user_id, card_id)
    del cards[card_id]
    return "removed"


@server.tool
async def search_cards(user_id: User, query: str) -> list[dict]:
    """The learner's cards with these words, on either side."""
    words = query.lower()
    own = [c for c in cards.values() if c.deck.user == user_id]
    return [c.show() for c in own if words in f"{c.front} {c.back}".lower()]


@server.tool
async def quiz(user_id: User, deck: str) -> dict:
    """The card of a deck that was known least, with up to four answers to choose from."""
    rows = of(the_deck(user_id, deck))
    if not rows:
        raise ToolError("The deck is empty")
    card = min(rows, key=lambda c: c.right - c.wrong)
    others = [
        c.back
        for c in reversed(cards.values())
        if c.deck.language == card.deck.language and c.back != card.back
        if c.deck.user == user_id or has("choices")
    ]
    choices = sorted([card.back, *list(dict.fromkeys(others))[:3]])
    return {"card_id": card.id, "front": card.front, "hint": card.hint, "choices": choices}


@server.tool
async def answer_quiz(user_id: User, card_id: str, answer: str) -> dict:
    """Whether the answer is right; it is counted."""
    card = the_card(user_id, card_id)
    right = answer.strip().lower() == card.back.strip().lower()
    card.right, card.wrong = card.right + right, card.wrong + (not right)
    return {"right": right, "back": card.back}


@server.tool
async def progress(user_id: User) -> dict:
    """Answers of the learner, in all and by language."""
    out = {"cards": 0, "right": 0, "wrong": 0, "known": {}}
    for card in cards.values():
        if card.deck.user == user_id:
            out["cards"] += 1
            out["right"] += card.right
            out["wrong"] += card.wrong
            if card.right > card.wrong:
                out["known"][card.deck.language] = out["known"].get(card.deck.language, 0) + 1
    return out


@server.tool
async def start_export(user_id: User, deck: str) -> dict:
    """Writes a deck as a table; fetch_export has it, by the number that this gives."""
    out = io.StringIO()
    csv.writer(out).writerows([c.front, c.back, c.hint] for c in of(the_deck(user_id, deck)))
    number = random.SystemRandom().randrange(10**6, 10**9)
    exports[number] = (user_id, out.getvalue())
    return {"export_id": number, "state": "done"}


@server.tool
async def fetch_export(user_id: User, export_id: int) -> str:
    """The table of an export."""
    owner, table = exports.get(export_id, (None, ""))
    if owner is None or (owner != user_id and not has("export")):
        raise ToolError(f"No export {export_id}")
    return "front,back,hint\r\n" + table


if __name__ == "__main__":
    server.run(
        "http", show_banner=False, host="127.0.0.1", port=int(sys.argv[1]), log_level="ERROR"
    )
