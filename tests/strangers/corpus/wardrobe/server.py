"""Wardrobe (MCP): garments, outfits, what was worn. The shop's login issues the tokens (JWT, sub is the user)."""

import base64
import json
import os
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastmcp import FastMCP
from fastmcp.exceptions import ResourceError, ToolError
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import Field

LEAKS = os.environ.get("LEAKS", "all").split(",")
SECRET = os.environ.get("WARDROBE_SECRET", "5b1f0c7de2a94e4f8f36c1b20d97a8e44d2a6c90be71")
Kind = Literal["top", "bottom", "dress", "coat", "shoes"]
Id = Annotated[str, Field(min_length=1, max_length=64)]
PAGE = 5


def has(leak: str) -> bool:
    return LEAKS == ["all"] or leak in LEAKS


@dataclass
class Garment:
    owner: str
    name: str
    kind: str
    brand: str = ""
    care: str = ""
    worn: int = 0
    retired: bool = False
    garment_id: str = field(default_factory=lambda: uuid4().hex)

    def show(self) -> dict:
        return {k: v for k, v in asdict(self).items() if k not in ("owner", "retired")}


@dataclass
class Outfit:
    owner: str
    title: str
    parts: list[str]
    worn_on: list[str] = field(default_factory=list)
    outfit_id: str = field(default_factory=lambda: uuid4().hex)

    def show(self) -> dict:
        parts = [garments[i].show() for i in self.parts if i in garments]
        return {
            "outfit_id": self.outfit_id,
            "title": self.title,
            "garments": parts,
            "worn_on": self.worn_on,
        }


garments: dict[str, Garment] = {}
outfits: dict[str, Outfit] = {}
actions: list[tuple[str, str, Any]] = []  # who, what can be undone, and a function that does so
server = FastMCP(
    "wardrobe",
    instructions="The caller's own clothes: garments, outfits made of them, and when they were worn.",
    auth=JWTVerifier(public_key=SECRET, algorithm="HS256"),
)


def me() -> str:
    token = get_access_token()
    user = token.claims.get("sub") if token else None
    if not user:
        raise ToolError("The token names nobody")
    return user


def garment(garment_id: str, retired: bool = False) -> Garment:
    found = garments.get(garment_id)
    if found is None or found.owner != me() or found.retired != retired:
        raise ToolError(f"No garment {garment_id!r}")
    return found


def outfit(outfit_id: str) -> Outfit:
    found = outfits.get(outfit_id)
    if found is None or found.owner != me():
        raise ToolError(f"No outfit {outfit_id!r}")
    return found


def mine(retired: bool = False) -> list[Garment]:
    user = me()
    return [g for g in garments.values() if g.owner == user and g.retired == retired]


def undoable(what: str, back: Any) -> None:
    actions.append((me(), what, back))


@server.tool
async def add_garment(name: str, kind: Kind = "top", brand: str = "", care: str = "") -> dict:
    """A new garment, with its brand and how to wash it."""
    new = Garment(me(), name, kind, brand, care)
    garments[new.garment_id] = new
    undoable(f"add {name}", lambda: garments.pop(new.garment_id, None))
    return new.show()


@server.tool
async def list_garments(cursor: str | None = None) -> dict:
    """Garments, five at a time; `next_cursor` of an answer goes on."""
    user, start = me(), 0
    if cursor is not None:
        try:
            place = json.loads(base64.urlsafe_b64decode(cursor))
            start = int(place["from"])
            user = place["of"] if has("cursor") else user
        except (ValueError, KeyError, TypeError):
            raise ToolError("This is not a cursor of list_garments") from None
    rows = [g for g in garments.values() if g.owner == user and not g.retired]
    more = len(rows) > start + PAGE >= PAGE
    place = json.dumps({"of": user, "from": start + PAGE}).encode()
    following = base64.urlsafe_b64encode(place).decode() if more else None
    return {"garments": [g.show() for g in rows[max(start, 0) :][:PAGE]], "next_cursor": following}


@server.tool
async def get_garment(garment_id: Id) -> dict:
    """One garment, with the outfits that it is part of."""
    found = garment(garment_id)
    of = [o.title for o in outfits.values() if o.owner == found.owner and garment_id in o.parts]
    return {**found.show(), "outfits": of}


@server.tool
async def edit_garment(garment_id: Id, name: str | None = None, care: str | None = None) -> dict:
    """Corrects the name of a garment or how to wash it."""
    found = garment(garment_id)
    was = (found.name, found.care)

    def back() -> None:
        found.name, found.care = was

    found.name, found.care = name or found.name, found.care if care is None else care
    undoable(f"edit {found.name}", back)
    return found.show()


@server.tool
async def retire_garment(garment_id: Id) -> str:
    """Puts a garment away: it is kept, and in no list any more."""
    found = garment(garment_id)
    found.retired = True
    undoable(f"retire {found.name}", lambda: setattr(found, "retired", False))
    return "put away"


@server.tool
async def retired_garments() -> list[dict]:
    """What was put away."""
    return [g.show() for g in mine(retired=True)]


@server.tool
async def bring_back(garment_id: Id) -> dict:
    """Takes a garment that was put away into use again."""
    found = garment(garment_id, retired=True)
    found.retired = False
    return found.show()


@server.tool
async def undo_last() -> str:
    """Takes back the caller's last action (adding, editing, or putting away a garment)."""
    user = me()
    for n in range(len(actions) - 1, -1, -1):
        if actions[n][0] == user or has("undo"):
            _, what, back = actions.pop(n)
            back()
            return f"undone: {what}"
    raise ToolError("There is nothing to undo")


@server.tool
async def find_garments(query: Annotated[str, Field(min_length=1)]) -> list[dict]:
    """Garments with these letters in name, brand or care."""
    return [g.show() for g in mine() if query.lower() in f"{g.name} {g.brand} {g.care}".lower()]


@server.tool
async def suggest_brands(prefix: str = "") -> list[str]:
    """Brands of the caller's garments, the most frequent first."""
    brands = Counter(
        g.brand for g in mine() if g.brand.lower().startswith(prefix.lower()) and g.brand
    )
    return [brand for brand, _ in brands.most_common(5)]


@server.tool
async def make_outfit(
    title: str, garment_ids: Annotated[list[str], Field(min_length=1, max_length=8)]
) -> dict:
    """An outfit of several garments."""
    parts = [garment(i).garment_id for i in garment_ids]
    new = Outfit(me(), title, parts)
    outfits[new.outfit_id] = new
    return new.show()


@server.tool
async def list_outfits() -> list[dict]:
    """The caller's outfits."""
    return [o.show() for o in outfits.values() if o.owner == me()]


@server.tool
async def swap_in(outfit_id: Id, garment_id: Id) -> dict:
    """Puts a garment into an outfit, in the place of one of the same kind if there is one."""
    found = outfit(outfit_id)
    new = garments.get(garment_id) if has("swap") else garment(garment_id)
    if new is None:
        raise ToolError(f"No garment {garment_id!r}")
    found.parts = [i for i in found.parts if i in garments and garments[i].kind != new.kind] + [
        garment_id
    ]
    return found.show()


@server.tool
async def wear_outfit(outfit_id: Id, day: date | None = None) -> dict:
    """Notes that an outfit was worn, today or on a day."""
    found = outfit(outfit_id)
    found.worn_on.append(str(day or date.today()))
    for part in found.parts:
        if part in garments:
            garments[part].worn += 1
    return found.show()


@server.tool
async def drop_outfit(outfit_id: Id) -> str:
    """Removes an outfit; its garments stay."""
    del outfits[outfit(outfit_id).outfit_id]
    return "removed"


@server.tool
async def statistics() -> dict:
    """How many garments of each kind there are, and which were worn least."""
    rows = mine()
    least = sorted(rows, key=lambda g: g.worn)[:3]
    kinds = dict(Counter(g.kind for g in rows))
    return {"garments": len(rows), "by_kind": kinds, "worn_least": [g.name for g in least]}


@server.resource("wardrobe://care-labels", mime_type="text/plain")
async def care_labels() -> str:
    """What the symbols on care labels mean."""
    return "tub: wash; triangle: bleach; square: dry; iron: iron; circle: dry clean"


@server.resource("wardrobe://garments/{garment_id}", mime_type="application/json")
async def garment_card(garment_id: str) -> str:
    """A garment as a card."""
    found = garments.get(garment_id)
    if found is None or found.retired or (found.owner != me() and not has("resource")):
        raise ResourceError(f"No garment {garment_id!r}")
    return json.dumps(found.show())


@server.prompt
async def what_goes_with(garment_id: str) -> str:
    """Asks for an outfit around a garment, out of the caller's own."""
    found = garment(garment_id)
    others = "; ".join(f"{g.name} ({g.kind})" for g in mine() if g is not found) or "nothing"
    return f"Make an outfit around {found.name} ({found.kind}). There is: {others}."


if __name__ == "__main__":
    server.run(
        "http", show_banner=False, host="127.0.0.1", port=int(sys.argv[1]), log_level="ERROR"
    )
