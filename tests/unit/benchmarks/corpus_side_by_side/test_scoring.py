"""One rule for all tools: an operation named in the leaking run, and not by the clean twin."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.corpus_side_by_side.scoring import Score, score
from benchmarks.corpus_side_by_side.tools import Written
from benchmarks.proving_ground.manifest import Manifest
from benchmarks.proving_ground.matching import Finding

_MANIFEST = Manifest.model_validate(
    {
        "name": "notes",
        "domain": "notes",
        "framework": "plain",
        "surface": "rest",
        "author": "open",
        "description": "Notes that belong to whoever wrote them.",
        "start": ["python", "server.py", "{port}"],
        "openapi": "http://127.0.0.1:{port}/openapi.json",
        "users": {"how": "bearer", "details": "tokens"},
        "meant": [{"operation": "POST /accounts", "oracles": ["existence"], "why": "names"}],
        "planted": [
            {"id": id_, "oracle": oracle, "operation": operation, "why": "w", "shows": "s"}
            for id_, oracle, operation in (
                ("by-id", "canary", "GET /notes/{id}"),
                ("removal", "ownership", "DELETE /notes/{id}"),
            )
        ],
    }
)


def scored(leaking: Sequence[Finding], clean: Sequence[Finding] = ()) -> Score:
    """Score a tool for which two lines are written."""
    return score(_MANIFEST, "tool", Written(2, 20), leaking, clean, 1.23)


def test_leak_is_found_where_its_operation_is_named() -> None:
    result = scored([Finding("GET /notes/{note}", "BOLA")])
    assert (result.found, result.missed, result.false) == (("by-id",), ("removal",), ())


def test_finding_that_the_clean_twin_gives_too_finds_nothing_and_is_false() -> None:
    alarm = Finding("DELETE /notes/{id}", "BOLA")
    result = scored([alarm], [alarm])
    assert (result.found, result.false) == ((), ("BOLA at DELETE /notes/{id}",))


def test_other_finding_at_that_operation_still_finds() -> None:
    alarm = Finding("DELETE /notes/{id}", "BOLA")
    assert scored([alarm, Finding("DELETE /notes/{id}", "leak")], [alarm]).found == ("removal",)


def test_alarm_counts_once_for_all_who_raise_it() -> None:
    alarms = [Finding("GET /notes", "BOLA", summary=who) for who in ("bob", "carol")]
    assert scored([], alarms).false == ("BOLA at GET /notes",)


def test_shown_on_purpose_is_not_false() -> None:
    assert scored([], [Finding("POST /accounts", "existence")]).false == ()
    assert scored([], [Finding("POST /accounts", "BOLA")]).false == ()
    assert scored([], [Finding("POST /accounts", "canary")]).false == ("canary at POST /accounts",)


def test_score_is_read_as_it_was_written() -> None:
    result = scored([Finding("GET /notes/{id}", "BOLA")])
    assert Score.from_json(result.as_json()) == result
