"""Notes on podcast episodes for assistants, on FastMCP: notes with time marks, tags and exports."""

import asyncio
import os
import sys
from dataclasses import asdict, dataclass, field
from uuid import uuid4

from fastmcp import FastMCP
from fastmcp.exceptions import NotFoundError, ResourceError, ToolError
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier
from fastmcp.server.dependencies import get_access_token

LEAKS = os.environ.get("LEAKS", "all")
if LEAKS == "all":
    LEAKS = "note-resource,rename-everywhere,running-number,export-buffer"
LEAKS = set(LEAKS.split(","))

TOKENS = {
    f"pod-{word}": {"client_id": name, "scopes": ["notes"]}
    for name, word in (("dara", "copper-31"), ("emil", "silver-64"), ("fay", "nickel-27"))
}
SHOWS = {
    "rust-in-peace": "Rust in Peace (systems programming)",
    "long-table": "The Long Table (history of food)",
    "night-bus": "Night Bus (fiction)",
}


@dataclass
class Note:
    note_id: str
    number: int
    listener: str
    show: str
    episode: int
    at: str
    text: str
    tags: list[str] = field(default_factory=list)

    def shown(self) -> dict:
        return {name: value for name, value in asdict(self).items() if name != "listener"}

    def line(self) -> str:
        marks = " ".join(f"#{tag}" for tag in self.tags)
        return f"- [{self.at}] {SHOWS[self.show]} {self.episode}: {self.text} {marks}".rstrip()


notebook: dict[str, Note] = {}
highest: dict[str, int] = {}
sheet: list[str] = []
mcp = FastMCP("podnotes", auth=StaticTokenVerifier(TOKENS, required_scopes=["notes"]))


def listener() -> str:
    return get_access_token().client_id


def notes_of(name: str) -> list[Note]:
    return [note for note in notebook.values() if note.listener == name]


def my_note(note_id: str) -> Note:
    note = notebook.get(note_id)
    if note is None or note.listener != listener():
        raise ToolError("Unknown note")
    return note


def tidy(tags: list[str]) -> list[str]:
    return sorted({tag.strip().lstrip("#").lower() for tag in tags if tag.strip()})


@mcp.tool
def shows() -> dict[str, str]:
    """The shows that notes can be written about; the same for everybody."""
    return SHOWS


@mcp.tool
def write_note(
    show: str, episode: int, text: str, at: str = "00:00", tags: list[str] | None = None
) -> dict:
    """Writes a note on an episode; notes of a listener are numbered."""
    if show not in SHOWS:
        raise ToolError(f"Unknown show; there are {', '.join(SHOWS)}")
    me = listener()
    counter = "" if "running-number" in LEAKS else me
    highest[counter] = highest.get(counter, 0) + 1
    note = Note(str(uuid4()), highest[counter], me, show, episode, at, text, tidy(tags or []))
    notebook[note.note_id] = note
    return note.shown()


@mcp.tool
def my_notes(show: str | None = None, tag: str | None = None) -> list[dict]:
    """Your notes, oldest first."""
    return [
        note.shown()
        for note in notes_of(listener())
        if show in (None, note.show) and (tag is None or tag in note.tags)
    ]


@mcp.tool
def edit_note(note_id: str, text: str) -> dict:
    """Changes the text of a note."""
    note = my_note(note_id)
    note.text = text
    return note.shown()


@mcp.tool
def delete_note(note_id: str) -> str:
    """Deletes a note; its number is not used again."""
    del notebook[my_note(note_id).note_id]
    return "Deleted"


@mcp.tool
def tag_note(note_id: str, tags: list[str]) -> dict:
    """Adds tags to a note."""
    note = my_note(note_id)
    note.tags = tidy(note.tags + tags)
    return note.shown()


@mcp.tool
def tags() -> dict[str, int]:
    """Your tags, with the number of notes that have them."""
    mine = [tag for note in notes_of(listener()) for tag in note.tags]
    return {tag: mine.count(tag) for tag in sorted(set(mine))}


@mcp.tool
def rename_tag(old: str, new: str) -> str:
    """Renames a tag on all of your notes."""
    before, after = tidy([old]), tidy([new])
    if not before or not after:
        raise ToolError("Both tags need a letter")
    mine = [note for note in notes_of(listener()) if before[0] in note.tags]
    touched = mine
    if "rename-everywhere" in LEAKS:
        touched = [note for note in notebook.values() if before[0] in note.tags]
    for note in touched:
        note.tags = tidy([tag for tag in note.tags if tag != before[0]] + after)
    return f"Renamed on {len(mine)} notes"


@mcp.tool
async def export_notes(show: str | None = None) -> str:
    """Your notes as Markdown, a line each."""
    me = listener()
    lines = sheet if "export-buffer" in LEAKS else []
    lines.clear()
    lines.append("# Podcast notes")
    for note in notes_of(me):
        if show in (None, note.show):
            lines.append(note.line())
            await asyncio.sleep(0.005)  # lets other requests in
    return "\n".join(lines)


@mcp.resource("podnotes://shows", mime_type="application/json")
def show_list() -> dict[str, str]:
    """The public list of shows."""
    return SHOWS


@mcp.resource("podnotes://notes/{note_id}", mime_type="text/markdown")
def note_text(note_id: str) -> str:
    """One of your notes as Markdown."""
    note = notebook.get(note_id)
    if note is None or (note.listener != listener() and "note-resource" not in LEAKS):
        raise ResourceError("Unknown note")
    return note.line()


@mcp.prompt
def recap(show: str) -> str:
    """Asks a model to sum up your notes on a show."""
    if show not in SHOWS:
        raise NotFoundError("Unknown show")
    lines = [note.line() for note in notes_of(listener()) if note.show == show]
    return f"Sum up these notes on {SHOWS[show]}:\n" + "\n".join(lines)


if __name__ == "__main__":
    mcp.run("http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False, log_level="ERROR")
