"""Scenarios that are run, at which revision, and what is noted instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosstalk.conformance import Scenario, Suite, UnclassifiedError
from crosstalk.conformance.runner import (
    NEWEST,
    NEWEST_REVISION,
    RELEASED,
    ScenarioCounts,
    choose,
)
from crosstalk.environment.parts.frontend import Node


class Listed(Suite):
    """A suite with a fixed list of scenarios."""

    def scenarios(self) -> list[Scenario]:
        """List the names of the folder, with revisions behind a colon."""
        parts = (each.split(":") for each in self.folder.name.split("+"))
        return [Scenario(name, tuple(revisions.split(","))) for name, revisions in parts]


def suite(version: str, *listed: str) -> Suite:
    """A suite of this version with these scenarios."""
    return Listed(version, Node(Path("node"), ()), Path("+".join(listed)))


def chosen(suites: list[Suite], mode: str, counts: ScenarioCounts) -> list[tuple[str, str | None]]:
    """Scenario and revision of each run."""
    tasks = choose(suites, "sessions" if mode == "sessions" else "stateless", counts)
    return [(each.scenario.name, each.revision) for each in tasks]


def test_conformance_runs_applicable_scenarios_at_the_revision_of_their_suite() -> None:
    counts = ScenarioCounts()
    suites = [
        suite(RELEASED, "ping:2025-11-25", "tools-list:2025-11-25"),
        suite(
            NEWEST,
            "ping:2025-11-25",
            "tools-list:2025-11-25,2026-07-28",
            "caching:2026-07-28",
            "tools-call-image:2026-07-28",
        ),
    ]
    assert chosen(suites, "stateless", counts) == [
        ("ping", None),
        ("tools-list", None),
        ("tools-list", NEWEST_REVISION),
        ("caching", NEWEST_REVISION),
    ]
    assert [each["scenario"] for each in counts.not_applicable] == ["tools-call-image"]


def test_conformance_runs_scenarios_of_the_newest_suite_for_older_revisions() -> None:
    suites = [suite(NEWEST, "server-session-lifecycle:2025-11-25")]
    counts = ScenarioCounts()
    assert chosen(suites, "sessions", counts) == [("server-session-lifecycle", None)]
    assert chosen(suites, "stateless", counts) == []


def test_conformance_lists_a_spared_check_with_its_reason_once() -> None:
    counts = ScenarioCounts()
    suites = [suite(NEWEST, "server-stateless:2026-07-28")]
    for mode in ("stateless", "sessions"):
        assert len(chosen(suites, mode, counts)) == 1
    spared = [each["scenario"] for each in counts.not_applicable]
    assert len(spared) == len(set(spared)) == 2
    assert all(each.startswith("server-stateless / ") for each in spared)


def test_conformance_names_every_unclassified_scenario() -> None:
    suites = [suite(RELEASED, "ping:x", "brand-new:x", "also-new:x")]
    with pytest.raises(UnclassifiedError, match=r"brand-new.*also-new"):
        chosen(suites, "stateless", ScenarioCounts())
