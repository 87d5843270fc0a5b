"""Observations of amateur astronomers: frames and history; Litestar with signed tokens."""

import hashlib
import os
import secrets
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated, Any

import uvicorn
from litestar import Litestar, Request, Response, Router, delete, get, patch, post, put
from litestar.connection import ASGIConnection
from litestar.exceptions import ClientException, HTTPException, NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.params import Parameter
from litestar.security.jwt import JWTAuth, Token
from msgspec import Meta, Struct

_leaks = os.environ.get("LEAKS", "all")


def has_leak(name: str) -> bool:
    return _leaks == "all" or name in [each.strip() for each in _leaks.split(",")]


CATALOGUE = {
    "M13": "Hercules cluster",
    "M31": "Andromeda galaxy",
    "M42": "Orion nebula",
    "M57": "Ring nebula",
    "NGC869": "Double cluster",
}


@dataclass
class Observer:
    handle: str
    salt: str
    secret: str


@dataclass
class Observation:
    id: int
    observer: str
    target: str
    text: str
    seeing: int
    version: int = 1
    frames: dict[str, dict[str, Any]] = field(default_factory=dict)


observers: dict[str, Observer] = {}
log: dict[int, Observation] = {}
history: dict[int, list[dict[str, Any]]] = {}

Handle = Annotated[str, Meta(min_length=3, max_length=24, pattern="^[a-z][a-z0-9-]*$")]
Text = Annotated[str, Meta(max_length=4000)]
Seeing = Annotated[int, Meta(ge=1, le=5, description="1 (steady) to 5 (boiling)")]


class Credentials(Struct):
    handle: Handle
    passphrase: Annotated[str, Meta(min_length=6, max_length=100)]


class NewObservation(Struct):
    target: Annotated[str, Meta(description="a designation of the catalogue, e.g. M31")]
    text: Text = ""
    seeing: Seeing = 3


class ObservationChange(Struct):
    text: Text | None = None
    seeing: Seeing | None = None


class NewFrame(Struct):
    filename: Annotated[str, Meta(min_length=1, max_length=80)]
    exposure: Annotated[float, Meta(gt=0, le=7200, description="seconds")]


class Move(Struct):
    frames: Annotated[list[str], Meta(min_length=1, max_length=50)]
    source: Annotated[int, Meta(description="id of the observation that has the frames now")]


async def find_observer(token: Token, _connection: ASGIConnection) -> Observer | None:
    return observers.get(token.sub)


jwt = JWTAuth[Observer](
    retrieve_user_handler=find_observer,
    token_secret=secrets.token_hex(32),
    exclude=["^/signup$", "^/login$", "^/schema"],
)


def hashed(passphrase: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}/{passphrase}".encode()).hexdigest()


@post("/signup")
async def signup(data: Credentials) -> dict[str, str]:
    if data.handle in observers:
        raise HTTPException(status_code=409, detail="This handle is taken")
    salt = secrets.token_hex(6)
    observers[data.handle] = Observer(data.handle, salt, hashed(data.passphrase, salt))
    return {"handle": data.handle}


@post("/login", status_code=200)
async def login(data: Credentials) -> dict[str, str]:
    observer = observers.get(data.handle)
    if observer is None or observer.secret != hashed(data.passphrase, observer.salt):
        raise HTTPException(status_code=403, detail="Wrong handle or passphrase")
    return {"jwt": jwt.create_token(identifier=data.handle)}


def card(found: Observation) -> dict[str, Any]:
    return {
        "id": found.id,
        "target": {"designation": found.target, "name": CATALOGUE[found.target]},
        "text": found.text,
        "seeing": found.seeing,
        "version": found.version,
        "frames": [{"frame": key, **value} for key, value in found.frames.items()],
    }


def mine(observation_id: int, request: Request) -> Observation:
    found = log.get(observation_id)
    if found is None or found.observer != request.user.handle:
        raise NotFoundException(detail="No such observation")
    return found


def remember(found: Observation, event: str) -> None:
    entry = {"version": found.version, "event": event, "text": found.text, "seeing": found.seeing}
    history.setdefault(found.id, []).append(entry)


@get("/catalogue", sync_to_thread=False)
def catalogue(request: Request, sort: str = "designation") -> list[dict[str, Any]]:
    """The public catalogue, by designation or (sort=observed) by how often you observed each."""
    if sort not in ("designation", "observed"):
        raise ClientException(detail="sort is designation or observed")
    entries = [{"designation": key, "name": name} for key, name in sorted(CATALOGUE.items())]
    if sort == "observed":
        times = Counter(
            each.target
            for each in log.values()
            if each.observer == request.user.handle or has_leak("catalogue-order")
        )
        entries.sort(key=lambda each: -times[each["designation"]])
    return entries


@get("/observations", sync_to_thread=False)
def listing(
    request: Request,
    target: str | None = None,
    limit: Annotated[int, Parameter(ge=1, le=100)] = 25,
    offset: Annotated[int, Parameter(ge=0)] = 0,
) -> dict[str, Any]:
    own = [each for each in log.values() if each.observer == request.user.handle]
    own = [each for each in own if target in (None, each.target)]
    return {
        "items": [card(each) for each in own[offset : offset + limit]],
        "limit": limit,
        "offset": offset,
        "total": len(own),
    }


@post("/observations", sync_to_thread=False)
def observe(data: NewObservation, request: Request) -> dict[str, Any]:
    if data.target not in CATALOGUE:
        raise ClientException(detail="target is not in the catalogue")
    key = secrets.randbelow(900_000_000) + 100_000_000
    found = Observation(key, request.user.handle, data.target, data.text, data.seeing)
    log[key] = found
    remember(found, "entered")
    return card(found)


@get("/observations/{observation_id:int}", sync_to_thread=False)
def single(observation_id: int, request: Request) -> Response[dict[str, Any]]:
    found = mine(observation_id, request)
    return Response(card(found), headers={"ETag": f'"{found.version}"'})


@patch("/observations/{observation_id:int}", sync_to_thread=False)
def revise(
    observation_id: int,
    data: ObservationChange,
    request: Request,
    if_match: Annotated[str | None, Parameter(header="If-Match", required=False)] = None,
) -> dict[str, Any]:
    """Change an observation; with If-Match only when it is at that version still."""
    if has_leak("version-before-owner") and observation_id in log:
        found = log[observation_id]
    else:
        found = mine(observation_id, request)
    if if_match and if_match != f'"{found.version}"':
        raise HTTPException(status_code=412, detail="The observation was changed meanwhile")
    found = mine(observation_id, request)
    found.text = found.text if data.text is None else data.text
    found.seeing = found.seeing if data.seeing is None else data.seeing
    found.version += 1
    remember(found, "revised")
    return card(found)


@delete("/observations/{observation_id:int}", sync_to_thread=False)
def withdraw(observation_id: int, request: Request) -> None:
    found = mine(observation_id, request)
    del log[found.id]
    remember(found, "withdrawn")
    if not has_leak("history-of-any"):
        del history[found.id]


@get("/observations/{observation_id:int}/history", sync_to_thread=False)
def revisions(observation_id: int, request: Request) -> list[dict[str, Any]]:
    if has_leak("history-of-any"):
        if observation_id not in history:
            raise NotFoundException(detail="No such observation")
    else:
        mine(observation_id, request)
    return history[observation_id]


@post("/observations/{observation_id:int}/frames", sync_to_thread=False)
def attach(observation_id: int, data: NewFrame, request: Request) -> dict[str, Any]:
    found, key = mine(observation_id, request), secrets.token_hex(6)
    found.frames[key] = {"filename": data.filename, "exposure": data.exposure}
    return {"frame": key, **found.frames[key]}


@delete("/observations/{observation_id:int}/frames/{frame:str}", sync_to_thread=False)
def detach(observation_id: int, frame: str, request: Request) -> None:
    if mine(observation_id, request).frames.pop(frame, None) is None:
        raise NotFoundException(detail="No such frame")


@put("/observations/{observation_id:int}/frames", sync_to_thread=False)
def move_frames(observation_id: int, data: Move, request: Request) -> dict[str, Any]:
    """Move frames here from another observation of yours."""
    found = mine(observation_id, request)
    source = log.get(data.source) if has_leak("frames-from-any") else mine(data.source, request)
    if source is None:
        raise NotFoundException(detail="No such observation")
    if any(key not in source.frames for key in data.frames):
        raise NotFoundException(detail="No such frame")
    for key in dict.fromkeys(data.frames):
        found.frames[key] = source.frames.pop(key)
    return {"moved": len(set(data.frames)), "exposure": total_exposure(found)}


def total_exposure(found: Observation) -> float:
    return round(sum(each["exposure"] for each in found.frames.values()), 1)


@get("/report", media_type="text/markdown", sync_to_thread=False)
def report(request: Request) -> str:
    """Your log as a page of Markdown."""
    lines = [f"# Log of {request.user.handle}", ""]
    for each in log.values():
        if each.observer == request.user.handle:
            lines.append(f"- **{each.target}** ({total_exposure(each)} s): {each.text}")
    return "\n".join(lines)


app = Litestar(
    route_handlers=[
        signup,
        login,
        catalogue,
        report,
        Router("/", route_handlers=[listing, observe, single, revise, withdraw, revisions]),
        Router("/", route_handlers=[attach, detach, move_frames]),
    ],
    on_app_init=[jwt.on_app_init],
    openapi_config=OpenAPIConfig(title="Skywatch", version="1.2"),
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
