"""Examples that showed something are kept for the next run of the same kind of target."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.isolation.examples import open_examples


def test_each_kind_of_target_has_its_own(tmp_path: Path) -> None:
    one = open_examples(str(tmp_path), {"mutant": "a"})
    one.save(b"key", b"choices")
    assert list(open_examples(str(tmp_path), {"mutant": "a"}).fetch(b"key")) == [b"choices"]
    assert list(open_examples(str(tmp_path), {"mutant": "b"}).fetch(b"key")) == []
    one.delete(b"key", b"choices")
    assert list(one.fetch(b"key")) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HarnessError, match="file"):
        open_examples(str(tmp_path / "file"), {})


def test_a_redis_that_does_not_answer_is_an_error_of_its_own() -> None:
    pytest.importorskip("redis")
    with pytest.raises(HarnessError, match="no Redis answers"):
        open_examples("redis://127.0.0.1:1", {})
