"""Requests of other tools are named by the operations of the server's document."""

from __future__ import annotations

import pytest

from benchmarks.corpus_side_by_side.served import operation_of

_OPERATIONS = (
    "GET /notes",
    "GET /notes/{id}",
    "GET /notes/export.csv",
    "DELETE /notes/{id}",
    "PUT /notes/{id}/tags/{tag}",
    "GET /",
)


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/notes/17", "GET /notes/{id}"),
        ("get", "/notes/17?full=yes", "GET /notes/{id}"),
        ("GET", "/notes/export.csv", "GET /notes/export.csv"),
        ("GET", "/notes/{note_id}", "GET /notes/{id}"),
        ("DELETE", "/notes/17", "DELETE /notes/{id}"),
        ("PUT", "/notes/17/tags/red", "PUT /notes/{id}/tags/{tag}"),
        ("GET", "/", "GET /"),
    ],
)
def test_request_is_of_an_operation(method: str, path: str, operation: str) -> None:
    assert operation_of(method, path, _OPERATIONS) == operation


def test_request_outside_the_document_keeps_its_path() -> None:
    assert operation_of("PATCH", "/notes/17", _OPERATIONS) == "PATCH /notes/17"
