"""Sentences about what is accepted of a run's findings, for every report."""

from __future__ import annotations

from rich.console import Console

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.acceptance.judgement import FindingState
from crosstalk.core.exit_codes import ExitCode
from crosstalk.report.terminal import print_sentence

_STYLES = {ExitCode.CLEAN: "bold green", ExitCode.FINDING: "bold red"}


def acceptance_lines(result: CampaignResult) -> list[str]:
    """Return what is new, known and accepted, one sentence each; none where nothing is accepted."""
    acceptance = result.acceptance
    if acceptance is None:
        return []
    lines = [
        f"{finding.oracle} {finding.operation} ({finding.fingerprint}): {acceptance.why(finding)}"
        for finding in result.findings
        if acceptance.of(finding) is not FindingState.NEW
    ]
    lines += [
        f"waiver of {each.fingerprint} expired on {each.until} ({each.reason}), and its finding "
        "did not show: remove the waiver, or accept the finding again"
        for each in acceptance.stale
    ]
    lines += [f"in {acceptance.baseline}, {each}" for each in acceptance.not_shown]
    return [*lines, _counted(result)]


def print_acceptance(console: Console, result: CampaignResult) -> None:
    """Print what is accepted, and whether the command fails."""
    lines = acceptance_lines(result)
    for line in lines[:-1]:
        print_sentence(console, line)
    for line in lines[-1:]:
        print_sentence(console, line, _STYLES.get(result.exit_code(), "bold yellow"))
    new = [each for each in result.findings if result.state_of(each) is FindingState.NEW]
    if new:
        print_sentence(
            console,
            f"to accept one for a while: crosstalk accept {new[0].fingerprint} --reason TEXT "
            "--until YYYY-MM-DD",
        )


def _counted(result: CampaignResult) -> str:
    acceptance = result.acceptance
    assert acceptance is not None
    states = [acceptance.of(each) for each in result.findings]
    counts = ", ".join(f"{states.count(each)} {each.value}" for each in FindingState)
    against = f"against {acceptance.baseline}" if acceptance.baseline else "with waivers"
    code = result.exit_code()
    gone = f", {len(acceptance.not_shown)} of the baseline not shown"
    return (
        f"{against}: {counts}{gone if acceptance.not_shown else ''}; "
        f"exit code {int(code)}, {code.name.lower().replace('_', ' ')}"
    )
