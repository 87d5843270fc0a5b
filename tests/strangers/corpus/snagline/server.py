"""Snagline: defects ("snags") found when a building is handed over, by project, with photos and people.

FastAPI, everything in memory. A project belongs to the one who opened it; others come in by invitation, as a viewer
or an editor.
"""

import os
import secrets
import sys
import uuid
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Literal

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

ALL = {"photo-parent", "duplicate-target", "search-total", "snag-number"}
_set = os.environ.get("LEAKS", "all")
LEAKS = ALL if _set == "all" else {x.strip() for x in _set.split(",")} & ALL

app = FastAPI(title="Snagline", version="2.3.1")
bearer = HTTPBearer(auto_error=False)

users: dict[str, dict] = {}  # by e-mail
tokens: dict[str, dict] = {}
projects: dict[str, dict] = {}
invitations: dict[str, dict] = {}
photos: dict[str, dict] = {}
last_number = {"": 0}

STEPS = {
    "open": {"fixed", "rejected"},
    "fixed": {"open", "closed"},
    "rejected": {"open"},
    "closed": set(),
}
Short = Annotated[str, Field(min_length=1, max_length=120)]
Long = Annotated[str, Field(max_length=4000)]


class Account(BaseModel):
    email: Short
    password: Short


class NewProject(BaseModel):
    title: Short
    site: Long = ""
    notes: Long = ""


class NewSnag(BaseModel):
    title: Short
    trade: Literal["painter", "joiner", "plumber", "electrician", "other"] = "other"
    description: Long = ""


class SnagChange(BaseModel):
    title: Short | None = None
    description: Long | None = None
    state: Literal["open", "fixed", "rejected", "closed"] | None = None


class NewInvitation(BaseModel):
    email: Short
    role: Literal["viewer", "editor"] = "viewer"


class NewPhoto(BaseModel):
    caption: Long = ""
    data: Annotated[str, Field(min_length=1, max_length=100_000)]


class DuplicateOf(BaseModel):
    other_project_id: str
    other_number: int


async def me(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> dict:
    user = tokens.get(sent.credentials) if sent else None
    if user is None:
        raise HTTPException(401, "send the token of POST /token")
    return user


Me = Annotated[dict, Depends(me)]


def role_of(user: dict, project: dict) -> str | None:
    return "owner" if project["owner"] == user["id"] else project["people"].get(user["id"])


def project_for(user: dict, project_id: str, write: bool = False) -> dict:
    project = projects.get(project_id)
    role = project and role_of(user, project)
    if not role:
        raise HTTPException(404, "no such project")
    if write and role == "viewer":
        raise HTTPException(403, "viewers cannot change the project")
    return project


def snag_for(user: dict, project_id: str, number: int, write: bool = False) -> tuple[dict, dict]:
    project = project_for(user, project_id, write)
    snag = project["snags"].get(number)
    if snag is None:
        raise HTTPException(404, "no such snag")
    return project, snag


def note(project: dict, user: dict, text: str) -> None:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    project["activity"].append({"at": at, "by": user["email"], "text": text})


def shown(project: dict, user: dict) -> dict:
    return {
        "id": project["id"],
        "title": project["title"],
        "site": project["site"],
        "notes": project["notes"],
        "role": role_of(user, project),
        "open_snags": sum(s["state"] == "open" for s in project["snags"].values()),
    }


@app.post("/signup", status_code=201)
async def sign_up(account: Account) -> dict:
    if account.email in users:
        raise HTTPException(409, "this address has an account")
    salt = secrets.token_hex(8)
    digest = sha256((salt + account.password).encode()).hexdigest()
    user = {"id": str(uuid.uuid4()), "email": account.email, "salt": salt, "digest": digest}
    users[account.email] = user
    return {"user_id": user["id"]}


@app.post("/token")
async def log_in(account: Account) -> dict:
    user = users.get(account.email)
    if not user or sha256((user["salt"] + account.password).encode()).hexdigest() != user["digest"]:
        raise HTTPException(401, "wrong address or password")
    token = secrets.token_urlsafe(24)
    tokens[token] = user
    return {"token": token, "user_id": user["id"]}


@app.post("/projects", status_code=201)
async def open_project(body: NewProject, user: Me) -> dict:
    project = {
        "id": str(uuid.uuid4()),
        "owner": user["id"],
        "people": {},
        "snags": {},
        "activity": [],
        "last": 0,
    }
    project.update(body.model_dump())
    projects[project["id"]] = project
    note(project, user, f"opened {body.title}")
    return shown(project, user)


@app.get("/projects")
async def list_projects(user: Me, page: Annotated[int, Query(ge=1, le=1000)] = 1) -> list[dict]:
    mine = [shown(p, user) for p in projects.values() if role_of(user, p)]
    return mine[(page - 1) * 25 : page * 25]


@app.get("/projects/{project_id}")
async def get_project(project_id: str, user: Me) -> dict:
    return shown(project_for(user, project_id), user)


@app.delete("/projects/{project_id}", status_code=204)
async def delete_project(project_id: str, user: Me) -> Response:
    project = project_for(user, project_id)
    if project["owner"] != user["id"]:
        raise HTTPException(403, "only the owner deletes a project")
    del projects[project_id]
    for key in [k for k, v in invitations.items() if v["project_id"] == project_id]:
        del invitations[key]
    for key in [k for k, v in photos.items() if v["project_id"] == project_id]:
        del photos[key]
    return Response(status_code=204)


@app.get("/projects/{project_id}/activity")
async def activity(project_id: str, user: Me) -> list[dict]:
    return project_for(user, project_id)["activity"][-100:]


@app.post("/projects/{project_id}/invitations", status_code=201)
async def invite(project_id: str, body: NewInvitation, user: Me) -> dict:
    project = project_for(user, project_id)
    if project["owner"] != user["id"]:
        raise HTTPException(403, "only the owner invites")
    row = {
        "id": str(uuid.uuid4()),
        "project_id": project_id,
        "email": body.email,
        "role": body.role,
    }
    invitations[row["id"]] = row
    note(project, user, f"invited {body.email} as {body.role}")
    return row


@app.get("/invitations")
async def my_invitations(user: Me) -> list[dict]:
    mine = [i for i in invitations.values() if i["email"] == user["email"]]
    return [
        {"id": i["id"], "role": i["role"], "project": projects[i["project_id"]]["title"]}
        for i in mine
    ]


@app.post("/invitations/{invitation_id}/accept")
async def accept(invitation_id: str, user: Me) -> dict:
    found = invitations.get(invitation_id)
    if found is None or found["email"] != user["email"]:
        raise HTTPException(404, "no such invitation")
    del invitations[invitation_id]
    project = projects[found["project_id"]]
    if project["owner"] != user["id"]:
        project["people"][user["id"]] = found["role"]
        note(project, user, "came in")
    return shown(project, user)


@app.post("/projects/{project_id}/snags", status_code=201)
async def add_snag(project_id: str, body: NewSnag, user: Me) -> dict:
    project = project_for(user, project_id, write=True)
    last_number[""] += 1
    project["last"] = last_number[""] if "snag-number" in LEAKS else project["last"] + 1
    snag = {
        "number": project["last"],
        **body.model_dump(),
        "state": "open",
        "duplicates": 0,
        "duplicate_of": None,
    }
    project["snags"][snag["number"]] = snag
    note(project, user, f"snag {snag['number']}: {body.title}")
    return snag


@app.get("/projects/{project_id}/snags")
async def list_snags(
    project_id: str, user: Me, state: Literal["open", "fixed", "rejected", "closed"] | None = None
) -> list[dict]:
    snags = project_for(user, project_id)["snags"].values()
    return [s for s in snags if state in (None, s["state"])]


@app.get("/projects/{project_id}/snags/{number}")
async def get_snag(project_id: str, number: int, user: Me) -> dict:
    _, snag = snag_for(user, project_id, number)
    mine = [p for p in photos.values() if p["project_id"] == project_id and p["number"] == number]
    return {**snag, "photos": [{"id": p["id"], "caption": p["caption"]} for p in mine]}


@app.patch("/projects/{project_id}/snags/{number}")
async def change_snag(project_id: str, number: int, body: SnagChange, user: Me) -> dict:
    project, snag = snag_for(user, project_id, number, write=True)
    if body.state and body.state != snag["state"]:
        if body.state not in STEPS[snag["state"]]:
            raise HTTPException(409, f"a snag that is {snag['state']} does not become {body.state}")
        note(project, user, f"snag {number} is {body.state}")
    snag.update(body.model_dump(exclude_none=True))
    return snag


@app.post("/projects/{project_id}/snags/{number}/duplicate")
async def mark_duplicate(project_id: str, number: int, body: DuplicateOf, user: Me) -> dict:
    """Closes a snag as the double of another one, in this project or another that you may change."""
    project, snag = snag_for(user, project_id, number, write=True)
    if (body.other_project_id, body.other_number) == (project_id, number):
        raise HTTPException(422, "a snag is not its own double")
    if "duplicate-target" in LEAKS:
        other = projects.get(body.other_project_id, {"snags": {}})["snags"].get(body.other_number)
        if other is None:
            raise HTTPException(404, "no such snag")
    else:
        _, other = snag_for(user, body.other_project_id, body.other_number, write=True)
    if snag["state"] == "closed":
        raise HTTPException(409, "this snag is closed")
    other["duplicates"] += 1
    snag.update(state="closed", duplicate_of=f"{body.other_project_id}/{body.other_number}")
    note(project, user, f"snag {number} is a duplicate")
    return snag


@app.post("/projects/{project_id}/snags/{number}/photos", status_code=201)
async def add_photo(project_id: str, number: int, body: NewPhoto, user: Me) -> dict:
    snag_for(user, project_id, number, write=True)
    row = {"id": str(uuid.uuid4()), "project_id": project_id, "number": number, **body.model_dump()}
    photos[row["id"]] = row
    return {"id": row["id"], "caption": row["caption"]}


@app.get("/projects/{project_id}/snags/{number}/photos/{photo_id}")
async def get_photo(project_id: str, number: int, photo_id: str, user: Me) -> dict:
    snag_for(user, project_id, number)
    found = photos.get(photo_id)
    if (
        found
        and "photo-parent" not in LEAKS
        and (found["project_id"], found["number"]) != (project_id, number)
    ):
        found = None
    if found is None:
        raise HTTPException(404, "no such photo")
    return {"id": found["id"], "caption": found["caption"], "data": found["data"]}


@app.get("/search")
async def search(user: Me, q: Annotated[str, Query(min_length=2, max_length=120)]) -> dict:
    """Snags with a word in title or description, of all your projects; at most 20 are shown."""
    word = q.lower()
    hits = [
        (p, s)
        for p in projects.values()
        for s in p["snags"].values()
        if word in s["title"].lower() or word in s["description"].lower()
    ]
    total = len(hits)
    hits = [(p, s) for p, s in hits if role_of(user, p)]
    if "search-total" not in LEAKS:
        total = len(hits)
    found = [
        {"project_id": p["id"], "number": s["number"], "title": s["title"]} for p, s in hits[:20]
    ]
    return {"total": total, "hits": found}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
