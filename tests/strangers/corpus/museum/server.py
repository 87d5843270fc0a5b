"""Collections management for museums: artefacts, valuations, staff's own notes. Django, one file, one SQLite.

The museums' login issues the tokens (JWT): sub is the member of staff, tenant the museum, role "registrar" or none.
"""

import csv
import hashlib
import io
import json
import os
import sys
import tempfile
import uuid
from functools import wraps
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
import jwt
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import IntegrityError, connection, models, transaction
from django.http import HttpResponse, JsonResponse
from django.urls import path

LEAKS = [part.strip() for part in os.environ.get("LEAKS", "all").split(",")]
SECRET = os.environ.get("MUSEUM_SECRET", "c0a7d5e1b94f4a0e9a26f1c3d8e75b60327f9d41ab58")


def planted(name):
    return "all" in LEAKS or name in LEAKS


settings.configure(
    SECRET_KEY=SECRET,
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    INSTALLED_APPS=[],
    MIDDLEWARE=[],
    LOGGING_CONFIG=None,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.join(tempfile.mkdtemp(prefix="museum-"), "museum.db"),
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
        }
    },
)
django.setup()


def new_id():
    return uuid.uuid4().hex


class Artefact(models.Model):
    id = models.CharField(primary_key=True, default=new_id, max_length=32)
    museum = models.CharField(max_length=200, db_index=True)
    accession = models.CharField(max_length=80)
    title = models.CharField(max_length=300)
    description = models.TextField(default="")
    tags = models.JSONField(default=list)
    version = models.IntegerField(default=1)
    added = models.DateTimeField(auto_now_add=True)
    deaccessioned = models.BooleanField(default=False)

    class Meta:
        app_label = "museum"
        constraints = [models.UniqueConstraint(fields=["museum", "accession"], name="one_number")]

    def show(self):
        return {
            f: getattr(self, f)
            for f in ("id", "accession", "title", "description", "tags", "version")
        }


class Note(models.Model):
    id = models.CharField(primary_key=True, default=new_id, max_length=32)
    author = models.CharField(max_length=200, db_index=True)
    artefact = models.ForeignKey(Artefact, models.CASCADE)
    text = models.TextField()
    added = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "museum"

    def show(self):
        return {"id": self.id, "artefact_id": self.artefact_id, "text": self.text}


class Valuation(models.Model):
    id = models.CharField(primary_key=True, default=new_id, max_length=32)
    artefact = models.ForeignKey(Artefact, models.CASCADE)
    amount = models.IntegerField()
    remarks = models.TextField(default="")

    class Meta:
        app_label = "museum"

    def show(self):
        about = {"artefact_id": self.artefact_id, "accession": self.artefact.accession}
        return {"id": self.id, **about, "amount": self.amount, "remarks": self.remarks}


class Refused(Exception):
    pass


def endpoint(**methods):
    """A view of one function a method; each takes the request, who calls, and the parts of the path."""

    def view(request, **parts):
        handler = methods.get(request.method)
        if handler is None:
            return JsonResponse({"error": "method not allowed"}, status=405)
        try:
            kind, _, token = request.headers.get("Authorization", "").partition(" ")
            try:
                need = {"require": ["sub", "exp", "tenant"]}
                who = jwt.decode(token if kind == "Bearer" else "", SECRET, ["HS256"], options=need)
            except jwt.InvalidTokenError:
                raise Refused(401, "a valid token is needed") from None
            return handler(request, who, **parts)
        except Refused as e:
            return JsonResponse({"error": e.args[1]}, status=e.args[0])

    return view


def registrar(handler):
    @wraps(handler)
    def inner(request, who, **parts):
        if who.get("role") != "registrar":
            raise Refused(403, "for the registrar alone")
        return handler(request, who, **parts)

    return inner


def fields(request, need=(), **wanted):
    try:
        data = json.loads(request.body)
        assert isinstance(data, dict)
    except (ValueError, AssertionError):
        raise Refused(400, "a JSON object is expected") from None
    for name in need:
        if data.get(name) in (None, "", []):
            raise Refused(422, f"{name} is missing")
    for name, kind in wanted.items():
        if name in data and (not isinstance(data[name], kind) or isinstance(data[name], bool)):
            raise Refused(422, f"{name} must be of type {kind.__name__}")
    return {name: data[name] for name in wanted if name in data}


def artefacts(who, gone=False):
    return Artefact.objects.filter(museum=who["tenant"], deaccessioned=gone).order_by("added", "id")


def the_artefact(who, artefact_id, gone=False):
    row = artefacts(who, gone).filter(id=artefact_id).first()
    if row is None:
        raise Refused(404, "no such artefact")
    return row


def labels(tags):
    if not all(isinstance(t, str) and 0 < len(t) <= 60 for t in tags):
        raise Refused(422, "tags are texts of 1 to 60 letters")
    return list(dict.fromkeys(tags))[:20]


def store(who, accession, title, **more):
    taken = Artefact.objects.filter(accession=accession)
    if not planted("accession"):
        taken = taken.filter(museum=who["tenant"])
    if taken.exists():
        raise Refused(409, f"{accession} is in use")
    try:
        with transaction.atomic():
            return Artefact.objects.create(
                museum=who["tenant"], accession=accession, title=title, **more
            )
    except IntegrityError:
        raise Refused(409, f"{accession} is in use") from None


def list_artefacts(request, who):
    page = request.GET.get("page", "1")
    page = int(page) if page.isdecimal() and 0 < int(page[:9]) else 1
    rows = [a.show() for a in artefacts(who)]
    tag = request.GET.get("tag")
    rows = [a for a in rows if tag is None or tag in a["tags"]]
    return JsonResponse({"artefacts": rows[(page - 1) * 10 :][:10], "pages": -(-len(rows) // 10)})


def add_artefact(request, who):
    data = fields(
        request, ["accession", "title"], accession=str, title=str, description=str, tags=list
    )
    data["tags"] = labels(data.get("tags", []))
    return JsonResponse(store(who, **data).show(), status=201)


def import_artefacts(request, who):
    """Lines of accession,title; numbers that are in use are left out, and named."""
    made, left_out = [], []
    for row in csv.reader(io.StringIO(fields(request, ["table"], table=str)["table"])):
        if len(row) == 2 and row[0].strip() and row[1].strip():
            try:
                made.append(store(who, row[0].strip()[:80], row[1].strip()[:300]).id)
            except Refused:
                left_out.append(row[0])
    return JsonResponse({"made": made, "left_out": left_out})


def get_artefact(request, who, artefact_id):
    row = the_artefact(who, artefact_id)
    etag = '"' + hashlib.sha256(f"{row.id}:{row.version}".encode()).hexdigest()[:20] + '"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304)
    return JsonResponse(row.show(), headers={"ETag": etag})


def change_artefact(request, who, artefact_id):
    row = the_artefact(who, artefact_id)
    for name, value in fields(request, title=str, description=str).items():
        setattr(row, name, value)
    row.version += 1
    row.save()
    return JsonResponse(row.show())


def deaccession(request, who, artefact_id):
    row = the_artefact(who, artefact_id)
    row.deaccessioned = True
    row.save()
    return HttpResponse(status=204)


def reaccession(request, who, artefact_id):
    row = the_artefact(who, artefact_id, gone=True)
    row.deaccessioned = False
    row.save()
    return JsonResponse(row.show())


def add_tag(request, who):
    """Adds a tag to several artefacts, all of them or none."""
    data = fields(request, ["artefact_ids", "tag"], artefact_ids=list, tag=str)
    labels([data["tag"]])
    ids = list(dict.fromkeys(str(i) for i in data["artefact_ids"]))[:100]
    rows = Artefact.objects.filter(id__in=ids, deaccessioned=False)
    own = rows.filter(museum=who["tenant"])
    if own.count() < (1 if planted("bulk-tag") else len(ids)):
        raise Refused(404, "not all of these artefacts are there")
    for row in rows:
        row.tags = list(dict.fromkeys([*row.tags, data["tag"]]))
        row.version += 1
        row.save()
    return JsonResponse({"tagged": len(rows)})


def suggest_tags(request, who):
    prefix = request.GET.get("prefix", "").lower()
    tags = sorted({t for a in artefacts(who) for t in a.tags if t.lower().startswith(prefix)})
    return JsonResponse(tags[:10], safe=False)


def search(request, who):
    q = request.GET.get("q", "").lower()
    if not q:
        raise Refused(422, "q is missing")
    rows = [a.show() for a in artefacts(who)]
    return JsonResponse(
        [a for a in rows if q in f"{a['title']} {a['description']}".lower()], safe=False
    )


def table(rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return HttpResponse(out.getvalue(), content_type="text/csv")


def export(request, who):
    return table([a.accession, a.title, ";".join(a.tags)] for a in artefacts(who))


def stats(request, who):
    rows = list(artefacts(who))
    tags = {t: sum(t in a.tags for a in rows) for a in rows for t in a.tags}
    return JsonResponse(
        {"artefacts": len(rows), "by_tag": tags, "deaccessioned": artefacts(who, True).count()}
    )


def add_note(request, who, artefact_id):
    text = fields(request, ["text"], text=str)["text"]
    row = Note.objects.create(author=who["sub"], artefact=the_artefact(who, artefact_id), text=text)
    return JsonResponse(row.show(), status=201)


def list_notes(request, who):
    """The caller's own notes, of one artefact or of all."""
    rows = Note.objects.filter(artefact__museum=who["tenant"]).order_by("added", "id")
    if artefact_id := request.GET.get("artefact_id"):
        rows = rows.filter(artefact_id=artefact_id)
    if not artefact_id or not planted("notes-of"):
        rows = rows.filter(author=who["sub"])
    return JsonResponse([n.show() for n in rows], safe=False)


def remove_note(request, who, note_id):
    if not Note.objects.filter(id=note_id, author=who["sub"]).delete()[0]:
        raise Refused(404, "no such note")
    return HttpResponse(status=204)


def valuations_of(who):
    rows = Valuation.objects.filter(artefact__museum=who["tenant"], artefact__deaccessioned=False)
    return rows.select_related("artefact").order_by("id")


@registrar
def list_valuations(request, who):
    return JsonResponse([v.show() for v in valuations_of(who)], safe=False)


@registrar
def add_valuation(request, who):
    data = fields(request, ["artefact_id", "amount"], artefact_id=str, amount=int, remarks=str)
    if not 0 < data["amount"] <= 10**9:
        raise Refused(422, "amount must be between 1 and 1000000000")
    data["artefact"] = the_artefact(who, data.pop("artefact_id"))
    return JsonResponse(Valuation.objects.create(**data).show(), status=201)


def export_valuations(request, who):
    return table([v.artefact.accession, v.amount, v.remarks] for v in valuations_of(who))


TEXT, LONG = (
    {"type": "string", "minLength": 1, "maxLength": 80},
    {"type": "string", "maxLength": 3000},
)
TITLE, LIST = (
    {"type": "string", "minLength": 1, "maxLength": 300},
    {"type": "array", "items": TEXT, "maxItems": 20},
)
NEW = {"accession": TEXT, "title": TITLE, "description": LONG, "tags": LIST}
VALUE = {
    "artefact_id": TEXT,
    "amount": {"type": "integer", "minimum": 1, "maximum": 10**9},
    "remarks": LONG,
}
ROUTES = [  # path, method, view, what the body must have, what it may have, query
    (
        "artefacts",
        "GET",
        list_artefacts,
        [],
        {},
        {"page": {"type": "integer", "minimum": 1}, "tag": TEXT},
    ),
    ("artefacts", "POST", add_artefact, ["accession", "title"], NEW, {}),
    ("artefacts/import", "POST", import_artefacts, ["table"], {"table": LONG}, {}),
    ("artefacts/export", "GET", export, [], {}, {}),
    (
        "artefacts/tag",
        "POST",
        add_tag,
        ["artefact_ids", "tag"],
        {"artefact_ids": LIST, "tag": TEXT},
        {},
    ),
    ("artefacts/{artefact_id}", "GET", get_artefact, [], {}, {}),
    (
        "artefacts/{artefact_id}",
        "PATCH",
        change_artefact,
        [],
        {"title": TITLE, "description": LONG},
        {},
    ),
    ("artefacts/{artefact_id}", "DELETE", deaccession, [], {}, {}),
    ("artefacts/{artefact_id}/reaccession", "POST", reaccession, [], {}, {}),
    ("artefacts/{artefact_id}/notes", "POST", add_note, ["text"], {"text": LONG}, {}),
    ("notes", "GET", list_notes, [], {}, {"artefact_id": TEXT}),
    ("notes/{note_id}", "DELETE", remove_note, [], {}, {}),
    ("tags/suggest", "GET", suggest_tags, [], {}, {"prefix": TEXT}),
    ("search", "GET", search, [], {}, {"q": TEXT}),
    ("stats", "GET", stats, [], {}, {}),
    ("valuations", "GET", list_valuations, [], {}, {}),
    ("valuations", "POST", add_valuation, ["artefact_id", "amount"], VALUE, {}),
    (
        "valuations/export",
        "GET",
        export_valuations if planted("valuation-export") else registrar(export_valuations),
    ),
]


def openapi(request):
    paths = {}
    for route, method, view, need, body, query in [(*r, [], {}, {})[:6] for r in ROUTES]:
        names = [part[1:-1] for part in route.split("/") if part.startswith("{")]
        parameters = [{"name": n, "in": "path", "required": True, "schema": TEXT} for n in names]
        parameters += [
            {"name": n, "in": "query", "required": n == "q", "schema": s} for n, s in query.items()
        ]
        operation = {"parameters": parameters, "responses": {"200": {"description": "done"}}}
        if body:
            schema = {"type": "object", "properties": body, "required": need}
            operation["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": schema}},
            }
        paths.setdefault("/" + route, {})[method.lower()] = {
            **operation,
            "summary": (view.__doc__ or "").strip(),
        }
    schemes = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    about = {
        "openapi": "3.0.3",
        "info": {"title": "Collections", "version": "5.0"},
        "security": [{"bearer": []}],
    }
    return JsonResponse({**about, "paths": paths, "components": {"securitySchemes": schemes}})


urlpatterns = [path("openapi.json", openapi)]
for url in dict.fromkeys(r[0] for r in ROUTES):
    view = endpoint(**{r[1]: r[2] for r in ROUTES if r[0] == url})
    urlpatterns.append(path(url.replace("{", "<str:").replace("}", ">"), view))


class Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


if __name__ == "__main__":
    with connection.schema_editor() as editor:
        for model in (Artefact, Note, Valuation):
            editor.create_model(model)
    app = get_wsgi_application()
    make_server("127.0.0.1", int(sys.argv[1]), app, Threaded, Quiet).serve_forever()
