"""Nightwatch: incidents of teams on call. Litestar, state in memory.

The company's login issues the tokens (JWT): sub is the person, tenant the team. Services and incidents are the team's;
notes on incidents are their author's alone.
"""

import asyncio
import os
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal
from uuid import uuid4

import jwt
import uvicorn
from litestar import Litestar, Request, delete, get, patch, post
from litestar.connection import ASGIConnection
from litestar.exceptions import ClientException, NotAuthorizedException, NotFoundException
from litestar.middleware import (
    AbstractAuthenticationMiddleware,
    AuthenticationResult,
    DefineMiddleware,
)
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import Parameter
from litestar.response import Response
from pydantic import BaseModel, ConfigDict, Field

LEAKS = os.environ.get("LEAKS", "all").split(",")
SECRET = os.environ.get("NIGHTWATCH_SECRET", "e61f0b7a9c3d48d2b5a7713f4c08d9e26ab1f35d7702")
METRICS_FOR = 30.0  # seconds that metrics are kept

Severity = Literal["sev1", "sev2", "sev3"]
Title = Annotated[str, Field(min_length=1, max_length=200)]


def has(leak: str) -> bool:
    return LEAKS == ["all"] or leak in LEAKS


@dataclass
class Person:
    sub: str
    team: str


@dataclass
class Service:
    team: str
    name: str
    runbook: str
    id: str = field(default_factory=lambda: uuid4().hex)

    def show(self) -> dict:
        return {"id": self.id, "name": self.name, "runbook": self.runbook}


@dataclass
class Incident:
    team: str
    title: str
    severity: str
    summary: str
    service_id: str | None
    opened_by: str
    status: str = "open"
    timeline: list[dict] = field(default_factory=list)
    merged: list[str] = field(
        default_factory=list
    )  # the titles of incidents that became part of it
    opened: float = field(default_factory=time.time)
    resolved: float | None = None
    id: str = field(default_factory=lambda: uuid4().hex)

    def show(self) -> dict:
        hidden = ("team", "opened", "resolved", "timeline")
        return {k: v for k, v in asdict(self).items() if k not in hidden}

    def add(self, who: Person, text: str) -> dict:
        entry = {"id": uuid4().hex, "by": who.sub, "text": text}
        self.timeline.append(entry)
        return entry


@dataclass
class Note:
    author: str
    team: str
    incident_id: str
    text: str
    id: str = field(default_factory=lambda: uuid4().hex)

    def show(self) -> dict:
        return {"id": self.id, "incident_id": self.incident_id, "text": self.text}


services: dict[str, Service] = {}
incidents: dict[str, Incident] = {}
notes: dict[str, Note] = {}
measured: dict[Any, tuple[float, str, dict]] = {}  # metrics: until when, of which team, what
lock = asyncio.Lock()


class Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class NewService(Body):
    name: Title
    runbook: str = Field("", max_length=4000)


class NewIncident(Body):
    title: Title
    severity: Severity = "sev3"
    summary: str = Field("", max_length=4000)
    service_id: str | None = Field(None, max_length=64)


class IncidentChange(Body):
    title: Title | None = None
    severity: Severity | None = None
    summary: str | None = Field(None, max_length=4000)


class Text(Body):
    text: str = Field(min_length=1, max_length=4000)


class Merge(Body):
    into: str = Field(max_length=64, description="the incident that stays")
    duplicate: str = Field(max_length=64, description="the incident that becomes part of it")


class NewNote(Body):
    incident_id: str = Field(max_length=64)
    text: str = Field(min_length=1, max_length=4000)


class Tokens(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:
        kind, _, token = connection.headers.get("Authorization", "").partition(" ")
        try:
            need = {"require": ["sub", "exp", "tenant"]}
            claims = jwt.decode(
                token if kind.lower() == "bearer" else "", SECRET, ["HS256"], options=need
            )
            if not all(isinstance(claims[c], str) and claims[c] for c in ("sub", "tenant")):
                raise jwt.InvalidTokenError
        except jwt.InvalidTokenError:
            raise NotAuthorizedException("a valid token is needed") from None
        return AuthenticationResult(user=Person(claims["sub"], claims["tenant"]), auth=token)


def the_service(who: Person, service_id: str) -> Service:
    found = services.get(service_id)
    if found is None or found.team != who.team:
        raise NotFoundException("no such service")
    return found


def the_incident(who: Person, incident_id: str) -> Incident:
    found = incidents.get(incident_id)
    if found is None or found.team != who.team:
        raise NotFoundException("no such incident")
    return found


def of_team(who: Person) -> list[Incident]:
    return [i for i in incidents.values() if i.team == who.team]


def changed(who: Person) -> None:
    for key in [k for k, kept in measured.items() if kept[1] == who.team]:
        del measured[key]


@post("/services")
async def add_service(request: Request, data: NewService) -> dict:
    """A service that the team answers for. Names are unique within a team."""
    who = request.user
    if any(s.name == data.name and s.team == who.team for s in services.values()):
        raise ClientException(f"there is a service {data.name!r}", status_code=409)
    new = Service(who.team, data.name, data.runbook)
    services[new.id] = new
    return new.show()


@get("/services")
async def list_services(request: Request) -> list[dict]:
    return [s.show() for s in services.values() if s.team == request.user.team]


@get("/services/{service_id:str}")
async def get_service(request: Request, service_id: str) -> dict:
    found = the_service(request.user, service_id)
    current = [
        i.id for i in of_team(request.user) if i.service_id == service_id and i.status == "open"
    ]
    return {**found.show(), "open_incidents": current}


@delete("/services/{service_id:str}")
async def remove_service(request: Request, service_id: str) -> None:
    """Removes a service; its incidents stay."""
    del services[the_service(request.user, service_id).id]


@post("/incidents")
async def open_incident(request: Request, data: NewIncident) -> dict:
    who = request.user
    if data.service_id is not None:
        the_service(who, data.service_id)
    new = Incident(who.team, data.title, data.severity, data.summary, data.service_id, who.sub)
    incidents[new.id] = new
    changed(who)
    return new.show()


@get("/incidents")
async def list_incidents(
    request: Request,
    status: Literal["open", "resolved", "merged"] | None = None,
    page: Annotated[int, Parameter(ge=1, le=10000)] = 1,
) -> dict:
    """The team's incidents, the latest first, ten a page."""
    rows = [
        i.show() for i in reversed(of_team(request.user)) if status is None or i.status == status
    ]
    return {"incidents": rows[(page - 1) * 10 :][:10], "pages": -(-len(rows) // 10)}


@get("/incidents/search")
async def search(
    request: Request, q: Annotated[str, Parameter(min_length=1, max_length=200)]
) -> list[dict]:
    """Incidents with these letters in title, summary or timeline."""
    out = []
    for i in of_team(request.user):
        words = " ".join([i.title, i.summary, *(entry["text"] for entry in i.timeline)])
        if q.lower() in words.lower():
            out.append(i.show())
    return out


@get("/incidents/{incident_id:str}")
async def get_incident(request: Request, incident_id: str) -> dict:
    return the_incident(request.user, incident_id).show()


@patch("/incidents/{incident_id:str}")
async def change_incident(request: Request, incident_id: str, data: IncidentChange) -> dict:
    found = the_incident(request.user, incident_id)
    for name, value in data.model_dump(exclude_none=True).items():
        setattr(found, name, value)
    changed(request.user)
    return found.show()


@post("/incidents/{incident_id:str}/resolve", status_code=200)
async def resolve(request: Request, incident_id: str) -> dict:
    found = the_incident(request.user, incident_id)
    if found.status != "open":
        raise ClientException(f"the incident is {found.status}", status_code=409)
    found.status, found.resolved = "resolved", time.time()
    changed(request.user)
    return found.show()


@post("/incidents/{incident_id:str}/reopen", status_code=200)
async def reopen(request: Request, incident_id: str) -> dict:
    found = the_incident(request.user, incident_id)
    if found.status != "resolved":
        raise ClientException(f"the incident is {found.status}", status_code=409)
    found.status, found.resolved = "open", None
    changed(request.user)
    return found.show()


@post("/incidents/merge", status_code=200)
async def merge(request: Request, data: Merge) -> dict:
    """Makes a duplicate part of another incident: its timeline is taken over, and it is closed."""
    who = request.user
    kept = the_incident(who, data.into)
    if has("merge"):
        duplicate = incidents.get(data.duplicate)
        if duplicate is None:
            raise NotFoundException("no such incident")
    else:
        duplicate = the_incident(who, data.duplicate)
    if duplicate is kept or duplicate.status == "merged" or kept.status == "merged":
        raise ClientException("these two cannot be merged", status_code=409)
    kept.merged.append(duplicate.title)
    kept.timeline.extend(duplicate.timeline)
    duplicate.status = "merged"
    changed(who)
    return kept.show()


@post("/incidents/{incident_id:str}/timeline")
async def add_entry(request: Request, incident_id: str, data: Text) -> dict:
    return the_incident(request.user, incident_id).add(request.user, data.text)


@get("/incidents/{incident_id:str}/timeline")
async def timeline(request: Request, incident_id: str) -> list[dict]:
    return the_incident(request.user, incident_id).timeline


@get("/incidents/{incident_id:str}/postmortem", media_type="text/markdown")
async def postmortem(request: Request, incident_id: str) -> Response[str]:
    """A draft of the post-mortem, in Markdown, with the caller's own notes."""
    who = request.user
    if has("postmortem"):
        found = incidents.get(incident_id)
        if found is None:
            raise NotFoundException("no such incident")
    else:
        found = the_incident(who, incident_id)
    lines = [
        f"# {found.title}",
        f"Severity {found.severity}, {found.status}",
        found.summary,
        "## Timeline",
    ]
    lines += [f"- {entry['text']}" for entry in found.timeline]
    own = [
        n.text
        for n in notes.values()
        if n.incident_id == found.id and n.author == who.sub and n.team == who.team
    ]
    lines += ["## My notes", *(f"- {text}" for text in own)]
    return Response("\n\n".join(line for line in lines if line), media_type="text/markdown")


@get("/metrics/incidents")
async def metrics(request: Request, days: Annotated[int, Parameter(ge=1, le=366)] = 30) -> dict:
    """How many incidents the team had in the last days, by severity and status, and how long they took."""
    who = request.user
    async with lock:
        key = days if has("metrics") else (who.team, days)
        kept = measured.get(key)
        if kept is None or kept[0] < time.monotonic():
            rows = [i for i in of_team(who) if i.opened > time.time() - days * 86400]
            took = [i.resolved - i.opened for i in rows if i.resolved is not None]
            answer = {
                "incidents": len(rows),
                "by_severity": dict(Counter(i.severity for i in rows)),
                "by_status": dict(Counter(i.status for i in rows)),
                "minutes_to_resolve": round(sum(took) / len(took) / 60, 1) if took else None,
            }
            kept = measured[key] = (time.monotonic() + METRICS_FOR, who.team, answer)
    return kept[2]


@post("/notes")
async def add_note(request: Request, data: NewNote) -> dict:
    """A private note on an incident of the team."""
    who = request.user
    new = Note(who.sub, who.team, the_incident(who, data.incident_id).id, data.text)
    notes[new.id] = new
    return new.show()


def own_notes(who: Person) -> list[Note]:
    return [n for n in notes.values() if n.author == who.sub and n.team == who.team]


@get("/notes")
async def list_notes(request: Request, incident_id: str | None = None) -> list[dict]:
    """The caller's own notes, of one incident or of all."""
    return [n.show() for n in own_notes(request.user) if incident_id in (None, n.incident_id)]


@patch("/notes/{note_id:str}")
async def change_note(request: Request, note_id: str, data: Text) -> dict:
    for n in own_notes(request.user):
        if n.id == note_id:
            n.text = data.text
            return n.show()
    raise NotFoundException("no such note")


@delete("/notes/{note_id:str}")
async def remove_note(request: Request, note_id: str) -> None:
    found = notes.get(note_id)
    if found is None or (found not in own_notes(request.user) and not has("note")):
        raise NotFoundException("no such note")
    del notes[note_id]


app = Litestar(
    [
        add_service, list_services, get_service, remove_service, open_incident, list_incidents, search, get_incident,
        change_incident, resolve, reopen, merge, add_entry, timeline, postmortem, metrics, add_note, list_notes,
        change_note, remove_note,
    ],
    middleware=[DefineMiddleware(Tokens, exclude=["^/schema"])],
    openapi_config=OpenAPIConfig(
        title="Nightwatch",
        version="0.9",
        components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}),
        security=[{"bearer": []}],
    ),
)  # fmt: skip

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
