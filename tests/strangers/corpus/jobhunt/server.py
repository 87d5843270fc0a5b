"""Applications for jobs, with interviews and statistics; Django with HTTP basic authentication."""

import base64
import binascii
import hmac
import json
import os
import re
import secrets
import signal
import sys
import tempfile
from datetime import date, timedelta
from functools import wraps
from pathlib import Path

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

LEAKS = os.environ.get("LEAKS", "all").split(",")


def leaks(name):
    return name in LEAKS or LEAKS == ["all"]


STORAGE = tempfile.TemporaryDirectory(prefix="jobhunt-")
settings.configure(
    SECRET_KEY=secrets.token_urlsafe(32),
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[__name__],
    APPEND_SLASH=False,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=False,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(STORAGE.name) / "jobs.db",
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
            },
        }
    },
)
django.setup()

from django.core.servers.basehttp import run  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.models import (  # noqa: E402
    CharField,
    Count,
    DateField,
    ForeignKey,
    IntegerField,
    Max,
    Model,
    Q,
    TextField,
    UUIDField,
)
from django.db.models.deletion import CASCADE  # noqa: E402
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

STATES = ("wished", "applied", "interview", "offer", "rejected")


class Application(Model):
    seeker = CharField(max_length=20)
    number = IntegerField()
    company = CharField(max_length=100)
    position = CharField(max_length=100)
    remarks = TextField(default="")
    state = CharField(max_length=12, default="wished")
    applied_on = DateField(null=True)


class Interview(Model):
    uid = UUIDField(db_index=True)
    seeker = CharField(max_length=20)
    application = ForeignKey(Application, on_delete=CASCADE)
    day = DateField()
    preparation = TextField(default="")


def answer(data, status=200):
    return JsonResponse({"result": data}, status=status)


def fault(status, code, message):
    return JsonResponse({"fault": {"code": code, "message": message}}, status=status)


class Invalid(ValueError):
    pass


def seeker_of(request):
    """The name from the basic credentials, when its password is right."""
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    if not re.fullmatch("[a-z]{3,20}", name):
        return None
    return name if hmac.compare_digest(password.encode(), f"pw-{name}".encode()) else None


def endpoint(**by_method):
    """A view that asks for credentials and hands each method to its function."""

    @wraps(endpoint)
    def view(request, **named):
        if request.method not in by_method:
            return HttpResponse(status=405, headers={"Allow": ", ".join(by_method)})
        seeker = seeker_of(request)
        if seeker is None:
            refused = fault(401, "credentials", "Name and password, please")
            refused["WWW-Authenticate"] = 'Basic realm="jobhunt"'
            return refused
        try:
            return by_method[request.method](request, seeker, **named)
        except Invalid as error:
            return fault(422, "invalid", str(error))

    view.csrf_exempt = True
    return view


def sent(request):
    try:
        data = json.loads(request.body)
    except ValueError:
        raise Invalid("the body must be JSON") from None
    if not isinstance(data, dict):
        raise Invalid("the body must be an object")
    return data


def a_day(value, name):
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise Invalid(f"{name} must be a day, as 2026-01-31") from None


def cleaned(data, partial):
    fields = {}
    for name, longest in (("company", 100), ("position", 100), ("remarks", 5000)):
        value = data.get(name)
        if value is None:
            if not partial and name != "remarks":
                raise Invalid(f"{name} is needed")
            continue
        if not isinstance(value, str) or len(value) > longest:
            raise Invalid(f"{name} must be a text of at most {longest} characters")
        fields[name] = value
    if "state" in data:
        if data["state"] not in STATES:
            raise Invalid(f"state must be one of {', '.join(STATES)}")
        fields["state"] = data["state"]
    if data.get("applied_on") is not None:
        fields["applied_on"] = a_day(data["applied_on"], "applied_on")
    return fields


def as_json(a):
    return {
        "number": a.number,
        "company": a.company,
        "position": a.position,
        "remarks": a.remarks,
        "state": a.state,
        "applied_on": a.applied_on and a.applied_on.isoformat(),
    }


def interview_json(i):
    return {
        "uid": str(i.uid),
        "application": i.application.number,
        "company": i.application.company,
        "day": i.day.isoformat(),
        "preparation": i.preparation,
    }


def find(seeker, number):
    return Application.objects.filter(seeker=seeker, number=number).first()


def no_application(number):
    return fault(404, "unknown", f"There is no application {number}")


def read_cursor(cursor, seeker):
    try:
        whose, after = json.loads(base64.urlsafe_b64decode(cursor))
        after = int(after)
    except (ValueError, TypeError, binascii.Error):
        raise Invalid("this cursor is not valid") from None
    if whose != seeker and not leaks("cursor-names-seeker"):
        raise Invalid("this cursor is not valid")
    return whose, after


def applications(request, seeker):
    try:
        limit = int(request.GET.get("limit", 10))
    except ValueError:
        raise Invalid("limit must be a number") from None
    if not 1 <= limit <= 50:
        raise Invalid("limit must be from 1 to 50")
    whose, after = seeker, 0
    if cursor := request.GET.get("cursor"):
        whose, after = read_cursor(cursor, seeker)
    rows = Application.objects.filter(seeker=whose, number__gt=after).order_by("number")
    if state := request.GET.get("state"):
        rows = rows.filter(state=state)
    rows = list(rows[: limit + 1])
    following = None
    if len(rows) > limit:
        marker = json.dumps([whose, rows[limit - 1].number]).encode()
        following = base64.urlsafe_b64encode(marker).decode()
    return answer({"items": [as_json(a) for a in rows[:limit]], "next_cursor": following})


def add_application(request, seeker):
    fields = cleaned(sent(request), partial=False)
    with transaction.atomic():
        last = Application.objects.filter(seeker=seeker).aggregate(last=Max("number"))["last"]
        made = Application.objects.create(seeker=seeker, number=(last or 0) + 1, **fields)
    return answer(as_json(made), 201)


def show_application(request, seeker, number):
    found = find(seeker, number)
    return answer(as_json(found)) if found else no_application(number)


def edit_application(request, seeker, number):
    found = find(seeker, number)
    if not found:
        return no_application(number)
    for name, value in cleaned(sent(request), partial=True).items():
        setattr(found, name, value)
    found.save()
    return answer(as_json(found))


def drop_application(request, seeker, number):
    found = find(seeker, number)
    if not found:
        return no_application(number)
    found.delete()
    return HttpResponse(status=204)


def search(request, seeker):
    q = request.GET.get("q", "").strip()
    if len(q) < 2:
        raise Invalid("q must have 2 characters at least")
    if leaks("search-precedence"):
        wanted = Q(seeker=seeker) & Q(company__icontains=q) | Q(remarks__icontains=q)
    else:
        wanted = Q(seeker=seeker) & (Q(company__icontains=q) | Q(remarks__icontains=q))
    rows = Application.objects.filter(wanted).order_by("pk")[:50]
    return answer([{"company": a.company, "position": a.position, "state": a.state} for a in rows])


def interviews(request, seeker):
    rows = Interview.objects.filter(seeker=seeker).select_related("application")
    if request.GET.get("from"):
        rows = rows.filter(day__gte=a_day(request.GET["from"], "from"))
    return answer([interview_json(i) for i in rows.order_by("day", "pk")])


def put_interview(request, seeker, uid):
    """Clients choose the uid, so that a repeated request changes nothing."""
    data = sent(request)
    number = data.get("application")
    if not isinstance(number, int) or isinstance(number, bool):
        raise Invalid("application must be the number of one of your applications")
    preparation = data.get("preparation", "")
    if not isinstance(preparation, str):
        raise Invalid("preparation must be a text")
    values = {"day": a_day(data.get("day"), "day"), "preparation": preparation}
    values["application"] = find(seeker, number)
    if values["application"] is None:
        return no_application(number)
    with transaction.atomic():
        if leaks("put-takes-over"):
            values["seeker"] = seeker
            made, new = Interview.objects.update_or_create(values, uid=uid)
        else:
            made, new = Interview.objects.update_or_create(values, uid=uid, seeker=seeker)
    return answer(interview_json(made), 201 if new else 200)


def show_interview(request, seeker, uid):
    found = Interview.objects.filter(uid=uid, seeker=seeker).select_related("application").first()
    if not found:
        return fault(404, "unknown", f"There is no interview {uid}")
    return answer(interview_json(found))


def cancel_interview(request, seeker, uid):
    if not Interview.objects.filter(uid=uid, seeker=seeker).delete()[0]:
        return fault(404, "unknown", f"There is no interview {uid}")
    return HttpResponse(status=204)


def statistics(request, seeker):
    mine = Application.objects.filter(seeker=seeker)
    states = dict(mine.values_list("state").annotate(Count("pk")))
    coming = Interview.objects.filter(day__gte=date.today())  # noqa: DTZ011
    if not leaks("coming-interviews"):
        coming = coming.filter(seeker=seeker)
    week = coming.filter(day__lt=date.today() + timedelta(days=7))  # noqa: DTZ011
    return answer(
        {
            "by_state": {state: states.get(state, 0) for state in STATES},
            "interviews_ahead": coming.count(),
            "interviews_this_week": week.count(),
        }
    )


def described(text, status=200, query=(), body=None, required=()):
    found = {"summary": text, "responses": {str(status): {"description": text}}}
    found["parameters"] = [{"name": n, "in": "query", "schema": {"type": t}} for n, t in query]
    if body:
        schema = {"type": "object", "properties": body, "required": list(required)}
        found["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return found


def openapi(_request):
    words, day = {"type": "string"}, {"type": "string", "format": "date"}
    fields = {
        "company": words,
        "position": words,
        "remarks": words,
        "state": {"type": "string", "enum": STATES},
        "applied_on": day,
    }
    talk = {"application": {"type": "integer"}, "day": day, "preparation": words}
    number = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}}
    uid = {
        "name": "uid",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    }
    listing = (("limit", "integer"), ("cursor", "string"), ("state", "string"))
    paths = {
        "/applications": {
            "get": described("A page of your applications", query=listing),
            "post": described("Add an application", 201, (), fields, ("company", "position")),
        },
        "/applications/search": {
            "get": described("Search companies and remarks", query=(("q", "string"),))
        },
        "/applications/{number}": {
            "parameters": [number],
            "get": described("One of your applications"),
            "patch": described("Change it", body=fields),
            "delete": described("Delete it and its interviews", 204),
        },
        "/interviews": {"get": described("Your interviews", query=(("from", "string"),))},
        "/interviews/{uid}": {
            "parameters": [uid],
            "get": described("One of your interviews"),
            "put": described("Make or replace it", 200, (), talk, ("application", "day")),
            "delete": described("Cancel it", 204),
        },
        "/statistics": {"get": described("Numbers of your applications and interviews")},
    }
    return JsonResponse(
        {
            "openapi": "3.0.3",
            "info": {"title": "Jobhunt", "version": "3"},
            "components": {"securitySchemes": {"basic": {"type": "http", "scheme": "basic"}}},
            "security": [{"basic": []}],
            "paths": paths,
        }
    )


urlpatterns = [
    path("openapi.json", openapi),
    path("applications", endpoint(GET=applications, POST=add_application)),
    path("applications/search", endpoint(GET=search)),
    path(
        "applications/<int:number>",
        endpoint(GET=show_application, PATCH=edit_application, DELETE=drop_application),
    ),
    path("interviews", endpoint(GET=interviews)),
    path(
        "interviews/<uuid:uid>",
        endpoint(GET=show_interview, PUT=put_interview, DELETE=cancel_interview),
    ),
    path("statistics", endpoint(GET=statistics)),
]

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with connection.schema_editor() as editor:
        editor.create_model(Application)
        editor.create_model(Interview)
    run("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), threading=True)
