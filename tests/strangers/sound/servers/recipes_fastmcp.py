"""Recipes by fastmcp: each user's recipes are numbered from 1, units are the same for all."""

import sys
from collections import defaultdict
from typing import Annotated, Literal

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.dependencies import get_http_headers
from pydantic import Field

kitchen = FastMCP("recipes")
shelves: defaultdict[str, dict[int, dict[str, object]]] = defaultdict(dict)
highest: defaultdict[str, int] = defaultdict(int)


def cook() -> str:
    """Return who calls, by a header that the gateway in front sets and signs."""
    said = get_http_headers(include_all=True).get("x-cook", "")
    name, _, seal = said.partition("|")
    if seal != "gateway-5d1f":
        raise ToolError("not authenticated")
    return name


def recipe_of(number: int) -> dict[str, object]:
    """Return a recipe of the caller's."""
    found = shelves[cook()].get(number)
    if found is None:
        raise ToolError("recipe not found")
    return found


@kitchen.tool
def add_recipe(
    title: str,
    method: str,
    servings: Annotated[int, Field(ge=1, le=50)] = 4,
    level: Literal["easy", "hard"] = "easy",
) -> dict[str, object]:
    """Write down a recipe."""
    me = cook()
    highest[me] += 1
    made: dict[str, object] = {"recipe_id": highest[me], "title": title, "method": method}
    made |= {"servings": servings, "level": level, "favourite": False}
    shelves[me][highest[me]] = made
    return made


@kitchen.tool(annotations={"readOnlyHint": True})
def show_recipe(recipe_id: int) -> dict[str, object]:
    """Show a recipe."""
    return recipe_of(recipe_id)


@kitchen.tool(annotations={"readOnlyHint": True})
def list_recipes() -> list[dict[str, object]]:
    """List titles."""
    return [
        {"recipe_id": number, "title": each["title"]} for number, each in shelves[cook()].items()
    ]


@kitchen.tool(annotations={"readOnlyHint": True})
def search_recipes(query: str) -> list[dict[str, object]]:
    """Find recipes by a word of their title."""
    word = query.lower()
    return [each for each in shelves[cook()].values() if word in str(each["title"]).lower()]


@kitchen.tool
def mark_favourite(recipe_id: int, favourite: bool = True) -> dict[str, object]:
    """Mark a recipe."""
    found = recipe_of(recipe_id)
    found["favourite"] = favourite
    return found


@kitchen.tool(annotations={"destructiveHint": True})
def delete_recipe(recipe_id: int) -> str:
    """Throw a recipe away."""
    recipe_of(recipe_id)
    del shelves[cook()][recipe_id]
    return "deleted"


@kitchen.tool(annotations={"readOnlyHint": True})
def list_units() -> list[dict[str, object]]:
    """List the units that this kitchen knows."""
    cook()
    return [{"unit": "gram", "of": "mass"}, {"unit": "litre", "of": "volume"}]


kitchen.run(
    transport="http",
    host="127.0.0.1",
    port=int(sys.argv[1]),
    show_banner=False,
    log_level="WARNING",
    stateless_http=True,
)
