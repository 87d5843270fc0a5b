"""MCP server of a bicycle log: bikes, rides, parts and how far they have worn."""

import os
import sys
from collections import defaultdict, deque
from typing import Annotated, Literal
from uuid import uuid4

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
LEAKS = {name.strip() for name in os.environ.get("LEAKS", "all").split(",")}
RIDERS = {"bk_vera_8d20c1": "vera", "bk_timo_51aa7e": "timo", "bk_suri_e3390f": "suri"}
LIFE = {"chain": 3000, "tyre": 5000, "brake": 2500, "cassette": 9000}  # km
Kind = Literal["chain", "tyre", "brake", "cassette"]
Text = Annotated[str, Field(min_length=1, max_length=200)]


def leak(name: str) -> bool:
    return bool(LEAKS & {"all", name})


class Ride(BaseModel):
    km: float
    remark: str


class Part(BaseModel):
    part_id: str = Field(default_factory=lambda: uuid4().hex[:12])
    bike_id: str
    kind: Kind
    label: str
    notes: str = ""
    km: float = 0


class Bike(BaseModel):
    bike_id: str = Field(default_factory=lambda: uuid4().hex[:12])
    name: str
    style: str
    km: float = 0


class Log:
    """Everything that is kept, and whose it is."""

    def __init__(self) -> None:
        self.bikes: dict[str, Bike] = {}
        self.parts: dict[str, Part] = {}
        self.rides: dict[str, list[Ride]] = defaultdict(list)
        self.owner: dict[str, str] = {}  # bike_id -> rider
        self.named: dict[tuple, Bike] = {}
        self.searches: dict[str, deque] = defaultdict(lambda: deque(maxlen=5))

    def slot(self, name: str) -> tuple:
        """Where the bike that somebody calls so is found."""
        return (name.lower(),) if leak("by-name") else (me(), name.lower())

    def own(self) -> list[Bike]:
        return [b for b in self.bikes.values() if self.owner[b.bike_id] == me()]

    def bike(self, bike_id: str) -> Bike:
        if self.owner.get(bike_id) != me():
            raise ToolError(f"There is no bike {bike_id}")
        return self.bikes[bike_id]

    def part(self, part_id: str) -> Part:
        part = self.parts.get(part_id)
        if part is None or self.owner.get(part.bike_id) != me():
            raise ToolError(f"There is no part {part_id}")
        return part

    def on(self, bike_id: str) -> list[Part]:
        return [p for p in self.parts.values() if p.bike_id == bike_id]


class Tokens:
    async def verify_token(self, token: str) -> AccessToken | None:
        rider = RIDERS.get(token)
        return rider and AccessToken(token=token, client_id=rider, subject=rider, scopes=["log"])


log = Log()
mcp = MCPServer(
    "bikes",
    instructions="The caller's bicycles, what was ridden, and which parts are worn.",
    token_verifier=Tokens(),
    log_level="ERROR",
    auth=AuthSettings(
        issuer_url="https://id.bikes.example",
        resource_server_url=f"http://127.0.0.1:{PORT}/mcp",
        required_scopes=["log"],
        validate_token_resource=False,
    ),
)


def me() -> str:
    return get_access_token().subject


@mcp.tool()
async def add_bike(name: Text, style: Literal["road", "gravel", "city"] = "city") -> Bike:
    """A new bike. You call it by its name, so names are unique among your bikes."""
    if any(b.name.lower() == name.lower() for b in log.own()):
        raise ToolError(f"You have a bike called {name}")
    bike = Bike(name=name, style=style)
    log.bikes[bike.bike_id] = bike
    log.owner[bike.bike_id] = me()
    log.named[log.slot(name)] = bike
    return bike


@mcp.tool()
async def list_bikes() -> list[Bike]:
    """Your bikes."""
    return log.own()


@mcp.tool()
async def get_bike(bike_id: str) -> dict:
    """One bike, with its parts and its last ten rides."""
    bike = log.bike(bike_id)
    return {
        **bike.model_dump(),
        "parts": [p.model_dump() for p in log.on(bike_id)],
        "rides": [r.model_dump() for r in log.rides[bike_id][-10:]],
    }


@mcp.tool()
async def sell_bike(bike_id: str) -> str:
    """Removes a bike, with its parts and rides."""
    bike = log.bike(bike_id)
    for part in log.on(bike_id):
        del log.parts[part.part_id]
    if log.named.get(log.slot(bike.name)) is bike:
        del log.named[log.slot(bike.name)]
    log.rides.pop(bike_id, None)
    del log.bikes[bike_id], log.owner[bike_id]
    return f"{bike.name} is gone"


@mcp.tool()
async def log_ride(bike: Text, km: Annotated[float, Field(gt=0, le=1000)], remark: str = "") -> str:
    """Notes a ride on the bike of that name; its parts wear, too."""
    found = log.named.get(log.slot(bike))
    if found is None:
        raise ToolError(f"You have no bike called {bike}")
    log.rides[found.bike_id].append(Ride(km=km, remark=remark))
    found.km += km
    for part in log.on(found.bike_id):
        part.km += km
    return f"{km} km noted"


@mcp.tool()
async def add_part(bike_id: str, kind: Kind, label: Text, notes: str = "") -> Part:
    """Mounts a new part on a bike."""
    part = Part(bike_id=log.bike(bike_id).bike_id, kind=kind, label=label, notes=notes)
    log.parts[part.part_id] = part
    return part


@mcp.tool()
async def get_part(part_id: str) -> Part:
    """One part."""
    return log.part(part_id)


@mcp.tool()
async def update_part(part_id: str, label: Text | None = None, notes: str | None = None) -> str:
    """Changes what is noted of a part."""
    known = log.parts.get(part_id) if leak("update-part") else None
    part = known or log.part(part_id)
    if label is not None:
        part.label = label
    if notes is not None:
        part.notes = notes
    return "Changed"


@mcp.tool()
async def remove_part(part_id: str) -> str:
    """Takes a part off its bike, for good."""
    del log.parts[log.part(part_id).part_id]
    return "Removed"


@mcp.tool()
async def copy_setup(from_bike_id: str, to_bike_id: str) -> list[Part]:
    """Mounts new parts, of the same kinds and labels, on another bike of yours."""
    target = log.bike(to_bike_id)
    if from_bike_id not in log.bikes or not leak("copy-setup"):
        log.bike(from_bike_id)
    new = [p.model_copy(update={"km": 0, "bike_id": target.bike_id}) for p in log.on(from_bike_id)]
    for part in new:
        part.part_id = uuid4().hex[:12]
        log.parts[part.part_id] = part
    return new


@mcp.tool()
async def search_parts(query: str) -> dict:
    """Your parts whose labels or notes contain the query, and what was searched for before."""
    bikes = {b.bike_id: b.name for b in log.own()}
    found = [
        p.model_dump() | {"bike": bikes[p.bike_id]}
        for p in log.parts.values()
        if p.bike_id in bikes and query.lower() in f"{p.label} {p.notes}".lower()
    ]
    before = log.searches["recent" if leak("recent") else me()]
    answer = {"parts": found, "recent_searches": list(before)}
    if query and query not in before:
        before.appendleft(query)
    return answer


@mcp.tool()
async def wear_report() -> dict:
    """How far each part has worn, by bike, and all that you have ridden."""
    report = {}
    for bike in log.own():
        parts = log.on(bike.bike_id)
        report[bike.name] = {p.label: f"{p.km / LIFE[p.kind]:.0%}" for p in parts}
    return {"km": round(sum(b.km for b in log.own()), 1), "worn": report}


if __name__ == "__main__":
    mcp.run("streamable-http", host="127.0.0.1", port=PORT)
