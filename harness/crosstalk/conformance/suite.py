"""Installs the suite from npm once, lists its scenarios and runs them one at a time."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from crosstalk.core.errors import HarnessError
from crosstalk.environment.parts.frontend import Node
from crosstalk.environment.parts.npm import install_package, run_node

PACKAGE = "@modelcontextprotocol/conformance"
_ENTRY = Path("dist", "index.js")
_LISTED = re.compile(r"^\s+- (\S+) \[([^\]]*)\]", re.MULTILINE)
_SCENARIO_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as the suite lists it, with the protocol revisions that it is for."""

    name: str
    revisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """The suite's verdict on one scenario.

    Attributes:
        ok: It passed: no check failed, and at least one succeeded.
        counts: Number of checks by status.
        problems: Checks that did not succeed, with the suite's message.
    """

    ok: bool
    counts: dict[str, int]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suite:
    """One installed version of the suite.

    Attributes:
        version: Its version on npm.
        node: The Node that runs it.
        folder: The folder that it is installed in.
    """

    version: str
    node: Node
    folder: Path

    @classmethod
    def install(cls, version: str, node: Node) -> Suite:
        """Install the suite in this version, unless the cache has it already.

        Raises:
            EnvironmentFailed: npm does not install it.
        """
        return cls(version, node, install_package(PACKAGE, version, node))

    def scenarios(self) -> list[Scenario]:
        """List every server scenario.

        Raises:
            HarnessError: The suite does not list them.
        """
        said = self._run("list", "--server").stdout
        found = [
            Scenario(name, tuple(part.strip() for part in revisions.split(",")))
            for name, revisions in _LISTED.findall(said)
        ]
        if not found:
            raise HarnessError(f"{PACKAGE} {self.version} lists no server scenarios")
        return found

    def run(
        self, scenario: str, url: str, revision: str | None, spared: Collection[str] = ()
    ) -> ScenarioResult:
        """Run one scenario.

        Args:
            scenario: Its name.
            url: The MCP endpoint, reachable without a credential.
            revision: Protocol revision; the suite's own choice when None.
            spared: Checks whose failure does not count.

        Raises:
            EnvironmentFailed: The suite does not end in time.
        """
        with tempfile.TemporaryDirectory() as results:
            asked = ["--url", url, "--scenario", scenario, "-o", results]
            said = self._run("server", *asked, *(["--spec-version", revision] if revision else []))
            checks = [
                check
                for path in Path(results).rglob("checks.json")
                for check in json.loads(path.read_text(encoding="utf-8"))
            ]
        return scenario_result(checks, spared, said.stdout + said.stderr)

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        script = str(self.folder / _ENTRY)
        return run_node(self.node, [script, *arguments], seconds=_SCENARIO_SECONDS)


def scenario_result(
    checks: Sequence[dict[str, object]], spared: Collection[str], said: str
) -> ScenarioResult:
    """Sum up the suite's checks; no check at all is a failure, whatever the suite returned."""
    counted = [check for check in checks if check.get("id") not in spared]
    counts = Counter(str(check.get("status")) for check in counted)
    problems = [
        f"{check.get('id')}: {check.get('status')} {check.get('errorMessage') or ''}".rstrip()
        for check in counted
        if check.get("status") in ("FAILURE", "WARNING")
    ]
    if not checks:
        problems = [(said.strip().splitlines() or ["no checks and no output"])[-1]]
    return ScenarioResult(
        ok=counts["SUCCESS"] > 0 and not counts["FAILURE"],
        counts=dict(counts),
        problems=tuple(problems),
    )
