"""The diagnosis of log files: what is counted for each service, and what of it needs a change."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from crosstalk.doctor.logs.lines import LogLine, log_files, read_lines
from crosstalk.doctor.logs.rules import (
    REFUSED_TOKEN,
    RULES,
    STARTS,
    Rule,
    is_configured_wrong,
    token_change,
)
from crosstalk.doctor.report import Report, Status

# Services that wait for one another complain until all of them run.
_STARTING = timedelta(seconds=60)
_OFTEN, _WITHIN = 3, timedelta(minutes=10)
# Above this share of all requests, a refusal is not the odd visitor's.
_MANY = 0.2
_GROUPS = 3


@dataclass(slots=True)
class _Count:
    """Lines of one kind."""

    lines: int = 0
    first: datetime | None = None
    last: datetime | None = None
    groups: Counter[str] = field(default_factory=Counter)

    def add(self, line: LogLine, group: str) -> None:
        self.lines += 1
        self.first = self.first or line.time
        self.last = line.time or self.last
        if group:
            self.groups[group] += 1

    def where(self) -> str:
        """Return the commonest groups, and when the first and the last line were written."""
        told = ", ".join(
            f"{name} {count}" if count > 1 else name
            for name, count in self.groups.most_common(_GROUPS)
        )
        parts = [f" ({told})" if told else ""]
        if self.last is not None and self.first is not None:
            same = self.first == self.last
            parts.append(
                f", at {_at(self.last)}" if same else f", {_at(self.first)} to {_at(self.last)}"
            )
        return "".join(parts)


@dataclass(slots=True)
class _Service:
    """Counts of one service.

    Attributes:
        lines: Number of lines.
        statuses: Status to number of requests.
        starts: Kind of line that tells a start to the times of its lines.
        kinds: Place of a rule to its lines.
        tokens: Reason that a token was refused for to its lines.
    """

    lines: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    starts: dict[str, list[datetime | None]] = field(default_factory=lambda: defaultdict(list))
    kinds: dict[int, _Count] = field(default_factory=lambda: defaultdict(_Count))
    tokens: dict[str, _Count] = field(default_factory=lambda: defaultdict(_Count))
    began: datetime | None = None

    def add(self, line: LogLine) -> None:
        """Count a line under each rule that it matches."""
        self.lines += 1
        if line.status is not None:
            self.statuses[line.status] += 1
        for kind, pattern in STARTS.items():
            if pattern.search(line.text):
                self.starts[kind].append(line.time)
                self.began = line.time or self.began
        if reason := REFUSED_TOKEN.search(line.text):
            self.tokens[reason[1]].add(line, "")
        for place, rule in enumerate(RULES):
            if rule.matches(line) and not (rule.starting and self._starting(line)):
                self.kinds[place].add(line, rule.group(line))

    def _starting(self, line: LogLine) -> bool:
        if self.began is None or line.time is None:
            return False
        return timedelta(0) <= line.time - self.began <= _STARTING


def diagnose_logs(folder: Path) -> Report:
    """Read the log files in a folder and say what they tell.

    Lines of services that run together are read file by file. What is printed of a line is a name
    that the service gave (a dependency, a bound, an exception's type), never the line.

    Args:
        folder: The folder, or one file.

    Raises:
        HarnessError: There are none, or one cannot be read.
    """
    services: dict[str, _Service] = defaultdict(_Service)
    for file in log_files(folder):
        for line in read_lines(file):
            if line.text or line.fields:
                services[line.service].add(line)
    report = Report()
    for name, service in sorted(services.items()):
        _report(f"logs of {name}", service, report)
    if not services:
        report.skip(f"logs in {folder}", "lines", "the files are empty")
    return report


def _report(target: str, service: _Service, report: Report) -> None:
    requests = sum(service.statuses.values())
    report.ok(target, "lines", f"{service.lines} lines, {requests} requests")
    _report_starts(target, service, report)
    for place, rule in enumerate(RULES):
        if place in service.kinds:
            _add(report, target, rule, service.kinds[place])
    for reason, count in sorted(service.tokens.items()):
        found = f"tokens were refused: {reason}, {count.lines} times{count.where()}"
        if is_configured_wrong(reason) or count.lines > _MANY * max(requests, 1):
            report.warn(target, "unauthorized", found, token_change(reason))
        else:
            report.ok(target, "unauthorized", found)
    refused = service.statuses[401]
    if refused > _MANY * max(requests, 1) and not service.tokens:
        report.warn(
            target,
            "unauthorized",
            f"{refused} of {requests} requests were answered 401",
            "see that the client sends its token, and `crosstalk doctor URL --token` what is wrong "
            "with one",
        )


def _add(report: Report, target: str, rule: Rule, count: _Count) -> None:
    lines = "1 line" if count.lines == 1 else f"{count.lines} lines"
    found = f"{rule.found}: {lines}{count.where()}"
    if rule.status is Status.FAIL:
        report.fail(target, rule.check, found, rule.change)
    elif rule.status is Status.WARN:
        report.warn(target, rule.check, found, rule.change)
    else:
        report.ok(target, rule.check, found)


def _report_starts(target: str, service: _Service, report: Report) -> None:
    """Say how often a service started; a start is told by several lines of different kinds."""
    if not service.starts:
        report.skip(target, "starts", "no line tells a start: the log begins later, or is cut")
        return
    times = max(service.starts.values(), key=len)
    known = sorted(each for each in times if each is not None)
    last = f", the last at {_at(known[-1])}" if known else ""
    found = f"started {len(times)} times{last}" if len(times) > 1 else f"started once{last}"
    crowded = any(
        known[place + _OFTEN - 1] - known[place] <= _WITHIN
        for place in range(len(known) - _OFTEN + 1)
    )
    if crowded:
        change = (
            "it ends and is started again: read the last lines before each start, and how the "
            "process ended (137 is its memory limit)"
        )
        report.fail(target, "starts", f"{found}, {_OFTEN} of them within 10 minutes", change)
    else:
        report.ok(target, "starts", found)


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
