"""Aquarist (MCP): tanks, what lives in them, water readings and chores. FastMCP 4, state in memory.

The shop's login issues the tokens (JWT, HS256): sub is the keeper.
"""

import json
import logging
import os
import sys
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import mean
from typing import Annotated, Literal
from uuid import uuid4

from fastmcp import FastMCP
from fastmcp.exceptions import PromptError, ResourceError, ToolError
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import Field

LEAKS = [part.strip() for part in os.environ.get("LEAKS", "all").split(",")]
SECRET = os.environ.get("AQUARIST_SECRET", "b90d4e7c15f24a3fb86e0c72d9a1f8354e6b07d3c2a9")
PAGE = 6

Water = Literal["freshwater", "brackish", "marine"]
Id = Annotated[str, Field(min_length=1, max_length=64)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Notes = Annotated[str, Field(max_length=4000)]


def leak(name: str) -> bool:
    return "all" in LEAKS or name in LEAKS


def new_id() -> str:
    return uuid4().hex


@dataclass
class Tank:
    keeper: str
    name: str
    litres: int
    water: str
    notes: str = ""
    archived: bool = False
    tank_id: str = field(default_factory=new_id)

    def show(self) -> dict:
        kept = ("tank_id", "name", "litres", "water", "notes", "archived")
        return {name: getattr(self, name) for name in kept}


@dataclass
class Animal:
    keeper: str
    tank_id: str
    species: str
    count: int
    remarks: str = ""
    animal_id: str = field(default_factory=new_id)

    def show(self) -> dict:
        of = tanks.get(self.tank_id)
        shown = {
            "animal_id": self.animal_id,
            "species": self.species,
            "count": self.count,
            "remarks": self.remarks,
        }
        return {**shown, "tank_id": self.tank_id, "tank": of.name if of else None}


@dataclass
class Reading:
    keeper: str
    tank_id: str
    ph: float
    nitrate: int
    remarks: str
    reading_id: str = field(default_factory=new_id)

    def show(self) -> dict:
        kept = ("reading_id", "tank_id", "ph", "nitrate", "remarks")
        return {name: getattr(self, name) for name in kept}


@dataclass
class Chore:
    keeper: str
    tank_id: str
    task: str
    every_days: int
    due: date = field(default_factory=date.today)
    done: int = 0
    chore_id: str = field(default_factory=new_id)

    def show(self) -> dict:
        kept = ("chore_id", "tank_id", "task", "every_days", "done")
        return {**{name: getattr(self, name) for name in kept}, "due": str(self.due)}


tanks: dict[str, Tank] = {}
animals: dict[str, Animal] = {}
readings: list[Reading] = []
chores: dict[str, Chore] = {}
chosen: dict[str, str] = {}  # the tank that a keeper works with

server = FastMCP(
    "aquarist",
    instructions="The caller's own aquariums. Choose a tank with use_tank; readings and animals go into it then.",
    auth=JWTVerifier(public_key=SECRET, algorithm="HS256"),
)


def me() -> str:
    token = get_access_token()
    user = token.claims.get("sub") if token else None
    if not isinstance(user, str) or not user:
        raise ToolError("The token names nobody")
    return user


def tank(tank_id: str) -> Tank:
    found = tanks.get(tank_id)
    if found is None or found.keeper != me():
        raise ToolError(f"No tank {tank_id!r}")
    return found


def animal(animal_id: str) -> Animal:
    found = animals.get(animal_id)
    if found is None or found.keeper != me():
        raise ToolError(f"No animal {animal_id!r}")
    return found


def desk() -> str:
    """Under which name the chosen tank is kept."""
    return "current" if leak("chosen") else me()


def working_tank() -> Tank:
    found = tanks.get(chosen.get(desk(), ""))
    if found is None:
        raise ToolError("Choose a tank first, with use_tank")
    if found.keeper != me() and not leak("chosen"):
        raise ToolError("Choose a tank first, with use_tank")
    return found


def readings_of(of: Tank) -> list[Reading]:
    return [r for r in readings if r.tank_id == of.tank_id and r.keeper == of.keeper]


@server.tool
async def add_tank(
    name: Name,
    litres: Annotated[int, Field(ge=1, le=100_000)] = 60,
    water: Water = "freshwater",
    notes: Notes = "",
) -> dict:
    """A new tank. It is not chosen by that."""
    new = Tank(me(), name, litres, water, notes)
    tanks[new.tank_id] = new
    return new.show()


@server.tool
async def list_tanks(archived: bool = False) -> list[dict]:
    """Tanks that are in use, or those that were put away."""
    user = me()
    return [t.show() for t in tanks.values() if t.keeper == user and t.archived == archived]


@server.tool
async def change_tank(
    tank_id: Id, name: Name | None = None, notes: Notes | None = None, archived: bool | None = None
) -> dict:
    """Corrects a tank, puts it away or takes it into use again."""
    found = tank(tank_id)
    found.name = found.name if name is None else name
    found.notes = found.notes if notes is None else notes
    found.archived = found.archived if archived is None else archived
    return found.show()


@server.tool
async def remove_tank(tank_id: Id) -> str:
    """Removes a tank with its readings and chores, and the animals in it."""
    found = tank(tank_id)
    del tanks[found.tank_id]
    readings[:] = [r for r in readings if r.tank_id != tank_id]
    for store in (animals, chores):
        for key in [k for k, row in store.items() if row.tank_id == tank_id]:
            del store[key]
    for user in [u for u, t in chosen.items() if t == tank_id]:
        del chosen[user]
    return "removed"


@server.tool
async def use_tank(tank_id: Id) -> dict:
    """Chooses the tank that the caller works with from now on."""
    found = tank(tank_id)
    chosen[desk()] = found.tank_id
    return found.show()


@server.tool
async def current_tank() -> dict:
    """The tank that the caller has chosen, with its last reading."""
    found = working_tank()
    last = readings_of(found)[-1:]
    return {**found.show(), "last_reading": last[0].show() if last else None}


@server.tool
async def log_reading(
    ph: Annotated[float, Field(ge=0, le=14)] = 7.0,
    nitrate: Annotated[int, Field(ge=0, le=500)] = 10,
    remarks: Notes = "",
    tank_id: Id | None = None,
) -> dict:
    """Notes a reading of the water, of the chosen tank or of one that is named."""
    of = working_tank() if tank_id is None else tank(tank_id)
    new = Reading(of.keeper, of.tank_id, ph, nitrate, remarks)
    readings.append(new)
    return new.show()


@server.tool
async def list_readings(tank_id: Id, after: str | None = None) -> dict:
    """Readings of a tank, oldest first, six at a time; `next` of an answer goes into `after`."""
    rows = readings_of(tank(tank_id))
    start = 0
    if after is not None:
        places = [n for n, r in enumerate(rows) if r.reading_id == after]
        if not places:
            raise ToolError("`after` is no reading of this tank")
        start = places[0] + 1
    page = rows[start : start + PAGE]
    return {
        "readings": [r.show() for r in page],
        "next": page[-1].reading_id if len(rows) > start + PAGE else None,
    }


@server.tool
async def water_trend(tank_id: Id) -> dict:
    """Means of a tank's readings, and of all of the caller's tanks."""
    of = tank(tank_id)
    one, every = readings_of(of), [r for r in readings if r.keeper == of.keeper]
    if not one:
        return {"tank": of.name, "readings": 0}
    means = {
        "ph": round(mean(r.ph for r in one), 2),
        "nitrate": round(mean(r.nitrate for r in one), 1),
    }
    return {
        "tank": of.name,
        "readings": len(one),
        **means,
        "nitrate_everywhere": round(mean(r.nitrate for r in every), 1),
    }


@server.tool
async def add_animal(
    tank_id: Id, species: Name, count: Annotated[int, Field(ge=1, le=1000)] = 1, remarks: Notes = ""
) -> dict:
    """Puts animals into a tank."""
    new = Animal(me(), tank(tank_id).tank_id, species, count, remarks)
    animals[new.animal_id] = new
    return new.show()


@server.tool
async def list_animals(tank_id: Id | None = None) -> list[dict]:
    """Animals of one tank, or of all."""
    if tank_id is not None:
        tank(tank_id)
    user = me()
    return [a.show() for a in animals.values() if a.keeper == user and tank_id in (None, a.tank_id)]


@server.tool
async def move_animal(animal_id: Id, tank_id: Id) -> dict:
    """Moves animals to another tank with the same kind of water."""
    found = animal(animal_id)
    now = tanks[found.tank_id]
    if leak("move"):
        target = tanks.get(tank_id)
        if target is None:
            raise ToolError(f"No tank {tank_id!r}")
        if target.water != now.water:
            raise ToolError(f"{target.name} is {target.water}, {now.name} is {now.water}")
        if target.keeper != me():
            raise ToolError(f"{target.name} is not a tank of yours")
    else:
        target = tank(tank_id)
        if target.water != now.water:
            raise ToolError(f"{target.name} is {target.water}, {now.name} is {now.water}")
    found.tank_id = target.tank_id
    return found.show()


@server.tool
async def lose_animal(animal_id: Id) -> str:
    """Takes animals off the list: they died, or were given away."""
    del animals[animal(animal_id).animal_id]
    return "taken off"


@server.tool
async def add_chore(
    tank_id: Id, task: Name, every_days: Annotated[int, Field(ge=1, le=365)] = 7
) -> dict:
    """Something that is to be done for a tank again and again, from today on."""
    new = Chore(me(), tank(tank_id).tank_id, task, every_days)
    chores[new.chore_id] = new
    return new.show()


@server.tool
async def list_chores(days: Annotated[int, Field(ge=0, le=365)] = 365) -> list[dict]:
    """Chores that are due in the next days, the most urgent first."""
    user, until = me(), date.today() + timedelta(days=days)
    return [
        c.show()
        for c in sorted(chores.values(), key=lambda c: c.due)
        if c.keeper == user and c.due <= until
    ]


@server.tool
async def finish_chore(chore_id: Id) -> dict:
    """Says that a chore was done; it is due again after its days."""
    found = chores.get(chore_id)
    if found is None or (found.keeper != me() and not leak("chore")):
        raise ToolError(f"No chore {chore_id!r}")
    found.done += 1
    found.due = date.today() + timedelta(days=found.every_days)
    return {"chore_id": found.chore_id, "due": str(found.due)}


@server.tool
async def drop_chore(chore_id: Id) -> str:
    """Removes a chore."""
    found = chores.get(chore_id)
    if found is None or found.keeper != me():
        raise ToolError(f"No chore {chore_id!r}")
    del chores[chore_id]
    return "removed"


@server.tool
async def find(query: Annotated[str, Field(min_length=1, max_length=200)]) -> dict:
    """Tanks and animals with these letters in names, notes or remarks."""
    user, letters = me(), query.lower()
    return {
        "tanks": [
            t.show()
            for t in tanks.values()
            if t.keeper == user and letters in f"{t.name} {t.notes}".lower()
        ],
        "animals": [
            a.show()
            for a in animals.values()
            if a.keeper == user and letters in f"{a.species} {a.remarks}".lower()
        ],
    }


@server.tool
async def export_tank(tank_id: Id) -> str:
    """A tank with all that belongs to it, as JSON."""
    found = tanks.get(tank_id) if leak("export") else tank(tank_id)
    if found is None:
        raise ToolError(f"No tank {tank_id!r}")
    parts = {
        "animals": [a.show() for a in animals.values() if a.tank_id == tank_id],
        "readings": [r.show() for r in readings_of(found)],
        "chores": [c.show() for c in chores.values() if c.tank_id == tank_id],
    }
    return json.dumps({"format": "aquarist-1", "tank": found.show(), **parts})


@server.resource("aquarist://tanks/{tank_id}", mime_type="application/json")
async def tank_card(tank_id: str) -> str:
    """A tank and its animals, as a card for its door."""
    found = tanks.get(tank_id)
    if found is None or found.keeper != me():
        raise ResourceError(f"No tank {tank_id!r}")
    inside = [f"{a.count} {a.species}" for a in animals.values() if a.tank_id == tank_id]
    return json.dumps({**found.show(), "animals": inside})


@server.prompt
async def diagnose(tank_id: str, symptom: str = "cloudy water") -> str:
    """Asks what may be wrong with a tank."""
    found = tanks.get(tank_id)
    if found is None or found.keeper != me():
        raise PromptError(f"No tank {tank_id!r}")
    lines = [f"pH {r.ph}, nitrate {r.nitrate} {r.remarks}" for r in readings_of(found)[-5:]]
    return f"My tank {found.name} ({found.litres} l, {found.water}) has: {symptom}. Readings: {'; '.join(lines) or 'none'}."


if __name__ == "__main__":
    logging.disable(logging.ERROR)
    server.run(
        "http", show_banner=False, host="127.0.0.1", port=int(sys.argv[1]), log_level="ERROR"
    )
