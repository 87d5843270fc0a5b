"""Health records of pets: weights, treatments, chips, reminders. Bottle, with a session cookie."""

import json
import os
import secrets
import sys
import threading
from datetime import date, timedelta
from functools import wraps
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from bottle import Bottle, HTTPResponse, request, response

PLANTED = ("weight-order", "chip-known", "breed-typical", "treatment-undo")
LEAKS = {
    leak: os.environ.get("LEAKS", "all") in ("all", leak)
    or leak in os.environ.get("LEAKS", "all").split(",")
    for leak in PLANTED
}

app = Bottle()
guard = threading.RLock()
households: dict[str, str] = {}
cookies: dict[str, str] = {}
pets: dict[str, dict] = {}
treatments: dict[str, dict] = {}
SPECIES = ("cat", "dog", "rabbit")


def fail(status, message):
    return HTTPResponse(
        json.dumps({"problem": message}), status, {"Content-Type": "application/json"}
    )


def home_only(function):
    @wraps(function)
    def inner(**kwargs):
        home = cookies.get(request.get_cookie("petcare") or "")
        if home is None:
            return fail(401, "sign in first")
        with guard:
            return function(home, **kwargs)

    return inner


def sent():
    try:
        given = request.json
    except HTTPResponse:
        given = None
    return given if isinstance(given, dict) else {}


def pet_of(home, pet):
    found = pets.get(pet)
    if found is None or found["home"] != home:
        raise fail(404, "pet not found")
    return found


def card(pet):
    return {name: pet[name] for name in ("id", "name", "species", "breed", "chip", "weights")}


def day_in(given, name):
    try:
        return date.fromisoformat(str(given.get(name)))
    except ValueError:
        raise fail(400, f"{name} is a date like 2030-01-31")


@app.post("/register")
def register():
    given = sent()
    home, secret = given.get("household"), given.get("secret")
    if not isinstance(home, str) or not home.isalnum() or not 3 <= len(home) <= 30:
        return fail(400, "household is 3 to 30 letters and digits")
    if not isinstance(secret, str) or len(secret) < 6:
        return fail(400, "secret is 6 characters or more")
    if home in households:
        return fail(409, "this household is registered")
    households[home] = secret
    response.status = 201
    return {"household": home}


@app.post("/session")
def session():
    given = sent()
    home = str(given.get("household"))
    if home not in households or households[home] != given.get("secret"):
        return fail(401, "wrong household or secret")
    cookie = secrets.token_urlsafe(18)
    cookies[cookie] = home
    response.set_cookie("petcare", cookie, httponly=True, path="/")
    return {"household": home}


@app.get("/pets")
@home_only
def my_pets(home):
    return {"pets": [card(pet) for pet in pets.values() if pet["home"] == home]}


@app.post("/pets")
@home_only
def add_pet(home):
    given = sent()
    if not str(given.get("name") or "").strip():
        return fail(400, "name is needed")
    if given.get("species") not in SPECIES:
        return fail(400, f"species is one of {', '.join(SPECIES)}")
    pet = {
        "id": secrets.token_hex(6),
        "home": home,
        "name": str(given["name"]).strip(),
        "species": given["species"],
        "breed": str(given.get("breed") or "mixed").strip().lower(),
        "chip": str(given.get("chip") or ""),
        "weights": {},
    }
    pets[pet["id"]] = pet
    response.status = 201
    return card(pet)


@app.get("/pets/<pet>")
@home_only
def one_pet(home, pet):
    return card(pet_of(home, pet))


@app.delete("/pets/<pet>")
@home_only
def part_with(home, pet):
    found = pet_of(home, pet)
    for key in [key for key, each in treatments.items() if each["pet"] == found["id"]]:
        del treatments[key]
    del pets[found["id"]]
    return HTTPResponse(status=204)


@app.put("/pets/<pet>/weights")
@home_only
def weigh(home, pet):
    """Notes a weight in grams on a day; a pet is not weighed on a day twice."""
    given = sent()
    day, grams = day_in(given, "day").isoformat(), given.get("grams")
    if not isinstance(grams, int) or not 0 < grams < 200_000:
        return fail(400, "grams is a whole number")
    if LEAKS["weight-order"] and pet in pets and day in pets[pet]["weights"]:
        return fail(409, "there is a weight for this day")
    found = pet_of(home, pet)
    if day in found["weights"]:
        return fail(409, "there is a weight for this day")
    found["weights"][day] = grams
    return card(found)


@app.get("/pets/<pet>/typical")
@home_only
def typical(home, pet):
    """The latest weight beside the mean of the household's pets of the breed."""
    found = pet_of(home, pet)
    if not found["weights"]:
        return fail(409, "weigh the pet first")
    latest = [
        each["weights"][max(each["weights"])]
        for each in pets.values()
        if each["weights"]
        and (each["species"], each["breed"]) == (found["species"], found["breed"])
        and (each["home"] == home or LEAKS["breed-typical"])
    ]
    mine = found["weights"][max(found["weights"])]
    return {"grams": mine, "mean": round(sum(latest) / len(latest)), "of": len(latest)}


@app.get("/chips/<chip>")
@home_only
def chip_use(home, chip):
    """Whether a chip number is noted for one of the household's pets."""
    noted = any(
        pet["chip"] == chip for pet in pets.values() if pet["home"] == home or LEAKS["chip-known"]
    )
    return {"chip": chip, "noted": noted}


@app.post("/pets/<pet>/treatments")
@home_only
def treat(home, pet):
    given = sent()
    found = pet_of(home, pet)
    what, day = str(given.get("what") or ""), day_in(given, "day")
    if not what:
        return fail(400, "what is needed")
    key = secrets.token_hex(6)
    treatments[key] = {"id": key, "pet": found["id"], "what": what, "day": day.isoformat()}
    response.status = 201
    return treatments[key]


@app.get("/pets/<pet>/treatments")
@home_only
def treated(home, pet):
    found = pet_of(home, pet)
    return {"treatments": [each for each in treatments.values() if each["pet"] == found["id"]]}


@app.delete("/pets/<pet>/treatments/<treatment>")
@home_only
def untreat(home, pet, treatment):
    found = pet_of(home, pet)
    each = treatments.get(treatment)
    if each is None or (each["pet"] != found["id"] and not LEAKS["treatment-undo"]):
        return fail(404, "treatment not found")
    del treatments[treatment]
    return HTTPResponse(status=204)


@app.get("/reminders")
@home_only
def reminders(home):
    """Treatments a year old or older, as text."""
    border = (date.today() - timedelta(days=365)).isoformat()
    lines = [
        f"{pets[each['pet']]['name']}: {each['what']} (last on {each['day']})"
        for each in treatments.values()
        if pets[each["pet"]]["home"] == home and each["day"] <= border
    ]
    response.content_type = "text/plain; charset=utf-8"
    return "\n".join(lines)


def op(*path, summary="", **body):
    text = {"type": "string"}
    kinds = {
        "day": {"type": "string", "format": "date"},
        "grams": {"type": "integer", "minimum": 1, "maximum": 199_999},
        "species": {"type": "string", "enum": list(SPECIES)},
    }
    told = {"summary": summary, "responses": {"200": {"description": "fine"}}}
    told["parameters"] = [
        {"name": each, "in": "path", "required": True, "schema": text} for each in path
    ]
    if body:
        fields = {name: kinds.get(name, text) for name in body}
        needed = [name for name, need in body.items() if need]
        schema = {"type": "object", "properties": fields, "required": needed}
        told["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return told


@app.get("/openapi.json")
def openapi():
    return {
        "openapi": "3.0.3",
        "info": {"title": "Petcare", "version": "7"},
        "paths": {
            "/register": {"post": op(household=True, secret=True)},
            "/session": {"post": op(household=True, secret=True, summary="Sets the cookie")},
            "/pets": {
                "get": op(),
                "post": op(name=True, species=True, breed=False, chip=False),
            },
            "/pets/{pet}": {"get": op("pet"), "delete": op("pet")},
            "/pets/{pet}/weights": {"put": op("pet", day=True, grams=True)},
            "/pets/{pet}/typical": {"get": op("pet", summary="Compare with the breed")},
            "/pets/{pet}/treatments": {
                "get": op("pet"),
                "post": op("pet", what=True, day=True),
            },
            "/pets/{pet}/treatments/{treatment}": {"delete": op("pet", "treatment")},
            "/chips/{chip}": {"get": op("chip", summary="Is this chip noted?")},
            "/reminders": {"get": op(summary="What is due")},
        },
    }


class Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Silent(WSGIRequestHandler):
    def log_message(self, *args):
        pass


if __name__ == "__main__":
    server = Threaded(("127.0.0.1", int(sys.argv[1])), Silent)
    server.set_app(app)
    server.serve_forever()
