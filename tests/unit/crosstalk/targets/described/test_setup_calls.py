"""Calls that set up what an example begins with, captures, and owners that a file declares."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crosstalk.core.errors import TargetFailedError
from crosstalk.core.history import Actor, Answer, Outcome
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.described import TargetConfig, TargetFileError, load_target
from crosstalk.targets.described.people import member_names
from crosstalk.targets.described.setup_calls import SetupCalls

SUBJECTS = {"alice": "alice-1", "bob": "bob-1", "carol": "carol-1"}
OPERATIONS = (
    Operation("rest", "rest:POST /documents", (), reads_only=False),
    Operation(
        "rest",
        "rest:DELETE /users/{user_id}/documents/{document_id}",
        (Parameter("user_id", {"type": "string"}, True, Role.IDENTITY),),
        reads_only=False,
    ),
)


class Documents:
    """Takes documents, and notes every call."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def discover(self) -> list[Operation]:
        return list(OPERATIONS)

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        self.calls.append((operation.name, dict(arguments)))
        return self.answer

    def close(self) -> None:
        """Close nothing."""


class NoCredential:
    """Presents nothing."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        return NOTHING


def prepared(surface: Documents, users: tuple[str, ...] = (), **settings: Any) -> SetupCalls:
    """Return the setup calls of a description."""
    config = TargetConfig.model_validate(
        {
            "rest": {"openapi": "http://127.0.0.1:1/openapi.json"},
            "identity": {"by": ["bearer"], "token": "t-{user}"},
            "users": {each: {} for each in users},
            **settings,
        }
    )
    operations = {each.name: each for each in OPERATIONS}
    return SetupCalls(config, operations, {"rest": surface}, NoCredential(), member_names(config))


CREATE = {
    "as": "alice",
    "operation": "POST /documents",
    "arguments": {"text": "of {user}"},
    "capture": {"DOC": "$.id", "TOKEN": "$.etag"},
}
DELETE = {
    "as": "alice",
    "operation": "DELETE /users/{user_id}/documents/{document_id}",
    "arguments": {"document_id": "{DOC}"},
}


def test_captured_id_belongs_to_the_user_who_made_the_call() -> None:
    surface = Documents(Answer(Outcome.OK, 201, {"id": 7, "etag": "x"}))
    (found,) = prepared(surface, setup=[CREATE]).prepare(SUBJECTS)
    assert (found.owner, found.kind, found.id) == ("alice", "document", "7")
    assert surface.calls == [("rest:POST /documents", {"text": "of alice-1"})]


def test_teardown_names_what_was_captured_and_the_caller_once() -> None:
    surface = Documents(Answer(Outcome.OK, 201, {"id": 7, "etag": "x"}))
    calls = prepared(surface, setup=[CREATE], teardown=[DELETE])
    calls.prepare(SUBJECTS)
    calls.tear_down()
    calls.tear_down()
    asked = {"document_id": "7", "user_id": "alice-1"}
    assert surface.calls[1:] == [("rest:DELETE /users/{user_id}/documents/{document_id}", asked)]


def test_declared_objects_belong_to_listed_users_under_the_names_of_principals() -> None:
    surface = Documents(Answer(Outcome.OK, 201, {"id": 7, "etag": "x"}))
    declared = {"documents": {"ann": ["DOC-1", "{DOC}"], "ben": [3]}}
    create = {**CREATE, "as": "ann"}
    calls = prepared(surface, ("ann", "ben"), setup=[create], objects=declared)
    found = calls.prepare({"alice": "ann", "bob": "ben"})
    assert [(each.owner, each.id) for each in found[1:]] == [
        ("alice", "DOC-1"),
        ("alice", "7"),
        ("bob", "3"),
    ]
    assert len({each.name for each in found}) == len(found)


def test_refused_setup_call_ends_the_run_and_says_which() -> None:
    surface = Documents(Answer(Outcome.ERROR, 403, None, message="no more documents"))
    with pytest.raises(TargetFailedError, match=r"call 1 of \[\[setup\]\].*403 no more documents"):
        prepared(surface, setup=[CREATE]).prepare(SUBJECTS)


def test_answer_without_what_is_captured_ends_the_run_and_shows_it() -> None:
    surface = Documents(Answer(Outcome.OK, 201, {"key": 7}))
    with pytest.raises(TargetFailedError, match=r"gave nothing at '\$.id'.*'key': 7"):
        prepared(surface, setup=[CREATE]).prepare(SUBJECTS)


def test_call_of_an_unknown_operation_names_the_nearest() -> None:
    surface = Documents(Answer(Outcome.OK, 201, {}))
    with pytest.raises(TargetFileError, match="did you mean 'POST /documents'"):
        prepared(surface, setup=[{**CREATE, "operation": "POST /document"}])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('[[setup]]\nas = "dave"\noperation = "POST /a"', "there are alice, bob, carol"),
        ('[[setup]]\nas = "bob"\noperation = "POST /a"\ncapture = {d = "$.id"}', "in capitals"),
        ('[[setup]]\nas = "bob"', "operation is missing"),
        ('[objects.document]\ndave = ["1"]', "objects.document names 'dave'"),
    ],
)
def test_mistake_in_setup_or_objects_is_one_line_that_says_what_to_do(
    lines: str, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "crosstalk.toml"
    file.write_text(
        '[rest]\nopenapi = "http://127.0.0.1:1/openapi.json"\n[identity]\nby = ["bearer"]\n'
        f'token = "t-{{user}}"\n{lines}\n'
    )
    with pytest.raises(TargetFileError, match=said):
        load_target(file)
