"""Counts that answers tell of a limit."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.core.counts_told import counts_told
from crosstalk.core.history import Answer, Outcome


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"text": "x", "exports_left": 19}, {"exports_left": 19}),
        ({"quota": {"used": 3, "max": 20}}, {"quota.used": 3, "quota.max": 20}),
        ({"creditsRemaining": 4}, {"creditsRemaining": 4}),
        ({"note": "Saved. 12 exports left today"}, {"note": 12}),
        ({"items": [{"left": 3}]}, {}),
        ({"left": True, "title": "left", "leftover_id": 7}, {}),
    ],
)
def test_fields_and_sentences_tell_what_is_left(body: Any, told: dict[str, int]) -> None:
    assert counts_told(Answer(Outcome.OK, 200, body)) == told


def test_headers_tell_it_and_refusals_do_not() -> None:
    headers = {"x-ratelimit-remaining": "4", "x-ratelimit-limit": "5"}
    assert counts_told(Answer(Outcome.OK, 200, [], headers)) == {"header x-ratelimit-remaining": 4}
    assert counts_told(Answer(Outcome.ERROR, 403, {"left": 0}, headers)) == {}
