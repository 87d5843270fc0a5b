"""Medkit: the medicines of one's own cabinet, the doses that were taken, and a diary for the doctor. FastAPI, SQLModel."""

import csv
import hashlib
import io
import os
import secrets
import sys
import uuid
from typing import Annotated, Literal

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from pydantic import Field as Bound
from sqlalchemy.pool import StaticPool
from sqlmodel import Field, Session, SQLModel, and_, create_engine, or_, select

LEAKS = os.environ.get("LEAKS", "all").replace(" ", "").split(",")
Unit = Literal["tablet", "ml", "puff", "patch"]
Word = Annotated[str, Bound(min_length=1, max_length=200)]
Text = Annotated[str, Bound(max_length=2000)]
Amount = Annotated[float, Bound(ge=0, le=10000)]


def leaky(name):
    return "all" in LEAKS or name in LEAKS


def new_id():
    return str(uuid.uuid4())


class Person(SQLModel, table=True):
    id: str = Field(default_factory=new_id, primary_key=True)
    email: str = Field(unique=True)
    salt: bytes
    hash: bytes
    pharmacy: str = ""
    doctor: str = ""
    allergies: str = ""


class Token(SQLModel, table=True):
    token: str = Field(primary_key=True)
    person_id: str


class Medicine(SQLModel, table=True):
    pk: int | None = Field(default=None, primary_key=True)
    id: str = Field(default_factory=new_id, unique=True)
    person_id: str = Field(index=True)
    name: str
    unit: str
    stock: float
    note: str


class Dose(SQLModel, table=True):
    pk: int | None = Field(default=None, primary_key=True)
    id: str = Field(default_factory=new_id, unique=True)
    medicine_pk: int = Field(index=True)
    amount: float
    remark: str


class Account(BaseModel):
    email: Word
    password: Word


class NewMedicine(BaseModel):
    name: Word
    unit: Unit = "tablet"
    stock: Amount = 0
    note: Text = ""


class MedicineChange(BaseModel):
    name: Word | None = None
    stock: Amount | None = None
    note: Text | None = None


class NewDose(BaseModel):
    amount: Amount = 1
    remark: Text = ""


class DoseChange(BaseModel):
    amount: Amount | None = None
    remark: Text | None = None


class Merge(BaseModel):
    into: Word


class Profile(BaseModel):
    pharmacy: Text = ""
    doctor: Text = ""
    allergies: Text = ""


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
SQLModel.metadata.create_all(engine)
app = FastAPI(title="Medkit", version="1.8.2")
bearer = HTTPBearer(auto_error=False)


async def database():
    with Session(engine) as session:
        yield session


Db = Annotated[Session, Depends(database)]


async def signed_in(db: Db, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]):
    token = db.get(Token, sent.credentials) if sent else None
    if token is None:
        raise HTTPException(401, "log in first", {"WWW-Authenticate": "Bearer"})
    return token.person_id


Me = Annotated[str, Depends(signed_in)]


def hashed(password, salt):
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1000)


def own(db, me, medicine_id):
    row = db.exec(
        select(Medicine).where(Medicine.id == medicine_id, Medicine.person_id == me)
    ).first()
    if row is None:
        raise HTTPException(404, "no such medicine")
    return row


def dose_of(db, medicine, dose_id):
    wanted = select(Dose).where(Dose.id == dose_id)
    if not leaky("dose-edit"):
        wanted = wanted.where(Dose.medicine_pk == medicine.pk)
    row = db.exec(wanted).first()
    if row is None:
        raise HTTPException(404, "no such dose")
    return row


def show(row):
    return row.model_dump(exclude={"pk", "person_id", "medicine_pk"})


def save(db, row, change=None):
    for name, value in (change.model_dump(exclude_none=True) if change else {}).items():
        setattr(row, name, value)
    db.add(row)
    db.commit()
    db.refresh(row)
    return row


@app.post("/api/register", status_code=201)
async def register(account: Account, db: Db):
    if db.exec(select(Person).where(Person.email == account.email)).first():
        raise HTTPException(409, "this address is registered")
    salt = secrets.token_bytes(16)
    return {
        "person_id": save(
            db, Person(email=account.email, salt=salt, hash=hashed(account.password, salt))
        ).id
    }


@app.post("/api/login")
async def login(account: Account, db: Db):
    person = db.exec(select(Person).where(Person.email == account.email)).first()
    if person is None or not secrets.compare_digest(
        person.hash, hashed(account.password, person.salt)
    ):
        raise HTTPException(401, "wrong address or password")
    token = save(db, Token(token=secrets.token_urlsafe(32), person_id=person.id))
    return {"access_token": token.token, "token_type": "bearer", "person_id": token.person_id}


@app.post("/api/medicines", status_code=201)
async def add_medicine(new: NewMedicine, db: Db, me: Me):
    return show(save(db, Medicine(person_id=me, **new.model_dump())))


@app.get("/api/medicines")
async def list_medicines(db: Db, me: Me, unit: Unit | None = None):
    wanted = select(Medicine).where(Medicine.person_id == me).order_by(Medicine.pk)
    return [show(m) for m in db.exec(wanted.where(Medicine.unit == unit) if unit else wanted)]


@app.get("/api/medicines/{medicine_id}")
async def get_medicine(medicine_id: str, db: Db, me: Me):
    return show(own(db, me, medicine_id))


@app.patch("/api/medicines/{medicine_id}")
async def change_medicine(medicine_id: str, change: MedicineChange, db: Db, me: Me):
    return show(save(db, own(db, me, medicine_id), change))


@app.delete("/api/medicines/{medicine_id}", status_code=204)
async def delete_medicine(medicine_id: str, db: Db, me: Me):
    row = own(db, me, medicine_id)
    if not leaky("rowid-reuse"):
        for dose in db.exec(select(Dose).where(Dose.medicine_pk == row.pk)).all():
            db.delete(dose)
    db.delete(row)
    db.commit()


@app.post("/api/medicines/{medicine_id}/merge")
async def merge(medicine_id: str, body: Merge, db: Db, me: Me):
    """Two entries of one medicine become one: doses and stock go into the other."""
    row = own(db, me, medicine_id)
    if body.into == row.id:
        raise HTTPException(422, "a medicine cannot be merged into itself")
    if leaky("merge-unit"):
        other = db.exec(select(Medicine).where(Medicine.id == body.into)).first()
        if other is not None and other.unit != row.unit:
            raise HTTPException(422, "the units differ")
    other = own(db, me, body.into)
    if other.unit != row.unit:
        raise HTTPException(422, "the units differ")
    for dose in db.exec(select(Dose).where(Dose.medicine_pk == row.pk)).all():
        dose.medicine_pk = other.pk
        db.add(dose)
    other.stock += row.stock
    db.delete(row)
    return show(save(db, other))


@app.post("/api/medicines/{medicine_id}/doses", status_code=201)
async def take_dose(medicine_id: str, new: NewDose, db: Db, me: Me):
    medicine = own(db, me, medicine_id)
    medicine.stock = max(0, medicine.stock - new.amount)
    db.add(medicine)
    return show(save(db, Dose(medicine_pk=medicine.pk, **new.model_dump())))


@app.get("/api/medicines/{medicine_id}/doses")
async def list_doses(medicine_id: str, db: Db, me: Me):
    medicine = own(db, me, medicine_id)
    return [
        show(d)
        for d in db.exec(select(Dose).where(Dose.medicine_pk == medicine.pk).order_by(Dose.pk))
    ]


@app.patch("/api/medicines/{medicine_id}/doses/{dose_id}")
async def change_dose(medicine_id: str, dose_id: str, change: DoseChange, db: Db, me: Me):
    return show(save(db, dose_of(db, own(db, me, medicine_id), dose_id), change))


@app.delete("/api/medicines/{medicine_id}/doses/{dose_id}", status_code=204)
async def delete_dose(medicine_id: str, dose_id: str, db: Db, me: Me):
    medicine = own(db, me, medicine_id)
    found = db.exec(select(Dose).where(Dose.id == dose_id, Dose.medicine_pk == medicine.pk)).first()
    if found is None:
        raise HTTPException(404, "no such dose")
    db.delete(found)
    db.commit()


@app.get("/api/search")
async def search(db: Db, me: Me, q: Annotated[str, Query(min_length=1, max_length=200)]):
    if leaky("search-or"):
        match = or_(
            and_(Medicine.person_id == me, Medicine.name.contains(q)), Medicine.note.contains(q)
        )
    else:
        match = and_(
            Medicine.person_id == me, or_(Medicine.name.contains(q), Medicine.note.contains(q))
        )
    return [show(m) for m in db.exec(select(Medicine).where(match).order_by(Medicine.pk))]


@app.get("/api/low-stock")
async def low_stock(db: Db, me: Me, below: Amount = 7):
    found = db.exec(
        select(Medicine)
        .where(Medicine.person_id == me, Medicine.stock < below)
        .order_by(Medicine.pk)
    )
    return [{"id": m.id, "name": m.name, "stock": m.stock, "unit": m.unit} for m in found]


@app.get("/api/diary.csv")
async def diary(db: Db, me: Me):
    """What was taken, for the doctor."""
    rows = (
        select(Medicine, Dose)
        .join(Dose, Dose.medicine_pk == Medicine.pk)
        .where(Medicine.person_id == me)
    )
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["medicine", "amount", "unit", "remark"])
    writer.writerows(
        [m.name, d.amount, m.unit, d.remark] for m, d in db.exec(rows.order_by(Dose.pk))
    )
    return Response(out.getvalue(), media_type="text/csv")


@app.get("/api/profile")
async def profile(db: Db, me: Me):
    return db.get(Person, me).model_dump(include={"pharmacy", "doctor", "allergies"})


@app.put("/api/profile")
async def set_profile(new: Profile, db: Db, me: Me):
    return save(db, db.get(Person, me), new).model_dump(include={"pharmacy", "doctor", "allergies"})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
