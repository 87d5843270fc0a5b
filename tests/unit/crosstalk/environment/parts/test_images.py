"""An image is built once for each state of what it is made from."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from crosstalk.environment.parts.images import RECIPES, Recipe, fingerprint
from crosstalk.environment.parts.sources import package_root

ROOT = package_root("crosstalk").parent
PYTHON = RECIPES["backend"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a small `system`, as a planted leak has it."""
    for name, text in {
        "system/Dockerfile": "FROM python:3.13-slim\n",
        "system/backend/app.py": "answer = 1\n",
        "system/backend/__pycache__/app.pyc": "made",
        "system/frontend/app/page.tsx": "page",
        "system/frontend/tests/page.test.mjs": "test",
        "system/frontend/node_modules/next/index.js": "made",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_image_fingerprint_is_the_same_for_equal_copies(copy: Path, tmp_path: Path) -> None:
    shutil.copytree(copy / "system", tmp_path / "other" / "system")
    assert fingerprint(PYTHON, tmp_path / "other") == fingerprint(PYTHON, copy)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("system/backend/app.py", {"backend"}),
        ("system/Dockerfile", {"backend"}),
        ("system/frontend/app/page.tsx", {"frontend"}),
        ("system/frontend/tests/page.test.mjs", set()),
        ("system/frontend/node_modules/next/index.js", set()),
        ("system/backend/__pycache__/app.pyc", set()),
    ],
)
def test_image_fingerprint_covers_its_sources_alone(
    copy: Path, name: str, changed: set[str]
) -> None:
    recipes = {each: RECIPES[each] for each in ("backend", "frontend")}
    before = {each: fingerprint(recipe, copy) for each, recipe in recipes.items()}
    (copy / name).write_text("changed")
    after = {each: fingerprint(recipe, copy) for each, recipe in recipes.items()}
    assert {each for each in recipes if before[each] != after[each]} == changed


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_image_fingerprint_covers_everything_that_its_dockerfile_copies(name: str) -> None:
    recipe = RECIPES[name]
    text = (ROOT / recipe.dockerfile).read_text(encoding="utf-8")
    context = "" if recipe.context == "." else f"{recipe.context}/"
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        for source in line.split()[:-1]:
            assert counts(recipe, f"{context}{source}".removesuffix("/.")), source
    assert counts(recipe, recipe.dockerfile)
    assert re.search(rf"^FROM \S+ AS {recipe.target}$", text, re.MULTILINE)


def counts(recipe: Recipe, path: str) -> bool:
    inside = any(path == each or path.startswith(f"{each}/") for each in recipe.sources)
    return inside and (ROOT / path).exists()
