"""`crosstalk demo`: the system is clean; a planted leak is found; its replay shows there alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crosstalk.cli.verbs.replay import replay
from crosstalk.core.exit_codes import ExitCode, exit_code
from crosstalk.report.run_folder import RunFolder, open_run
from crosstalk.report.terminal import make_console

if TYPE_CHECKING:
    from crosstalk.campaign.result import CampaignResult
    from crosstalk.targets.verification import Verified

_SECONDS = 60


def demo() -> int:
    """A short tour: the system is clean, then one planted leak is found and replayed."""
    from crosstalk.targets.mutants import get_mutant
    from crosstalk.targets.verification import Verified

    console = make_console()
    Verified().require_sense()
    folder = open_run("demo")
    console.rule("1. the reference system")
    clean = _announced(folder, Verified(), calls=600)
    console.rule("2. the same system with a planted leak")
    planted = Verified(mutant=get_mutant("list-without-filter"))
    leaky = _announced(folder, planted, calls=2_000)
    told_apart = clean.verdict == "clean" and leaky.verdict == "leak"
    if leaky.findings and leaky.findings[0].replay:
        console.rule("3. the finding, replayed on the real system")
        told_apart = told_apart and replay(Path(leaky.findings[0].replay), mutant="none") == 0
    folder.write_summary({"clean": clean.summary(), "leaky": leaky.summary(), "ok": told_apart})
    return ExitCode.CLEAN if told_apart else exit_code("leak")


def _announced(folder: RunFolder, verified: Verified, *, calls: int) -> CampaignResult:
    """Say what is verified, and run one campaign."""
    from crosstalk.campaign.options import CampaignOptions
    from crosstalk.campaign.running import run_campaign
    from crosstalk.report.console import ConsoleReport

    console = make_console()
    console.print(verified.announcement(), markup=False, soft_wrap=True)
    options = CampaignOptions(calls=calls, seconds=_SECONDS)
    return run_campaign(folder.path, options, verified, ConsoleReport(console, calls))
