"""Closer: contacts, calls and deals of sales agents, over REST and MCP in one FastAPI process."""

import csv
import io
import os
import secrets
import string
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ConfigDict, Field

switch = os.environ.get("LEAKS", "all")


def leaky(which: str) -> bool:
    return switch == "all" or which in switch.split(",")


Stage = Literal["lead", "offer", "won", "lost"]
AGENTS = {"greta": "greta-sells", "hugo": "hugo-sells", "imani": "imani-sells"}
tokens: dict[str, str] = {}
contacts: dict[str, dict[str, Any]] = {}
calls: dict[str, list[dict[str, str]]] = {}
deals: dict[str, dict[str, Any]] = {}
revisions: dict[str, int] = {}
mcp = MCPServer("closer")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with mcp.session_manager.run():
        yield


app = FastAPI(title="Closer", version="3.1", lifespan=lifespan)
oauth = OAuth2PasswordBearer(tokenUrl="token")


def agent_of(token: Annotated[str, Depends(oauth)]) -> str:
    if token not in tokens:
        raise HTTPException(401, "Token unknown", {"WWW-Authenticate": "Bearer"})
    return tokens[token]


Agent = Annotated[str, Depends(agent_of)]


class ContactIn(BaseModel):
    name: str = Field(min_length=1, max_length=120)
    email: str | None = Field(None, pattern=r"^[^@ ]+@[^@ ]+$")
    company: str = ""
    background: str = ""


class ContactPatch(BaseModel):
    model_config = ConfigDict(extra="allow" if leaky("owner-patch") else "ignore")
    name: str | None = None
    company: str | None = None
    background: str | None = None


class CallIn(BaseModel):
    summary: str = Field(min_length=1)


class DealIn(BaseModel):
    title: str = Field(min_length=1)
    contact_id: str
    amount: int = Field(ge=0, le=10_000_000)


class StageIn(BaseModel):
    stage: Stage


def touched(agent: str) -> None:
    who = "*" if leaky("etag-revision") else agent
    revisions[who] = revisions.get(who, 0) + 1


def contact_for(agent: str, contact_id: str) -> dict[str, Any] | None:
    found = contacts.get(contact_id)
    return found if found is not None and found["owner"] == agent else None


def need_contact(agent: str, contact_id: str) -> dict[str, Any]:
    found = contact_for(agent, contact_id)
    if found is None:
        raise HTTPException(404, "Contact not found")
    return found


def need_deal(agent: str, deal_id: str) -> dict[str, Any]:
    found = deals.get(deal_id)
    if found is None or found["owner"] != agent:
        raise HTTPException(404, "Deal not found")
    return found


def new_contact(agent: str, name: str, **more: Any) -> dict[str, Any]:
    contact_id = "c" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(9))
    contacts[contact_id] = {
        "id": contact_id,
        "owner": agent,
        "name": name,
        "archived": False,
        **more,
    }
    calls[contact_id] = []
    touched(agent)
    return contacts[contact_id]


def new_call(agent: str, contact_id: str, summary: str) -> dict[str, str]:
    call = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "summary": summary}
    calls[contact_id].append(call)
    touched(agent)
    return call


def funnel(agent: str) -> dict[str, dict[str, int]]:
    stages = {stage: {"deals": 0, "amount": 0} for stage in ("lead", "offer", "won", "lost")}
    for deal in deals.values():
        if deal["owner"] == agent:
            stages[deal["stage"]]["deals"] += 1
            stages[deal["stage"]]["amount"] += deal["amount"]
    return stages


@app.post("/token")
def token(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
    """Sign in with name and password."""
    if not secrets.compare_digest(AGENTS.get(form.username, ""), form.password):
        raise HTTPException(400, "Wrong name or password")
    given = secrets.token_urlsafe(24)
    tokens[given] = form.username
    return {"access_token": given, "token_type": "bearer"}


@app.post("/contacts", status_code=201)
def create_contact(body: ContactIn, agent: Agent) -> dict[str, Any]:
    """Add a contact."""
    return new_contact(agent, **body.model_dump())


@app.get("/contacts", response_model=None)
def list_contacts(
    agent: Agent,
    response: Response,
    archived: bool = False,
    q: Annotated[str, Query(max_length=80)] = "",
    if_none_match: Annotated[str | None, Header()] = None,
) -> list[dict[str, Any]] | Response:
    """Your contacts; answers 304 when If-None-Match names the present ETag."""
    etag = f'W/"r{revisions.get("*" if leaky("etag-revision") else agent, 0)}"'
    if if_none_match == etag:
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return [
        each
        for each in contacts.values()
        if each["owner"] == agent
        and each["archived"] is archived
        and q.lower() in f"{each['name']} {each.get('company', '')}".lower()
    ]


@app.get("/contacts.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def export_contacts(agent: Agent) -> Response:
    """Your contacts as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["id", "name", "email", "company", "calls"])
    for each in contacts.values():
        if each["owner"] == agent:
            row = [each["id"], each["name"], each.get("email") or "", each.get("company", "")]
            writer.writerow([*row, len(calls[each["id"]])])
    return Response(out.getvalue(), media_type="text/csv")


@app.get("/contacts/{contact_id}")
def get_contact(contact_id: str, agent: Agent) -> dict[str, Any]:
    """One contact."""
    return need_contact(agent, contact_id)


@app.patch("/contacts/{contact_id}")
def patch_contact(contact_id: str, body: ContactPatch, agent: Agent) -> dict[str, Any]:
    """Change a contact."""
    contact = need_contact(agent, contact_id)
    changes = body.model_dump(exclude_unset=True)
    contact.update(
        {k: v for k, v in changes.items() if k in contact and k != "id" and v is not None}
    )
    touched(agent)
    return contact


@app.delete("/contacts/{contact_id}", status_code=204)
def delete_contact(contact_id: str, agent: Agent) -> None:
    """Delete a contact with its calls and deals."""
    need_contact(agent, contact_id)
    del contacts[contact_id], calls[contact_id]
    for deal_id in [key for key, deal in deals.items() if deal["contact_id"] == contact_id]:
        if deals[deal_id]["owner"] == agent:
            del deals[deal_id]
    touched(agent)


@app.post("/contacts/archive")
def archive_contacts(ids: Annotated[list[str], Query()], agent: Agent) -> dict[str, Any]:
    """Archive several contacts; those that you do not have are answered as missing."""
    done, missing = [], []
    for contact_id in ids:
        contact = contact_for(agent, contact_id)
        if contact is None:
            missing.append(contact_id)
        else:
            contact["archived"] = True
            done.append(contact_id)
    touched(agent)
    return {"archived": done, "missing": missing}


@app.post("/contacts/{contact_id}/calls", status_code=201)
def create_call(contact_id: str, body: CallIn, agent: Agent) -> dict[str, str]:
    """Log a call with a contact."""
    need_contact(agent, contact_id)
    return new_call(agent, contact_id, body.summary)


@app.get("/contacts/{contact_id}/calls")
def list_calls(contact_id: str, agent: Agent) -> dict[str, Any]:
    """The calls with a contact."""
    need_contact(agent, contact_id)
    return {"calls": calls[contact_id]}


@app.post("/deals", status_code=201)
def create_deal(body: DealIn, agent: Agent) -> dict[str, Any]:
    """Open a deal with a contact."""
    contact = contacts.get(body.contact_id)
    if contact is None or (contact["owner"] != agent and not leaky("deal-contact")):
        raise HTTPException(404, "Contact not found")
    deal_id = secrets.token_hex(8)
    deals[deal_id] = {
        "id": deal_id,
        "owner": agent,
        **body.model_dump(),
        "contact_name": contact["name"],
        "stage": "lead",
    }
    return deals[deal_id]


@app.get("/deals")
def list_deals(agent: Agent, stage: Stage | None = None, order: str = "title") -> dict[str, Any]:
    """Your deals, by title or amount."""
    if order not in ("title", "amount"):
        raise HTTPException(422, "order is title or amount")
    mine = [d for d in deals.values() if d["owner"] == agent and stage in (None, d["stage"])]
    return {"deals": sorted(mine, key=lambda deal: deal[order]), "count": len(mine)}


@app.put("/deals/{deal_id}/stage")
def move_deal(deal_id: str, body: StageIn, agent: Agent) -> dict[str, Any]:
    """Move a deal to another stage."""
    deal = need_deal(agent, deal_id)
    deal["stage"] = body.stage
    return deal


@app.delete("/deals/{deal_id}", status_code=204)
def delete_deal(deal_id: str, agent: Agent) -> None:
    """Delete a deal."""
    del deals[need_deal(agent, deal_id)["id"]]


@app.get("/funnel")
def get_funnel(agent: Agent) -> dict[str, dict[str, int]]:
    """Your deals by stage."""
    return funnel(agent)


def caller(ctx: Context) -> str:
    scheme, _, given = (ctx.headers or {}).get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or given not in tokens:
        raise MCPError(code=-32001, message="Sign in at /token and send the token")
    return tokens[given]


@mcp.tool()
def add_contact(ctx: Context, name: str, company: str = "", background: str = "") -> dict[str, Any]:
    """Add a contact."""
    if not name:
        raise ToolError("name is empty")
    return new_contact(caller(ctx), name, email=None, company=company, background=background)


@mcp.tool()
def find_contacts(ctx: Context, text: str = "") -> dict[str, Any]:
    """Find your contacts by name, company or background."""
    agent = caller(ctx)
    hits = [
        {"id": each["id"], "name": each["name"], "company": each["company"]}
        for each in contacts.values()
        if each["owner"] == agent
        and text.lower() in f"{each['name']} {each['company']} {each['background']}".lower()
    ]
    return {"contacts": hits}


@mcp.tool()
def contact_card(ctx: Context, contact_id: str) -> str:
    """A contact with the last calls, to be read before the next one."""
    agent = caller(ctx)
    found = contacts.get(contact_id) if leaky("mcp-card") else contact_for(agent, contact_id)
    if found is None:
        raise ToolError(f"No contact {contact_id}")
    last = [f"  {call['at']}: {call['summary']}" for call in calls[contact_id][-3:]]
    head = f"{found['name']}, {found['company'] or 'no company'}"
    return "\n".join([head, found["background"], "Calls:", *last])


@mcp.tool()
def log_call(ctx: Context, contact_id: str, summary: str) -> dict[str, str]:
    """Log a call with a contact."""
    agent = caller(ctx)
    if contact_for(agent, contact_id) is None:
        raise ToolError(f"No contact {contact_id}")
    return new_call(agent, contact_id, summary)


@mcp.tool()
def show_funnel(ctx: Context) -> dict[str, dict[str, int]]:
    """Your deals by stage."""
    return funnel(caller(ctx))


app.mount("/", mcp.streamable_http_app())

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
