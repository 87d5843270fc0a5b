"""Couchside: clients, session notes, appointments and invoices of therapists in private practice. Django, SQLite.

Every therapist numbers clients from 1, as on the paper files. The session travels in the cookie couch_session.
"""

import json
import logging
import os
import re
import secrets
import sys
import tempfile
import threading
import uuid

import django
from django.conf import settings

LEAKS = os.environ.get("LEAKS", "all").replace(" ", "").split(",")
scratch = tempfile.TemporaryDirectory()
settings.configure(
    SECRET_KEY=secrets.token_hex(32),
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    LOGGING_CONFIG=None,
    USE_TZ=False,
    CACHES={
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 10**6},
        }
    },
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": f"{scratch.name}/couchside.sqlite3",
            "OPTIONS": {
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
            },
        }
    },
    PASSWORD_HASHERS=["django.contrib.auth.hashers.ScryptPasswordHasher"],
)
django.setup()

from django.contrib.auth.hashers import ScryptPasswordHasher, check_password, make_password  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.servers.basehttp import ThreadedWSGIServer, run  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import IntegrityError, connection, models  # noqa: E402
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

ScryptPasswordHasher.work_factor = 2**10  # the container has little memory
logging.getLogger("django").setLevel("CRITICAL")
lock = threading.RLock()


def leaky(name):
    return "all" in LEAKS or name in LEAKS


class Row(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    made = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        app_label = "couchside"


class Therapist(Row):
    email = models.CharField(max_length=200, unique=True)
    password = models.CharField(max_length=200)
    next_number = models.IntegerField(default=1)


class Session(Row):
    key = models.CharField(max_length=80, unique=True)
    therapist = models.ForeignKey(Therapist, models.CASCADE)


class Client(Row):
    therapist = models.ForeignKey(Therapist, models.CASCADE)
    number = models.IntegerField()
    name = models.CharField(max_length=200)
    contact = models.TextField(default="")


class Note(Row):
    therapist = models.ForeignKey(Therapist, models.CASCADE)
    client = models.ForeignKey(Client, models.CASCADE)
    text = models.TextField()


class Appointment(Row):
    therapist = models.ForeignKey(Therapist, models.CASCADE)
    client = models.ForeignKey(Client, models.CASCADE)
    starts = models.CharField(max_length=16)
    remark = models.TextField(default="")


class Invoice(Row):
    therapist = models.ForeignKey(Therapist, models.CASCADE)
    lines = models.JSONField()
    total = models.IntegerField()


class Problem(Exception):
    pass


def fields(request, needed=(), **kinds):
    try:
        data = json.loads(request.body or b"{}")
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Problem(400, "a JSON object is expected")
    got = {}
    for name, kind in kinds.items():
        value = data.get(name)
        if value is None and name not in needed:
            continue
        if type(value) is not kind or (name in needed and value in ("", [])):
            raise Problem(422, f"{name} must be a {kind.__name__}")
        if kind is str and len(value) > (4000 if name in ("text", "contact", "remark") else 200):
            raise Problem(422, f"{name} is too long")
        if kind is int and not 0 <= value <= 10**6:
            raise Problem(422, f"{name} is out of range")
        got[name] = value
    return got


def own(model, what, **by):
    row = model.objects.filter(**by).first()
    if row is None:
        raise Problem(404, f"no such {what}")
    return row


def show_client(c):
    return {"number": c.number, "name": c.name, "contact": c.contact}


def show_note(n):
    return {"id": n.id, "client_number": n.client.number, "text": n.text}


def show_appointment(a):
    return {"id": a.id, "client_number": a.client.number, "starts": a.starts, "remark": a.remark}


def draft_key(me, number):
    return f"draft:{number}" if leaky("draft-number") else f"draft:{me.id}:{number}"


def sign_up(request):
    d = fields(request, ("email", "password"), email=str, password=str)
    try:
        row = Therapist.objects.create(email=d["email"], password=make_password(d["password"]))
    except IntegrityError:
        raise Problem(409, "this address is registered") from None
    return {"id": row.id}, 201


def log_in(request):
    d = fields(request, ("email", "password"), email=str, password=str)
    row = Therapist.objects.filter(email=d["email"]).first()
    if not row or not check_password(d["password"], row.password):
        raise Problem(401, "wrong address or password")
    session = Session.objects.create(key=secrets.token_urlsafe(32), therapist=row)
    response = JsonResponse({"id": row.id})
    response.set_cookie("couch_session", session.key, httponly=True, samesite="Lax")
    return response


def add_client(request, me):
    d = fields(request, ("name",), name=str, contact=str)
    with lock:
        me.refresh_from_db()
        row = Client.objects.create(therapist=me, number=me.next_number, **d)
        Therapist.objects.filter(id=me.id).update(next_number=row.number + 1)
    return show_client(row), 201


def clients(request, me):
    q = request.GET.get("q", "")
    return [
        show_client(c)
        for c in Client.objects.filter(therapist=me, name__icontains=q).order_by("number")
    ]


def delete_client(request, me, number):
    row = own(Client, "client", therapist=me, number=number)
    for model in (Note, Appointment):
        model.objects.filter(client=row).delete()
    row.delete()
    cache.delete(draft_key(me, number))
    return HttpResponse(status=204)


def save_draft(request, me, number):
    """What is being written about a client, saved by the editor every few seconds."""
    own(Client, "client", therapist=me, number=number)
    cache.set(draft_key(me, number), fields(request, ("text",), text=str)["text"], 86400)
    return {"client_number": number, "saved": True}


def draft(request, me, number):
    own(Client, "client", therapist=me, number=number)
    return {"client_number": number, "text": cache.get(draft_key(me, number), "")}


def add_note(request, me, number):
    row = own(Client, "client", therapist=me, number=number)
    d = fields(request, ("text",), text=str)
    return show_note(Note.objects.create(therapist=me, client=row, text=d["text"])), 201


def notes(request, me, number):
    row = own(Client, "client", therapist=me, number=number)
    return [show_note(n) for n in Note.objects.filter(therapist=me, client=row).order_by("made")]


def note(request, me, note_id):
    return show_note(own(Note, "note", therapist=me, id=note_id))


def change_note(request, me, note_id):
    d = fields(request, ("text",), text=str)
    row = (
        own(Note, "note", id=note_id)
        if leaky("note-update")
        else own(Note, "note", therapist=me, id=note_id)
    )
    row.text = d["text"]
    row.save()
    return {"id": row.id, "saved": True}


def search(request, me):
    q = request.GET.get("q", "")
    if not q:
        raise Problem(422, "q is missing")
    return [
        show_note(n) for n in Note.objects.filter(therapist=me, text__icontains=q).order_by("made")
    ]


def add_appointment(request, me):
    d = fields(request, ("client_number", "starts"), client_number=int, starts=str, remark=str)
    row = own(Client, "client", therapist=me, number=d.pop("client_number"))
    if not re.fullmatch(r"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d", d["starts"]):
        raise Problem(422, "starts must be as 2026-03-02T10:00")
    with lock:
        taken = Appointment.objects.filter(starts=d["starts"])
        if not leaky("slot-conflict"):
            taken = taken.filter(therapist=me)
        if taken.exists():
            raise Problem(409, "there is an appointment at this time")
        return show_appointment(Appointment.objects.create(therapist=me, client=row, **d)), 201


def appointments(request, me):
    found = Appointment.objects.filter(
        therapist=me, starts__startswith=request.GET.get("day", "")
    ).order_by("starts")
    return [show_appointment(a) for a in found]


def add_invoice(request, me):
    """Bills appointments at one fee."""
    d = fields(request, ("appointment_ids",), appointment_ids=list, fee=int)
    try:
        wanted = {uuid.UUID(x) for x in d["appointment_ids"][:100]}
    except (ValueError, TypeError, AttributeError):
        raise Problem(404, "no such appointment") from None
    found = Appointment.objects.filter(id__in=wanted).order_by("starts")
    if not leaky("invoice-appointments"):
        found = found.filter(therapist=me)
    if len(found) < len(wanted):
        raise Problem(404, "no such appointment")
    lines = [{"date": a.starts[:10], "client": a.client.name, "remark": a.remark} for a in found]
    total = d.get("fee", 90) * len(lines)
    return {
        "id": Invoice.objects.create(therapist=me, lines=lines, total=total).id,
        "lines": lines,
        "total": total,
    }, 201


def invoices(request, me):
    return list(
        Invoice.objects.filter(therapist=me).order_by("made").values("id", "lines", "total")
    )


TEXT = {"type": "string", "maxLength": 4000}
WORD = {"type": "string", "minLength": 1, "maxLength": 200}
COUNT = {"type": "integer", "minimum": 0, "maximum": 100000}
STARTS = {
    "type": "string",
    "pattern": r"^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d$",
    "example": "2026-03-02T10:00",
}
IDS = {
    "type": "array",
    "items": {"type": "string", "format": "uuid"},
    "minItems": 1,
    "maxItems": 100,
}
SLOT = {"client_number": COUNT, "starts": STARTS, "remark": TEXT}
ACCOUNT = {"email": WORD, "password": WORD}
API = {  # the view, fields of the body, how many of them are needed, parameters of the query
    "POST api/signup": (sign_up, ACCOUNT, 2, {}),
    "POST api/login": (log_in, ACCOUNT, 2, {}),
    "POST api/clients": (add_client, {"name": WORD, "contact": TEXT}, 1, {}),
    "GET api/clients": (clients, {}, 0, {"q": WORD}),
    "DELETE api/clients/<int:number>": (delete_client, {}, 0, {}),
    "PUT api/clients/<int:number>/draft": (save_draft, {"text": TEXT}, 1, {}),
    "GET api/clients/<int:number>/draft": (draft, {}, 0, {}),
    "POST api/clients/<int:number>/notes": (add_note, {"text": TEXT}, 1, {}),
    "GET api/clients/<int:number>/notes": (notes, {}, 0, {}),
    "GET api/notes/search": (search, {}, 0, {"q": WORD}),
    "GET api/notes/<uuid:note_id>": (note, {}, 0, {}),
    "PUT api/notes/<uuid:note_id>": (change_note, {"text": TEXT}, 1, {}),
    "POST api/appointments": (add_appointment, SLOT, 2, {}),
    "GET api/appointments": (appointments, {}, 0, {"day": {"type": "string", "format": "date"}}),
    "POST api/invoices": (add_invoice, {"appointment_ids": IDS, "fee": COUNT}, 1, {}),
    "GET api/invoices": (invoices, {}, 0, {}),
}


def openapi(request):
    paths = {}
    for operation, (view, body, needed, query) in API.items():
        method, route = operation.split()
        parameters = [
            {
                "name": n,
                "in": "path",
                "required": True,
                "schema": {"type": "integer"} if kind == "int" else WORD,
            }
            for kind, n in re.findall(r"<(\w+):(\w+)>", route)
        ] + [
            {"name": n, "in": "query", "required": operation.endswith("search"), "schema": s}
            for n, s in query.items()
        ]
        entry = {
            "operationId": view.__name__,
            "parameters": parameters,
            "responses": {"200": {"description": "OK"}},
        }
        if body:
            schema = {"type": "object", "properties": body, "required": list(body)[:needed]}
            entry["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": schema}},
            }
        if body is ACCOUNT:
            entry["security"] = []
        paths.setdefault("/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route), {})[method.lower()] = entry
    scheme = {"session": {"type": "apiKey", "in": "cookie", "name": "couch_session"}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Couchside", "version": "0.9"},
        "paths": paths,
    }
    return JsonResponse(
        {**document, "security": [{"session": []}], "components": {"securitySchemes": scheme}}
    )


def route(methods):
    def answer(request, **ids):
        try:
            if request.method not in methods:
                raise Problem(405, "method not allowed")
            view = methods[request.method]
            if view not in (sign_up, log_in):
                session = Session.objects.filter(
                    key=request.COOKIES.get("couch_session", "")
                ).first()
                if session is None:
                    raise Problem(401, "log in first")
                ids["me"] = session.therapist
            result = view(request, **ids)
        except Problem as p:
            result = {"error": p.args[1]}, p.args[0]
        if isinstance(result, HttpResponse):
            return result
        data, status = result if isinstance(result, tuple) else (result, 200)
        return JsonResponse(data, safe=False, status=status)

    return answer


by_route = {}
for operation, (view, *_) in API.items():
    by_route.setdefault(operation.split()[1], {})[operation.split()[0]] = view
urlpatterns = [
    path("openapi.json", openapi),
    *(path(r, route(methods)) for r, methods in by_route.items()),
]

if __name__ == "__main__":
    with connection.schema_editor() as schema:
        for model in (Therapist, Session, Client, Note, Appointment, Invoice):
            schema.create_model(model)
    run("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), server_cls=ThreadedWSGIServer)
