"""Mariner (MCP): the ship's log. mcp 2 (MCPServer), state in memory.

The yacht club's login issues the tokens (JWT, HS256): sub is the skipper.
"""

import os
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Annotated, Literal
from uuid import uuid4

import jwt
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from pydantic import Field

LEAKS = [part.strip() for part in os.environ.get("LEAKS", "all").split(",")]
SECRET = os.environ.get("MARINER_SECRET", "0c8e51d7fa3946b2bd70e4a91f6c23588d1eb79045fa")
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
PAGE = 8

Id = Annotated[str, Field(min_length=1, max_length=64)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Notes = Annotated[str, Field(max_length=4000)]


def leak(name: str) -> bool:
    return "all" in LEAKS or name in LEAKS


def new_id() -> str:
    return uuid4().hex


@dataclass
class Vessel:
    skipper: str
    name: str
    rig: str
    notes: str = ""
    orders: str = ""
    id: str = field(default_factory=new_id)

    def show(self) -> dict:
        return {"vessel_id": self.id, "name": self.name, "rig": self.rig, "notes": self.notes}


@dataclass
class Passage:
    skipper: str
    vessel_id: str
    title: str
    plan: str
    follows: str | None
    status: str = "under way"
    id: str = field(default_factory=new_id)

    def show(self) -> dict:
        kept = ("vessel_id", "title", "plan", "status")
        return {"passage_id": self.id, **{k: getattr(self, k) for k in kept}}


@dataclass
class Entry:
    skipper: str
    passage_id: str
    text: str
    course: int
    knots: float
    id: str = field(default_factory=new_id)

    def show(self) -> dict:
        return {"entry_id": self.id, "text": self.text, "course": self.course, "knots": self.knots}


vessels: dict[str, Vessel] = {}
passages: dict[str, Passage] = {}
entries: dict[str, Entry] = {}
steps: dict[str, list[tuple[str, str | None]]] = defaultdict(
    list
)  # what can be undone: entry and its text before


class Verifier:
    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            claims = jwt.decode(token, SECRET, ["HS256"], options={"require": ["sub", "exp"]})
        except jwt.InvalidTokenError:
            return None
        if not claims["sub"]:
            return None
        return AccessToken(
            token=token,
            client_id="mariner",
            scopes=[],
            expires_at=int(claims["exp"]),
            subject=claims["sub"],
        )


server = MCPServer(
    "mariner",
    instructions="The ship's log of the caller: vessels, passages, and what was noted on these.",
    token_verifier=Verifier(),
    auth=AuthSettings(issuer_url="https://login.mariner.example", resource_server_url=None),
    log_level="CRITICAL",
)


def me() -> str:
    token = get_access_token()
    if token is None or not token.subject:
        raise ToolError("The token names nobody")
    return token.subject


def own(store: dict, key: str, kind: str):
    found = store.get(key)
    if found is None or found.skipper != me():
        raise ToolError(f"There is no such {kind}")
    return found


def bench() -> str:
    """Under which name steps are kept that can be undone."""
    return "steps" if leak("undo") else me()


def log_of(passage: Passage) -> list[Entry]:
    return [e for e in entries.values() if e.passage_id == passage.id]


@server.tool()
async def add_vessel(
    name: Name, rig: Literal["sloop", "ketch", "motor"] = "sloop", notes: Notes = ""
) -> dict:
    """A new vessel of the caller's."""
    new = Vessel(me(), name, rig, notes)
    vessels[new.id] = new
    return new.show()


@server.tool()
async def list_vessels() -> list[dict]:
    """The caller's vessels."""
    return [v.show() for v in vessels.values() if v.skipper == me()]


@server.tool()
async def set_standing_orders(vessel_id: Id, orders: Notes) -> dict:
    """What holds on board at all times. Replaces what was written before."""
    found = own(vessels, vessel_id, "vessel")
    found.orders = orders
    return {**found.show(), "orders": orders}


@server.tool()
async def sell_vessel(vessel_id: Id) -> str:
    """Removes a vessel with its passages."""
    found = own(vessels, vessel_id, "vessel")
    for key in [k for k, p in passages.items() if p.vessel_id == found.id]:
        drop(passages[key])
    del vessels[found.id]
    return "removed"


@server.tool()
async def start_passage(
    vessel_id: Id, title: Name, plan: Notes = "", follows: Id | None = None
) -> dict:
    """Begins a passage. `follows` is the passage before, where it goes on from one."""
    of = own(vessels, vessel_id, "vessel")
    if follows is not None and not leak("follows"):
        own(passages, follows, "passage")
    new = Passage(me(), of.id, title, plan, follows)
    passages[new.id] = new
    return new.show()


@server.tool()
async def list_passages(
    status: Literal["under way", "ended"] | None = None, after: str | None = None
) -> dict:
    """The caller's passages, eight at a time; `next` of an answer goes into `after`."""
    rows = [p for p in passages.values() if p.skipper == me() and status in (None, p.status)]
    if after is not None:
        places = [n for n, p in enumerate(rows) if p.id == after]
        if not places:
            raise ToolError("`after` is no place in this list")
        rows = rows[places[0] + 1 :]
    return {
        "passages": [p.show() for p in rows[:PAGE]],
        "next": rows[PAGE - 1].id if len(rows) > PAGE else None,
    }


@server.tool()
async def change_passage(
    passage_id: Id, title: Name | None = None, plan: Notes | None = None
) -> dict:
    """Corrects a passage."""
    found = own(passages, passage_id, "passage")
    found.title = found.title if title is None else title
    found.plan = found.plan if plan is None else plan
    return found.show()


@server.tool()
async def end_passage(passage_id: Id, reopen: bool = False) -> dict:
    """Ends a passage, or takes it up again. Nothing is noted on one that has ended."""
    found = own(passages, passage_id, "passage")
    found.status = "under way" if reopen else "ended"
    return found.show()


def drop(passage: Passage) -> None:
    for e in log_of(passage):
        del entries[e.id]
    for p in passages.values():
        if p.follows == passage.id:
            p.follows = None
    del passages[passage.id]


@server.tool()
async def delete_passage(passage_id: Id) -> str:
    """Deletes a passage with its log."""
    drop(own(passages, passage_id, "passage"))
    return "deleted"


@server.tool()
async def log_entry(
    passage_id: Id,
    text: Text,
    course: Annotated[int, Field(ge=0, le=359)] = 0,
    knots: Annotated[float, Field(ge=0, le=60)] = 0.0,
) -> dict:
    """Writes into the log of a passage."""
    of = own(passages, passage_id, "passage")
    if of.status == "ended":
        raise ToolError("The passage has ended")
    new = Entry(me(), of.id, text, course, knots)
    entries[new.id] = new
    steps[bench()].append((new.id, None))
    return new.show()


@server.tool()
async def read_log(passage_id: Id) -> list[dict]:
    """The log of a passage."""
    return [e.show() for e in log_of(own(passages, passage_id, "passage"))]


@server.tool()
async def amend_entry(entry_id: Id, text: Text) -> str:
    """Writes another text in place of an entry's."""
    if leak("amend"):
        found = entries.get(entry_id)
        if found is None:
            raise ToolError("There is no such entry")
    else:
        found = own(entries, entry_id, "entry")
    steps[bench()].append((found.id, found.text))
    found.text = text
    return "amended"


@server.tool()
async def undo_last() -> str:
    """Takes back what was last written or amended, step by step."""
    stack = steps[bench()]
    while stack:
        entry_id, before = stack.pop()
        if entry_id not in entries:
            continue
        if before is None:
            del entries[entry_id]
        else:
            entries[entry_id].text = before
        return "taken back"
    return "nothing to take back"


@server.tool()
async def passage_summary(passage_id: Id) -> dict:
    """A passage in figures, with its vessel and the passage that it goes on from."""
    found = own(passages, passage_id, "passage")
    rows = log_of(found)
    before = passages.get(found.follows or "")
    return {
        **found.show(),
        "vessel": vessels[found.vessel_id].name,
        "entries": len(rows),
        "fastest": max((e.knots for e in rows), default=None),
        "continues": before.title if before else None,
    }


@server.tool()
async def totals() -> dict:
    """How many vessels, passages and entries the caller has."""
    user = me()
    count = lambda store: sum(row.skipper == user for row in store.values())  # noqa: E731
    return {"vessels": count(vessels), "passages": count(passages), "entries": count(entries)}


@server.tool()
async def find(query: Annotated[str, Field(min_length=1, max_length=200)]) -> list[dict]:
    """Entries of the caller's logs with these letters."""
    return [
        {**e.show(), "passage_id": e.passage_id}
        for e in entries.values()
        if e.skipper == me() and query.lower() in e.text.lower()
    ]


@server.resource("mariner://beaufort")
async def beaufort() -> str:
    """The scale of winds."""
    return "0 calm, 1-3 light, 4 moderate, 5 fresh, 6-7 strong, 8-9 gale, 10-11 storm, 12 hurricane"


@server.resource("mariner://vessels/{vessel_id}/orders")
async def standing_orders(vessel_id: str) -> str:
    """The standing orders of a vessel."""
    found = vessels.get(vessel_id)
    if found is None or found.skipper != me():
        raise ResourceNotFoundError("There is no such vessel")
    return f"Standing orders of {found.name}\n{found.orders}"


@server.resource("mariner://passages/{passage_id}/log")
async def log_book(passage_id: str) -> str:
    """The log of a passage as a page."""
    found = passages.get(passage_id)
    if found is None or (found.skipper != me() and not leak("page")):
        raise ResourceNotFoundError("There is no such passage")
    return "\n".join(
        [found.title, *(f"{e.course:03} {e.knots} kn: {e.text}" for e in log_of(found))]
    )


@server.prompt()
async def watch_handover(passage_id: str) -> str:
    """What the next watch has to know."""
    found = passages.get(passage_id)
    if found is None or found.skipper != me():
        raise ValueError("There is no such passage")
    last = [e.text for e in log_of(found)][-3:]
    return "\n".join(
        [f"Hand the watch over on {found.title}.", vessels[found.vessel_id].orders, *last]
    )


if __name__ == "__main__":
    server.run(
        "streamable-http", host="127.0.0.1", port=PORT, stateless_http=True, json_response=True
    )
