"""`crosstalk conformance`: the official MCP conformance suite against the reference system.

Two versions of the suite are run: the released one, which speaks the handshake revisions, and the
one that speaks 2026-07-28. The server is started twice, without sessions and with them. The suite
sends no credentials, so it talks through a relay that adds one (`crosstalk.conformance.proxy`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console

from crosstalk.conformance import Reason, Scenario, Suite, UnclassifiedError, classify, token_proxy
from crosstalk.conformance.scenarios import BOTH, Mode
from crosstalk.core.errors import InternalError
from crosstalk.core.exit_codes import ExitCode
from crosstalk.environment import ProcessEnvironment, ProcessOptions, RunningSystem
from crosstalk.environment.parts.frontend import find_node
from crosstalk.report.run_folder import RunFolder, open_run
from crosstalk.report.terminal import make_console
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


def run() -> ExitCode:
    """Print every scenario with its outcome; a finding when one failed."""
    console = make_console()
    node = find_node(least=_LEAST_NODE, who="the conformance suite", instead="")
    suites = [Suite.install(RELEASED, node), Suite.install(NEWEST, node)]
    counts = ScenarioCounts()
    runs = {mode: choose(suites, mode, counts) for mode in BOTH}
    folder = open_run("conformance")
    for mode in BOTH:
        _run_mode(mode, runs[mode], folder, counts, console)
    for item in counts.not_applicable:
        console.print(f"n/a   {item['scenario']}: {item['reason']}", style="dim", markup=False)
    path = folder.write_summary(counts.summary())
    console.print(
        f"{len(counts.passed)} passed, {len(counts.failed)} failed, "
        f"{len(counts.not_applicable)} not applicable; summary: {path}",
        markup=False,
        soft_wrap=True,
    )
    if counts.failed:
        return ExitCode.FINDING
    return ExitCode.CLEAN if counts.passed else ExitCode.INCONCLUSIVE


def choose(suites: list[Suite], mode: Mode, counts: ScenarioCounts) -> list[ScenarioRun]:
    """Return what is run in a mode; what is not applicable is noted once.

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


def _run_mode(
    mode: Mode, runs: list[ScenarioRun], folder: RunFolder, counts: ScenarioCounts, console: Console
) -> None:
    stateful = str(mode == "sessions").lower()
    path = folder.path / mode
    path.mkdir()
    options = ProcessOptions(run_folder=path, extra_env={"mcp": {"MCP_STATEFUL": stateful}})
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
                word, style = ("ok   ", "green") if outcome.ok else ("FAIL ", "red")
                console.print(f"{word} {each.title(mode)}", style=style, markup=False)
                for problem in outcome.problems:
                    console.print(f"      {problem}", markup=False, soft_wrap=True)


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
