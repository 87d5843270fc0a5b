"""Parcels that are tracked by a code which their sender makes up; FastAPI, OAuth2 password form."""

import os
import secrets
import sys
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, Field

PLANTED = {"track-any-code"}
LEAKS = set(filter(None, os.environ.get("LEAKS", "all").split(",")))
LEAKS = PLANTED if "all" in LEAKS else LEAKS
app = FastAPI()
accounts: dict[str, str] = {}
sessions: dict[str, str] = {}
parcels: dict[str, dict[str, str]] = {}
bearer = OAuth2PasswordBearer(tokenUrl="token")


class Account(BaseModel):
    username: str
    password: str


class Parcel(BaseModel):
    code: str = Field(pattern=r"^[A-Z]{3}-\d{6}$")
    address: str


def caller(token: Annotated[str, Depends(bearer)]) -> str:
    if token not in sessions:
        raise HTTPException(401, "unknown token")
    return sessions[token]


Caller = Annotated[str, Depends(caller)]


@app.post("/accounts", status_code=201)
def sign_up(account: Account) -> dict[str, str]:
    if account.username in accounts:
        raise HTTPException(409, "that name is taken")
    accounts[account.username] = account.password
    return {"username": account.username}


@app.post("/token")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
    if accounts.get(form.username) != form.password:
        raise HTTPException(400, "wrong name or password")
    token = secrets.token_urlsafe(18)
    sessions[token] = form.username
    return {"access_token": token, "token_type": "bearer"}


@app.post("/parcels", status_code=201)
def send(parcel: Parcel, user: Caller) -> dict[str, str]:
    if parcel.code in parcels:
        raise HTTPException(409, "that code already exists")
    parcels[parcel.code] = {"sender": user, "address": parcel.address}
    return {"code": parcel.code, "address": parcel.address}


@app.get("/parcels")
def mine(user: Caller) -> list[dict[str, str]]:
    return [
        {"code": code, "address": each["address"]}
        for code, each in parcels.items()
        if each["sender"] == user
    ]


@app.get("/parcels/{code}")
def track(code: str, user: Caller) -> dict[str, str]:
    found = parcels.get(code)
    foreign = found is not None and found["sender"] != user
    if found is None or (foreign and "track-any-code" not in LEAKS):
        raise HTTPException(404, "no such parcel")
    return {"code": code, "address": found["address"]}


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
