"""Manifests of the corpus: what a tool that is scored on it has to be told."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

CORPUS = Path(__file__).with_name("corpus")
MANIFESTS = sorted(CORPUS.glob("*/manifest.toml"))


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.parent.name)
def test_manifest_says_what_is_planted_and_how_the_clean_twin_is_started(path: Path) -> None:
    manifest = tomllib.loads(path.read_text(encoding="utf-8"))
    assert manifest["description"].strip()
    assert "{port}" in " ".join(manifest["start"])
    assert (path.parent / manifest["start"][1]).is_file()
    assert manifest["clean"]
    for planted in manifest["planted"]:
        assert set(planted) == {"operation", "shows", "why"}
