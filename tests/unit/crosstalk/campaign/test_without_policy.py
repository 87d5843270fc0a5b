"""Campaigns without a policy are as they were; an empty one changes no verdict and no finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.runner import Campaign
from crosstalk.core.history import Answer
from crosstalk.core.policy import Policy
from crosstalk.core.policy.model import Person
from crosstalk.core.principals import ALL_PRINCIPALS, USERS
from crosstalk.generator.plan import state_machine
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from crosstalk.targets.base import Target, discovered
from crosstalk.targets.described import load_target
from crosstalk.targets.described.policy import policy_of
from tests.unit.crosstalk.histories import ok
from tests.unit.crosstalk.phases.concurrency.test_phase import Notes

STRICT = Policy({name: Person(name) for name in USERS})
_FILE = """
[mcp]
url = "http://127.0.0.1:1/mcp"
[identity]
by = ["url"]
"""


class _Recording(Notes):
    """Notes that keep which operations were called; their list shows all users' where it leaks."""

    def __init__(self, *, leaks: bool) -> None:
        super().__init__(leaks=False)
        self.everyone = leaks
        self.called: list[str] = []

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Answer as notes do."""
        self.called.append(operation.name)
        answer = super().call(operation, arguments, presented)
        if self.everyone and operation.name == "list":
            return ok({"items": [{"title": text} for _, text in self.rows]})
        return answer


def _run(policy: Policy | None, *, leaks: bool, seed: int) -> tuple[CampaignResult, list[str]]:
    notes = _Recording(leaks=leaks)
    target = Target(
        {"mem": notes},
        notes,
        discovered({"mem": notes}),
        reset=notes.rows.clear,
        not_applicable=dict.fromkeys(("existence", "identity"), "there are no ids and no tokens"),
        principals=replace(ALL_PRINCIPALS, strangers=()),
        policy=policy,
    )
    options = CampaignOptions(calls=150, seconds=300.0, seed=seed, findings=9)
    result = Campaign(target, options, lambda event: None, phases=()).run()
    return result, notes.called


def _described(text: str, folder: Path) -> Policy | None:
    """Return the policy of a file with these tables."""
    file = folder / "crosstalk.toml"
    file.write_text(_FILE + text, encoding="utf-8")
    return policy_of(load_target(file), {})


def _found(result: CampaignResult) -> set[tuple[str, str]]:
    return {(each.oracle, each.operation) for each in result.findings}


@pytest.mark.parametrize("leaks", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_empty_policy_changes_neither_calls_nor_verdict_nor_findings(
    leaks: bool, seed: int, tmp_path: Path
) -> None:
    without, called = _run(_described("", tmp_path), leaks=leaks, seed=seed)
    empty, called_with_it = _run(_described("[policy]\n", tmp_path), leaks=leaks, seed=seed)
    assert _found(empty) == _found(without)
    assert empty.verdict == without.verdict == ("leak" if leaks else "clean")
    assert called_with_it == called


@pytest.mark.parametrize("seed", [1, 2])
def test_run_without_policy_makes_the_calls_that_it_makes_without_rules_of_policies(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    result, called = _run(None, leaks=True, seed=seed)
    monkeypatch.setattr(state_machine, "POLICY_RULES", ())
    before, called_before = _run(None, leaks=True, seed=seed)
    assert called == called_before
    assert _found(result) == _found(before)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_policy_that_permits_nothing_more_finds_what_a_run_without_it_finds(seed: int) -> None:
    """It adds oracles, and they do not charge to fields what a list shows anyway."""
    without, _ = _run(None, leaks=True, seed=seed)
    strict, _ = _run(STRICT, leaks=True, seed=seed)
    assert _found(strict) == _found(without)
    assert strict.verdict == without.verdict == "leak"
