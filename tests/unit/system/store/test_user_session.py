"""Limits of what a user can store."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from system.store.schemas import (
    TaskDraft,
)


@pytest.mark.parametrize("title", ["", " ", "x" * 201, "a\x00b", "\ud800", None, 5, ["x"]])
def test_title_that_cannot_be_stored_is_refused(title: object) -> None:
    with pytest.raises(ValidationError):
        TaskDraft.model_validate({"title": title})


def test_task_draft_limits_its_fields() -> None:
    assert TaskDraft(title="x" * 200, description="d" * 2_000).title == "x" * 200
    with pytest.raises(ValidationError):
        TaskDraft.model_validate({"title": "x", "description": "d" * 2_001})
    with pytest.raises(ValidationError):
        TaskDraft.model_validate({"title": "x", "surprise": 1})
