"""
Sample tracker of a shared laboratory. Every group works for itself, with an API key of its own.

    python server.py 8000
    curl -H 'X-API-Key: k-lea-5512' localhost:8000/v1/samples
"""

import contextlib
import os
import sys
import time
import uuid
from dataclasses import asdict, dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    SimpleUser,
    requires,
)
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.schemas import SchemaGenerator

LEAKS = os.getenv("LEAKS", "all")
KEYS = {"k-lea-5512": "lea", "k-moh-9021": "moh", "k-ines-3377": "ines"}


def leak(name):
    return LEAKS == "all" or name in [x.strip() for x in LEAKS.split(",")]


@dataclass
class Measurement:
    sample: str
    quantity: str
    value: float
    remark: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass
class Sample:
    owner: str
    barcode: str
    title: str
    notes: str = ""
    revision: int = 0
    archived: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def public(self):
        d = asdict(self)
        del d["owner"]
        return d


class Store:
    def __init__(self):
        self.samples, self.measurements = {}, {}
        self.revisions = {}  # owner -> number of changes, for clients that sync
        self.searches = {}  # (who, words) -> (until, answer)
        self.replies = {}  # idempotency keys

    def touch(self, s):
        counter = "*" if leak("sync-revision") else s.owner
        self.revisions[counter] = s.revision = self.revisions.get(counter, 0) + 1

    def revision(self, owner):
        return self.revisions.get("*" if leak("sync-revision") else owner, 0)

    def of(self, owner):
        return [s for s in self.samples.values() if s.owner == owner]

    def sample(self, id, owner):
        s = self.samples.get(id)
        if s is None or s.owner != owner:
            raise HTTPException(404, "unknown sample")
        return s

    def measurement(self, id, owner):
        m = self.measurements.get(id)
        if m is None or self.samples[m.sample].owner != owner:
            raise HTTPException(404, "unknown measurement")
        return m


store = Store()


class ApiKey(AuthenticationBackend):
    async def authenticate(self, conn):
        key = conn.headers.get("x-api-key")
        if key is None:
            return None
        if key not in KEYS:
            raise AuthenticationError("invalid API key")
        return AuthCredentials(["group"]), SimpleUser(KEYS[key])


async def body(request, **fields):
    try:
        data = await request.json()
    except ValueError:
        raise HTTPException(400, "JSON expected")
    out = {}
    for name, kind in fields.items():
        value = data.get(name) if isinstance(data, dict) else None
        if value is None:
            continue
        if not isinstance(value, kind):
            raise HTTPException(422, f"{name} has the wrong type")
        out[name] = value
    return out


@requires("group")
async def list_samples(request):
    """
    summary: Samples of the group, or those that match q
    parameters:
      - {name: q, in: query, schema: {type: string}}
    responses: {200: {description: samples}}
    """
    me, q = request.user.username, request.query_params.get("q", "").lower()
    if not q:
        return JSONResponse({"samples": [s.public() for s in store.of(me) if not s.archived]})
    slot = q if leak("cached-search") else (me, q)
    until, answer = store.searches.get(slot, (0, None))
    if until < time.monotonic():
        found = [
            s.public() for s in store.of(me) if q in f"{s.title} {s.notes} {s.barcode}".lower()
        ]
        answer = {"query": q, "hits": len(found), "samples": found}
        if found:  # what was not found may come any moment
            store.searches[slot] = (time.monotonic() + 20, answer)
    return JSONResponse(answer)


@requires("group")
async def create_sample(request):
    """
    summary: Register a sample; a barcode is unique within the group
    parameters:
      - {name: Idempotency-Key, in: header, schema: {type: string}}
    requestBody:
      required: true
      content:
        application/json:
          schema:
            type: object
            required: [barcode, title]
            properties: {barcode: {type: string}, title: {type: string}, notes: {type: string}}
    responses: {201: {description: created}, 409: {description: barcode in use}}
    """
    me, data = request.user.username, await body(request, barcode=str, title=str, notes=str)
    if not data.get("barcode") or not data.get("title"):
        raise HTTPException(422, "barcode and title are required")
    key = request.headers.get("idempotency-key")
    if key and (me, key) in store.replies:
        return JSONResponse(store.replies[me, key], 201)
    for other in store.samples.values():
        if other.barcode == data["barcode"] and (other.owner == me or leak("barcode-conflict")):
            raise HTTPException(
                409, f"barcode {other.barcode} is already on sample '{other.title}'"
            )
    s = Sample(owner=me, **data)
    store.samples[s.id] = s
    store.touch(s)
    if key:
        store.replies[me, key] = s.public()
    return JSONResponse(s.public(), 201)


@requires("group")
async def read_sample(request):
    """
    summary: A sample with its measurements
    parameters:
      - {name: sample_id, in: path, required: true, schema: {type: string}}
    responses: {200: {description: sample}}
    """
    s = store.sample(request.path_params["sample_id"], request.user.username)
    values = [asdict(m) for m in store.measurements.values() if m.sample == s.id]
    return JSONResponse({**s.public(), "measurements": values})


@requires("group")
async def edit_sample(request):
    """
    summary: Change title, notes or archived
    parameters:
      - {name: sample_id, in: path, required: true, schema: {type: string}}
    requestBody:
      content:
        application/json:
          schema:
            type: object
            properties: {title: {type: string}, notes: {type: string}, archived: {type: boolean}}
    responses: {200: {description: sample}}
    """
    s = store.sample(request.path_params["sample_id"], request.user.username)
    for name, value in (await body(request, title=str, notes=str, archived=bool)).items():
        setattr(s, name, value)
    store.touch(s)
    return JSONResponse(s.public())


@requires("group")
async def add_measurement(request):
    """
    summary: Measure something
    parameters:
      - {name: sample_id, in: path, required: true, schema: {type: string}}
    requestBody:
      required: true
      content:
        application/json:
          schema:
            type: object
            required: [quantity, value]
            properties: {quantity: {type: string}, value: {type: number}, remark: {type: string}}
    responses: {201: {description: measured}}
    """
    s = store.sample(request.path_params["sample_id"], request.user.username)
    data = await body(request, quantity=str, value=(int, float), remark=str)
    if "quantity" not in data or "value" not in data:
        raise HTTPException(422, "quantity and value are required")
    m = Measurement(sample=s.id, **data)
    store.measurements[m.id] = m
    store.touch(s)
    return JSONResponse(asdict(m), 201)


@requires("group")
async def edit_measurement(request):
    """
    summary: Correct a measurement, or put it to another sample
    parameters:
      - {name: measurement_id, in: path, required: true, schema: {type: string}}
    requestBody:
      content:
        application/json:
          schema:
            type: object
            properties: {value: {type: number}, remark: {type: string}, sample: {type: string, description: id of the sample}}
    responses: {200: {description: measurement}}
    """
    me = request.user.username
    m = store.measurement(request.path_params["measurement_id"], me)
    data = await body(request, value=(int, float), remark=str, sample=str)
    if "sample" in data:
        if data["sample"] not in store.samples or not leak("moved-measurement"):
            store.sample(data["sample"], me)
    for name, value in data.items():
        setattr(m, name, value)
    return JSONResponse(asdict(m))


@requires("group")
async def sync(request):
    """
    summary: What changed since a revision
    parameters:
      - {name: since, in: query, schema: {type: integer, minimum: 0}}
    responses: {200: {description: changes}}
    """
    me, since = request.user.username, request.query_params.get("since", "0")
    if not since.isdigit():
        raise HTTPException(422, "since is a revision")
    return JSONResponse(
        {
            "revision": store.revision(me),
            "changed": [s.public() for s in store.of(me) if s.revision > int(since)],
        }
    )


async def units(request):
    """
    summary: Units of quantities, for everybody
    security: []
    responses: {200: {description: units}}
    """
    return JSONResponse({"mass": "mg", "volume": "ml", "ph": "", "temperature": "K"})


async def failed(request, e):
    return JSONResponse({"detail": e.detail}, 401 if e.status_code == 403 else e.status_code)


generator = SchemaGenerator(
    {
        "openapi": "3.0.0",
        "info": {"title": "Samples", "version": "1"},
        "security": [{"key": []}],
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
        },
    }
)
app = Starlette(
    routes=[
        Route(
            "/openapi.json",
            lambda r: JSONResponse(generator.get_schema(app.routes)),
            include_in_schema=False,
        ),
        Mount(
            "/v1",
            routes=[
                Route("/units", units),
                Route("/samples", list_samples, methods=["GET"]),
                Route("/samples", create_sample, methods=["POST"]),
                Route("/samples/{sample_id}", read_sample, methods=["GET"]),
                Route("/samples/{sample_id}", edit_sample, methods=["PATCH"]),
                Route("/samples/{sample_id}/measurements", add_measurement, methods=["POST"]),
                Route("/measurements/{measurement_id}", edit_measurement, methods=["PATCH"]),
                Route("/sync", sync),
            ],
        ),
    ],
    middleware=[
        Middleware(
            AuthenticationMiddleware,
            backend=ApiKey(),
            on_error=lambda conn, e: JSONResponse({"detail": str(e)}, 401),
        )
    ],
    exception_handlers={HTTPException: failed},
)

if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
