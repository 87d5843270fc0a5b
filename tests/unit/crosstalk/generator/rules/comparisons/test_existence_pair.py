"""The second half of a comparison: what no object is called."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crosstalk.core.identifiers import markers_in
from crosstalk.generator.rules.comparisons.existence_pair import (
    _shown,
    not_used_up,
    unknown_like,
)
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok, refused

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


def test_word_that_no_user_has_said_is_as_near_to_what_is_stored_as_the_others() -> None:
    query = Parameter("query", {"type": "string"}, True, Role.REFERENCE)
    assert re.fullmatch("xtmissingz3d103a..", unknown_like("xtcarolz3d103a3b", SOME, query))


def test_id_that_no_object_has_is_of_its_form() -> None:
    job = Parameter("job_id", {"type": "string"}, True, Role.REFERENCE)
    assert unknown_like("0c1e61a6-1d20-4d8f-a5c1-1f3d0a7b9c11", SOME, job) == SOME
    assert unknown_like("DOC-1001", SOME, job).startswith("DOC-")


def test_object_with_which_its_owner_made_the_change_already_is_named_last() -> None:
    number = Parameter("number", {"type": "string"}, True, Role.REFERENCE)
    pay = Operation("rest", "rest:POST /payments", (number,), reads_only=False)
    read = Operation("rest", "rest:GET /invoices/{number}", (number,), reads_only=True)
    writer = Writer().call(ALICE, pay.name, {"number": "1"}, ok({}))
    writer.call(ALICE, read.name, {"number": "2"}, ok({}))
    # What was refused, or made by another user, has used up nothing.
    writer.call(ALICE, pay.name, {"number": "3"}, refused(409, "no"))
    writer.call(BOB, pay.name, {"number": "2"}, ok({}))
    example = cast("Any", SimpleNamespace(history=writer.history))
    assert not_used_up(example, ALICE, pay, number, ["1", "2", "3"]) == ["2", "3"]
    assert not_used_up(example, ALICE, pay, number, ["1"]) == ["1"]
    assert not_used_up(example, ALICE, read, number, ["1", "2"]) == ["1", "2"]


def test_id_with_which_its_owner_was_shown_something_is_named() -> None:
    code = Parameter("code", {"type": "string"}, True, Role.REFERENCE)
    read = Operation("mcp", "mcp:resources/read hive://inspections/{code}", (code,), True)
    writer = Writer().call(ALICE, read.name, {"code": "4694bb11"}, ok({"text": "calm"}))
    writer.call(ALICE, read.name, {"code": "north"}, refused(404, "no inspection"))
    writer.call(BOB, read.name, {"code": "north"}, ok({"text": "calm"}))
    example = cast("Any", SimpleNamespace(history=writer.history))
    assert _shown(example, ALICE, read, code, ["4694bb11", "north"]) == ["4694bb11"]
