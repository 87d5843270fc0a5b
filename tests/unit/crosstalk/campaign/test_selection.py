"""Oracles and operations that a campaign is told to look at, and those it leaves out."""

from __future__ import annotations

import pytest

from crosstalk.campaign.selection import (
    EXCLUDED,
    chosen_names,
    chosen_oracles,
    excluding,
    require_oracles,
)
from crosstalk.core.errors import HarnessError
from crosstalk.core.verdict import Inconclusive, InconclusiveKind
from crosstalk.surface.operation import Operation
from crosstalk.targets.base import Target
from tests.unit.crosstalk.phases.concurrency.test_phase import Notes

NAMES = ("mcp:get_note", "mcp:delete_note", "rest:GET /notes/{id}", "rest:DELETE /notes/{id}")


def target() -> Target:
    """A target with four operations, one skipped already and one that nothing calls."""
    memory = Notes(leaks=False)
    operations = {
        name: Operation(name.partition(":")[0], name.partition(":")[2], (), reads_only=True)
        for name in NAMES
    }
    untried = Inconclusive(InconclusiveKind.NOT_UNDERSTOOD, "rest:POST /files", "no form of it")
    return Target(
        {"mem": memory}, memory, operations, skipped={"mcp:ping": "costs money"}, untried=(untried,)
    )


def test_an_unknown_oracle_is_an_error_with_the_nearest() -> None:
    with pytest.raises(HarnessError, match=r"no oracle 'ownershp'; did you mean 'ownership'\?"):
        require_oracles(["canary", "ownershp"])
    assert require_oracles(["layer", "canary", "layer"]) == ("layer", "canary")


def test_chosen_oracles_are_all_where_none_is_named() -> None:
    assert chosen_names(()) == (
        *("canary", "ownership", "existence", "identity"),
        *("function", "escalation", "property", "revocation"),
        "delegation",
        *("two-worlds", "concurrency", "layer", "limits"),
    )
    assert [each.name for each in chosen_oracles(("identity", "layer"))] == ["identity"]


@pytest.mark.parametrize(
    ("pattern", "excluded"),
    [
        ("get_note", {"mcp:get_note"}),
        ("mcp:*", {"mcp:get_note", "mcp:delete_note"}),
        ("rest:GET /notes/{id}", {"rest:GET /notes/{id}"}),
        ("GET *", {"rest:GET /notes/{id}"}),
        ("POST /files", {"rest:POST /files"}),
    ],
)
def test_operations_are_excluded_by_name_or_glob(pattern: str, excluded: set[str]) -> None:
    left = excluding(target(), [pattern])
    assert set(left.operations) == set(NAMES) - excluded
    assert {name for name, why in left.skipped.items() if why == EXCLUDED} == excluded
    assert left.skipped["mcp:ping"] == "costs money"
    assert bool(left.untried) == (pattern != "POST /files")


def test_a_pattern_of_no_operation_and_of_all_are_errors() -> None:
    with pytest.raises(HarnessError, match=r"'get_notes'.*did you mean 'mcp:get_note'\?"):
        excluding(target(), ["get_notes"])
    with pytest.raises(HarnessError, match="leaves no operation"):
        excluding(target(), ["*"])
