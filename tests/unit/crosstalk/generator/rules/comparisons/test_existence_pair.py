"""The second half of a comparison: what no object is called."""

from __future__ import annotations

import pytest

from crosstalk.core.identifiers import markers_in
from crosstalk.generator.rules.comparisons.existence_pair import unknown_like
from crosstalk.surface.operation import Parameter, Role

SOME = "e49df6bb-803a-4506-9136-bf628758ff4d"


@pytest.mark.parametrize("many", [False, True])
def test_word_that_no_user_has_said_is_as_long_as_the_schema_admits(*, many: bool) -> None:
    text = {"type": "string", "maxLength": 24}
    schema = {"type": "array", "items": text} if many else text
    label = Parameter("labels" if many else "label", schema, True, Role.REFERENCE)
    theirs = "note xtcarolz3d103a3b"
    found = unknown_like(theirs, SOME, label)
    assert found != theirs
    assert len(found) <= 24
    assert markers_in(found)


def test_id_that_no_object_has_is_of_its_form() -> None:
    job = Parameter("job_id", {"type": "string"}, True, Role.REFERENCE)
    assert unknown_like("0c1e61a6-1d20-4d8f-a5c1-1f3d0a7b9c11", SOME, job) == SOME
    assert unknown_like("DOC-1001", SOME, job).startswith("DOC-")
