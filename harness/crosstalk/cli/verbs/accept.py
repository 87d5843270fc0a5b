"""`crosstalk accept`: a finding is accepted for a reason and until a date."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crosstalk.cli.machine import print_json
from crosstalk.cli.options import AsJson
from crosstalk.cli.target_choice import TargetFile, chosen_target
from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import ExitCode
from crosstalk.core.paths import from_here
from crosstalk.report.run_folder import ROOT
from crosstalk.report.terminal import make_console, print_sentence

if TYPE_CHECKING:
    from collections.abc import Mapping


def accept(
    finding: Annotated[
        str,
        typer.Argument(
            help="Fingerprint of a finding or its beginning, its number in the report of the run, "
            "or its replay file."
        ),
    ],
    reason: Annotated[str, typer.Option(help="Why it is accepted; the file keeps it.")],
    until: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], help="Last day; from the next day on runs fail again."),
    ],
    run: Annotated[
        Path | None,
        typer.Option(help="Run that has the finding; the latest run by default."),
    ] = None,
    waivers: Annotated[
        Path | None,
        typer.Option(help="File to write; crosstalk-waivers.toml beside the target's by default."),
    ] = None,
    target: TargetFile = None,
    as_json: AsJson = False,
) -> int:
    """Accept a finding until a date: a run does not fail by it, and fails again afterwards."""
    from crosstalk.core.acceptance.waivers import Waiver, waiver_file, write_waivers

    today, last = datetime.now(UTC).date(), until.date()
    if last < today:
        raise HarnessError(f"--until {last} is over: name a day to come")
    if not reason.strip():
        raise HarnessError("--reason is empty: say why the finding is accepted")
    meant = _meant(finding, run)
    file = waivers or waiver_file(chosen_target(target, False, {}).file)
    waiver = Waiver(
        meant["fingerprint"],
        reason.strip(),
        last,
        oracle=meant.get("oracle", ""),
        operation=meant.get("tool", ""),
        accepted=today,
    )
    write_waivers(file, [waiver])
    if as_json:
        print_json(
            {
                "waivers": str(file),
                "fingerprint": waiver.fingerprint,
                "operation": waiver.operation,
                "oracle": waiver.oracle,
                "until": last.isoformat(),
            }
        )
        return ExitCode.CLEAN
    name = f"{waiver.oracle} {waiver.operation}".strip()
    print_sentence(
        make_console(),
        f"accepted until {last}: {f'{name}, ' if name else ''}{waiver.fingerprint}; wrote {file}, "
        "keep it under version control",
    )
    return ExitCode.CLEAN


def _meant(name: str, run: Path | None) -> Mapping[str, Any]:
    from crosstalk.core.acceptance.naming import is_fingerprint, named_finding
    from crosstalk.report.coverage import latest_run, read_summary

    try:
        folder = run or latest_run(ROOT)
        return named_finding(name, read_summary(folder)["findings"], from_here(folder))
    except HarnessError:
        # A pipeline's report names a finding that no run on this machine has.
        if run is None and is_fingerprint(name):
            return {"fingerprint": name.lower()}
        raise
