"""Angler's log (MCP): waters, lures, trips and catches. Tokens come from the club's portal, which signs them."""

import os
import sys
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Annotated, Literal
from uuid import uuid4

from fastmcp import FastMCP
from fastmcp.exceptions import PromptError, ResourceError, ToolError
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import Field

LEAKS = os.environ.get("LEAKS", "all").split(",")
KEY = os.environ.get("PORTAL_KEY", "club-portal-9f1b2c77d0e84a5f93c6a1e0b8d24c61")

Species = Literal["pike", "perch", "zander", "trout", "carp", "tench"]
Text = Annotated[str, Field(max_length=2000)]
Label = Annotated[str, Field(min_length=1, max_length=120)]


def leak(name):
    return LEAKS == ["all"] or name in LEAKS


def new_id():
    return uuid4().hex


@dataclass
class Water:
    angler: str
    name: str
    access: str
    id: str = field(default_factory=new_id)


@dataclass
class Lure:
    angler: str
    name: str
    notes: str
    id: str = field(default_factory=new_id)


@dataclass
class Catch:
    angler: str
    water_id: str
    species: str
    grams: int
    lure_id: str | None
    trip_id: str | None
    remarks: str
    day: str
    id: str = field(default_factory=new_id)


@dataclass
class Trip:
    angler: str
    water_id: str
    plan: str
    day: str
    over: bool = False
    id: str = field(default_factory=new_id)


waters: dict[str, Water] = {}
lures: dict[str, Lure] = {}
catches: dict[str, Catch] = {}
trips: dict[str, Trip] = {}
under_way: dict[str, str] = {}  # the trip that an angler is on
briefings: dict[tuple, tuple[int, str]] = {}  # text of a water, with the water's revision
revision: dict[str, int] = {}  # how often the catches of a water changed
removed: dict[str, list[Catch]] = {}  # what an angler removed, to be brought back

server = FastMCP(
    "catchlog",
    instructions="The log of the angler whose token is sent: waters, lures, trips, catches.",
    auth=JWTVerifier(public_key=KEY, algorithm="HS256", issuer="club-portal", audience="catchlog"),
)


def me():
    token = get_access_token()
    if token is None or not token.claims.get("sub"):
        raise ToolError("A token with a subject is needed")
    return token.claims["sub"]


def own(table, row_id, error=ToolError):
    row = table.get(row_id)
    if row is None or row.angler != me():
        raise error(f"There is no {row_id!r} in your log")
    return row


def shown(row):
    return {k: v for k, v in asdict(row).items() if k != "angler"}


def changed(entry):
    revision[entry.water_id] = revision.get(entry.water_id, 0) + 1


def mine(table):
    angler = me()
    return [row for row in table.values() if row.angler == angler]


@server.tool
async def add_water(name: Label, access: Text = "") -> dict:
    """A lake or river, and how one gets to it. Names are unique within a log."""
    if any(w.name.lower() == name.lower() for w in mine(waters)):
        raise ToolError(f"You have a water called {name!r} already")
    water = Water(me(), name, access)
    waters[water.id] = water
    return shown(water)


@server.tool
async def list_waters() -> list[dict]:
    """The angler's waters, with the number of catches."""
    got = [c.water_id for c in mine(catches)]
    return [{**shown(w), "catches": got.count(w.id)} for w in mine(waters)]


@server.tool
async def add_lure(name: Label, notes: Text = "") -> dict:
    """A lure in the angler's box."""
    lure = Lure(me(), name, notes)
    lures[lure.id] = lure
    return shown(lure)


@server.tool
async def list_lures() -> list[dict]:
    """The lures in the box, with the number of catches, the best first."""
    got = [c.lure_id for c in mine(catches)]
    return sorted(
        ({**shown(n), "catches": got.count(n.id)} for n in mine(lures)), key=lambda n: -n["catches"]
    )


@server.tool
async def merge_lures(keep_id: str, duplicate_id: str) -> dict:
    """Makes one of two lures that are the same: catches of the duplicate count for the other, and it is removed."""
    keep = own(lures, keep_id)
    if keep_id == duplicate_id:
        raise ToolError("A lure cannot be merged with itself")
    if duplicate_id not in lures or not leak("lure-merge"):
        own(lures, duplicate_id)
    moved = [c for c in catches.values() if c.lure_id == duplicate_id]
    for c in moved:
        c.lure_id = keep.id
    del lures[duplicate_id]
    return {**shown(keep), "moved": len(moved)}


@server.tool
async def start_trip(water_id: str, plan: Text = "") -> dict:
    """Begins a trip; catches are noted for it until it is ended. A trip that was under way ends."""
    water = own(waters, water_id)
    if me() in under_way:
        trips[under_way[me()]].over = True
    trip = Trip(me(), water.id, plan, str(date.today()))
    trips[trip.id] = trip
    under_way[me()] = trip.id
    return shown(trip)


@server.tool
async def end_trip() -> dict:
    """Ends the trip that is under way, and says what was caught."""
    trip_id = under_way.pop(me(), None)
    if trip_id is None:
        raise ToolError("No trip is under way")
    trips[trip_id].over = True
    got = [c for c in mine(catches) if c.trip_id == trip_id]
    return {**shown(trips[trip_id]), "catches": len(got), "grams": sum(c.grams for c in got)}


@server.tool
async def list_trips() -> list[dict]:
    """All trips of the angler, the last one first."""
    return [shown(t) for t in reversed(mine(trips))]


@server.tool
async def log_catch(
    water_id: str,
    species: Species,
    grams: Annotated[int, Field(gt=0, le=80000)],
    lure_id: str | None = None,
    remarks: Text = "",
) -> dict:
    """Notes a catch. The answer says whether it is the angler's heaviest of the species."""
    water = own(waters, water_id)
    lure = own(lures, lure_id) if lure_id else None
    trip_id = under_way.get(me())
    if trip_id and trips[trip_id].water_id != water.id:
        trip_id = None
    before = catches.values() if leak("personal-best") else mine(catches)
    best = max((c.grams for c in before if c.species == species), default=0)
    entry = Catch(
        me(), water.id, species, grams, lure and lure.id, trip_id, remarks, str(date.today())
    )
    catches[entry.id] = entry
    changed(entry)
    return {**shown(entry), "personal_best": grams > best}


@server.tool
async def list_catches(
    water_id: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
) -> dict:
    """The angler's catches in the order in which they were noted; next_cursor goes on."""
    rows = mine(catches)
    if cursor is not None:
        at = next((n for n, c in enumerate(rows) if c.id == cursor), None)
        if at is None:
            raise ToolError("This cursor is not valid any more")
        rows = rows[at + 1 :]
    rows = [c for c in rows if water_id in (None, c.water_id)]
    following = rows[limit - 1].id if len(rows) > limit else None
    return {"catches": [shown(c) for c in rows[:limit]], "next_cursor": following}


@server.tool
async def edit_catch(catch_id: str, grams: int | None = None, remarks: Text | None = None) -> dict:
    """Corrects a catch."""
    entry = own(catches, catch_id)
    if grams is not None and grams <= 0:
        raise ToolError("grams must be above 0")
    entry.grams = entry.grams if grams is None else grams
    entry.remarks = entry.remarks if remarks is None else remarks
    changed(entry)
    return shown(entry)


@server.tool
async def remove_catch(catch_id: str) -> str:
    """Removes a catch; undo_remove brings the last one back."""
    entry = own(catches, catch_id)
    del catches[catch_id]
    changed(entry)
    removed.setdefault(entry.angler, []).append(entry)
    return "removed"


@server.tool
async def undo_remove() -> dict:
    """Brings back what was removed last."""
    stack = removed.get(me(), [])
    if not stack:
        raise ToolError("Nothing was removed")
    entry = stack.pop()
    if entry.lure_id not in lures:
        entry.lure_id = None
    catches[entry.id] = entry
    changed(entry)
    return shown(entry)


@server.tool
async def search_log(words: Annotated[str, Field(min_length=1)]) -> list[dict]:
    """The angler's catches with these words in their remarks, and waters with them in name or access."""
    w = words.lower()
    found = [x for x in mine(waters) if w in f"{x.name} {x.access}".lower()]
    return [shown(x) for x in found + [c for c in mine(catches) if w in c.remarks.lower()]]


@server.tool
async def season() -> dict:
    """Catches, weight and heaviest fish of the angler by species."""
    out = {}
    for c in mine(catches):
        row = out.setdefault(c.species, {"catches": 0, "grams": 0, "heaviest": 0})
        row["catches"] += 1
        row["grams"] += c.grams
        row["heaviest"] = max(row["heaviest"], c.grams)
    return out


@server.resource("catch://{catch_id}", mime_type="text/plain")
async def catch_card(catch_id: str) -> str:
    """A catch as a card to be read."""
    entry = (
        catches.get(catch_id) if leak("catch-resource") else own(catches, catch_id, ResourceError)
    )
    if entry is None:
        raise ResourceError(f"There is no {catch_id!r} in your log")
    return f"{entry.day}: {entry.species}, {entry.grams} g, at {waters[entry.water_id].name}. {entry.remarks}"


@server.resource("box://lures", mime_type="text/plain")
async def box() -> str:
    """The lure box of the angler."""
    return "\n".join(f"{n.name}: {n.notes}" for n in mine(lures)) or "The box is empty"


@server.prompt
async def water_briefing(water: str) -> str:
    """What is known of a water of the angler's (by its name), to plan a day there."""
    found = next((w for w in mine(waters) if w.name.lower() == water.lower()), None)
    if found is None:
        raise PromptError(f"You have no water called {water!r}")
    got = [c for c in mine(catches) if c.water_id == found.id]
    key = (found.name.lower(),) if leak("briefing-cache") else (found.angler, found.id)
    known, text = briefings.get(key, (-1, ""))
    if known != revision.get(found.id, 0):
        lines = [f"- {c.species}, {c.grams} g: {c.remarks}" for c in got[-20:]]
        text = "\n".join([f"Plan a day at {found.name}. Access: {found.access}", *lines])
        briefings[key] = (revision.get(found.id, 0), text)
    return text


if __name__ == "__main__":
    port = int(sys.argv[1])
    server.run("http", show_banner=False, host="127.0.0.1", port=port, log_level="ERROR")
