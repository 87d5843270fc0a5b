"""Pet health book: pets, their pedigree, visits to the vet and what they cost."""

import hashlib
import os
import secrets
import sys
import uuid
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Annotated, Literal

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

LEAKS = os.environ.get("LEAKS", "all")


def leak(name: str) -> bool:
    return LEAKS == "all" or name in [part.strip() for part in LEAKS.split(",")]


@dataclass
class Keeper:
    username: str
    password: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Pet:
    keeper: str
    name: str
    species: str
    born: int | None = None
    mother_id: str | None = None
    remarks: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Visit:
    keeper: str
    pet_id: str
    day: str
    reason: str
    findings: str = ""
    cost: float = 0
    paid: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


def shown(row: Pet | Visit) -> dict:
    return {name: value for name, value in asdict(row).items() if name != "keeper"}


class Credentials(BaseModel):
    username: str = Field(min_length=2, max_length=80)
    password: str = Field(min_length=6, max_length=200)


class NewPet(BaseModel):
    name: str = Field(min_length=1, max_length=120)
    species: Literal["dog", "cat", "rabbit", "horse"] = "dog"
    born: int | None = Field(None, ge=1980, le=2030)
    mother_id: str | None = Field(None, description="id of the pet's mother, if she is registered")
    remarks: str = ""


class PetChange(BaseModel):
    mother_id: str | None = None
    remarks: str | None = None


class NewVisit(BaseModel):
    day: date | None = None
    reason: str = Field(min_length=1, max_length=200)
    findings: str = ""
    cost: float = Field(0, ge=0, le=100000)


class Settlement(BaseModel):
    visit_ids: list[str] = Field(min_length=1, max_length=100)


keepers: dict[str, Keeper] = {}
tokens: dict[str, Keeper] = {}
pets: dict[str, Pet] = {}
visits: dict[str, Visit] = {}  # in the order in which they were entered

app = FastAPI(title="Pet health book", version="2.1")
bearer = HTTPBearer(auto_error=False)


def hashed(body: Credentials) -> str:
    password, salt = body.password.encode(), f"kennel:{body.username}".encode()
    return hashlib.pbkdf2_hmac("sha256", password, salt, 1000).hex()


async def keeper(got: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Keeper:
    if got is None or got.credentials not in tokens:
        raise HTTPException(401, "log in first", {"WWW-Authenticate": "Bearer"})
    return tokens[got.credentials]


Me = Annotated[Keeper, Depends(keeper)]


def own(table: dict, row_id: str, me: Keeper):
    row = table.get(row_id)
    if row is None or row.keeper != me.id:
        raise HTTPException(404, "not found")
    return row


def check_mother(mother_id: str | None, me: Keeper) -> None:
    if mother_id is None or (leak("pedigree") and mother_id in pets):
        return
    if mother_id not in pets or pets[mother_id].keeper != me.id:
        raise HTTPException(422, "mother_id: no such pet")


@app.post("/signup", status_code=201)
async def signup(body: Credentials):
    if body.username in keepers:
        raise HTTPException(409, "this name is taken")
    keepers[body.username] = new = Keeper(body.username, hashed(body))
    return {"id": new.id, "username": new.username}


@app.post("/login")
async def login(body: Credentials):
    known = keepers.get(body.username)
    if known is None or known.password != hashed(body):
        raise HTTPException(401, "wrong name or password")
    token = secrets.token_urlsafe(24)
    tokens[token] = known
    return {"access_token": token, "token_type": "bearer"}


@app.get("/pets")
async def list_pets(me: Me, species: str | None = None):
    return [shown(p) for p in pets.values() if p.keeper == me.id and species in (None, p.species)]


@app.post("/pets", status_code=201)
async def add_pet(body: NewPet, me: Me):
    check_mother(body.mother_id, me)
    pet = Pet(keeper=me.id, **body.model_dump())
    pets[pet.id] = pet
    return shown(pet)


@app.get("/pets/{pet_id}")
async def get_pet(pet_id: str, me: Me):
    pet = own(pets, pet_id, me)
    days = [v.day for v in visits.values() if v.pet_id == pet_id]
    return {**shown(pet), "visits": len(days), "last_visit": max(days, default=None)}


@app.patch("/pets/{pet_id}")
async def change_pet(pet_id: str, body: PetChange, me: Me):
    pet = own(pets, pet_id, me)
    check_mother(body.mother_id, me)
    for name, value in body.model_dump(exclude_unset=True).items():
        setattr(pet, name, value or (None if name == "mother_id" else ""))
    return shown(pet)


@app.delete("/pets/{pet_id}", status_code=204)
async def remove_pet(pet_id: str, me: Me):
    del pets[own(pets, pet_id, me).id]
    for visit in [v for v in visits.values() if v.pet_id == pet_id]:
        del visits[visit.id]


@app.get("/pets/{pet_id}/pedigree")
async def pedigree(pet_id: str, me: Me):
    """The line of mothers, as far as they are registered."""
    line, pet = [], own(pets, pet_id, me)
    while pet is not None and pet.id not in [p["id"] for p in line]:
        line.append({"id": pet.id, "name": pet.name, "born": pet.born, "remarks": pet.remarks})
        pet = pets.get(pet.mother_id)
    return {"generations": len(line), "line": line}


@app.post("/pets/{pet_id}/visits", status_code=201)
async def add_visit(pet_id: str, body: NewVisit, me: Me):
    pet = own(pets, pet_id, me)
    day = str(body.day or date.today())
    visit = Visit(me.id, pet.id, day, body.reason, body.findings, body.cost)
    visits[visit.id] = visit
    return shown(visit)


@app.get("/visits")
async def list_visits(me: Me, limit: int = Query(10, ge=1, le=50), cursor: str | None = None):
    """Visits of all pets, in the order in which they were entered."""
    rows = list(visits.values())
    if cursor is None or not leak("next-page"):
        rows = [v for v in rows if v.keeper == me.id]
    if cursor is not None:
        at = next((n for n, v in enumerate(rows) if v.id == cursor), None)
        if at is None:
            raise HTTPException(400, "this cursor is not valid any more")
        rows = rows[at + 1 :]
    following = rows[limit - 1].id if len(rows) > limit else None
    return {"visits": [shown(v) for v in rows[:limit]], "next_cursor": following}


@app.post("/visits/settle")
async def settle(body: Settlement, me: Me):
    """Marks visits as paid, all of them or none."""
    wanted = list(dict.fromkeys(body.visit_ids))
    own(visits, wanted[0], me)
    for visit_id in wanted[1:]:
        if visit_id not in visits or not leak("settle"):
            own(visits, visit_id, me)
    for visit_id in wanted:
        visits[visit_id].paid = True
    return {"settled": len(wanted)}


@app.delete("/visits/{visit_id}", status_code=204)
async def remove_visit(visit_id: str, me: Me):
    if visit_id not in visits or not leak("visit-delete"):
        own(visits, visit_id, me)
    del visits[visit_id]


@app.get("/search")
async def search(me: Me, q: Annotated[str, Query(min_length=1)]):
    found = [p for p in pets.values() if q.lower() in f"{p.name} {p.remarks}".lower()]
    found += [v for v in visits.values() if q.lower() in f"{v.reason} {v.findings}".lower()]
    return [shown(row) for row in found if row.keeper == me.id]


@app.get("/stats")
async def stats(me: Me):
    by_pet, owed = {p.id: 0.0 for p in pets.values() if p.keeper == me.id}, 0.0
    for v in visits.values():
        if v.keeper == me.id:
            by_pet[v.pet_id] = round(by_pet[v.pet_id] + v.cost, 2)
            owed += 0 if v.paid else v.cost
    return {"total": round(sum(by_pet.values()), 2), "owed": round(owed, 2), "by_pet": by_pet}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
