"""Watches web pages: monitors, results that probes report, incidents, notifications, digests."""

import asyncio
import hashlib
import os
import secrets
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Annotated, Any, Literal
from uuid import uuid4

import msgspec
import uvicorn
from litestar import Litestar, Request, delete, get, patch, post
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import Parameter

LEAKS = os.environ.get("LEAKS", "all").split(",")


def leaks(name: str) -> bool:
    return name in LEAKS or LEAKS == ["all"]


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Account(msgspec.Struct):
    name: str
    key_hash: str
    id: str = msgspec.field(default_factory=lambda: str(uuid4()))


class Monitor(msgspec.Struct):
    account: str
    label: str
    url: str
    every: int
    tags: list[str]
    id: str = msgspec.field(default_factory=lambda: str(uuid4()))
    paused: bool = False
    failing: bool = False
    results: list[dict] = []


class Incident(msgspec.Struct):
    account: str
    monitor_id: str
    error: str
    id: str = msgspec.field(default_factory=lambda: str(uuid4()))
    began: str = msgspec.field(default_factory=now)
    ended: str | None = None
    notes: list[str] = []


class NewAccount(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=80)]


class NewMonitor(msgspec.Struct):
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    url: Annotated[str, msgspec.Meta(min_length=4, max_length=300)] = "https://example.org/"
    every: Annotated[int, msgspec.Meta(ge=30, le=86400)] = 300
    tags: list[Annotated[str, msgspec.Meta(min_length=1, max_length=60)]] = []


class MonitorChange(msgspec.Struct):
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=120)] | None = None
    tags: list[str] | None = None


class Pause(msgspec.Struct):
    tag: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    paused: bool = True


class Result(msgspec.Struct):
    ok: bool
    milliseconds: Annotated[int, msgspec.Meta(ge=0, le=600000)] = 100
    error: Annotated[str, msgspec.Meta(max_length=300)] = ""


class Note(msgspec.Struct):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class NewDigest(msgspec.Struct):
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=120)] = "Digest"
    only: Literal["open", "all"] = "all"


@dataclass
class DigestJob:
    account: str
    title: str
    only: str
    state: str = "waiting"
    body: str = ""
    id: str = field(default_factory=lambda: str(uuid4()))


class Digester:
    """Writes digests one after the other, in the background."""

    def __init__(self):
        self.queue: asyncio.Queue[DigestJob] = asyncio.Queue()
        self.lines: list[str] = []

    async def work(self):
        while True:
            job = await self.queue.get()
            if not leaks("digest-buffer"):
                self.lines.clear()
            for i in incidents.values():
                if i.account == job.account and (job.only == "all" or i.ended is None):
                    self.lines.append(
                        f"{monitors[i.monitor_id].label}: {i.error or 'down'} ({i.began})"
                    )
            job.body = "\n".join([f"# {job.title}", *self.lines])
            job.state = "done"

    def fetched(self):
        self.lines.clear()


accounts: dict[str, Account] = {}  # by the key's hash
names: set[str] = set()
monitors: dict[str, Monitor] = {}
incidents: dict[str, Incident] = {}
inbox: dict[str, list[dict]] = {}
repeated: dict[tuple, dict] = {}
digests: dict[str, DigestJob] = {}
digester = Digester()
serial: dict[str, Any] = {}


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


async def account(request: Request) -> Account:
    known = accounts.get(hashed(request.headers.get("x-api-key", "")))
    if known is None:
        raise NotAuthorizedException("X-API-Key is missing or unknown")
    return known


def own(table: dict, row_id: str, me: Account):
    row = table.get(row_id)
    if row is None or row.account != me.id:
        raise NotFoundException("not found")
    return row


def shown(row: Monitor | Incident) -> dict:
    out = {n: v for n, v in msgspec.to_builtins(row).items() if n not in ("account", "results")}
    return out


def notify(account_id: str, text: str) -> None:
    number = next(serial.setdefault(account_id, count(1)))
    inbox.setdefault(account_id, []).append(
        {"number": number, "text": text, "at": now(), "seen": False}
    )


@post("/accounts")
async def open_account(data: NewAccount) -> dict:
    """A new account; the key is shown this once."""
    if data.name in names:
        raise HTTPException(status_code=409, detail="this name is taken")
    key = "pw_" + secrets.token_urlsafe(24)
    new = Account(data.name, hashed(key))
    names.add(data.name)
    accounts[new.key_hash] = new
    return {"id": new.id, "name": new.name, "api_key": key}


@get("/monitors")
async def list_monitors(me: Account, tag: str | None = None) -> list[dict]:
    return [
        shown(m) for m in monitors.values() if m.account == me.id and (tag is None or tag in m.tags)
    ]


@post("/monitors")
async def add_monitor(
    data: NewMonitor,
    me: Account,
    idempotency_key: Annotated[
        str | None, Parameter(header="Idempotency-Key", max_length=100)
    ] = None,
) -> dict:
    """A new monitor; a repeated call with the same Idempotency-Key is answered as the first was."""
    key = (idempotency_key,) if leaks("idempotency") else (me.id, idempotency_key)
    if idempotency_key and key in repeated:
        return repeated[key]
    monitor = Monitor(me.id, data.label, data.url, data.every, data.tags)
    monitors[monitor.id] = monitor
    if idempotency_key:
        repeated[key] = shown(monitor)
    return shown(monitor)


@get("/monitors/{monitor_id:str}")
async def get_monitor(monitor_id: str, me: Account) -> dict:
    monitor = own(monitors, monitor_id, me)
    times = sorted(r["milliseconds"] for r in monitor.results)
    good = sum(r["ok"] for r in monitor.results)
    return shown(monitor) | {
        "results": len(times),
        "uptime": round(good / len(times), 4) if times else None,
        "median": times[len(times) // 2] if times else None,
    }


@patch("/monitors/{monitor_id:str}")
async def change_monitor(monitor_id: str, data: MonitorChange, me: Account) -> dict:
    monitor = own(monitors, monitor_id, me)
    monitor.label = data.label or monitor.label
    monitor.tags = monitor.tags if data.tags is None else data.tags
    return shown(monitor)


@delete("/monitors/{monitor_id:str}")
async def remove_monitor(monitor_id: str, me: Account) -> None:
    del monitors[own(monitors, monitor_id, me).id]
    for incident in [i for i in incidents.values() if i.monitor_id == monitor_id]:
        del incidents[incident.id]


@post("/monitors/pause", status_code=200)
async def pause(data: Pause, me: Account) -> dict:
    """Pauses or resumes all monitors with a tag, e.g. while a site is under repair."""
    mine = [m for m in monitors.values() if data.tag in m.tags and m.account == me.id]
    if mine and leaks("pause-tag"):
        touched = [m for m in monitors.values() if data.tag in m.tags]
    else:
        touched = mine
    for monitor in touched:
        monitor.paused = data.paused
    return {"paused": data.paused, "monitors": len(mine)}


@post("/monitors/{monitor_id:str}/results")
async def report(monitor_id: str, data: Result, me: Account) -> dict:
    """What a probe saw. The first failure opens an incident, the next success ends it."""
    monitor = own(monitors, monitor_id, me)
    if monitor.paused:
        raise HTTPException(status_code=409, detail="the monitor is paused")
    monitor.results = [*monitor.results, {"at": now(), **msgspec.to_builtins(data)}][-500:]
    if not data.ok and not monitor.failing:
        incident = Incident(me.id, monitor.id, data.error)
        incidents[incident.id] = incident
        notify(me.id, f"{monitor.label} is down: {data.error}")
    if data.ok and monitor.failing:
        for i in incidents.values():
            if i.monitor_id == monitor.id and i.ended is None:
                i.ended = now()
        notify(me.id, f"{monitor.label} is up again")
    monitor.failing = not data.ok
    return {"failing": monitor.failing, "results": len(monitor.results)}


@get("/incidents")
async def list_incidents(
    me: Account,
    is_open: Annotated[bool | None, Parameter(query="open")] = None,
    page: Annotated[int, Parameter(ge=1)] = 1,
    size: Annotated[int, Parameter(ge=1, le=50)] = 10,
) -> dict:
    rows = [
        i for i in incidents.values() if i.account == me.id and is_open in (None, i.ended is None)
    ]
    return {"total": len(rows), "incidents": [shown(i) for i in rows[(page - 1) * size :][:size]]}


@get("/incidents/{incident_id:str}")
async def get_incident(incident_id: str, me: Account) -> dict:
    return shown(own(incidents, incident_id, me))


@post("/incidents/{incident_id:str}/notes")
async def annotate(incident_id: str, data: Note, me: Account) -> dict:
    if incident_id not in incidents or not leaks("incident-note"):
        own(incidents, incident_id, me)
    incident = incidents[incident_id]
    incident.notes = [*incident.notes, data.text]
    return {"id": incident_id, "notes": len(incident.notes)}


@get("/notifications")
async def notifications(me: Account, since: Annotated[int, Parameter(ge=0)] = 0) -> list[dict]:
    """The account's notifications with numbers above `since`; they count as seen from then on."""
    rows = [n for n in inbox.get(me.id, []) if n["number"] > since]
    out = [dict(n) for n in rows]
    for n in rows:
        n["seen"] = True
    return out


@post("/digests", status_code=202)
async def start_digest(data: NewDigest, me: Account) -> dict:
    """A digest of the incidents, written in the background; GET /digests/{id} has it when it is done."""
    job = DigestJob(me.id, data.title, data.only)
    digests[job.id] = job
    digester.queue.put_nowait(job)
    return {"digest_id": job.id, "state": job.state}


@get("/digests/{digest_id:str}")
async def get_digest(digest_id: str, me: Account) -> dict:
    job = own(digests, digest_id, me)
    if job.state == "done":
        digester.fetched()
    return {"digest_id": job.id, "state": job.state, "body": job.body}


@get("/summary")
async def summary(me: Account) -> dict:
    mine = [m for m in monitors.values() if m.account == me.id]
    by_tag: dict[str, int] = {}
    for tag in (t for m in mine for t in m.tags):
        by_tag[tag] = by_tag.get(tag, 0) + 1
    return {
        "monitors": len(mine),
        "paused": sum(m.paused for m in mine),
        "failing": sum(m.failing for m in mine),
        "by_tag": by_tag,
        "unseen": sum(not n["seen"] for n in inbox.get(me.id, [])),
    }


async def start_working(app: Litestar) -> None:
    app.state.worker = asyncio.create_task(digester.work())


KEY = SecurityScheme(type="apiKey", name="X-API-Key", security_scheme_in="header")
app = Litestar(
    [
        open_account,
        list_monitors,
        add_monitor,
        get_monitor,
        change_monitor,
        remove_monitor,
        pause,
        report,
        list_incidents,
        get_incident,
        annotate,
        notifications,
        start_digest,
        get_digest,
        summary,
    ],
    dependencies={"me": Provide(account)},
    on_startup=[start_working],
    openapi_config=OpenAPIConfig(
        "Page watch",
        "0.9",
        components=Components(security_schemes={"key": KEY}),
        security=[{"key": []}],
    ),
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
