"""Logbook for vehicles: services, fuel and reminders of every owner; FastAPI, kept in memory."""

import csv
import hashlib
import io
import json
import os
import random
import string
import sys
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Annotated, Literal

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Header, Path, Response, Security
from fastapi.exceptions import HTTPException
from fastapi.responses import PlainTextResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field, field_validator

ALL_LEAKS = ["plate-taken", "revision-etag", "service-of-any-vehicle"]
LEAKS = os.environ.get("LEAKS", "all").split(",")
if LEAKS == ["all"]:
    LEAKS = ALL_LEAKS

API_KEYS = {
    "gk_7f3a91c2": "marta",
    "gk_18be40d7": "noel",
    "gk_c95502ee": "olga",
    "gk_60a7d1f4": "piet",
}


@dataclass
class Service:
    code: str
    done_on: date
    odometer: int
    work: str
    cost: float = 0.0


@dataclass
class Refill:
    filled_on: date
    odometer: int
    litres: float


@dataclass
class Vehicle:
    owner: str
    plate: str
    make: str
    model: str
    year: int
    remark: str = ""
    services: dict[str, Service] = field(default_factory=dict)
    refills: list[Refill] = field(default_factory=list)
    reminders: dict[str, dict] = field(default_factory=dict)


garage: dict[tuple[str, str], Vehicle] = {}
revision = {"number": 0}


class NewVehicle(BaseModel):
    plate: str = Field(min_length=2, max_length=12, examples=["B-XY-123"])
    make: str = Field(min_length=1, max_length=40)
    model: str = Field(max_length=40)
    year: int = Field(ge=1900, le=2030)
    remark: str = Field("", max_length=500)

    @field_validator("plate")
    @classmethod
    def tidy(cls, value: str) -> str:
        value = value.strip().upper().replace(" ", "-")
        if not value.replace("-", "").isalnum():
            raise ValueError("a plate has letters, digits and dashes")
        return value


class VehicleChange(BaseModel):
    make: str | None = Field(None, min_length=1, max_length=40)
    model: str | None = Field(None, max_length=40)
    remark: str | None = Field(None, max_length=500)


class ServiceEntry(BaseModel):
    done_on: date
    odometer: int = Field(ge=0, le=2_000_000)
    work: str = Field(min_length=1, max_length=300)
    cost: float = Field(0, ge=0)


class ServiceChange(BaseModel):
    odometer: int | None = Field(None, ge=0, le=2_000_000)
    work: str | None = Field(None, min_length=1, max_length=300)
    cost: float | None = Field(None, ge=0)


class RefillEntry(BaseModel):
    filled_on: date
    odometer: int = Field(ge=0, le=2_000_000)
    litres: float = Field(gt=0, le=500)


class ReminderEntry(BaseModel):
    kind: Literal["inspection", "oil", "tyres", "insurance"]
    on: date
    text: str = Field("", max_length=200)


api_key = APIKeyHeader(name="X-Api-Key", auto_error=False)


def owner_of_key(key: Annotated[str | None, Security(api_key)]) -> str:
    if key not in API_KEYS:
        raise HTTPException(status_code=401, detail={"code": "bad_key"})
    return API_KEYS[key]


Owner = Annotated[str, Depends(owner_of_key)]
Plate = Annotated[str, Path(description="registration, e.g. B-XY-123")]


def missing(what: str) -> HTTPException:
    return HTTPException(status_code=404, detail={"code": "not_found", "what": what})


def vehicle_of(plate: Plate, owner: Owner) -> Vehicle:
    found = garage.get((owner, plate.upper()))
    if not found:
        raise missing("vehicle")
    return found


MyVehicle = Annotated[Vehicle, Depends(vehicle_of)]


def new_code() -> str:
    return "".join(random.choices(string.ascii_uppercase + string.digits, k=8))


def touched() -> None:
    revision["number"] += 1


def summary(vehicle: Vehicle) -> dict:
    seen = [each.odometer for each in (*vehicle.services.values(), *vehicle.refills)]
    return {
        "plate": vehicle.plate,
        "make": vehicle.make,
        "model": vehicle.model,
        "year": vehicle.year,
        "remark": vehicle.remark,
        "odometer": max(seen, default=None),
        "serviceCount": len(vehicle.services),
    }


router = APIRouter(prefix="/v1")


@router.get("/vehicles", tags=["vehicles"])
def vehicles(
    owner: Owner, response: Response, if_none_match: Annotated[str | None, Header()] = None
):
    """Your vehicles; answers 304 when they are as they were at the ETag you send."""
    mine = [summary(each) for each in garage.values() if each.owner == owner]
    if "revision-etag" in LEAKS:
        tag = f'"{owner}-{revision["number"]}"'
    else:
        tag = f'"{hashlib.md5(json.dumps(mine).encode(), usedforsecurity=False).hexdigest()}"'
    if if_none_match == tag:
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return {"vehicles": mine, "total": len(mine)}


@router.post("/vehicles", status_code=201, tags=["vehicles"])
def register(entry: NewVehicle, owner: Owner):
    taken = (owner, entry.plate) in garage
    if "plate-taken" in LEAKS:
        taken = any(plate == entry.plate for _, plate in garage)
    if taken:
        raise HTTPException(409, detail={"code": "duplicate_plate", "plate": entry.plate})
    vehicle = Vehicle(owner=owner, **entry.model_dump())
    garage[owner, entry.plate] = vehicle
    touched()
    return summary(vehicle)


@router.get("/vehicles/{plate}", tags=["vehicles"])
def vehicle_card(vehicle: MyVehicle):
    litres = sum(each.litres for each in vehicle.refills)
    return {
        **summary(vehicle),
        "spent": round(sum(each.cost for each in vehicle.services.values()), 2),
        "litres": round(litres, 2),
    }


@router.patch("/vehicles/{plate}", tags=["vehicles"])
def change_vehicle(vehicle: MyVehicle, change: VehicleChange):
    for name, value in change.model_dump(exclude_none=True).items():
        setattr(vehicle, name, value)
    touched()
    return summary(vehicle)


@router.delete("/vehicles/{plate}", status_code=204, tags=["vehicles"])
def sell(vehicle: MyVehicle):
    del garage[vehicle.owner, vehicle.plate]
    touched()


@router.get("/vehicles/{plate}/services", tags=["services"])
def services(vehicle: MyVehicle, since: date | None = None):
    return [
        asdict(each) for each in vehicle.services.values() if since is None or each.done_on >= since
    ]


@router.post("/vehicles/{plate}/services", status_code=201, tags=["services"])
def record_service(vehicle: MyVehicle, entry: ServiceEntry):
    service = Service(code=new_code(), **entry.model_dump())
    vehicle.services[service.code] = service
    touched()
    return asdict(service)


def find_service(vehicle: Vehicle, code: str) -> Service:
    service = vehicle.services.get(code)
    if service is None:
        raise missing("service")
    return service


@router.get("/vehicles/{plate}/services/{code}", tags=["services"])
def one_service(vehicle: MyVehicle, code: str):
    return asdict(find_service(vehicle, code))


@router.patch("/vehicles/{plate}/services/{code}", tags=["services"])
def correct_service(vehicle: MyVehicle, code: str, change: ServiceChange):
    if "service-of-any-vehicle" in LEAKS:
        everywhere = {k: v for each in garage.values() for k, v in each.services.items()}
        service = everywhere.get(code)
        if service is None:
            raise missing("service")
    else:
        service = find_service(vehicle, code)
    changes = change.model_dump(exclude_none=True)
    for name, value in changes.items():
        setattr(service, name, value)
    touched()
    return {"code": code, "changed": sorted(changes)}


@router.delete("/vehicles/{plate}/services/{code}", status_code=204, tags=["services"])
def remove_service(vehicle: MyVehicle, code: str):
    del vehicle.services[find_service(vehicle, code).code]
    touched()


@router.post("/vehicles/{plate}/fuel", status_code=201, tags=["fuel"])
def refill(vehicle: MyVehicle, entry: RefillEntry):
    if vehicle.refills and entry.odometer <= vehicle.refills[-1].odometer:
        raise HTTPException(422, detail={"code": "odometer_went_back"})
    vehicle.refills.append(Refill(**entry.model_dump()))
    touched()
    return {"refills": len(vehicle.refills)}


@router.get("/vehicles/{plate}/fuel", tags=["fuel"])
def consumption(vehicle: MyVehicle):
    log = vehicle.refills
    average = None
    if len(log) > 1:
        driven = log[-1].odometer - log[0].odometer
        average = round(100 * sum(each.litres for each in log[1:]) / driven, 2)
    return {"log": [asdict(each) for each in log], "litresPer100km": average}


@router.put("/vehicles/{plate}/reminders/{kind}", tags=["reminders"])
def remind(
    vehicle: MyVehicle,
    kind: Literal["inspection", "oil", "tyres", "insurance"],
    entry: ReminderEntry,
):
    if entry.kind != kind:
        raise HTTPException(422, detail={"code": "kind_differs"})
    vehicle.reminders[kind] = entry.model_dump(mode="json")
    return vehicle.reminders[kind]


@router.get("/reminders", tags=["reminders"])
def upcoming(owner: Owner, until: date | None = None):
    found = [
        {"plate": vehicle.plate, **each}
        for vehicle in garage.values()
        if vehicle.owner == owner
        for each in vehicle.reminders.values()
        if until is None or each["on"] <= until.isoformat()
    ]
    return sorted(found, key=lambda each: each["on"])


@router.get("/export.csv", tags=["export"], response_class=PlainTextResponse)
def export(owner: Owner):
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["plate", "code", "done_on", "odometer", "work", "cost"])
    for vehicle in garage.values():
        if vehicle.owner == owner:
            for s in vehicle.services.values():
                rows.writerow([vehicle.plate, s.code, s.done_on, s.odometer, s.work, s.cost])
    return PlainTextResponse(text.getvalue(), media_type="text/csv")


app = FastAPI(title="Garage logbook", version="1.0.4")
app.include_router(router)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
