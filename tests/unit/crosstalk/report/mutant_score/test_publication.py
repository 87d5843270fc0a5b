"""The published score: generated from its data file, never edited by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.report.mutant_score.publication import DATA, PAGE, PICTURE, publish, published
from crosstalk.targets.mutants import load_catalog
from tests.repository import ROOT

DOCS = ROOT / "docs"
COMMITTED = json.loads((DOCS / DATA).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [DATA, PAGE, PICTURE])
def test_committed_score_is_what_the_generator_makes_of_its_data(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == published(COMMITTED)[name]


def test_committed_score_names_mutants_of_the_catalog_alone() -> None:
    assert {each["id"] for each in COMMITTED["mutants"]} <= set(load_catalog())


def test_publication_leaves_scripts_and_notes_in_the_run_folder(tmp_path: Path) -> None:
    row = {**COMMITTED["mutants"][0], "script": ["1. alice: secret"], "note": "a note"}
    run = tmp_path / "summary.json"
    run.write_text(json.dumps({**COMMITTED, "mutants": [row], "total": 1}))
    docs = tmp_path / "docs"
    docs.mkdir()
    assert publish(run, docs) == [docs / DATA, docs / PAGE, docs / PICTURE]
    assert "script" not in (docs / DATA).read_text()
    assert row["id"] in (docs / PAGE).read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "run `crosstalk mutants` first"),
        ("no JSON", "run `crosstalk mutants` first"),
        ("[]", "not the summary of a run"),
        ("{}", "not the summary of a run"),
        ('{"calls": 1, "seed": 2, "mutants": []}', "no mutant"),
    ],
)
def test_publication_refuses_what_is_not_a_run(tmp_path: Path, text: str | None, said: str) -> None:
    run = tmp_path / "summary.json"
    if text is not None:
        run.write_text(text)
    with pytest.raises(HarnessError, match=said):
        publish(run, tmp_path)
