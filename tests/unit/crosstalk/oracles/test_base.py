"""Answers that hold data, and answers that hold none."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.oracles.base import is_empty


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        [],
        {"notes": []},
        {"items": [], "total": 0, "page": 1, "has_more": False},
        {"data": {"results": []}, "status": "success", "message": "2 ms"},
        "No notes found.",
        "0 results",
        "There are no matching notes yet",
        {"result": "Nothing found"},
        {"open": 0, "done": 0},
        0,
    ],
)
def test_answer_without_data_is_empty(body: Any) -> None:
    assert is_empty(body)


@pytest.mark.parametrize(
    "body",
    [
        {"notes": ["milk"]},
        {"total": 3},
        {"status": "ok"},
        {"message": "note added"},
        "version 1",
        "No. 7 of your notes says: buy milk, and no sugar, for the cake on Sunday" * 4,
        {"open": 0, "done": 2},
        {"total": 3, "done": 0},
        4,
    ],
)
def test_answer_with_data_is_not_empty(body: Any) -> None:
    assert not is_empty(body)
