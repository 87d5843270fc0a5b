"""`crosstalk replay`: a finding's calls, run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crosstalk.cli.machine import print_json
from crosstalk.cli.options import AsJson, Started
from crosstalk.core.exit_codes import ExitCode
from crosstalk.report.run_folder import open_run
from crosstalk.report.terminal import make_console


def replay(
    file: Annotated[Path, typer.Argument(help="A replay file that a finding named.")],
    mutant: Annotated[
        str | None,
        typer.Option(
            help="Replay against this planted leak; `recorded` takes the one in the file, "
            "`none` the real system."
        ),
    ] = None,
    environment: Started = "processes",
    as_json: AsJson = False,
) -> int:
    """Run a finding's calls again: exit 1 if it shows, 0 if not, 3 if the calls were not served."""
    from crosstalk.campaign.replaying import recorded_in, replay_on

    console = make_console(errors=as_json)
    recorded = recorded_in(file, mutant=mutant, environment=environment)
    finding = recorded.finding
    console.print(f"replaying {finding.oracle} on {recorded.where}:", markup=False)
    for line in finding.script.lines():
        console.print(f"  {line}", markup=False, soft_wrap=True)
    replayed = replay_on(recorded, open_run("replay").path)
    if as_json:
        print_json(
            {
                "shown": replayed.seen is not None,
                "conclusive": replayed.seen is not None or replayed.conclusive,
                "oracle": finding.oracle,
                "tool": finding.operation,
                "summary": replayed.seen.summary if replayed.seen is not None else "",
                "script": finding.script.lines(),
                "answered": {str(name): count for name, count in replayed.answered.items()},
            }
        )
    if replayed.seen is not None:
        text = f"reproduced: {replayed.seen.summary}"
        console.print(text, style="bold red", markup=False, soft_wrap=True)
        return ExitCode.FINDING
    if not replayed.conclusive:
        counts = sorted(replayed.answered.items())
        figures = ", ".join(f"{count} {outcome}" for outcome, count in counts)
        console.print(f"inconclusive: calls were not served ({figures})", style="bold yellow")
        return ExitCode.INCONCLUSIVE
    console.print("not reproduced", style="bold green")
    return ExitCode.CLEAN
