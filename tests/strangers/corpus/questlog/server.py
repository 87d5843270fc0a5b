"""Notebook of a game master (MCP): campaigns, characters with their things, notes that link to each other."""

import hashlib
import os
import random
import re
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import uuid4

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

LEAKS = {leak for leak in os.environ.get("LEAKS", "all").split(",") if leak}

Token = Annotated[str, Field(min_length=1, max_length=200, description="what sign_in answered")]
Title = Annotated[str, Field(min_length=1, max_length=120)]
Text = Annotated[str, Field(max_length=8000)]


def leaky(name: str) -> bool:
    return bool(LEAKS & {"all", name})


@dataclass
class Master:
    name: str
    salt: str
    password: str


@dataclass
class Campaign:
    master: str
    title: str
    setting: str
    id: str = field(default_factory=lambda: uuid4().hex)
    closed: bool = False


@dataclass
class Character:
    campaign: Campaign
    name: str
    secret: str
    things: list[str] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid4().hex)

    def show(self) -> dict[str, Any]:
        return {
            "character_id": self.id,
            "name": self.name,
            "secret": self.secret,
            "things": list(self.things),
        }


@dataclass
class Note:
    campaign: Campaign
    title: str
    text: str
    id: str = field(default_factory=lambda: uuid4().hex)

    def show(self) -> dict[str, Any]:
        return {"note_id": self.id, "title": self.title, "text": self.text}


class Desk:
    """Which campaign lies open on a master's desk."""

    def __init__(self) -> None:
        self.lying: dict[str, str] = {}
        self.last: str | None = None

    def put(self, master: str, campaign_id: str) -> None:
        self.lying[master] = self.last = campaign_id

    def look(self, master: str) -> str | None:
        found = self.lying.get(master)
        return self.last if found is None and leaky("open-fallback") else found

    def clear(self, master: str) -> None:
        self.lying.pop(master, None)


masters: dict[str, Master] = {}
tokens: dict[str, str] = {}
campaigns: dict[str, Campaign] = {}
characters: dict[str, Character] = {}
notes: dict[str, Note] = {}
rolls: dict[str, random.Random] = {}
desk = Desk()
undoable: list[tuple[str, str, Callable[[], None]]] = []  # of whom, what, and how to take it back

server = MCPServer(
    "questlog", instructions="Sign in, open a campaign, and write down what happens in it."
)


def hashed(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 1000).hex()


def who(token: str) -> str:
    if token not in tokens:
        raise ToolError("This token is not valid, sign in first")
    return tokens[token]


def the_campaign(master: str, campaign_id: str) -> Campaign:
    found = campaigns.get(campaign_id)
    if found is None or found.master != master:
        raise ToolError("You have no such campaign")
    return found


def open_one(master: str) -> Campaign:
    campaign_id = desk.look(master)
    if campaign_id is None:
        raise ToolError("Open a campaign first")
    return campaigns[campaign_id]


def of(table: dict[str, Any], master: str, row_id: str) -> Any:
    found = table.get(row_id)
    if found is None or found.campaign.master != master:
        raise ToolError("There is no such thing in your campaigns")
    return found


def summary(campaign: Campaign) -> dict[str, Any]:
    return {
        "campaign_id": campaign.id,
        "title": campaign.title,
        "setting": campaign.setting,
        "closed": campaign.closed,
        "characters": sum(c.campaign is campaign for c in characters.values()),
        "notes": sum(n.campaign is campaign for n in notes.values()),
    }


def can_undo(master: str, what: str, back: Callable[[], None]) -> None:
    undoable.append((master, what, back))


@server.tool()
async def sign_up(name: Title, password: Annotated[str, Field(min_length=6)]) -> str:
    """A new game master."""
    if name in masters:
        raise ToolError("This name is taken")
    salt = secrets.token_hex(8)
    masters[name] = Master(name, salt, hashed(password, salt))
    return f"Welcome, {name}. Now sign in."


@server.tool()
async def sign_in(name: str, password: str) -> dict[str, str]:
    """A token, which all other tools take."""
    known = masters.get(name)
    if known is None or known.password != hashed(password, known.salt):
        raise ToolError("Wrong name or password")
    token = secrets.token_urlsafe(24)
    tokens[token] = known.name
    return {"token": token, "name": known.name}


@server.tool()
async def create_campaign(token: Token, title: Title, setting: Text = "") -> dict[str, Any]:
    """A new campaign. It is not opened by this."""
    campaign = Campaign(who(token), title, setting)
    campaigns[campaign.id] = campaign
    return summary(campaign)


@server.tool()
async def list_campaigns(token: Token, closed: bool | None = None) -> list[dict[str, Any]]:
    """The master's campaigns."""
    master = who(token)
    return [
        summary(c) for c in campaigns.values() if c.master == master and closed in (None, c.closed)
    ]


@server.tool()
async def open_campaign(token: Token, campaign_id: str) -> dict[str, Any]:
    """Puts a campaign on the desk; characters and notes are of this one from then on."""
    campaign = the_campaign(who(token), campaign_id)
    campaign.closed = False
    desk.put(campaign.master, campaign.id)
    return summary(campaign)


@server.tool()
async def close_campaign(token: Token) -> str:
    """Takes the open campaign from the desk. Its notes stay."""
    master = who(token)
    open_one(master).closed = True
    desk.clear(master)
    return "closed"


@server.tool()
async def recap(token: Token) -> dict[str, Any]:
    """The open campaign, who takes part, and what was written last."""
    campaign = open_one(who(token))
    cast = [c.name for c in characters.values() if c.campaign is campaign]
    last = [n.show() for n in notes.values() if n.campaign is campaign][-3:]
    return {**summary(campaign), "cast": cast, "last_notes": last}


@server.tool()
async def add_character(token: Token, name: Title, secret: Text = "") -> dict[str, Any]:
    """A character of the open campaign, with what the players do not know."""
    master = who(token)
    character = Character(open_one(master), name, secret)
    characters[character.id] = character
    can_undo(master, f"added {name}", lambda: characters.pop(character.id, None) and None)
    return character.show()


@server.tool()
async def list_characters(token: Token) -> list[dict[str, Any]]:
    """The characters of the open campaign."""
    campaign = open_one(who(token))
    return [c.show() for c in characters.values() if c.campaign is campaign]


@server.tool()
async def give_thing(token: Token, character_id: str, thing: Title) -> dict[str, Any]:
    """Gives a character a thing."""
    master = who(token)
    character = of(characters, master, character_id)
    character.things.append(thing)
    can_undo(
        master,
        f"gave {character.name} {thing}",
        lambda: thing in character.things and character.things.remove(thing),
    )
    return character.show()


@server.tool()
async def pass_thing(token: Token, giver_id: str, taker_id: str, thing: str) -> dict[str, Any]:
    """Passes a thing from one character to another."""
    master = who(token)
    giver, taker = of(characters, master, giver_id), of(characters, master, taker_id)
    if thing not in giver.things:
        raise ToolError(f"{giver.name} has no {thing}")
    giver.things.remove(thing)
    taker.things.append(thing)
    return {"giver": giver.show(), "taker": taker.show()}


@server.tool()
async def write_note(token: Token, title: Title, text: Text) -> dict[str, Any]:
    """A note in the open campaign. [[Title]] in its text links to another note of the campaign."""
    master = who(token)
    note = Note(open_one(master), title, text)
    notes[note.id] = note
    can_undo(master, f"wrote {title}", lambda: notes.pop(note.id, None) and None)
    return note.show()


@server.tool()
async def list_notes(token: Token, page: Annotated[int, Field(ge=1)] = 1) -> dict[str, Any]:
    """The notes of the open campaign, ten on a page."""
    campaign = open_one(who(token))
    rows = [n for n in notes.values() if n.campaign is campaign]
    return {
        "pages": (len(rows) + 9) // 10,
        "notes": [n.show() for n in rows[(page - 1) * 10 :][:10]],
    }


@server.tool()
async def read_note(token: Token, note_id: str) -> dict[str, Any]:
    """One note."""
    master = who(token)
    note = notes.get(note_id) if leaky("read-note") else None
    return (note or of(notes, master, note_id)).show()


@server.tool()
async def unfold_note(token: Token, note_id: str) -> str:
    """A note with the texts of the notes that it links to, one level deep, to be read aloud."""
    note = of(notes, who(token), note_id)

    def linked(match: re.Match) -> str:
        wanted = match[1].strip().lower()
        for n in notes.values():
            if n.title.lower() == wanted and (n.campaign is note.campaign or leaky("links")):
                return f"{n.title} ({n.text})"
        return match[1]

    return f"{note.title}\n{re.sub(r'[[][[]([^]]+)[]][]]', linked, note.text)}"


@server.tool()
async def edit_note(token: Token, note_id: str, text: Text) -> dict[str, Any]:
    """Writes a note anew; undo_last has the old text."""
    master = who(token)
    note = of(notes, master, note_id)
    old, note.text = note.text, text
    can_undo(master, f"changed {note.title}", lambda: setattr(note, "text", old))
    return note.show()


@server.tool()
async def delete_note(token: Token, note_id: str) -> str:
    """Removes a note; undo_last brings it back."""
    master = who(token)
    note = of(notes, master, note_id)
    del notes[note_id]
    can_undo(master, f"removed {note.title}", lambda: notes.update({note.id: note}))
    return "removed"


@server.tool()
async def undo_last(token: Token) -> dict[str, str]:
    """Takes back the master's last change of notes or characters, and says which it was."""
    master = who(token)
    for n in range(len(undoable) - 1, -1, -1):
        if undoable[n][0] == master or leaky("undo"):
            _, what, back = undoable.pop(n)
            back()
            return {"undone": what}
    raise ToolError("There is nothing to take back")


@server.tool()
async def search(token: Token, query: Annotated[str, Field(min_length=1)]) -> list[dict[str, Any]]:
    """Notes and characters with these words, in all campaigns of the master."""
    master, words = who(token), query.lower()
    found = [
        n.show()
        for n in notes.values()
        if n.campaign.master == master and words in f"{n.title} {n.text}".lower()
    ]
    cast = [c for c in characters.values() if c.campaign.master == master]
    return found + [
        c.show() for c in cast if words in f"{c.name} {c.secret} {' '.join(c.things)}".lower()
    ]


@server.tool()
async def roll(
    token: Token,
    sides: Annotated[int, Field(ge=2, le=100)] = 20,
    dice: Annotated[int, Field(ge=1, le=20)] = 1,
) -> dict[str, Any]:
    """Rolls dice."""
    chance = rolls.setdefault(who(token), random.Random(20))
    rolled = [chance.randint(1, sides) for _ in range(dice)]
    return {"rolled": rolled, "total": sum(rolled)}


if __name__ == "__main__":
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
