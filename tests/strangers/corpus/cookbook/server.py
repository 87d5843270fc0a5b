"""Recipe box for home cooks: recipes with photos, a cooking diary and pages by cursor. Litestar."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import sys
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID, uuid4

import uvicorn
from litestar import Controller, Litestar, delete, get, post, put
from litestar.di import Provide
from litestar.exceptions import ClientException, NotAuthorizedException, NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import Parameter

LEAKS = os.environ.get("LEAKS", "all").replace(" ", "").split(",")
if LEAKS == ["all"]:
    LEAKS = ["cursor-cook", "put-conflict", "cooked-by-title", "photo-delete"]

COOKS = {"cb-8f1e-olga": "olga", "cb-77ad-pablo": "pablo", "cb-c0de-quinn": "quinn"}


@dataclass
class Photo:
    id: str
    caption: str
    url: str


@dataclass
class Recipe:
    id: UUID
    title: str
    servings: int
    ingredients: list[str]
    steps: str = ""
    photos: list[Photo] = field(default_factory=list)


@dataclass
class RecipeBody:
    title: Annotated[str, Parameter(min_length=1, max_length=100)]
    ingredients: list[str]
    servings: Annotated[int, Parameter(ge=1, le=100)] = 2
    steps: str = ""


@dataclass
class PhotoBody:
    caption: str
    url: str


@dataclass
class RecipePage:
    results: list[Recipe]
    cursor: str | None


@dataclass
class Cooked:
    title: str
    times: int


boxes: dict[str, dict[UUID, Recipe]] = {cook: {} for cook in COOKS.values()}
diary: list[dict[str, Any]] = []


def provide_cook(
    cb_token: Annotated[str | None, Parameter(cookie="cb_token", default=None)] = None,
) -> str:
    if cb_token not in COOKS:
        raise NotAuthorizedException("Send the cookie cb_token")
    return COOKS[cb_token]


def recipe_in(box: dict[UUID, Recipe], recipe_id: UUID) -> Recipe:
    if recipe_id not in box:
        raise NotFoundException("Recipe not found")
    return box[recipe_id]


def pack(cursor: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode().rstrip("=")


def unpack(text: str) -> dict[str, Any]:
    try:
        cursor = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return {"cook": str(cursor["cook"]), "skip": int(cursor["skip"]), "q": str(cursor["q"])}
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise ClientException("Bad cursor") from None


def plain(title: str) -> str:
    return re.sub(r"\W+", " ", title).strip().lower()


class RecipesController(Controller):
    path = "/recipes"
    tags = ("recipes",)

    @get()
    async def browse(
        self,
        cook: str,
        q: str = "",
        size: Annotated[int, Parameter(ge=1, le=50)] = 10,
        cursor: str | None = None,
    ) -> RecipePage:
        """Recipes whose title or ingredients hold q; pass the cursor on for the next page."""
        state = {"cook": cook, "skip": 0, "q": q.lower()}
        if cursor:
            state = unpack(cursor)
            if state["cook"] != cook and "cursor-cook" not in LEAKS:
                raise ClientException("Bad cursor")
        found = [
            recipe
            for recipe in boxes.get(state["cook"], {}).values()
            if state["q"] in " ".join([recipe.title, *recipe.ingredients]).lower()
        ]
        end = state["skip"] + size
        return RecipePage(
            results=found[state["skip"] : end],
            cursor=pack({**state, "skip": end}) if end < len(found) else None,
        )

    @post()
    async def add(self, cook: str, data: RecipeBody) -> Recipe:
        recipe = Recipe(uuid4(), data.title, data.servings, data.ingredients, data.steps)
        boxes[cook][recipe.id] = recipe
        return recipe

    @get("/{recipe_id:uuid}")
    async def fetch(self, cook: str, recipe_id: UUID) -> Recipe:
        return recipe_in(boxes[cook], recipe_id)

    @put("/{recipe_id:uuid}")
    async def write(self, cook: str, recipe_id: UUID, data: RecipeBody) -> Recipe:
        """Replaces a recipe, or makes one of the id that an offline client chose."""
        if "put-conflict" in LEAKS and recipe_id not in boxes[cook]:
            if any(recipe_id in box for box in boxes.values()):
                raise ClientException("This id cannot be used", status_code=409)
        recipe = boxes[cook].setdefault(recipe_id, Recipe(recipe_id, "", 1, []))
        recipe.title, recipe.servings = data.title, data.servings
        recipe.ingredients, recipe.steps = data.ingredients, data.steps
        return recipe

    @delete("/{recipe_id:uuid}")
    async def discard(self, cook: str, recipe_id: UUID) -> None:
        recipe_in(boxes[cook], recipe_id)
        del boxes[cook][recipe_id]

    @post("/{recipe_id:uuid}/copy")
    async def copy(self, cook: str, recipe_id: UUID, servings: int | None = None) -> Recipe:
        """A copy of an own recipe, for another number of servings."""
        old = recipe_in(boxes[cook], recipe_id)
        made = Recipe(
            uuid4(), f"{old.title} (copy)", servings or old.servings, [*old.ingredients], old.steps
        )
        boxes[cook][made.id] = made
        return made

    @post("/{recipe_id:uuid}/photos")
    async def add_photo(self, cook: str, recipe_id: UUID, data: PhotoBody) -> Photo:
        photo = Photo(uuid4().hex[:10], data.caption, data.url)
        recipe_in(boxes[cook], recipe_id).photos.append(photo)
        return photo

    @delete("/{recipe_id:uuid}/photos/{photo_id:str}")
    async def drop_photo(self, cook: str, recipe_id: UUID, photo_id: str) -> None:
        recipe = recipe_in(boxes[cook], recipe_id)
        places = [recipe]
        if "photo-delete" in LEAKS:
            places = [each for box in boxes.values() for each in box.values()]
        for place in places:
            for photo in place.photos:
                if photo.id == photo_id:
                    place.photos.remove(photo)
                    return
        raise NotFoundException("Photo not found")

    @post("/{recipe_id:uuid}/cooked")
    async def cooked(self, cook: str, recipe_id: UUID, remark: str = "") -> Cooked:
        """Notes that the cook made this today, and tells how often so far."""
        recipe = recipe_in(boxes[cook], recipe_id)
        diary.append({"cook": cook, "dish": plain(recipe.title), "remark": remark})
        times = sum(
            1
            for entry in diary
            if entry["dish"] == plain(recipe.title)
            and ("cooked-by-title" in LEAKS or entry["cook"] == cook)
        )
        return Cooked(recipe.title, times)


@get("/diary", tags=["diary"])
async def read_diary(cook: str) -> list[dict[str, str]]:
    return [
        {"dish": entry["dish"], "remark": entry["remark"]}
        for entry in diary
        if entry["cook"] == cook
    ]


@get("/export.md", media_type="text/markdown", tags=["recipes"])
async def export(cook: str) -> str:
    """The whole box as Markdown."""
    parts = ["# My recipes"]
    for recipe in boxes[cook].values():
        lines = [f"## {recipe.title}", *(f"- {item}" for item in recipe.ingredients), recipe.steps]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


app = Litestar(
    route_handlers=[RecipesController, read_diary, export],
    dependencies={"cook": Provide(provide_cook, sync_to_thread=False)},
    openapi_config=OpenAPIConfig(
        title="Cookbook", version="1.2.0", path="/docs", render_plugins=[JsonRenderPlugin()]
    ),
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
