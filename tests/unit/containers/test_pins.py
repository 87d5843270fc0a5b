"""What images are built with is pinned, and is what pyproject.toml asks for."""

from __future__ import annotations

import ast
import re
import tomllib

import pytest

from tests.repository import ROOT

FILES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("*/requirements*.txt"))
every_file = pytest.mark.parametrize("name", FILES)


def pinned(name: str) -> dict[str, str]:
    """Package to version."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


def sessions() -> dict[str, tuple[str, ...]]:
    """The noxfile's table of what is pinned from which extras."""
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "PINNED":
            found: dict[str, tuple[str, ...]] = ast.literal_eval(node.value)
            return found
    raise AssertionError("the noxfile pins nothing")


def test_every_image_has_its_pins() -> None:
    assert {*sessions(), "system/requirements-sbom.txt"} == set(FILES)


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


@pytest.mark.parametrize("name", sorted(sessions()))
def test_everything_that_is_asked_for_is_there(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        re.split(r"[\[><=!; ]", each)[0].lower()
        for extra in sessions()[name]
        for each in project["optional-dependencies"][extra]
    }
    assert wanted <= set(pinned(name)), "run ./noxw -s lock"
