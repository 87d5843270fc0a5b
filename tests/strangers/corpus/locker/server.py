"""MCP server for a household inventory: what is in which box, what it is worth, what was lent to whom."""

import itertools
import os
import sys
import time
from dataclasses import dataclass, field

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
LEAKS = os.environ.get("LEAKS", "all")
RATES = {"EUR": 1.0, "USD": 1.1, "CHF": 0.95}
PEOPLE = {"locker-4f1a-freya": "freya", "locker-77c2-gus": "gus", "locker-b09e-hedy": "hedy"}


def has(leak: str) -> bool:
    return LEAKS == "all" or leak in LEAKS.split(",")


class Tokens:
    async def verify_token(self, token: str) -> AccessToken | None:
        if token not in PEOPLE:
            return None
        return AccessToken(
            token=token, client_id="locker-app", subject=PEOPLE[token], scopes=["inventory"]
        )


class Item(BaseModel):
    item_id: int
    name: str
    box: str | None = None
    value: float = 0
    serial: str | None = None
    lent_to: str | None = None


@dataclass
class Box:
    owner: str
    label: str
    place: str


@dataclass
class Thing:
    owner: str
    number: int
    name: str
    value: float
    box: Box | None = None
    serial: str | None = None
    lent_to: str | None = None
    binned: float = 0
    log: list[str] = field(default_factory=list)

    def item(self) -> Item:
        return Item(
            item_id=self.number,
            name=self.name,
            box=self.box and self.box.label,
            value=self.value,
            serial=self.serial,
            lent_to=self.lent_to,
        )


boxes: list[Box] = []
things: dict[int, Thing] = {}
numbers = itertools.count(1)
valuations: dict[tuple, tuple[float, dict]] = {}

mcp = MCPServer(
    "locker",
    instructions="Keeps track of the caller's belongings.",
    token_verifier=Tokens(),
    log_level="ERROR",
    auth=AuthSettings(
        issuer_url="https://login.locker.example",
        resource_server_url=f"http://127.0.0.1:{PORT}/mcp",
        required_scopes=["inventory"],
        validate_token_resource=False,
    ),
)


def me() -> str:
    return get_access_token().subject


def thing(item_id: int, binned: bool = False) -> Thing:
    t = things.get(item_id)
    if t is None or t.owner != me() or bool(t.binned) != binned:
        raise ToolError(f"No item {item_id}" + (" in the bin" if binned else ""))
    return t


def own_box(label: str) -> Box | None:
    return next((b for b in boxes if b.owner == me() and b.label == label), None)


@mcp.tool()
async def add_box(label: str, place: str = "attic") -> str:
    """A new box. Labels are unique among your boxes."""
    if own_box(label):
        raise ToolError(f"You have a box {label!r}")
    boxes.append(Box(me(), label, place))
    return f"Box {label!r} stands in {place}"


@mcp.tool()
async def list_boxes() -> list[dict]:
    """Your boxes, with how many items are in each."""
    return [
        {
            "label": b.label,
            "place": b.place,
            "items": sum(t.box is b and not t.binned for t in things.values()),
        }
        for b in boxes
        if b.owner == me()
    ]


@mcp.tool()
async def open_box(label: str) -> list[str]:
    """The names of what is in a box of yours."""
    box = own_box(label)
    if box is None:
        raise ToolError(f"You have no box {label!r}")
    return [t.name for t in things.values() if t.box is box and not t.binned]


@mcp.tool()
async def add_item(name: str, value: float = 0, box: str | None = None) -> Item:
    """A new item, perhaps in one of your boxes (by label)."""
    into = own_box(box) if box else None
    if box and into is None:
        raise ToolError(f"You have no box {box!r}")
    t = Thing(me(), next(numbers), name, value, into)
    things[t.number] = t
    return t.item()


@mcp.tool()
async def get_item(item_id: int) -> Item:
    """One item."""
    return thing(item_id).item()


@mcp.tool()
async def find_items(query: str = "", limit: int = 20) -> dict:
    """Your items whose names contain the query."""
    found = [
        t.item()
        for t in things.values()
        if t.owner == me() and not t.binned and query.lower() in t.name.lower()
    ]
    return {"total": len(found), "items": [i.model_dump() for i in found[: max(limit, 0)]]}


@mcp.tool()
async def put_into(item_id: int, box: str) -> Item:
    """Puts an item into the box of that label."""
    t = thing(item_id)
    found = own_box(box)
    if found is None and has("box-by-label"):
        found = next((b for b in boxes if b.label == box), None)
    if found is None:
        raise ToolError(f"You have no box {box!r}")
    t.box = found
    return t.item()


@mcp.tool()
async def set_serial(item_id: int, serial: str) -> Item:
    """Notes the serial number of an item, for the insurance. No two of your items have the same."""
    t = thing(item_id)
    for other in things.values():
        if other.serial == serial and other is not t and (other.owner == t.owner or has("serials")):
            raise ToolError(f"Serial {serial} is noted for an item already")
    t.serial = serial
    return t.item()


@mcp.tool()
async def lend(item_id: int, to: str) -> Item:
    """Notes to whom an item is lent; an empty text: it is back."""
    t = thing(item_id)
    t.lent_to = to or None
    return t.item()


@mcp.tool()
async def bin_item(item_id: int) -> str:
    """Puts an item into the bin."""
    thing(item_id).binned = time.time()
    return f"Item {item_id} is in the bin"


@mcp.tool()
async def take_from_bin(item_id: int) -> Item:
    """Takes an item out of the bin."""
    t = thing(item_id, binned=True)
    t.binned = 0
    return t.item()


@mcp.tool()
async def empty_bin() -> str:
    """Removes for good what is in your bin."""
    mine = [t for t in things.values() if t.owner == me() and t.binned]
    gone = [t for t in things.values() if t.binned] if has("bin") else mine
    for t in gone:
        t.owner, t.box, t.serial, t.lent_to = "", None, None, None  # numbers are not used again
    return f"{len(mine)} item(s) removed"


@mcp.tool()
async def valuation(currency: str = "EUR") -> dict:
    """What your belongings are worth, by box; kept for half a minute. Currencies: EUR, USD, CHF."""
    if currency not in RATES:
        raise ToolError("Currencies: EUR, USD, CHF")
    mine = [t for t in things.values() if t.owner == me() and not t.binned]
    slot = (currency, len(mine)) if has("valuation") else (me(), currency, len(mine))
    until, answer = valuations.get(slot, (0, {}))
    if time.monotonic() > until:
        by_box: dict[str, float] = {}
        for t in mine:
            label = t.box.label if t.box else "(no box)"
            by_box[label] = round(by_box.get(label, 0) + t.value * RATES[currency], 2)
        answer = {"currency": currency, "total": round(sum(by_box.values()), 2), "by_box": by_box}
        valuations[slot] = (time.monotonic() + 30, answer)
    return answer


if __name__ == "__main__":
    mcp.run("streamable-http", host="127.0.0.1", port=PORT)
