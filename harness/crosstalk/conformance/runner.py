"""Runs of the suite: which scenarios, on which form of the server, and what came of each.

Two versions of the suite are run: the released one, which speaks the handshake revisions, and the
one that speaks 2026-07-28. The server is started twice, without sessions and with them. The suite
sends no credentials, so it talks through a relay that adds one (`crosstalk.conformance.proxy`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crosstalk.conformance.proxy import token_proxy
from crosstalk.conformance.scenarios import Mode, Reason, UnclassifiedError, classify
from crosstalk.conformance.suite import Scenario, ScenarioResult, Suite
from crosstalk.core.errors import InternalError
from crosstalk.environment import ProcessEnvironment, ProcessOptions, RunningSystem
from crosstalk.environment.parts.frontend import find_node
from crosstalk.surface import Presented, stateless_tools

RELEASED = "0.1.16"
NEWEST = "0.2.0-alpha.12"
NEWEST_REVISION = "2026-07-28"
# The suite's client library needs it.
_LEAST_NODE = (22, 0)
_TOKEN_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class ScenarioRun:
    """A scenario that is run, by which suite and at which revision (None: the suite's choice)."""

    suite: Suite
    scenario: Scenario
    revision: str | None
    spared: dict[str, str]

    def title(self, mode: Mode) -> str:
        """Return the scenario's name in print."""
        revision = self.revision or "handshake"
        return f"{self.scenario.name} [{self.suite.version}, {revision}, {mode}]"


@dataclass(slots=True)
class ScenarioCounts:
    """Outcomes of the scenarios so far."""

    passed: list[dict[str, object]] = field(default_factory=list)
    failed: list[dict[str, object]] = field(default_factory=list)
    not_applicable: list[dict[str, str]] = field(default_factory=list)

    def summary(self) -> dict[str, object]:
        """The figures for `summary.json`."""
        return {
            "passed": len(self.passed),
            "failed": len(self.failed),
            "not_applicable": self.not_applicable,
            "scenarios": [*self.passed, *self.failed],
            "suites": [RELEASED, NEWEST],
        }


def install_suites() -> list[Suite]:
    """Install both versions of the suite.

    Raises:
        HarnessError: There is no Node.js that runs them, or npm cannot install them.
    """
    node = find_node(least=_LEAST_NODE, who="the conformance suite", instead="")
    return [Suite.install(RELEASED, node), Suite.install(NEWEST, node)]


def choose(suites: list[Suite], mode: Mode, counts: ScenarioCounts) -> list[ScenarioRun]:
    """Choose what is run in a mode, and note once what is not applicable.

    Raises:
        UnclassifiedError: The suite has scenarios that the list does not classify.
    """
    found: list[ScenarioRun] = []
    unknown: list[str] = []
    seen: set[str] = set()
    for suite in suites:
        revision = NEWEST_REVISION if suite.version == NEWEST else None
        for scenario in suite.scenarios():
            if revision is not None and revision not in scenario.revisions:
                if scenario.name in seen:
                    continue  # the released suite ran it
                revision_asked = None
            else:
                revision_asked = revision
            seen.add(scenario.name)
            try:
                kind = classify(scenario.name)
            except UnclassifiedError as error:
                unknown.append(str(error))
                continue
            if isinstance(kind, Reason):
                _note(counts, scenario.name, kind.text)
            elif mode in kind.modes:
                found.append(ScenarioRun(suite, scenario, revision_asked, dict(kind.spared)))
                for check, reason in kind.spared.items():
                    _note(counts, f"{scenario.name} / {check}", reason)
    if unknown:
        raise UnclassifiedError("; ".join(unknown))
    return found


def _note(counts: ScenarioCounts, name: str, reason: str) -> None:
    item = {"scenario": name, "reason": reason}
    if item not in counts.not_applicable:
        counts.not_applicable.append(item)


def run_mode(
    mode: Mode,
    runs: Sequence[ScenarioRun],
    folder: Path,
    counts: ScenarioCounts,
    tell: Callable[[ScenarioRun, ScenarioResult], None],
) -> None:
    """Start the server in a mode, run scenarios against it, end it.

    Args:
        mode: Without sessions or with them.
        runs: The scenarios.
        folder: Made for the server's logs.
        counts: Gets every outcome.
        tell: Called with each outcome.

    Raises:
        EnvironmentFailed: The system does not start.
        InternalError: The tools do not work.
    """
    stateful = str(mode == "sessions").lower()
    folder.mkdir()
    options = ProcessOptions(run_folder=folder, extra_env={"mcp": {"MCP_STATEFUL": stateful}})
    with ProcessEnvironment(options) as running:
        subject = "conformance"
        token = running.mint(subject, audience="mcp", ttl=_TOKEN_SECONDS)
        _furnish(running, subject, token)
        with token_proxy(running.mcp_url, token) as url:
            for each in runs:
                outcome = each.suite.run(each.scenario.name, url, each.revision, each.spared)
                entry: dict[str, object] = {
                    "scenario": each.scenario.name,
                    "suite": each.suite.version,
                    "revision": each.revision or "handshake",
                    "mode": mode,
                    "ok": outcome.ok,
                    "checks": outcome.counts,
                    "problems": list(outcome.problems),
                }
                (counts.passed if outcome.ok else counts.failed).append(entry)
                tell(each, outcome)


def _furnish(running: RunningSystem, subject: str, token: str) -> None:
    """Store something for the subject, so that lists are not empty.

    Raises:
        InternalError: The tools do not work.
    """
    bearer = Presented.bearer(token)
    surface = stateless_tools(running.mcp_url, bearer)
    operations = {each.name: each for each in surface.discover()}
    for name, words in (("add_project", {"name": "Home"}), ("add_task", {"title": "milk"})):
        arguments = {"user_id": subject, **words}
        answer = surface.call(operations[f"mcp:{name}"], arguments, bearer)
        if answer.outcome != "ok":
            raise InternalError(f"{name} answered {answer.status} {answer.code}")
    surface.close()
