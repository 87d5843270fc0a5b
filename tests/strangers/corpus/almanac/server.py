"""Personal wiki with page history, trash and backlinks; Django in one file, HTTP basic."""

import base64
import difflib
import json
import os
import random
import re
import sys
import tempfile
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.text import slugify

KNOWN_LEAKS = ["compare-any", "restore-any", "backlinks-all", "trash-empty"]
switch = os.environ.get("LEAKS", "all")
LEAKS = KNOWN_LEAKS if switch == "all" else [leak for leak in KNOWN_LEAKS if leak in switch]

settings.configure(
    SECRET_KEY=base64.b64encode(os.urandom(30)).decode(),
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(Path(tempfile.mkdtemp(prefix="almanac-")) / "wiki.sqlite3"),
            "OPTIONS": {"timeout": 10},
        }
    },
)
django.setup()

from django.contrib.auth import authenticate  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.urls import path  # noqa: E402

WRITERS = {"petra": "quince-42", "rahul": "damson-17", "sofie": "medlar-88"}


def fresh_number():
    return random.randrange(10**8, 10**9)


class Page(models.Model):
    id = models.BigIntegerField(primary_key=True, default=fresh_number)
    owner = models.ForeignKey(User, on_delete=models.CASCADE)
    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=120)
    text = models.TextField(blank=True)
    trashed = models.DateTimeField(null=True)

    class Meta:
        app_label = "auth"
        unique_together = [("owner", "slug")]

    def as_dict(self):
        return {"slug": self.slug, "title": self.title, "text": self.text}


class Revision(models.Model):
    id = models.BigIntegerField(primary_key=True, default=fresh_number)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="revisions")
    text = models.TextField(blank=True)
    note = models.CharField(max_length=200, blank=True)
    saved = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "auth"
        ordering = ["-saved"]


class Refusal(Exception):
    def __init__(self, status, reason):
        self.status, self.reason = status, reason


def endpoint(**methods):
    """One address, a function for each method; signs the writer in."""

    def dispatch(request, **kwargs):
        handler = methods.get(request.method)
        if handler is None:
            return JsonResponse({"reason": "method not allowed"}, status=405)
        scheme, _, coded = request.headers.get("Authorization", "").partition(" ")
        try:
            name, _, password = base64.b64decode(coded).decode().partition(":")
        except ValueError:
            name = password = ""
        user = authenticate(username=name, password=password) if scheme == "Basic" else None
        if user is None:
            refused = JsonResponse({"reason": "credentials are needed"}, status=401)
            refused["WWW-Authenticate"] = 'Basic realm="almanac"'
            return refused
        request.user = user
        request.given = {}
        if request.body:
            try:
                request.given = dict(json.loads(request.body))
            except (ValueError, TypeError):
                return JsonResponse({"reason": "the body must be a JSON object"}, status=400)
        try:
            return handler(request, **kwargs)
        except Refusal as refusal:
            return JsonResponse({"reason": refusal.reason}, status=refusal.status)

    return dispatch


def page_of(request, slug, trashed=False):
    page = Page.objects.filter(owner=request.user, slug=slug, trashed__isnull=not trashed).first()
    if page is None:
        raise Refusal(404, "no such page")
    return page


def words_of(request, name, longest, needed=True):
    value = request.given.get(name, "" if not needed else None)
    if not isinstance(value, str) or len(value) > longest or (needed and not value.strip()):
        raise Refusal(400, f"{name} is a text of up to {longest} characters")
    return value


def keep(page, note):
    return Revision.objects.create(page=page, text=page.text, note=note)


def list_pages(request):
    pages = Page.objects.filter(owner=request.user, trashed=None).order_by("slug")
    if request.GET.get("q"):
        pages = pages.filter(text__icontains=request.GET["q"])
    return JsonResponse([page.as_dict() for page in pages], safe=False)


def create_page(request):
    title, text = words_of(request, "title", 120), words_of(request, "text", 50000, False)
    slug = slugify(title)[:80]
    if not slug:
        raise Refusal(400, "title needs a letter")
    if Page.objects.filter(owner=request.user, slug=slug).exists():
        raise Refusal(409, "you have a page of this title, maybe in the trash")
    page = Page.objects.create(owner=request.user, slug=slug, title=title, text=text)
    keep(page, "first version")
    return JsonResponse(page.as_dict(), status=201)


def read_page(request, slug):
    return JsonResponse(page_of(request, slug).as_dict())


def save_page(request, slug):
    page = page_of(request, slug)
    page.text = words_of(request, "text", 50000, False)
    page.save()
    keep(page, words_of(request, "note", 200, False))
    return JsonResponse(page.as_dict())


def trash_page(request, slug):
    page = page_of(request, slug)
    page.trashed = timezone.now()
    page.save()
    return HttpResponse(status=204)


def history(request, slug):
    revisions = page_of(request, slug).revisions.all()
    return JsonResponse(
        {
            "slug": slug,
            "revisions": [
                {"id": each.id, "note": each.note, "saved": each.saved.isoformat()}
                for each in revisions
            ],
        }
    )


def revision_of(page, number, leak=None):
    among = Revision.objects.all() if leak in LEAKS else page.revisions.all()
    found = among.filter(id=number).first() if str(number).isdecimal() else None
    if found is None:
        raise Refusal(404, "no such revision")
    return found


def compare(request, slug):
    """The lines that differ between two revisions, as plain text."""
    page = page_of(request, slug)
    old = revision_of(page, request.GET.get("old", ""))
    new = revision_of(page, request.GET.get("new", ""), "compare-any")
    lines = difflib.unified_diff(old.text.splitlines(), new.text.splitlines(), "old", "new")
    return HttpResponse("\n".join(line.rstrip("\n") for line in lines), content_type="text/plain")


def restore_revision(request, slug):
    page = page_of(request, slug)
    page.text = revision_of(page, request.given.get("revision", ""), "restore-any").text
    page.save()
    keep(page, "restored")
    return JsonResponse(page.as_dict())


def backlinks(request, slug):
    """Pages that point here by [[slug]]."""
    page_of(request, slug)
    pages = Page.objects.filter(trashed=None)
    if "backlinks-all" not in LEAKS:
        pages = pages.filter(owner=request.user)
    pattern = re.compile(rf"\[\[{re.escape(slug)}\]\]")
    return JsonResponse(
        [{"title": each.title} for each in pages.order_by("title") if pattern.search(each.text)],
        safe=False,
    )


def trash(request):
    pages = Page.objects.filter(owner=request.user).exclude(trashed=None).order_by("trashed")
    return JsonResponse([page.as_dict() for page in pages], safe=False)


def empty_trash(request):
    mine = Page.objects.filter(owner=request.user).exclude(trashed=None)
    thrown = mine.count()
    if "trash-empty" in LEAKS and thrown:
        mine = Page.objects.exclude(trashed=None)
    mine.delete()
    return JsonResponse({"removed": thrown})


def bring_back(request, slug):
    page = page_of(request, slug, trashed=True)
    page.trashed = None
    page.save()
    return JsonResponse(page.as_dict())


def described(summary, slug=True, query=(), **body):
    parameters = [{"name": each, "in": "query", "required": need} for each, need in query]
    if slug:
        parameters.append({"name": "slug", "in": "path", "required": True})
    for each in parameters:
        each["schema"] = {"type": "string"}
    told = {
        "summary": summary,
        "parameters": parameters,
        "responses": {"default": {"description": ""}},
    }
    if body:
        fields = {name: {"type": kind} for name, kind in body.items()}
        schema = {"type": "object", "properties": fields, "required": list(body)}
        told["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return told


def openapi(request):
    whole = {
        "/pages": {
            "get": described("Pages, or those that hold q", False, [("q", False)]),
            "post": described("New page", False, title="string", text="string"),
        },
        "/pages/{slug}": {
            "get": described("Read"),
            "put": described("Save a new version", text="string", note="string"),
            "delete": described("Move to the trash"),
        },
        "/pages/{slug}/history": {"get": described("Revisions, newest first")},
        "/pages/{slug}/compare": {
            "get": described("Compare revisions", query=[("old", True), ("new", True)])
        },
        "/pages/{slug}/restore": {"post": described("Back to a revision", revision="integer")},
        "/pages/{slug}/backlinks": {"get": described("Pages that link here")},
        "/trash": {
            "get": described("Pages in the trash", False),
            "delete": described("Empty the trash", False),
        },
        "/trash/{slug}/bring-back": {"post": described("Take a page out of the trash")},
    }
    return JsonResponse(
        {
            "openapi": "3.1.0",
            "info": {"title": "Almanac", "version": "0.9"},
            "components": {"securitySchemes": {"basic": {"type": "http", "scheme": "basic"}}},
            "security": [{"basic": []}],
            "paths": whole,
        }
    )


urlpatterns = [
    path("openapi.json", openapi),
    path("pages", endpoint(GET=list_pages, POST=create_page)),
    path("pages/<slug:slug>", endpoint(GET=read_page, PUT=save_page, DELETE=trash_page)),
    path("pages/<slug:slug>/history", endpoint(GET=history)),
    path("pages/<slug:slug>/compare", endpoint(GET=compare)),
    path("pages/<slug:slug>/restore", endpoint(POST=restore_revision)),
    path("pages/<slug:slug>/backlinks", endpoint(GET=backlinks)),
    path("trash", endpoint(GET=trash, DELETE=empty_trash)),
    path("trash/<slug:slug>/bring-back", endpoint(POST=bring_back)),
]


def prepare():
    call_command("migrate", run_syncdb=True, verbosity=0)
    with connection.schema_editor() as editor:
        existing = connection.introspection.table_names()
        for model in (Page, Revision):
            if model._meta.db_table not in existing:
                editor.create_model(model)
    for name, password in WRITERS.items():
        User.objects.create_user(name, password=password)


if __name__ == "__main__":
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    class Threads(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args):
            pass

    prepare()
    make_server(
        "127.0.0.1", int(sys.argv[1]), get_wsgi_application(), Threads, Quiet
    ).serve_forever()
