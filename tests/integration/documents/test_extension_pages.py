"""The pages on extending the verifier: their code is written into a copy of it, and run there."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from crosstalk.environment.runtime.ports import free_port
from tests.integration.documents.blocks import blocks_of, write_files
from tests.integration.documents.test_command_blocks import hold, run
from tests.repository import ROOT

PAGES = sorted(each.name for each in (ROOT / "docs" / "extend").glob("*.md"))
_IGNORED = shutil.ignore_patterns("__pycache__", "node_modules", ".next", "*.pyc")


def copy_of_the_checkout(folder: Path) -> None:
    """Copy what the pages change, and what their commands need."""
    for each in ("harness", "system", "examples", "tests/unit"):
        shutil.copytree(ROOT / each, folder / each, ignore=_IGNORED)
    for each in ("pyproject.toml", "tests/__init__.py", "tests/conftest.py", "tests/repository.py"):
        shutil.copy(ROOT / each, folder / each)


def follow_page(name: str, folder: Path, *, long: bool) -> None:
    """Do what a page says: its files and changes, then its commands."""
    page = ROOT / "docs" / "extend" / name
    copy_of_the_checkout(folder)
    port = free_port()
    assert write_files(page, folder, port), "the page has no code"
    blocks = [each for each in blocks_of(page) if each.long is long and each.left_out is None]
    assert blocks, "no command is run"
    here = os.pathsep.join((str(folder / "harness"), str(folder)))
    hold(page.name, blocks, *run(folder, blocks, port, PYTHONPATH=here))


# One of them in each run of all tests: they take a quarter of a minute each.
@pytest.mark.timeout(600)
@pytest.mark.long
@pytest.mark.parametrize("name", PAGES)
def test_code_and_commands_of_a_page_on_extending_do_what_it_says(
    name: str, tmp_path: Path
) -> None:
    follow_page(name, tmp_path, long=False)


@pytest.mark.timeout(600)
@pytest.mark.long
@pytest.mark.parametrize(
    "name", [each for each in PAGES if any(b.long for b in blocks_of(ROOT / "docs/extend" / each))]
)
def test_long_commands_of_a_page_on_extending_do_what_it_says(name: str, tmp_path: Path) -> None:
    follow_page(name, tmp_path, long=True)


def test_a_page_whose_change_does_not_apply_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = (ROOT / "docs" / "extend" / "oracle.md").read_text(encoding="utf-8")
    page.write_text(re.sub(r"^ (from crosstalk\.oracles\.property)", r" \1_", text, flags=re.M))
    copy_of_the_checkout(tmp_path / "copy")
    with pytest.raises(Exception, match="git"):
        write_files(page, tmp_path / "copy", free_port())
