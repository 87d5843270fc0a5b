"""Flash cards for learners of languages: decks, reviews, imports, a public word list; fastmcp."""

import difflib
import itertools
import os
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastmcp import FastMCP
from fastmcp.exceptions import ResourceError, ToolError
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import Field

SWITCHES = ("did-you-mean", "shared-review", "waiting-cards", "known-words")
if os.environ.get("LEAKS", "all") == "all":
    LEAKS = frozenset(SWITCHES)
else:
    LEAKS = frozenset(os.environ["LEAKS"].split(","))

learners = {
    "lingua-token-hana": {"client_id": "hana", "scopes": ["learn"]},
    "lingua-token-igor": {"client_id": "igor", "scopes": ["learn"]},
    "lingua-token-jude": {"client_id": "jude", "scopes": ["learn"]},
}
mcp = FastMCP(
    name="Vocabulary",
    instructions="Decks of flash cards of the learner who calls.",
    auth=StaticTokenVerifier(tokens=learners, required_scopes=["learn"]),
    mask_error_details=True,
)

COMMON_WORDS = {
    "es": ["casa", "perro", "agua", "noche"],
    "fr": ["maison", "chien", "eau", "nuit"],
    "de": ["Haus", "Hund", "Wasser", "Nacht"],
}
Language = Literal["es", "fr", "de"]
Word = Annotated[str, Field(min_length=1, max_length=80)]


@dataclass
class Card:
    no: int
    front: str
    back: str
    box: int = 1

    def shown(self) -> dict:
        return {"no": self.no, "front": self.front, "back": self.back, "box": self.box}


@dataclass
class Deck:
    key: str
    learner: str
    name: str
    language: str
    cards: list[Card] = field(default_factory=list)
    counter: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, front: str, back: str) -> Card:
        card = Card(next(self.counter), front, back)
        self.cards.append(card)
        return card


shelf: dict[str, Deck] = {}
in_review: dict[str, Card] = {}


def learner() -> str:
    token = get_access_token()
    if token is None:
        raise ToolError("Not signed in")
    return token.client_id


def my_decks() -> list[Deck]:
    name = learner()
    return [deck for deck in shelf.values() if deck.learner == name]


def deck_by(key: str) -> Deck:
    for deck in my_decks():
        if deck.key == key:
            return deck
    raise ToolError(f"Deck {key!r} does not exist")


def card_by(deck: Deck, no: int) -> Card:
    for card in deck.cards:
        if card.no == no:
            return card
    raise ToolError(f"Deck {deck.key!r} has no card {no}")


@mcp.tool
def common_words(language: Language) -> list[str]:
    """The public list of common words of a language, the same for all learners."""
    return COMMON_WORDS[language]


@mcp.tool
def create_deck(name: Word, language: Language) -> dict:
    """Create an empty deck."""
    deck = Deck(secrets.token_urlsafe(6), learner(), name, language)
    shelf[deck.key] = deck
    return {"deck": deck.key, "name": name, "language": language}


@mcp.tool
def decks() -> list[dict]:
    """Your decks, with the number of cards in each."""
    return [
        {"deck": d.key, "name": d.name, "language": d.language, "cards": len(d.cards)}
        for d in my_decks()
    ]


@mcp.tool
def rename_deck(deck: str, name: Word) -> dict:
    """Give a deck another name."""
    found = deck_by(deck)
    found.name = name
    return {"deck": deck, "name": name}


@mcp.tool
def delete_deck(deck: str) -> str:
    """Delete a deck with its cards."""
    found = deck_by(deck)
    del shelf[found.key]
    return f"Deleted {found.name}"


@mcp.tool
def add_card(deck: str, front: Word, back: Word) -> dict:
    """Add a card to a deck."""
    return deck_by(deck).add(front, back).shown()


@mcp.tool
def cards(
    deck: str,
    offset: Annotated[int, Field(ge=0)] = 0,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict:
    """Cards of a deck, a part at a time."""
    found = deck_by(deck)
    part = found.cards[offset : offset + limit]
    more = offset + limit < len(found.cards)
    return {"cards": [c.shown() for c in part], "next_offset": offset + limit if more else None}


@mcp.tool
def edit_card(deck: str, no: int, front: Word | None = None, back: Word | None = None) -> dict:
    """Correct a card."""
    card = card_by(deck_by(deck), no)
    card.front, card.back = front or card.front, back or card.back
    return card.shown()


@mcp.tool
def remove_card(deck: str, no: int) -> str:
    """Take a card out of a deck."""
    found = deck_by(deck)
    found.cards.remove(card_by(found, no))
    return f"Removed card {no}"


@mcp.tool
def import_cards(
    deck: str,
    lines: Annotated[
        list[str], Field(min_length=1, max_length=200, description="front = back, one a line")
    ],
) -> dict:
    """Import cards into a deck; words that you have a card for already are skipped."""
    target = deck_by(deck)
    wanted = list(shelf.values()) if "known-words" in LEAKS else my_decks()
    known = {card.front.casefold() for each in wanted for card in each.cards}
    added, skipped = 0, 0
    for line in lines:
        front, equals, back = line.partition("=")
        front, back = front.strip(), back.strip()
        if not equals or not front or not back:
            raise ToolError(f"Cannot read the line {line!r}; write: front = back")
        if front.casefold() in known:
            skipped += 1
        else:
            target.add(front, back)
            known.add(front.casefold())
            added += 1
    return {"added": added, "skipped": skipped}


@mcp.tool
def look_up(word: Word) -> dict:
    """Find the card of a word in your decks; proposes words of a similar spelling."""
    mine = [card for deck in my_decks() for card in deck.cards]
    for card in mine:
        if card.front.casefold() == word.casefold():
            return {"front": card.front, "back": card.back, "box": card.box}
    pool = [card.front for card in mine]
    if "did-you-mean" in LEAKS:
        pool = [card.front for deck in shelf.values() for card in deck.cards]
    close = difflib.get_close_matches(word, pool, n=3, cutoff=0.5)
    hint = f"; did you mean {', '.join(close)}?" if close else ""
    raise ToolError(f"You have no card for {word!r}{hint}")


def review_slot() -> str:
    return "current" if "shared-review" in LEAKS else learner()


@mcp.tool
def next_card(deck: str) -> dict:
    """Begin the review of the card of a deck that you know least; the back is not shown."""
    found = deck_by(deck)
    if not found.cards:
        raise ToolError("This deck is empty")
    card = min(found.cards, key=lambda each: (each.box, each.no))
    in_review[review_slot()] = card
    return {"no": card.no, "front": card.front}


@mcp.tool
def grade(known: bool) -> dict:
    """Say whether you knew the card in review: it moves up a box, or back to the first."""
    card = in_review.pop(review_slot(), None)
    if card is None:
        raise ToolError("No card is in review; call next_card first")
    card.box = min(card.box + 1, 5) if known else 1
    return {"again_in_days": 2 ** (card.box - 1)}


@mcp.tool
def progress() -> dict:
    """Your numbers: cards, cards learnt (box 4 and 5) and cards that wait (box 1)."""
    mine = [card for deck in my_decks() for card in deck.cards]
    waiting = mine
    if "waiting-cards" in LEAKS:
        waiting = [card for deck in shelf.values() for card in deck.cards]
    return {
        "cards": len(mine),
        "learnt": sum(card.box >= 4 for card in mine),
        "waiting": sum(card.box == 1 for card in waiting),
    }


@mcp.resource("vocabulary://decks/{deck}", mime_type="text/csv")
def deck_as_csv(deck: str) -> str:
    """A deck of yours as CSV."""
    try:
        found = deck_by(deck)
    except ToolError as error:
        raise ResourceError(str(error)) from error
    return "\n".join(["front,back", *(f"{c.front},{c.back}" for c in found.cards)])


if __name__ == "__main__":
    mcp.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False)
