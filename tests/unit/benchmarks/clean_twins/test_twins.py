"""The list of correct systems, and what is said of campaigns on them."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.clean_twins.__main__ import sentence_of, summary_of
from benchmarks.clean_twins.twins import Outcome, Twin, all_twins
from benchmarks.proving_ground.campaign import Run
from benchmarks.proving_ground.matching import Finding, is_meant
from benchmarks.proving_ground.scoring import Score


def test_there_are_forty_correct_systems_with_names_of_their_own() -> None:
    names = [each.name for each in all_twins()]
    assert len(names) == len(set(names)) >= 40
    assert {each.partition("/")[0] for each in names} == {
        "reference",
        "sound",
        "policies",
        "corpus",
    }


def test_systems_are_selected_by_the_beginning_of_their_names() -> None:
    assert {each.name for each in all_twins(["policies/roles", "reference"])} == {
        "policies/roles",
        "reference",
    }
    assert all_twins(["no such system"]) == []


def test_every_finding_on_a_correct_system_is_counted_as_false() -> None:
    outcomes = [
        Outcome(Twin("one"), 1, "clean", calls=300),
        Outcome(
            Twin("one"),
            2,
            "leak",
            ("canary rest:GET /notes",),
            meant=("existence POST /signup",),
            calls=90,
        ),
        Outcome(Twin("other"), 1, "not run", trouble="no node"),
    ]
    summary = summary_of(outcomes)
    assert (summary["systems"], summary["campaigns"], summary["false_findings"]) == (2, 3, 1)
    assert summary["verdicts"] == {"clean": 1, "leak": 1, "not run": 1}
    assert sentence_of(outcomes) == (
        "2 correct systems, 3 campaigns: 1 clean, 1 leak, 1 not run; 1 false findings"
    )


def test_finding_that_a_manifest_calls_meant_is_not_false() -> None:
    (twin,) = all_twins(["corpus/parcels"])
    assert twin.entry is not None
    taken = Finding(operation="POST /parcels", oracle="existence")
    known = twin.entry.manifest.meant
    assert is_meant(taken, known)
    assert not is_meant(replace(taken, oracle="canary"), known)
    assert not is_meant(replace(taken, operation="GET /parcels"), known)
    assert not is_meant(taken, [])
    other = replace(taken, oracle="canary")
    score = Score(twin.entry, "confirmed", 1, clean=Run(findings=(taken, other)))
    assert score.false == (other,)
