"""Manifests of the corpus: what a tool that is scored on it has to be told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.proving_ground.campaign import described
from benchmarks.proving_ground.manifest import CORPUS, read_corpus, read_manifest
from crosstalk.targets.described import load_target

MANIFESTS = sorted(CORPUS.glob("*/manifest.toml"))


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.parent.name)
def test_manifest_has_the_format_and_its_program_reads_the_planted_ids(path: Path) -> None:
    manifest = read_manifest(path)
    sources = [
        each
        for each in path.parent.rglob("*")
        if each.suffix in (".py", ".js", ".mjs", ".cjs", ".ts")
    ]
    text = "\n".join(each.read_text(encoding="utf-8") for each in sources)
    assert "LEAKS" in text
    assert [each.id for each in manifest.planted if each.id not in text] == []


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.parent.name)
def test_confirmed_file_is_valid_where_there_is_one(path: Path, tmp_path: Path) -> None:
    file = path.parent / "crosstalk.toml"
    if not file.exists():
        pytest.skip("not described yet")
    copied = tmp_path / "crosstalk.toml"
    copied.write_text(file.read_text(encoding="utf-8").replace("{port}", "9"), encoding="utf-8")
    assert load_target(copied).confirmed


def test_corpus_is_wide_and_mostly_written_without_having_read_the_harness() -> None:
    manifests = [entry.manifest for entry in read_corpus()]
    assert len(manifests) >= 55
    assert len({each.domain for each in manifests}) >= 12
    assert len({each.framework for each in manifests}) >= 8
    assert 2 * sum(each.author == "blind" for each in manifests) >= len(manifests)
    assert {each.surface for each in manifests} == {"rest", "mcp", "both"}


def test_planted_leaks_are_of_several_oracles() -> None:
    planted = Counter(each.oracle for entry in read_corpus() for each in entry.manifest.planted)
    assert min(planted[each] for each in ("canary", "ownership", "existence", "two-worlds")) >= 5
    assert all(described(each).name == "crosstalk.toml" for each in read_corpus())
