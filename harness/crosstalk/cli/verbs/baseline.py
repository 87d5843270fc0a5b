"""`crosstalk baseline`: the findings of a run as known, so that later runs fail on new ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crosstalk.cli.machine import print_json
from crosstalk.cli.options import AsJson, RunArgument
from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import ExitCode
from crosstalk.core.paths import from_here
from crosstalk.report.run_folder import ROOT
from crosstalk.report.terminal import make_console, print_sentence


def baseline(
    run: RunArgument = None,
    output: Annotated[Path, typer.Option(help="The file to write; an older one is replaced.")] = (
        Path("crosstalk-baseline.json")
    ),
    as_json: AsJson = False,
) -> int:
    """Write the findings of a run into a baseline: `isolation --baseline` fails on new ones."""
    from crosstalk.core.acceptance.baseline import Baseline, baseline_of, read_baseline
    from crosstalk.report.coverage import latest_run, read_summary
    from crosstalk.report.text import counted

    folder = run or latest_run(ROOT)
    summary = read_summary(folder)
    before = read_baseline(output) if output.exists() else Baseline()
    found = baseline_of(summary["findings"], str(output))
    try:
        output.write_text(found.dump(), encoding="utf-8")
    except OSError as error:
        raise HarnessError(f"cannot write {output}: {error.strerror}") from error
    added = [name for name in found.findings if name not in before.findings]
    removed = [name for name in before.findings if name not in found.findings]
    if as_json:
        print_json(
            {
                "baseline": str(output),
                "run": from_here(folder),
                "known": list(found.findings),
                "added": added,
                "removed": removed,
            }
        )
        return ExitCode.CLEAN
    console = make_console()
    print_sentence(
        console,
        f"wrote {output}: {counted(len(found.findings), 'finding')} of {from_here(folder)}, "
        f"{len(added)} added, {len(removed)} removed",
    )
    open_ends = [each for each in summary.get("inconclusive") or () if each["kind"] != "unsteady"]
    if open_ends:
        print_sentence(
            console,
            f"that run left {counted(len(open_ends), 'thing')} inconclusive: what it did not look "
            "for is not in the baseline, and fails the run that finds it",
            "yellow",
        )
    print_sentence(console, f"now: crosstalk isolation --baseline {output}")
    return ExitCode.CLEAN
