"""Allotment diary: beds, what grows in them, and what was harvested."""

import datetime as dt
import hashlib
import os
import secrets
import sys
import tempfile
from typing import Annotated

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query, Response, status
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel
from sqlalchemy import UniqueConstraint, func
from sqlmodel import Field, Session, SQLModel, create_engine, select

LEAKS = os.environ.get("LEAKS", "all")
SECRET = secrets.token_hex(32)
DB_FILE = os.path.join(tempfile.mkdtemp(prefix="allotment-"), "diary.db")
engine = create_engine(
    f"sqlite:///{DB_FILE}", connect_args={"check_same_thread": False, "timeout": 30}
)


def leaky(name: str) -> bool:
    return LEAKS == "all" or name in LEAKS.split(",")


class Gardener(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(unique=True, index=True)
    salt: str
    password_hash: str


class Bed(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("gardener_id", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    gardener_id: int = Field(foreign_key="gardener.id", index=True)
    name: str
    note: str = ""


class Planting(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    gardener_id: int = Field(foreign_key="gardener.id", index=True)
    bed_id: int = Field(foreign_key="bed.id")
    variety: str
    remarks: str = ""
    sown_on: dt.date | None = None


class Harvest(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    gardener_id: int = Field(foreign_key="gardener.id", index=True)
    planting_id: int = Field(foreign_key="planting.id")
    grams: int
    comment: str = ""


class SignUp(BaseModel):
    username: str = Field(min_length=3, max_length=60)
    password: str = Field(min_length=6, max_length=100)


class BedIn(BaseModel):
    name: str = Field(min_length=1, max_length=80)
    note: str = ""


class PlantingIn(BaseModel):
    bed_id: int
    variety: str = Field(min_length=1, max_length=80)
    remarks: str = ""
    sown_on: dt.date | None = None


class PlantingPatch(BaseModel):
    variety: str | None = None
    remarks: str | None = None


class BulkMove(BaseModel):
    planting_ids: list[int] = Field(min_length=1, max_length=50)
    bed_id: int


class HarvestIn(BaseModel):
    planting_id: int
    grams: int = Field(ge=1, le=100_000)
    comment: str = ""


app = FastAPI(title="Allotment diary", version="1.4.0")
oauth2 = OAuth2PasswordBearer(tokenUrl="token")


def session():
    with Session(engine) as s:
        yield s


Db = Annotated[Session, Depends(session)]


def digest(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 2000).hex()


def current(db: Db, token: Annotated[str, Depends(oauth2)]) -> Gardener:
    refused = HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"})
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
        gardener = db.get(Gardener, int(claims["sub"]))
    except (jwt.PyJWTError, KeyError, ValueError):
        raise refused
    if gardener is None:
        raise refused
    return gardener


Me = Annotated[Gardener, Depends(current)]


def mine(db: Session, model, id: int, me: Gardener):
    row = db.get(model, id)
    if row is None or row.gardener_id != me.id:
        raise HTTPException(404, f"{model.__name__} not found")
    return row


@app.post("/users", status_code=201)
def sign_up(data: SignUp, db: Db):
    if db.exec(select(Gardener).where(Gardener.username == data.username)).first():
        raise HTTPException(409, "Username is taken")
    salt = secrets.token_hex(8)
    g = Gardener(username=data.username, salt=salt, password_hash=digest(data.password, salt))
    db.add(g)
    db.commit()
    return {"id": g.id, "username": g.username}


@app.post("/token")
def login(form: Annotated[OAuth2PasswordRequestForm, Depends()], db: Db):
    g = db.exec(select(Gardener).where(Gardener.username == form.username)).first()
    if g is None or not secrets.compare_digest(g.password_hash, digest(form.password, g.salt)):
        raise HTTPException(400, "Incorrect username or password")
    exp = dt.datetime.now(dt.UTC) + dt.timedelta(hours=4)
    return {
        "access_token": jwt.encode({"sub": str(g.id), "exp": exp}, SECRET),
        "token_type": "bearer",
    }


@app.get("/users/me")
def whoami(me: Me):
    return {"id": me.id, "username": me.username}


@app.get("/varieties")
def varieties():
    """The seed catalogue, for everybody."""
    return [
        {"name": n, "weeks": w}
        for n, w in [("Roma", 16), ("Nantes", 12), ("Lollo", 7), ("Boltardy", 10)]
    ]


@app.post("/beds", status_code=201)
def add_bed(data: BedIn, me: Me, db: Db) -> Bed:
    if db.exec(select(Bed).where(Bed.gardener_id == me.id, Bed.name == data.name)).first():
        raise HTTPException(409, "You have a bed of that name")
    bed = Bed(gardener_id=me.id, **data.model_dump())
    db.add(bed)
    db.commit()
    db.refresh(bed)
    return bed


@app.get("/beds")
def list_beds(me: Me, db: Db) -> list[Bed]:
    return db.exec(select(Bed).where(Bed.gardener_id == me.id).order_by(Bed.name)).all()


@app.get("/beds/{bed_id}")
def read_bed(bed_id: int, me: Me, db: Db):
    bed = mine(db, Bed, bed_id, me)
    growing = db.exec(
        select(Planting).where(Planting.bed_id == bed.id, Planting.gardener_id == me.id)
    ).all()
    return {**bed.model_dump(), "plantings": [p.model_dump() for p in growing]}


@app.delete("/beds/{bed_id}", status_code=204)
def remove_bed(bed_id: int, me: Me, db: Db):
    bed = mine(db, Bed, bed_id, me)
    if db.exec(select(Planting).where(Planting.bed_id == bed.id)).first():
        raise HTTPException(409, "The bed is not empty")
    db.delete(bed)
    db.commit()
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@app.post("/plantings", status_code=201)
def plant(data: PlantingIn, me: Me, db: Db) -> Planting:
    mine(db, Bed, data.bed_id, me)
    p = Planting(gardener_id=me.id, **data.model_dump())
    db.add(p)
    db.commit()
    db.refresh(p)
    return p


@app.get("/plantings")
def list_plantings(me: Me, db: Db, q: str = "", bed_id: int | None = None) -> list[Planting]:
    stmt = select(Planting).where(Planting.gardener_id == me.id).order_by(Planting.id)
    if q:
        stmt = stmt.where(Planting.variety.contains(q) | Planting.remarks.contains(q))
    if bed_id is not None:
        stmt = stmt.where(Planting.bed_id == bed_id)
    return db.exec(stmt).all()


@app.get("/plantings/{planting_id}")
def read_planting(planting_id: int, me: Me, db: Db) -> Planting:
    if leaky("planting-by-id"):
        p = db.get(Planting, planting_id)
        if p is None:
            raise HTTPException(404, "Planting not found")
        return p
    return mine(db, Planting, planting_id, me)


@app.patch("/plantings/{planting_id}")
def edit_planting(planting_id: int, data: PlantingPatch, me: Me, db: Db) -> Planting:
    p = mine(db, Planting, planting_id, me)
    for name, value in data.model_dump(exclude_none=True).items():
        setattr(p, name, value)
    db.add(p)
    db.commit()
    db.refresh(p)
    return p


@app.post("/plantings/bulk-move")
def bulk_move(data: BulkMove, me: Me, db: Db):
    bed = mine(db, Bed, data.bed_id, me)
    checked = data.planting_ids[:1] if leaky("bulk-first") else data.planting_ids
    for pid in checked:
        mine(db, Planting, pid, me)
    moved = 0
    for pid in dict.fromkeys(data.planting_ids):
        if p := db.get(Planting, pid):
            p.bed_id = bed.id
            db.add(p)
            moved += 1
    db.commit()
    return {"moved": moved, "bed": bed.name}


@app.post("/harvests", status_code=201)
def bring_in(data: HarvestIn, me: Me, db: Db) -> Harvest:
    mine(db, Planting, data.planting_id, me)
    h = Harvest(gardener_id=me.id, **data.model_dump())
    db.add(h)
    db.commit()
    db.refresh(h)
    return h


@app.get("/harvests")
def list_harvests(me: Me, db: Db, after: int = 0, limit: Annotated[int, Query(ge=1, le=100)] = 20):
    stmt = select(Harvest).order_by(Harvest.id).limit(limit)
    if after:
        stmt = stmt.where(Harvest.id > after)
    if not (after and leaky("later-pages")):
        stmt = stmt.where(Harvest.gardener_id == me.id)
    rows = db.exec(stmt).all()
    return {
        "items": [r.model_dump() for r in rows],
        "next": rows[-1].id if len(rows) == limit else None,
    }


@app.get("/stats/yield")
def yield_stats(me: Me, db: Db):
    stmt = select(Planting.variety, func.sum(Harvest.grams), func.avg(Harvest.grams)).join(
        Planting, Harvest.planting_id == Planting.id
    )
    own = db.exec(stmt.where(Harvest.gardener_id == me.id).group_by(Planting.variety)).all()
    mean = select(func.avg(Harvest.grams))
    if not leaky("average-yield"):
        mean = mean.where(Harvest.gardener_id == me.id)
    return {
        "by_variety": [{"variety": v, "grams": g, "mean": round(a)} for v, g, a in own],
        "average_harvest": round(db.exec(mean).one() or 0),
    }


if __name__ == "__main__":
    SQLModel.metadata.create_all(engine)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
