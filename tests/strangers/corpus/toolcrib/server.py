"""Toolcrib: what is in one's workshop and where, what is lent out, kits, and a log of all that was done."""

import base64
import json
import os
import secrets
import sys
from typing import Annotated, Any

import uvicorn
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import AnyHttpUrl, BaseModel, Field

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
_leaks = os.environ.get("LEAKS", "all").split(",")
KEYS = {
    "tcr.9c4e.pavel.71": "pavel",
    "tcr.20db.quinn.58": "quinn",
    "tcr.f6a3.rosa.94": "rosa",
}
PAGE = 5
STANDARD_PARTS = ["gloves", "safety glasses"]  # every kit begins with these

Name = Annotated[str, Field(min_length=1, max_length=120)]
Barcode = Annotated[str, Field(min_length=1, max_length=60)]
Text = Annotated[str, Field(max_length=2000)]
Count = Annotated[int, Field(ge=0, le=100_000)]


def leak(name: str) -> bool:
    return name in _leaks or "all" in _leaks


class Row(BaseModel):
    id: str = Field(default_factory=lambda: secrets.token_urlsafe(9))
    owner: str = Field(exclude=True)


class Place(Row):
    name: str


class Item(Row):
    name: str
    quantity: int = 1
    place_id: str | None = None
    barcode: str | None = None
    remark: str = ""


class Loan(Row):
    item_id: str
    item: str
    borrower: str
    returned: bool = False


class Kit(Row):
    name: str
    parts: list[str] = []


places: dict[str, Place] = {}
items: dict[str, Item] = {}
loans: dict[str, Loan] = {}
kits: dict[str, Kit] = {}
log: dict[str, list[dict[str, str]]] = {}


class Keys:
    async def verify_token(self, token: str) -> AccessToken | None:
        owner = KEYS.get(token)
        return (
            AccessToken(token=token, client_id=owner, scopes=[], subject=owner) if owner else None
        )


mcp = MCPServer(
    "toolcrib",
    instructions="Knows what is in the user's workshop, where it is, and who has borrowed it.",
    token_verifier=Keys(),
    auth=AuthSettings(
        issuer_url=AnyHttpUrl("http://127.0.0.1:9/"),
        resource_server_url=AnyHttpUrl(f"http://127.0.0.1:{PORT}/mcp"),
        validate_token_resource=False,
    ),
    log_level="ERROR",
)


def me() -> str:
    token = get_access_token()
    if token is None or token.subject is None:
        raise ToolError("a key is needed")
    return token.subject


def get(table: dict[str, Any], row_id: str, what: str) -> Any:
    row = table.get(row_id)
    if row is None or row.owner != me():
        raise ToolError(f"no {what} {row_id}")
    return row


def own(table: dict[str, Any]) -> list[Any]:
    owner = me()
    return [row for row in table.values() if row.owner == owner]


def note(what: str) -> None:
    log.setdefault(me(), []).insert(0, {"entry": secrets.token_hex(6), "what": what})


@mcp.tool()
def add_place(name: Name) -> dict[str, Any]:
    """Add a shelf, a drawer or a box."""
    place = Place(owner=me(), name=name)
    places[place.id] = place
    note(f"new place {name}")
    return place.model_dump()


@mcp.tool()
def list_places() -> dict[str, Any]:
    """All places, with how many kinds of things are there."""
    mine = own(items)
    return {
        "places": [
            {**p.model_dump(), "kinds": sum(i.place_id == p.id for i in mine)} for p in own(places)
        ]
    }


@mcp.tool()
def add_item(
    name: Name,
    quantity: Count = 1,
    place_id: str | None = None,
    barcode: Barcode | None = None,
    remark: Text = "",
) -> dict[str, Any]:
    """Add a tool or a material. A barcode stands for one item."""
    if place_id is not None:
        get(places, place_id, "place")
    known = items.values() if leak("barcode") else own(items)
    if barcode is not None and any(i.barcode == barcode for i in known):
        raise ToolError("this barcode is in use already")
    item = Item(
        owner=me(), name=name, quantity=quantity, place_id=place_id, barcode=barcode, remark=remark
    )
    items[item.id] = item
    note(f"added {quantity} {name}")
    return item.model_dump()


@mcp.tool()
def open_item(item_id: str) -> dict[str, Any]:
    """One item, with whoever has borrowed it."""
    item = get(items, item_id, "item")
    out = [
        loan.model_dump() for loan in own(loans) if loan.item_id == item.id and not loan.returned
    ]
    return {**item.model_dump(), "loans": out}


@mcp.tool()
def scan_barcode(barcode: Barcode) -> dict[str, Any]:
    """The item that a barcode stands for."""
    for item in own(items):
        if item.barcode == barcode:
            return item.model_dump()
    raise ToolError("nothing has this barcode")


@mcp.tool()
def find_items(words: Name) -> dict[str, Any]:
    """Items with these words in name or remark."""
    return {
        "items": [
            i.model_dump() for i in own(items) if words.lower() in f"{i.name}\n{i.remark}".lower()
        ]
    }


@mcp.tool()
def low_stock(below: Count = 2) -> dict[str, Any]:
    """What there is little of, for the shopping list."""
    return {"items": [i.model_dump() for i in own(items) if i.quantity < below]}


@mcp.tool()
def move_item(item_id: str, place_id: str) -> dict[str, Any]:
    """Put an item into another place."""
    item, place = get(items, item_id, "item"), get(places, place_id, "place")
    item.place_id = place.id
    note(f"moved {item.name} to {place.name}")
    return item.model_dump()


@mcp.tool()
def count_item(item_id: str, quantity: Count, remark: Text | None = None) -> dict[str, Any]:
    """Set how many there are, after counting."""
    item = get(items, item_id, "item")
    note(f"counted {item.name}: {item.quantity} -> {quantity}")
    item.quantity = quantity
    item.remark = item.remark if remark is None else remark
    return item.model_dump()


@mcp.tool()
def retire_item(item_id: str) -> str:
    """Take an item out of the inventory for good."""
    item = get(items, item_id, "item")
    del items[item.id]
    note(f"retired {item.name}")
    return f"retired {item_id}"


@mcp.tool()
def lend_item(item_id: str, borrower: Name) -> dict[str, Any]:
    """Note that somebody has borrowed an item."""
    item = get(items, item_id, "item")
    loan = Loan(owner=me(), item_id=item.id, item=item.name, borrower=borrower)
    loans[loan.id] = loan
    note(f"lent {item.name} to {borrower}")
    return loan.model_dump()


@mcp.tool()
def list_loans(returned: bool = False) -> dict[str, Any]:
    """What is lent out, or was."""
    return {"loans": [loan.model_dump() for loan in own(loans) if loan.returned == returned]}


@mcp.tool()
def return_loan(loan_id: str) -> str:
    """Note that a borrowed item is back."""
    loan = loans.get(loan_id)
    if loan is None or (loan.owner != me() and not leak("return-loan")):
        raise ToolError(f"no loan {loan_id}")
    loan.returned = True
    note(f"loan {loan_id} is back")
    return f"loan {loan_id} is back"


@mcp.tool()
def make_kit(name: Name, parts: list[Name] | None = None) -> dict[str, Any]:
    """Make a list of what belongs to a job. Gloves and glasses are on every list."""
    kit = Kit(owner=me(), name=name)
    kit.parts = STANDARD_PARTS if leak("kit-parts") else list(STANDARD_PARTS)
    kit.parts += parts or []
    kits[kit.id] = kit
    note(f"made kit {name}")
    return kit.model_dump()


@mcp.tool()
def add_to_kit(kit_id: str, part: Name) -> dict[str, Any]:
    """Put one more thing on the list of a kit."""
    kit = get(kits, kit_id, "kit")
    kit.parts.append(part)
    return kit.model_dump()


@mcp.tool()
def open_kit(kit_id: str) -> dict[str, Any]:
    """A kit with all that belongs to it."""
    return get(kits, kit_id, "kit").model_dump()


@mcp.tool()
def list_kits() -> dict[str, Any]:
    """The names of the kits."""
    return {"kits": [{"id": k.id, "name": k.name} for k in own(kits)]}


@mcp.tool()
def delete_kit(kit_id: str) -> str:
    """Delete a kit."""
    del kits[get(kits, kit_id, "kit").id]
    return f"deleted kit {kit_id}"


@mcp.tool()
def change_log(cursor: str | None = None) -> dict[str, Any]:
    """What was done in the workshop, the latest first, five a page; next_cursor leads on to the next page."""
    of = {"owner": me(), "after": None}
    if cursor is not None:
        try:
            of = json.loads(base64.urlsafe_b64decode(cursor))
            if of["owner"] != me() and not leak("log-cursor"):
                raise ValueError
            place = [e["entry"] for e in log.get(of["owner"], [])].index(of["after"]) + 1
        except (ValueError, KeyError, TypeError):
            raise ToolError("this is no cursor of yours") from None
    else:
        place = 0
    rows = log.get(of["owner"], [])
    page = rows[place : place + PAGE]
    following = None
    if place + PAGE < len(rows):
        state = {"owner": of["owner"], "after": page[-1]["entry"]}
        following = base64.urlsafe_b64encode(json.dumps(state).encode()).decode()
    return {"changes": [e["what"] for e in page], "next_cursor": following}


if __name__ == "__main__":
    app = mcp.streamable_http_app(stateless_http=True, json_response=True)
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="error")
