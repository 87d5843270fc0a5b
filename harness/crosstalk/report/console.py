"""Terminal output of a campaign, while it runs and when it is over."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crosstalk.campaign.events import (
    Event,
    FindingFound,
    Finished,
    Progress,
    Shortened,
    Started,
    Suspected,
)
from crosstalk.campaign.result import CampaignResult
from crosstalk.core.defects import Defect
from crosstalk.core.verdict import Finding, InconclusiveKind
from crosstalk.report.finding_text import how_to_see
from crosstalk.report.matrix import oracles_of
from crosstalk.report.text import counted, printable
from crosstalk.report.timing import telling_times
from crosstalk.report.untried import untried_sentence

_EVERY_SECONDS = 2.0


class ConsoleReport:
    """Listens to a campaign and prints.

    Args:
        console: Where to print.
        budget: Calls that the campaign means to make, for the progress line.
    """

    def __init__(self, console: Console, budget: int) -> None:
        self._console = console
        self._budget = budget
        self._printed = 0.0

    def __call__(self, event: Event) -> None:
        """Print an event."""
        if isinstance(event, Started):
            self._say(f"{event.operations} operations found; seed {event.seed}")
        elif isinstance(event, Progress):
            self._progress(event)
        elif isinstance(event, Suspected):
            self._say(f"suspected: {event.finding.summary}; replaying and shrinking it")
        elif isinstance(event, Shortened):
            self._shortened(event)
        elif isinstance(event, FindingFound):
            self.finding(event.finding)
        elif isinstance(event, Finished):
            self.result(event.result)

    def _progress(self, event: Progress) -> None:
        now = time.monotonic()
        if now - self._printed < _EVERY_SECONDS and event.calls < self._budget:
            return
        self._printed = now
        share = min(100, round(100 * event.calls / max(1, self._budget)))
        self._say(
            f"{share:3d}%  {event.calls} calls  {event.examples} examples  {event.seconds:.0f} s"
        )

    def _shortened(self, event: Shortened) -> None:
        now = time.monotonic()
        if now - self._printed >= _EVERY_SECONDS:
            self._printed = now
            steps = counted(event.steps, "step")
            self._say(f"shrinking: {steps} tried, {event.replay_calls} calls replayed for it")

    def finding(self, finding: Finding) -> None:
        """Print a finding as the program it is."""
        self._console.print()
        self._say(f"LEAK  {finding.oracle}: {finding.summary}", style="bold red")
        for line in finding.script.lines():
            self._say(f"  {line}")
        for heading, lines in how_to_see(finding):
            if heading == "by hand":
                # At the margin, so that they can be copied as they are.
                self._say("  by hand, in bash:")
                for line in lines:
                    self._say(line)
            elif len(lines) == 1:
                self._say(f"  {heading}: {lines[0]}")
            else:
                self._say(f"  {heading}:")
                for line in lines:
                    self._say(f"    {line}")

    def result(self, result: CampaignResult) -> None:
        """Print the controls, the defects and the verdict."""
        self._console.print(controls_table(result))
        defects = result.defects()
        if defects:
            self._console.print(defects_table(defects))
        # A run that stopped at a leak was cut short; what it did not reach says nothing.
        if result.situations:
            made = ", ".join(f"{name} {count}" for name, count in sorted(result.situations.items()))
            self._say(f"situations made on purpose: {made}")
        for doubt in result.inconclusive:
            # What was suspected and could not be replayed is never dropped.
            if result.verdict != "leak" or doubt.kind is InconclusiveKind.UNCONFIRMED:
                self._say(f"inconclusive: {doubt}", style="yellow")
        for each in telling_times(result):
            self._say(f"time: {each}")
        style = {"clean": "bold green", "leak": "bold red"}.get(result.verdict, "bold yellow")
        rate = result.calls / result.seconds if result.seconds else 0.0
        self._say(
            f"{result.verdict.upper()}: {result.calls} calls in {result.seconds:.1f} s "
            f"({rate:.0f}/s), {result.replay_calls} to replay, "
            f"{counted(len(result.findings), 'finding')}"
            + (f" of {counted(len(defects), 'defect')}" if defects else "")
            + f", seed {result.seed}"
            + (f", {untried}" if (untried := untried_sentence(result)) else ""),
            style=style,
        )

    def _say(self, text: str, style: str | None = None) -> None:
        # Hostile arguments must not reach the terminal as control characters.
        self._console.print(
            printable(text), style=style, markup=False, highlight=False, soft_wrap=True
        )


def defects_table(defects: Sequence[Defect]) -> Table:
    """Return a table with one row for each thing to fix."""
    table = Table(title="Defects: what to fix, and what shows it", title_justify="left")
    table.add_column("#", justify="right")
    for column in ("what to fix", "operations", "users", "shown by"):
        table.add_column(column, overflow="fold")
    for number, each in enumerate(defects, start=1):
        cells = (
            f"{each.remedy} ({each.severity})",
            *("\n".join(names) for names in (each.operations, each.users, each.oracles)),
        )
        table.add_row(str(number), *(Text(_lines(cell)) for cell in cells))
    return table


def _lines(text: str) -> str:
    """Return lines without anything that a terminal would not print."""
    return "\n".join(printable(line) for line in text.split("\n"))


def controls_table(result: CampaignResult) -> Table:
    """Per operation: calls, own reads that worked, foreign attempts, chances of each oracle."""
    table = Table(
        title="Positive controls: how often each check could have fired", title_justify="left"
    )
    table.add_column("operation", no_wrap=True)
    oracles = oracles_of(result)
    for column in ("calls", "own", "foreign", *oracles):
        table.add_column(column, justify="right", no_wrap=True)
    for name, control in sorted(result.controls.items()):
        table.add_row(
            name,
            str(control.calls),
            str(control.own_reads),
            str(control.foreign_attempts),
            *(str(control.oracles.get(oracle, 0)) for oracle in oracles),
        )
    return table
