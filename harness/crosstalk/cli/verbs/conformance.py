"""`crosstalk conformance`: the official MCP conformance suite against the reference system."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from crosstalk.cli.machine import print_file
from crosstalk.cli.options import AsJson
from crosstalk.core.exit_codes import ExitCode
from crosstalk.report.run_folder import open_run
from crosstalk.report.terminal import make_console

if TYPE_CHECKING:
    from crosstalk.conformance import ScenarioResult
    from crosstalk.conformance.runner import ScenarioRun
    from crosstalk.conformance.scenarios import Mode


def conformance(as_json: AsJson = False) -> int:
    """Run the official MCP conformance suite against the reference system; needs Node 22."""
    from crosstalk.conformance.runner import ScenarioCounts, choose, install_suites, run_mode
    from crosstalk.conformance.scenarios import BOTH

    console = make_console(errors=as_json)
    suites = install_suites()
    counts = ScenarioCounts()
    runs = {mode: choose(suites, mode, counts) for mode in BOTH}
    folder = open_run("conformance")

    def tell(mode: Mode, each: ScenarioRun, outcome: ScenarioResult) -> None:
        word, style = ("ok   ", "green") if outcome.ok else ("FAIL ", "red")
        console.print(f"{word} {each.title(mode)}", style=style, markup=False)
        for problem in outcome.problems:
            console.print(f"      {problem}", markup=False, soft_wrap=True)

    for mode in BOTH:
        run_mode(mode, runs[mode], folder.path / mode, counts, functools.partial(tell, mode))
    for item in counts.not_applicable:
        console.print(f"n/a   {item['scenario']}: {item['reason']}", style="dim", markup=False)
    path = folder.write_summary(counts.summary())
    console.print(
        f"{len(counts.passed)} passed, {len(counts.failed)} failed, "
        f"{len(counts.not_applicable)} not applicable; summary: {path}",
        markup=False,
        soft_wrap=True,
    )
    if as_json:
        print_file(path)
    if counts.failed:
        return ExitCode.FINDING
    return ExitCode.CLEAN if counts.passed else ExitCode.INCONCLUSIVE
