"""The tests that `crosstalk.pytest_plugin.plugin` collects, and the campaign that they read.

Apart from the plugin, because that is imported by every run of pytest where the package is
installed, whether or not a target is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from crosstalk.campaign.acceptance import read_accepted
from crosstalk.campaign.events import Event
from crosstalk.campaign.options import ALL_FINDINGS, CampaignOptions
from crosstalk.campaign.provenance import provenance
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.runner import Campaign
from crosstalk.campaign.selection import chosen_names, excluding, require_oracles
from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import ExitCode
from crosstalk.core.paths import from_here
from crosstalk.core.verdict import RUN, Finding, InconclusiveKind
from crosstalk.report.acceptance_text import acceptance_lines
from crosstalk.report.files import write_reports
from crosstalk.report.run_folder import open_run
from crosstalk.targets.described import opened_target

RUNS = pytest.StashKey["list[IsolationRun]"]()


class IsolationFailure(Exception):
    """Something crossed; the finding says what and how."""

    def __init__(self, finding: Finding, note: str) -> None:
        super().__init__(finding.summary)
        self.finding = finding
        self.note = note


class IsolationIncomplete(Exception):
    """The run could not verify what it was asked to, so that its tests must not pass."""


class IsolationRun:
    """One described system, opened for this session, and its campaign, run when first asked for.

    Args:
        file: The `crosstalk.toml`.
        options: How much to try.
        baseline: Findings that are known, if there is such a file.

    Raises:
        HarnessError: The file or the system cannot be used.
    """

    def __init__(self, file: Path, options: CampaignOptions, baseline: Path | None = None) -> None:
        self._accepted = read_accepted(baseline, None, file)
        self._file = file
        self._options = options
        self._opened = ExitStack()
        self._result: CampaignResult | None = None
        self._failure: HarnessError | None = None
        try:
            target = self._opened.enter_context(opened_target(file))
            self._target = excluding(target, options.exclude)
            self.operations = {
                name: each for name, each in self._target.operations.items() if not each.public
            }
            self.oracles = chosen_names(options.oracles)
        except BaseException:
            self._opened.close()
            raise

    def result(self) -> CampaignResult:
        """Return the campaign's result; its reports are written into a run folder.

        Raises:
            HarnessError: The target cannot be used.
            KeyboardInterrupt: The campaign was interrupted; its reports are written.
        """
        if self._failure is not None:
            raise self._failure
        if self._result is None:
            folder = open_run("pytest")
            campaign = Campaign(self._target, self._options, _quiet, folder.path)
            try:
                self._result = campaign.run()
            except HarnessError as error:
                self._failure = error
                raise
            self._result.provenance = provenance(self._options, self._target.about, self._file)
            self._result.target_file = from_here(self._file)
            self._result.acceptance = self._accepted.judge(
                self._result.findings, self._result.controls
            )
            folder.write_summary(self._result.summary())
            write_reports(folder, self._result)
            if self._result.exit_code() is ExitCode.INTERRUPTED:
                raise KeyboardInterrupt
        return self._result

    def close(self) -> None:
        """End the system, if it was started here."""
        self._opened.close()


class IsolationFile(pytest.File):
    """A `crosstalk.toml` as a collector."""

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each operation and oracle that can have something to say about it."""
        option = self.config.getoption
        seed: int | None = option("--crosstalk-seed")
        try:
            oracles = require_oracles(option("--crosstalk-oracles"))
        except HarnessError as error:
            raise self.CollectError(str(error)) from error
        options = CampaignOptions(
            oracles=oracles,
            exclude=tuple(option("--crosstalk-exclude")),
            calls=option("--crosstalk-calls"),
            seconds=option("--crosstalk-seconds"),
            findings=ALL_FINDINGS,
        )
        options = options if seed is None else replace(options, seed=seed)
        try:
            baseline = option("--crosstalk-baseline")
            here = self.config.invocation_params.dir
            run = IsolationRun(self.path, options, here / baseline if baseline else None)
        except HarnessError as error:
            raise self.CollectError(str(error)) from error
        self.config.stash.setdefault(RUNS, []).append(run)
        for operation in sorted(run.operations):
            for oracle in run.oracles:
                yield IsolationItem.from_parent(
                    self,
                    name=f"{operation}[{oracle}]",
                    run=run,
                    operation=operation,
                    oracle=oracle,
                )
        yield VerdictItem.from_parent(self, name="verdict", run=run)


class VerdictItem(pytest.Item):
    """Test of the whole run: it fails where `crosstalk isolation` would not exit with 0.

    Findings fail the tests of their own operations and oracles.

    Args:
        run: The campaign.
    """

    def __init__(self, name: str, parent: pytest.File, *, run: IsolationRun) -> None:
        super().__init__(name, parent)
        self._run = run
        self.add_marker(pytest.mark.xdist_group("crosstalk"))

    def runtest(self) -> None:
        """Fail where something stayed inconclusive, or an expired waiver accepts nothing."""
        result = self._run.result()
        if result.acceptance is not None and result.acceptance.stale:
            raise IsolationIncomplete("\n".join(acceptance_lines(result)))
        reasons = [str(each) for each in result.inconclusive if each.kind.decisive]
        if reasons:
            raise IsolationIncomplete("\n".join(["inconclusive:", *reasons]))

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """The reasons, one a line."""
        return _shown(excinfo) or str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the file, which has no line for it."""
        return self.path, None, self.name


class IsolationItem(pytest.Item):
    """Test of one operation by one oracle.

    Args:
        run: The campaign.
        operation: The operation's name.
        oracle: The oracle's name.
    """

    def __init__(
        self,
        name: str,
        parent: pytest.File,
        *,
        run: IsolationRun,
        operation: str,
        oracle: str,
    ) -> None:
        super().__init__(name, parent)
        self._run = run
        self._operation = operation
        self._oracle = oracle
        self.add_marker(pytest.mark.xdist_group("crosstalk"))

    def runtest(self) -> None:
        """Fail with the finding, or where the run broke off; skip where there was no opportunity.

        Raises:
            IsolationFailure: Something crossed.
            IsolationIncomplete: The target went away, or a suspicion was neither confirmed nor
                dispelled.
        """
        result = self._run.result()
        for finding in result.findings:
            if (finding.oracle, finding.operation) == (self._oracle, self._operation):
                if not result.state_of(finding).fails:
                    pytest.xfail(result.why_accepted(finding))
                raise IsolationFailure(finding, result.why_accepted(finding))
        for doubt in result.inconclusive:
            unsettled = doubt.kind is InconclusiveKind.UNCONFIRMED
            if doubt.where == RUN or (unsettled and doubt.where == self._operation):
                raise IsolationIncomplete(f"inconclusive: {doubt}")
        if self._oracle in result.not_applicable:
            pytest.skip(result.not_applicable[self._oracle])
        control = result.controls.get(self._operation)
        if control is None or not control.oracles.get(self._oracle):
            pytest.skip(f"no opportunity for {self._oracle} in {result.calls} calls")

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """The finding as a numbered script."""
        if not isinstance(excinfo.value, IsolationFailure):
            return _shown(excinfo) or str(super().repr_failure(excinfo))
        finding = excinfo.value.finding
        lines = [f"{finding.oracle}: {finding.summary}", *finding.script.lines()]
        if finding.replay is not None:
            lines.append(f"crosstalk replay {finding.replay}")
        if excinfo.value.note:
            lines.append(excinfo.value.note)
        return "\n".join(lines)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the file, which has no line for it."""
        return self.path, None, self.name


def _shown(excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """A failure that is explained by its message; empty for any other."""
    expected = isinstance(excinfo.value, IsolationIncomplete | HarnessError)
    return str(excinfo.value) if expected else ""


def _quiet(event: Event) -> None:
    """Ignores events: pytest shows the tests."""
