"""The check of words finds what it is for, and nothing where there is nothing."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.repository import ROOT


@pytest.fixture(scope="module")
def check_words() -> ModuleType:
    """The script, which is no part of a package."""
    spec = importlib.util.spec_from_file_location("check_words", ROOT / "tools" / "check_words.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_words"] = module
    spec.loader.exec_module(module)
    return module


def checkout(folder: Path, file: str, text: str) -> Path:
    """Write one file of a checkout."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("file", "text", "kind"),
    [
        ("harness/crosstalk/a.py", "class Sighting: ...", "words"),
        ("harness/crosstalk/siege.py", "", "words"),
        ("harness/crosstalk/generator/rules/a.py", "def follow(): ...", "words"),
        ("tests/unit/test_a.py", "def test_who_asks_is_served(): ...", "words"),
        ("harness/crosstalk/cli/options.py", 'HELP = "everybody signs up"', "words"),
        ("harness/crosstalk/cli/verbs/a.py", 'HELP = "everybody signs up"', "words"),
        ("docs/a.md", "# The cast and its scene", "words"),
        ("system/wire/hosts.py", "", "words"),
        ("system/a.py", 'def run():\n    """What runs."""', "docstring"),
        ("system/a.py", '"""A room.\n\nIt answers nobody."""', "docstring"),
        ("tests/unit/test_a.py", 'def _run():\n    """Ask as Somebody."""', "docstring"),
        ("system/a.py", "def run():\n" + "    pass\n" * 120, "length"),
    ],
)
def test_violation_of_the_style_is_reported(
    check_words: ModuleType, tmp_path: Path, file: str, text: str, kind: str
) -> None:
    assert [each.kind for each in check_words.complaints(checkout(tmp_path, file, text))] == [kind]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("system/a.py", "def follow(): ..."),
        ("system/wire/a.py", "def keys(): ..."),
        ("harness/crosstalk/a.py", 'KEY = "everybody"'),
        ("docs/a.md", "everybody\n```\n# everybody\n```"),
        ("CHANGELOG.md", "# everybody"),
    ],
)
def test_data_and_other_rooms_words_are_let_alone(
    check_words: ModuleType, tmp_path: Path, file: str, text: str
) -> None:
    assert list(check_words.complaints(checkout(tmp_path, file, text))) == []


def test_package_without_sub_packages_has_at_most_sixteen_modules(
    check_words: ModuleType, tmp_path: Path
) -> None:
    for name in ["__init__", *(f"m{number}" for number in range(17))]:
        checkout(tmp_path, f"system/p/{name}.py", "")
    assert [each.kind for each in check_words.complaints(tmp_path)] == ["size"]
    checkout(tmp_path, "system/p/q/__init__.py", "")
    assert list(check_words.complaints(tmp_path)) == []
