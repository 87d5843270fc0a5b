"""Objects that concurrent clients made, as answers show them."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.core.history import Answer, Call, Outcome, Probe
from crosstalk.core.principals import ALICE
from crosstalk.oracles.observation import Normalizer
from crosstalk.phases.concurrency.baselines import Client

TEXT = "note xtalicez00000001"


def _call(index: int, operation: str, body: Any, **arguments: Any) -> Call:
    answer = Answer(Outcome.OK, 200, body)
    probe = Probe("concurrency", index, "alone", "")
    return Call(index, ALICE, operation, arguments, answer, float(index), index + 0.5, probe)


@pytest.mark.parametrize(
    ("made", "operation", "body", "shown"),
    [
        (3, "rest:GET /teams/{team_id}", {"id": 3}, True),
        (3, "rest:GET /teams", [{"id": 3}, {"id": 4}], True),
        (3, "rest:GET /teams", {"teams": [{"id": 3}]}, True),
        # Each kind of object has a number 3: this one is the user's.
        (3, "rest:GET /profile", {"id": 3, "name": "alice"}, False),
        ("0f8fad5bd9cb", "rest:GET /profile", {"id": "0f8fad5bd9cb"}, True),
    ],
)
def test_answer_shows_an_object_where_its_number_is_of_that_kind(
    made: object, operation: str, body: Any, *, shown: bool
) -> None:
    client = Client(Normalizer({}))
    client.take(_call(1, "rest:POST /teams", {"id": made, "name": TEXT}, name=TEXT))
    assert bool(client.made(_call(2, operation, body))) is shown
