"""Plants of gardeners: beds, watering, trash and yearly summary; Django with its own tokens."""

import json
import os
import secrets
import signal
import sys
import tempfile
import uuid
from functools import wraps
from pathlib import Path

import django
from django.conf import settings
from django.http import HttpResponse, JsonResponse

LEAKS = os.environ.get("LEAKS", "all")
LEAKS = (
    ["restore-any-plant", "summary-cache", "bed-of-another", "search-ranking"]
    if LEAKS == "all"
    else LEAKS.split(",")
)
TEMP = tempfile.TemporaryDirectory(prefix="greenhouse-")

settings.configure(
    DEBUG=False,
    SECRET_KEY=secrets.token_hex(24),
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[__name__],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(Path(TEMP.name) / "greenhouse.sqlite3"),
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
            },
        }
    },
)
django.setup()

from django.contrib.auth.hashers import (  # noqa: E402
    PBKDF2PasswordHasher,
    check_password,
)
from django.core.cache import cache  # noqa: E402
from django.core.servers.basehttp import run  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.urls import path  # noqa: E402
from django.views import View  # noqa: E402


class Gardener(models.Model):
    email = models.EmailField(unique=True)
    password = models.CharField(max_length=128)


class AccessToken(models.Model):
    key = models.CharField(max_length=40, primary_key=True)
    gardener = models.ForeignKey(Gardener, on_delete=models.CASCADE)


class Bed(models.Model):
    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    gardener = models.ForeignKey(Gardener, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    square_metres = models.FloatField(default=1)


class Plant(models.Model):
    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    gardener = models.ForeignKey(Gardener, on_delete=models.CASCADE)
    bed = models.ForeignKey(Bed, null=True, on_delete=models.SET_NULL)
    species = models.CharField(max_length=80)
    nickname = models.CharField(max_length=80, blank=True)
    diary = models.TextField(blank=True)
    sown = models.IntegerField()
    trashed = models.BooleanField(default=False)


class Watering(models.Model):
    plant = models.ForeignKey(Plant, on_delete=models.CASCADE, related_name="waterings")
    litres = models.FloatField()


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.answer = JsonResponse({"detail": message}, status=status)


def payload(request):
    try:
        given = json.loads(request.body or b"{}")
    except ValueError as error:
        raise Refused(400, "The body is not JSON") from error
    if not isinstance(given, dict):
        raise Refused(400, "The body is not an object")
    return given


def a_text(given, name, longest=80, required=True):
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > longest or (required and not value.strip()):
        raise Refused(400, f"{name}: a text of at most {longest} characters is needed")
    return value


def a_number(given, name, least, most, default=None):
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise Refused(400, f"{name}: a number from {least} to {most} is needed")
    return value


class OpenView(View):
    def dispatch(self, request, *args, **kwargs):
        try:
            return super().dispatch(request, *args, **kwargs)
        except Refused as refused:
            return refused.answer


class GardenView(OpenView):
    def dispatch(self, request, *args, **kwargs):
        key = request.headers.get("Authorization", "").removeprefix("Token ")
        token = AccessToken.objects.select_related("gardener").filter(key=key).first()
        if token is None:
            return JsonResponse({"detail": "Invalid token."}, status=401)
        request.gardener = token.gardener
        return super().dispatch(request, *args, **kwargs)


def bed_json(bed):
    return {"id": str(bed.uid), "name": bed.name, "square_metres": bed.square_metres}


def plant_json(plant):
    return {
        "id": str(plant.uid),
        "species": plant.species,
        "nickname": plant.nickname,
        "diary": plant.diary,
        "sown": plant.sown,
        "bed": bed_json(plant.bed) if plant.bed else None,
        "watered": sum(each.litres for each in plant.waterings.all()),
    }


def the_plant(request, uid, **more):
    found = Plant.objects.filter(uid=uid, gardener=request.gardener, **more).first()
    if found is None:
        raise Refused(404, "No such plant")
    return found


def the_bed(request, uid):
    try:
        uid = uuid.UUID(str(uid))
    except ValueError as error:
        raise Refused(400, "bed: an id of a bed is needed") from error
    found = Bed.objects.filter(uid=uid).first()
    if found is None:
        raise Refused(400, "bed: there is no such bed")
    if found.gardener_id != request.gardener.pk:
        if "bed-of-another" in LEAKS:
            raise Refused(400, "bed: this bed is not yours to plant in")
        raise Refused(400, "bed: there is no such bed")
    return found


class Accounts(OpenView):
    def post(self, request):
        given = payload(request)
        email, password = a_text(given, "email", 120).lower(), a_text(given, "password")
        if "@" not in email or len(password) < 6:
            raise Refused(400, "an e-mail address and a password of 6 characters are needed")
        if Gardener.objects.filter(email=email).exists():
            raise Refused(409, "this address has an account already")
        salt = secrets.token_hex(6)
        encoded = PBKDF2PasswordHasher().encode(password, salt, iterations=2000)
        Gardener.objects.create(email=email, password=encoded)
        return JsonResponse({"email": email}, status=201)


class Tokens(OpenView):
    def post(self, request):
        given = payload(request)
        email = a_text(given, "email", 120).lower()
        gardener = Gardener.objects.filter(email=email).first()
        if gardener is None or not check_password(a_text(given, "password"), gardener.password):
            raise Refused(400, "Unable to log in with these credentials.")
        token = AccessToken.objects.create(key=secrets.token_hex(20), gardener=gardener)
        return JsonResponse({"token": token.key})


class Beds(GardenView):
    def get(self, request):
        beds = Bed.objects.filter(gardener=request.gardener).order_by("pk")
        return JsonResponse([bed_json(each) for each in beds], safe=False)

    def post(self, request):
        given = payload(request)
        bed = Bed.objects.create(
            gardener=request.gardener,
            name=a_text(given, "name"),
            square_metres=a_number(given, "square_metres", 0.1, 10_000, 1),
        )
        return JsonResponse(bed_json(bed), status=201)


class Plants(GardenView):
    def get(self, request):
        plants = Plant.objects.filter(gardener=request.gardener, trashed=False)
        if species := request.GET.get("species"):
            plants = plants.filter(species__icontains=species)
        plants = list(plants.order_by("pk"))
        if request.GET.get("sort") == "watered":
            everywhere = Watering.objects.exclude(plant__trashed=True)
            if "search-ranking" not in LEAKS:
                everywhere = everywhere.filter(plant__gardener=request.gardener)
            sums = everywhere.values_list("plant__species").annotate(models.Sum("litres"))
            litres = dict(sums.values_list("plant__species", "litres__sum"))
            plants.sort(key=lambda each: -litres.get(each.species, 0))
        return JsonResponse(
            {"count": len(plants), "results": [plant_json(each) for each in plants]}
        )

    def post(self, request):
        given = payload(request)
        plant = Plant.objects.create(
            gardener=request.gardener,
            species=a_text(given, "species"),
            nickname=a_text(given, "nickname", required=False),
            diary=a_text(given, "diary", 4000, required=False),
            sown=int(a_number(given, "sown", 1990, 2100, 2026)),
            bed=the_bed(request, given["bed"]) if given.get("bed") else None,
        )
        return JsonResponse(plant_json(plant), status=201)


class OnePlant(GardenView):
    def get(self, request, uid):
        return JsonResponse(plant_json(the_plant(request, uid, trashed=False)))

    def patch(self, request, uid):
        plant, given = the_plant(request, uid, trashed=False), payload(request)
        for name, longest in (("species", 80), ("nickname", 80), ("diary", 4000)):
            if name in given:
                setattr(plant, name, a_text(given, name, longest, required=name == "species"))
        if "bed" in given:
            plant.bed = the_bed(request, given["bed"]) if given["bed"] else None
        plant.save()
        return JsonResponse(plant_json(plant))

    def delete(self, request, uid):
        plant = the_plant(request, uid, trashed=False)
        Plant.objects.filter(pk=plant.pk).update(trashed=True)
        return HttpResponse(status=204)


class Trash(GardenView):
    def get(self, request):
        plants = Plant.objects.filter(gardener=request.gardener, trashed=True).order_by("pk")
        return JsonResponse({"results": [plant_json(each) for each in plants]})

    def delete(self, request):
        Plant.objects.filter(gardener=request.gardener, trashed=True).delete()
        return HttpResponse(status=204)


class Restore(GardenView):
    def post(self, request, uid):
        trash = Plant.objects.filter(uid=uid, trashed=True)
        if "restore-any-plant" not in LEAKS:
            trash = trash.filter(gardener=request.gardener)
        if not trash.update(trashed=False):
            raise Refused(404, "No such plant")
        return JsonResponse({"restored": True})


class Waterings(GardenView):
    def post(self, request, uid):
        plant = the_plant(request, uid, trashed=False)
        plant.waterings.create(litres=a_number(payload(request), "litres", 0.05, 500))
        return JsonResponse({"watered": plant_json(plant)["watered"]}, status=201)


def cached_for_a_while(view):
    @wraps(view)
    def cached(self, request, year):
        if "summary-cache" not in LEAKS:
            return JsonResponse(view(self, request, year))
        key = f"summary-{year}"
        if (kept := cache.get(key)) is None:
            kept = view(self, request, year)
            cache.set(key, kept, 20)
        return JsonResponse(kept)

    return cached


class Summary(GardenView):
    @cached_for_a_while
    def get(self, request, year):
        plants = Plant.objects.filter(gardener=request.gardener, sown=year, trashed=False)
        names = [each.nickname or each.species for each in plants.order_by("pk")]
        return {"year": year, "plants": len(names), "names": names}


class Document(OpenView):
    def get(self, request):
        text = (Path(__file__).parent / "openapi.json").read_text(encoding="utf-8")
        return JsonResponse(json.loads(text))


urlpatterns = [
    path("openapi.json", Document.as_view()),
    path("accounts/", Accounts.as_view()),
    path("tokens/", Tokens.as_view()),
    path("beds/", Beds.as_view()),
    path("plants/", Plants.as_view()),
    path("plants/<uuid:uid>/", OnePlant.as_view()),
    path("plants/<uuid:uid>/restore/", Restore.as_view()),
    path("plants/<uuid:uid>/waterings/", Waterings.as_view()),
    path("trash/", Trash.as_view()),
    path("summary/<int:year>/", Summary.as_view()),
]

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with connection.schema_editor() as editor:
        for model in (Gardener, AccessToken, Bed, Plant, Watering):
            editor.create_model(model)
    run("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), threading=True)
