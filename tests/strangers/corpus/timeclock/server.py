"""Time tracking for freelancers: projects, time entries, tags and reports; FastAPI and SQLModel."""

import hashlib
import os
import secrets
import sys
import uuid
from datetime import date
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, Field
from sqlalchemy.pool import StaticPool
from sqlmodel import Field as Column
from sqlmodel import Session, SQLModel, create_engine, delete, select

PLANTED = {"report-project", "tag-delete", "shared-settings"}
LEAKS = set(filter(None, os.environ.get("LEAKS", "all").split(",")))
LEAKS = PLANTED if "all" in LEAKS else LEAKS

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
app = FastAPI(title="Time clock", version="1.4.0")
scheme = OAuth2PasswordBearer(tokenUrl="token")


def new_id() -> str:
    return str(uuid.uuid4())


class Freelancer(SQLModel, table=True):
    username: str = Column(primary_key=True)
    salt: str
    digest: str


class Token(SQLModel, table=True):
    value: str = Column(primary_key=True)
    username: str = Column(foreign_key="freelancer.username")


class Project(SQLModel, table=True):
    id: str = Column(default_factory=new_id, primary_key=True)
    owner: str = Column(foreign_key="freelancer.username", index=True)
    name: str
    client: str
    hourly_rate: float


class TimeEntry(SQLModel, table=True):
    id: str = Column(default_factory=new_id, primary_key=True)
    owner: str = Column(foreign_key="freelancer.username", index=True)
    project_id: str | None = Column(default=None, foreign_key="project.id")
    day: date
    minutes: int
    note: str


class EntryTag(SQLModel, table=True):
    entry_id: str = Column(primary_key=True, foreign_key="timeentry.id")
    owner: str = Column(foreign_key="freelancer.username")
    tag: str = Column(primary_key=True)


class Settings(BaseModel):
    round_to_minutes: Annotated[int, Field(ge=1, le=60)] = 1
    currency: Annotated[str, Field(min_length=3, max_length=3)] = "EUR"


class SettingsChange(BaseModel):
    round_to_minutes: int | None = Field(default=None, ge=1, le=60)
    currency: str | None = Field(default=None, min_length=3, max_length=3)


DEFAULTS = Settings()
settings: dict[str, Settings] = {}


class NewFreelancer(BaseModel):
    username: str = Field(min_length=3, max_length=40, pattern="^[a-z0-9._-]+$")
    password: str = Field(min_length=8, max_length=100)


class ProjectIn(BaseModel):
    name: str = Field(min_length=1, max_length=80)
    client: str = Field(default="", max_length=80)
    hourly_rate: float = Field(default=0, ge=0, le=1000)


class EntryIn(BaseModel):
    project_id: str | None = None
    day: date
    minutes: int = Field(ge=1, le=1440)
    note: str = Field(default="", max_length=500)
    tags: list[Annotated[str, Field(min_length=1, max_length=30)]] = []


def digest(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 1000).hex()


async def database():
    with Session(engine) as session:
        yield session


Database = Annotated[Session, Depends(database)]


async def caller(db: Database, token: Annotated[str, Depends(scheme)]) -> str:
    known = db.get(Token, token)
    if known is None:
        raise HTTPException(401, "Not signed in", {"WWW-Authenticate": "Bearer"})
    return known.username


Caller = Annotated[str, Depends(caller)]
Form = Annotated[OAuth2PasswordRequestForm, Depends()]


@app.post("/register", status_code=201)
async def register(new: NewFreelancer, db: Database) -> dict[str, str]:
    if db.get(Freelancer, new.username):
        raise HTTPException(409, "That username is taken")
    salt = secrets.token_hex(8)
    db.add(Freelancer(username=new.username, salt=salt, digest=digest(new.password, salt)))
    db.commit()
    return {"username": new.username}


@app.post("/token")
async def token(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], db: Database
) -> dict[str, str]:
    person = db.get(Freelancer, form.username)
    given = digest(form.password, person.salt if person else "nobody")
    if person is None or not secrets.compare_digest(given, person.digest):
        raise HTTPException(400, "Incorrect username or password")
    value = secrets.token_urlsafe(24)
    db.add(Token(value=value, username=person.username))
    db.commit()
    return {"access_token": value, "token_type": "bearer"}


def own_project(db: Session, who: str, project_id: str) -> Project:
    project = db.get(Project, project_id)
    if project is None or project.owner != who:
        raise HTTPException(404, "Project not found")
    return project


def own_entry(db: Session, who: str, entry_id: str) -> TimeEntry:
    entry = db.get(TimeEntry, entry_id)
    if entry is None or entry.owner != who:
        raise HTTPException(404, "Time entry not found")
    return entry


def entry_out(db: Session, entry: TimeEntry) -> dict:
    tags = db.exec(select(EntryTag.tag).where(EntryTag.entry_id == entry.id).order_by(EntryTag.tag))
    return {**entry.model_dump(exclude={"owner"}), "tags": list(tags)}


@app.get("/projects")
async def list_projects(who: Caller, db: Database) -> list[dict]:
    found = db.exec(select(Project).where(Project.owner == who).order_by(Project.name))
    return [project.model_dump(exclude={"owner"}) for project in found]


@app.post("/projects", status_code=201)
async def create_project(new: ProjectIn, who: Caller, db: Database) -> dict:
    project = Project(owner=who, **new.model_dump())
    db.add(project)
    db.commit()
    db.refresh(project)
    return project.model_dump(exclude={"owner"})


@app.put("/projects/{project_id}")
async def replace_project(project_id: str, new: ProjectIn, who: Caller, db: Database) -> dict:
    project = own_project(db, who, project_id)
    project.sqlmodel_update(new.model_dump())
    db.add(project)
    db.commit()
    db.refresh(project)
    return project.model_dump(exclude={"owner"})


@app.get("/entries")
async def list_entries(
    who: Caller,
    db: Database,
    tag: str | None = None,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> dict:
    wanted = select(TimeEntry).where(TimeEntry.owner == who)
    if tag is not None:
        tagged = select(EntryTag.entry_id).where(EntryTag.tag == tag, EntryTag.owner == who)
        wanted = wanted.where(TimeEntry.id.in_(tagged))
    rows = db.exec(wanted.order_by(TimeEntry.day, TimeEntry.id)).all()
    return {
        "total": len(rows),
        "entries": [entry_out(db, row) for row in rows[offset : offset + limit]],
    }


@app.post("/entries", status_code=201)
async def create_entry(new: EntryIn, who: Caller, db: Database) -> dict:
    if new.project_id is not None:
        own_project(db, who, new.project_id)
    entry = TimeEntry(owner=who, **new.model_dump(exclude={"tags"}))
    db.add(entry)
    db.commit()
    db.refresh(entry)
    for tag in set(new.tags):
        db.add(EntryTag(entry_id=entry.id, owner=who, tag=tag))
    db.commit()
    return entry_out(db, entry)


@app.get("/entries/{entry_id}")
async def get_entry(entry_id: str, who: Caller, db: Database) -> dict:
    return entry_out(db, own_entry(db, who, entry_id))


@app.delete("/entries/{entry_id}", status_code=204)
async def delete_entry(entry_id: str, who: Caller, db: Database) -> Response:
    entry = own_entry(db, who, entry_id)
    db.exec(delete(EntryTag).where(EntryTag.entry_id == entry_id))
    db.delete(entry)
    db.commit()
    return Response(status_code=204)


@app.get("/tags")
async def list_tags(who: Caller, db: Database) -> list[str]:
    """The tags of your entries."""
    found = db.exec(select(EntryTag.tag).where(EntryTag.owner == who).distinct())
    return sorted(found)


@app.delete("/tags/{tag}", status_code=204)
async def delete_tag(tag: str, who: Caller, db: Database) -> Response:
    """Take a tag off all of your entries; 204 also when none has it."""
    unwanted = delete(EntryTag).where(EntryTag.tag == tag)
    if "tag-delete" not in LEAKS:
        unwanted = unwanted.where(EntryTag.owner == who)
    db.exec(unwanted)
    db.commit()
    return Response(status_code=204)


def settings_of(who: str) -> Settings:
    if "shared-settings" in LEAKS:
        return settings.setdefault(who, DEFAULTS)
    return settings.setdefault(who, DEFAULTS.model_copy())


@app.get("/settings")
async def get_settings(who: Caller) -> Settings:
    return settings_of(who)


@app.patch("/settings")
async def change_settings(change: SettingsChange, who: Caller) -> Settings:
    mine = settings_of(who)
    for name, value in change.model_dump(exclude_none=True).items():
        setattr(mine, name, value)
    return mine


@app.get("/reports/project")
async def project_report(project_id: str, who: Caller, db: Database) -> dict:
    """Hours and amount of one project of yours, rounded as your settings say."""
    if "report-project" in LEAKS:
        project = db.get(Project, project_id)
        if project is None:
            raise HTTPException(404, "Project not found")
    else:
        project = own_project(db, who, project_id)
    step = settings_of(who).round_to_minutes
    rows = db.exec(
        select(TimeEntry).where(TimeEntry.project_id == project.id, TimeEntry.owner == who)
    ).all()
    minutes = sum(-(-row.minutes // step) * step for row in rows)
    return {
        "project": project.name,
        "client": project.client,
        "hours": round(minutes / 60, 2),
        "amount": round(minutes / 60 * project.hourly_rate, 2),
        "currency": settings_of(who).currency,
    }


if __name__ == "__main__":
    SQLModel.metadata.create_all(engine)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
