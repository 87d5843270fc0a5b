"""Terminal output of a campaign, while it runs and when it is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from rich.console import Console

from crosstalk.campaign.events import (
    Event,
    FindingFound,
    Finished,
    PartBegun,
    Progress,
    Shortened,
    Started,
    Suspected,
)
from crosstalk.campaign.result import CampaignResult
from crosstalk.core.defects.grouping import Defect
from crosstalk.core.verdict import UNTRIED, Finding, InconclusiveKind
from crosstalk.report.finding_text import how_to_see
from crosstalk.report.policy_table import policy_sentence
from crosstalk.report.tables import columns, print_table
from crosstalk.report.terminal import print_sentence
from crosstalk.report.text import counted, printable
from crosstalk.report.timing import telling_times
from crosstalk.report.untried import (
    limited_sentence,
    public_sentence,
    situation_lines,
    untried_lines,
)

# Progress is printed that often while calls are answered, and at the latest after that time where
# none is: a person sees that the run goes on, and what it waits for.
_EVERY_SECONDS, _LATEST_SECONDS = 2.0, 4.0
# How often it is looked whether it is time.
_LOOK_SECONDS = 0.5


class ConsoleReport:
    """Listens to a campaign and prints.

    Args:
        console: Where to print.
        budget: Calls that the campaign means to make, for the progress line.
        clock: Seconds on a monotonic clock.
        ends: Whether the verdict is printed with the result; else whoever prints more after it
            ends with the verdict.
    """

    def __init__(
        self,
        console: Console,
        budget: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        ends: bool = True,
    ) -> None:
        self._ends = ends
        self._over = False
        self._console = console
        self._budget = budget
        self._clock = clock
        self._printed = self._began = clock()
        self._doing = "starting"
        self._latest: Progress | None = None
        self._printing = threading.RLock()

    def __call__(self, event: Event) -> None:
        """Print an event."""
        with self._printing:
            self._take(event)

    def _take(self, event: Event) -> None:
        if isinstance(event, Started):
            self._doing = "reading what is there"
            seconds = self._clock() - self._began
            found = f"{event.operations} operations found after {seconds:.1f} s"
            self._say(f"{found}; seed {event.seed}")
        elif isinstance(event, PartBegun):
            self._doing = event.name
        elif isinstance(event, Progress):
            self._progress(event)
        elif isinstance(event, Suspected):
            self._doing = "replaying and shrinking a suspicion"
            self._say(f"suspected: {event.finding.summary}; replaying and shrinking it")
        elif isinstance(event, Shortened):
            self._shortened(event)
        elif isinstance(event, FindingFound):
            self.finding(event.finding)
        elif isinstance(event, Finished):
            self.result(event.result)

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Print progress while the block runs, also where no event comes for a while."""
        over = threading.Event()

        def look() -> None:
            while not over.wait(_LOOK_SECONDS):
                self.tick()

        thread = threading.Thread(target=look, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def tick(self) -> None:
        """Print where the run is, if nothing was printed for some seconds."""
        with self._printing:
            if self._over or self._clock() - self._printed < _LATEST_SECONDS:
                return
            latest = self._latest
            if latest is None:
                self._say(f"      {self._doing}  {self._clock() - self._began:.0f} s")
            else:
                self._print_progress(replace(latest, seconds=self._clock() - self._began))

    def _progress(self, event: Progress) -> None:
        # Its seconds begin when the target has started; those of a person begin before.
        self._began = self._clock() - event.seconds
        self._latest = event
        if self._clock() - self._printed >= _EVERY_SECONDS or event.calls >= self._budget:
            self._print_progress(event)

    def _print_progress(self, event: Progress) -> None:
        share = min(100, round(100 * event.calls / max(1, self._budget)))
        replays = f"  {event.replay_calls} to replay" if event.replay_calls else ""
        self._say(
            f"{share:3d}%  {event.calls} calls{replays}  {event.examples} examples  "
            f"{event.seconds:.0f} s  {self._doing}"
        )

    def _shortened(self, event: Shortened) -> None:
        if self._clock() - self._printed >= _EVERY_SECONDS:
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
        """Print the defects, what the run rests on in a line each, and the verdict."""
        self._over = True
        if defects := result.defects():
            self._console.print()
            print_defects(self._console, defects)
        for each in (public_sentence(result), limited_sentence(result)):
            if each:
                print_sentence(self._console, each)
        for doubt in result.inconclusive:
            # What was suspected and could not be replayed is never dropped.
            unsaid = doubt.kind not in UNTRIED and result.verdict != "leak"
            if unsaid or doubt.kind is InconclusiveKind.UNCONFIRMED:
                print_sentence(self._console, f"inconclusive: {doubt}", style="yellow")
        for each in telling_times(result):
            print_sentence(self._console, f"time: {each}")
        for each in (*untried_lines(result), *situation_lines(result)):
            print_sentence(self._console, each)
        if result.policy is not None:
            print_sentence(self._console, policy_sentence(result.policy))
        print_sentence(self._console, controls_sentence(result))
        rate = result.calls / result.seconds if result.seconds else 0.0
        print_sentence(
            self._console,
            f"{result.calls} calls in {result.seconds:.1f} s ({rate:.0f}/s), "
            f"{result.replay_calls} to replay, seed {result.seed}",
        )
        if self._ends:
            print_verdict(self._console, result)

    def _say(self, text: str, style: str | None = None) -> None:
        self._printed = self._clock()
        # Hostile arguments must not reach the terminal as control characters.
        self._console.print(
            printable(text), style=style, markup=False, highlight=False, soft_wrap=True
        )


def print_defects(console: Console, defects: Sequence[Defect]) -> None:
    """Print a table with one row for each thing to fix."""
    rows = [
        (
            f"{number}. {each.remedy} ({each.severity})",
            *("\n".join(names) for names in (each.operations, each.users, each.oracles)),
        )
        for number, each in enumerate(defects, start=1)
    ]
    heads = columns("what to fix", "operations", "users", "shown by")
    print_table(console, "Defects: what to fix, and what shows it", heads, rows)


def print_verdict(console: Console, result: CampaignResult) -> None:
    """Print the verdict, what it comes to and the exit code, in one short line."""
    style = {"clean": "bold green", "leak": "bold red"}.get(result.verdict, "bold yellow")
    print_sentence(console, verdict_sentence(result), style)


def verdict_sentence(result: CampaignResult) -> str:
    """Return the verdict with what it comes to."""
    if result.verdict == "leak":
        findings = counted(len(result.findings), "finding")
        what = f"{counted(len(result.defects()), 'defect')}, shown by {findings}"
    elif result.verdict == "clean":
        what = f"nothing crossed in {result.calls} calls"
    else:
        untried = sum(each.kind in UNTRIED for each in result.inconclusive)
        doubts = len(result.inconclusive) - untried
        parts = [f"{untried} not served or not tried"] if untried else []
        parts += [counted(doubts, "doubt")] if doubts or not parts else []
        what = f"{' and '.join(parts)}, named above"
    return f"{result.verdict.upper()}: {what}; exit code {int(result.exit_code())}"


def controls_sentence(result: CampaignResult) -> str:
    """Return at how many operations users saw their own data, and were tried with another's.

    How often each check could have fired at each of them stands in the reports.
    """
    # A part of the system in which a phase looks is no operation.
    controls = [each for name, each in result.controls.items() if ":" in name]
    own = sum(bool(each.own_reads) for each in controls)
    foreign = sum(bool(each.foreign_attempts) for each in controls)
    return (
        f"controls: {own} of {len(controls)} operations showed users their own, {foreign} were "
        "tried with another's (`crosstalk coverage` has the table)"
    )
