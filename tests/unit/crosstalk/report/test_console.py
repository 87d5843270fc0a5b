"""Progress on the terminal: soon, and again and again, however slow the target is."""

from __future__ import annotations

import io

from rich.console import Console

from crosstalk.campaign.events import PartBegun, Progress, Started
from crosstalk.report.console import ConsoleReport


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def report() -> tuple[ConsoleReport, Clock, io.StringIO]:
    """Make a report on a clock of its own."""
    out, clock = io.StringIO(), Clock()
    return ConsoleReport(Console(file=out, width=100), 400, clock), clock, out


def test_progress_is_printed_two_seconds_after_the_latest_line() -> None:
    listening, clock, out = report()
    listening(Started(7, 1))
    for seconds in (0.5, 1.9, 2.1, 3.0):
        clock.now = 100.0 + seconds
        listening(Progress(int(10 * seconds), 1, seconds))
    lines = out.getvalue().splitlines()
    assert lines[0] == "7 operations found after 0.0 s; seed 1"
    assert [line.split()[:3] for line in lines[1:]] == [["5%", "21", "calls"]]


def test_run_that_waits_is_printed_within_five_seconds_again_and_again() -> None:
    listening, clock, out = report()
    for seconds in range(1, 31):
        clock.now = 100.0 + seconds
        listening.tick()
    lines = out.getvalue().splitlines()
    assert len(lines) >= 6
    assert lines[0].split() == ["starting", "4", "s"]


def test_call_that_takes_long_is_printed_with_the_calls_so_far() -> None:
    listening, clock, out = report()
    listening(Started(7, 1))
    listening(PartBegun("first sweep"))
    clock.now = 103.0
    listening(Progress(40, 1, 3.0, replay_calls=6))
    clock.now = 108.0
    listening.tick()
    last = out.getvalue().splitlines()[-1]
    assert "40 calls  6 to replay" in last
    assert last.endswith("8 s  first sweep")


def test_nothing_is_repeated_where_lines_come_by_themselves() -> None:
    listening, clock, out = report()
    listening(Started(7, 1))
    clock.now = 101.0
    listening.tick()
    assert len(out.getvalue().splitlines()) == 1
