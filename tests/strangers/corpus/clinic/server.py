"""Appointments of patients, known by numbers that the clinic gives; Flask, JSON in an envelope."""

import os
import secrets
import sys
from typing import Any

from flask import Flask, jsonify, request

PLANTED = {"visits-by-number", "correct-any-visit"}
LEAKS = set(filter(None, os.environ.get("LEAKS", "all").split(",")))
LEAKS = PLANTED if "all" in LEAKS else LEAKS
app = Flask(__name__)
patients: list[dict[str, str]] = []
tokens: dict[str, int] = {}
visits: list[dict[str, object]] = []
TEXT = {"type": "string"}
SPECIALTIES = ("dental", "eyes", "skin")


def body_of(**properties: object) -> dict[str, object]:
    schema = {"type": "object", "properties": properties, "required": [*properties]}
    return {"content": {"application/json": {"schema": schema}}}


def numbered(name: str) -> dict[str, object]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}


DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Clinic", "version": "1"},
    "components": {"securitySchemes": {"b": {"type": "http", "scheme": "bearer"}}},
    "security": [{"b": []}],
    "paths": {
        "/api/register": {
            "post": {"requestBody": body_of(email=TEXT, password=TEXT), "responses": {}}
        },
        "/api/login": {
            "post": {"requestBody": body_of(email=TEXT, password=TEXT), "responses": {}}
        },
        "/api/patients/{patient_id}/visits": {
            "parameters": [numbered("patient_id")],
            "get": {"responses": {}},
            "post": {
                "requestBody": body_of(specialty=TEXT, day=TEXT, complaint=TEXT),
                "responses": {},
            },
        },
        "/api/visits/{visit_id}": {
            "parameters": [numbered("visit_id")],
            "patch": {"requestBody": body_of(complaint=TEXT), "responses": {}},
        },
    },
}


def answered(data: object, status: int = 200) -> Any:
    return jsonify({"ok": status < 400, "data": data}), status


def caller() -> int | None:
    return tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))


@app.get("/openapi.json")
def document() -> Any:
    return jsonify(DOCUMENT)


@app.post("/api/register")
def register() -> Any:
    given = request.get_json(silent=True) or {}
    if "@" not in str(given.get("email")):
        return answered("email is not an address", 422)
    patients.append({"email": given["email"], "password": str(given.get("password"))})
    return answered({"patient": {"id": len(patients), "email": given["email"]}}, 201)


@app.post("/api/login")
def login() -> Any:
    given = request.get_json(silent=True) or {}
    for number, each in enumerate(patients, 1):
        if each == {"email": given.get("email"), "password": given.get("password")}:
            token = secrets.token_hex(12)
            tokens[token] = number
            return answered({"session": {"token": token}, "patient": {"id": number}})
    return answered("wrong e-mail or password", 403)


@app.get("/api/patients/<int:patient_id>/visits")
def visits_of(patient_id: int) -> Any:
    if caller() is None:
        return answered("log in first", 401)
    if "visits-by-number" not in LEAKS and caller() != patient_id:
        return answered("not yours", 403)
    return answered([each for each in visits if each["patient_id"] == patient_id])


@app.post("/api/patients/<int:patient_id>/visits")
def book(patient_id: int) -> Any:
    if caller() != patient_id:
        return answered("not yours", 403)
    given = request.get_json(silent=True) or {}
    if given.get("specialty") not in SPECIALTIES:
        return answered(f"specialty must be one of: {', '.join(SPECIALTIES)}", 422)
    day = str(given.get("day"))
    if len(day) != 10 or day[4] != "-":
        return answered("day must be written YYYY-MM-DD", 422)
    visits.append(
        {
            "id": len(visits) + 1,
            "patient_id": patient_id,
            "specialty": given["specialty"],
            "day": day,
            "complaint": str(given.get("complaint")),
        }
    )
    return answered(visits[-1], 201)


@app.patch("/api/visits/<int:visit_id>")
def correct(visit_id: int) -> Any:
    user = caller()
    if user is None:
        return answered("log in first", 401)
    found = next((each for each in visits if each["id"] == visit_id), None)
    foreign = found is not None and found["patient_id"] != user
    if found is None or (foreign and "correct-any-visit" not in LEAKS):
        return answered("no such visit", 404)
    found["complaint"] = str((request.get_json(silent=True) or {}).get("complaint"))
    return answered({"id": visit_id})


app.run(host="127.0.0.1", port=int(sys.argv[1]), threaded=False)
