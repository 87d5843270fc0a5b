"""Installs the suite from npm once, lists its scenarios and runs one at a time."""

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
    """A scenario as the suite lists it, with the revisions of the protocol that it is for."""

    name: str
    revisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the suite said of one scenario.

    Attributes:
        ok: It ended well: no check failed, and at least one succeeded.
        counts: How many checks had each status.
        problems: Checks that did not succeed, with the suite's words.
    """

    ok: bool
    counts: dict[str, int]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suite:
    """One installed version of the suite.

    Attributes:
        version: As published.
        node: Runs it.
        folder: Where it is installed.
    """

    version: str
    node: Node
    folder: Path

    @classmethod
    def install(cls, version: str, node: Node) -> Suite:
        """The suite in this version, from the cache when it is there already.

        Raises:
            EnvironmentFailed: npm does not install it.
        """
        return cls(version, node, install_package(PACKAGE, version, node))

    def scenarios(self) -> list[Scenario]:
        """Every server scenario.

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
    ) -> Outcome:
        """Run one scenario.

        Args:
            scenario: Its name.
            url: The MCP endpoint, reachable without a credential.
            revision: Of the protocol; the suite's own choice when None.
            spared: Checks whose failure does not count.

        Raises:
            EnvironmentFailed: The suite does not end.
        """
        with tempfile.TemporaryDirectory() as results:
            asked = ["--url", url, "--scenario", scenario, "-o", results]
            said = self._run("server", *asked, *(["--spec-version", revision] if revision else []))
            checks = [
                check
                for path in Path(results).rglob("checks.json")
                for check in json.loads(path.read_text(encoding="utf-8"))
            ]
        return judge(checks, spared, said.stdout + said.stderr)

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        script = str(self.folder / _ENTRY)
        return run_node(self.node, [script, *arguments], seconds=_SCENARIO_SECONDS)


def judge(checks: Sequence[dict[str, object]], spared: Collection[str], said: str) -> Outcome:
    """What the suite's checks amount to; none at all is a failure, whatever the suite returned."""
    counted = [check for check in checks if check.get("id") not in spared]
    counts = Counter(str(check.get("status")) for check in counted)
    problems = [
        f"{check.get('id')}: {check.get('status')} {check.get('errorMessage') or ''}".rstrip()
        for check in counted
        if check.get("status") in ("FAILURE", "WARNING")
    ]
    if not checks:
        problems = [(said.strip().splitlines() or ["no checks, and nothing was said"])[-1]]
    return Outcome(
        ok=counts["SUCCESS"] > 0 and not counts["FAILURE"],
        counts=dict(counts),
        problems=tuple(problems),
    )
