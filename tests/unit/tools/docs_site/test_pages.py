"""Pages of the site that are made from the code, and links that leave the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.oracles import ORACLES, POLICY_ORACLES
from crosstalk.phases.registry import GENERAL
from crosstalk.targets.described.config import TargetConfig
from tests.repository import ROOT
from tools.docs_site.command_line import command_line_reference
from tools.docs_site.docstrings import attributes_of
from tools.docs_site.outside_links import with_outside_links_as_paths
from tools.docs_site.summary_schema import summary_reference
from tools.docs_site.target_file import PAGE, _rows, target_file_reference


def test_page_of_the_target_file_is_what_the_model_reads() -> None:
    page = target_file_reference()
    assert PAGE.read_text(encoding="utf-8") == page, (
        "write it anew: python -m tools.docs_site.target_file"
    )
    tables = [
        [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]
        for section in page.split("\n## ")[1:]
    ]
    models = set(_models(TargetConfig))
    assert len(models) == len(tables) > 20
    for model in models:
        assert [each.alias or name for name, each in model.model_fields.items()] in tables
        told = {each for each in attributes_of(model) if not each.startswith("__")}
        assert told == set(model.model_fields), model
    assert "The same keys are those of `[mcp.identity]` and `[rest.identity]`." in page


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Walk through all tables, by another way than the page's."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _models(field.annotation)
    else:
        for each in get_args(annotation):
            yield from _models(each)


def test_every_key_links_to_a_section_that_there_is() -> None:
    links = set(re.findall(r"\]\(\.\./([\w.-]+)(?:#([\w-]+))?\)", target_file_reference()))
    assert len(links) > 15
    for page, section in links:
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        slugs = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in heads}
        assert not section or section in slugs, f"{page}#{section}"


def test_key_without_a_description_is_an_error() -> None:
    class Undescribed(BaseModel):
        """A part of a file."""

        secret: str = ""

    with pytest.raises(ValueError, match=r"Undescribed\.secret has no description"):
        list(_rows(Undescribed))


def test_attributes_are_those_of_the_bases_too() -> None:
    class Base:
        """Something.

        Attributes:
            first: In one line.
            second: In two
                lines.
        """

    class Derived(Base):
        """More.

        Attributes:
            third: Own.

        Raises:
            fourth: No attribute.
        """

    assert attributes_of(Derived) == {
        "first": "In one line.",
        "second": "In two lines.",
        "third": "Own.",
    }


def test_every_verb_and_option_has_its_place() -> None:
    page = command_line_reference()
    assert page.startswith("# Command line\n")
    for each in ("## `crosstalk`", "### `crosstalk isolation`", "`--calls", "`--oracles"):
        assert each in page


def test_every_key_of_a_summary_is_described() -> None:
    page = summary_reference()
    for each in ("`verdict`", "`findings`", "## findings[]", "## controls{}", "## acceptance"):
        assert each in page
    assert "| `fingerprint` | string | yes | Equal across" in page


def test_pages_name_every_oracle_and_every_rule_that_can_be_broken() -> None:
    oracles = (ROOT / "docs" / "reference" / "oracles.md").read_text(encoding="utf-8")
    for name in (*ORACLES, *POLICY_ORACLES):
        assert f"| `{name.name}` |" in oracles
    for phase in GENERAL:
        assert f"| `{phase().name}` |" in oracles
    findings = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    for rule in BrokenRule:
        assert f"| `{rule}` |" in findings


def test_link_that_leaves_the_pages_is_a_path(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (tmp_path / "code.py").write_text("")
    (docs / "other.md").write_text("")
    page = docs / "page.md"
    text = (
        "[how](../code.py), [`code.py`](../code.py), [other](other.md#a), [out](https://a.test/b)"
    )
    assert with_outside_links_as_paths(text, page, docs) == (
        "how (`code.py`), `code.py`, [other](other.md#a), [out](https://a.test/b)"
    )
    with pytest.raises(FileNotFoundError, match=r"docs/page\.md links to \.\./gone\.py"):
        with_outside_links_as_paths("[x](../gone.py)", page, docs)
