"""What a campaign comes to: findings, and how much each check could have seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from harness.isolation.script import Script
from harness.oracles.timing import TimeDifference

Verdict = Literal["clean", "leak", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something crossed.

    Attributes:
        oracle: The oracle that fired.
        operation: The operation whose answer shows it.
        actors: Who took part, in order of appearance.
        summary: One sentence: what reached whom.
        script: The calls that show it; shrunk once it has replayed.
        replay: Path of the saved replay file, if saved.
        confirmed: True once a replay on fresh subjects showed it again.
    """

    oracle: str
    operation: str
    actors: tuple[str, ...]
    summary: str
    script: Script
    replay: str | None = None
    confirmed: bool = False


@dataclass(slots=True)
class Control:
    """Positive controls of one operation: a clean result counts only where these are not zero.

    Attributes:
        calls: Calls made.
        own_reads: Answers in which callers saw values of their own, or did to their own object
            what they asked for.
        foreign_attempts: Calls that carried another user's id, or no valid credential.
        answered: Calls of users that were answered with a result.
        foreign_arguments: Parameter to how many calls carried something of another user in it.
        oracles: Oracle name to how often it could have fired.
    """

    calls: int = 0
    own_reads: int = 0
    foreign_attempts: int = 0
    answered: int = 0
    oracles: dict[str, int] = field(default_factory=dict)
    foreign_arguments: dict[str, int] = field(default_factory=dict)

    def add(self, other: Control) -> None:
        """Count `other` in."""
        self.calls += other.calls
        self.own_reads += other.own_reads
        self.foreign_attempts += other.foreign_attempts
        self.answered += other.answered
        for name, count in other.oracles.items():
            self.oracles[name] = self.oracles.get(name, 0) + count
        for name, count in other.foreign_arguments.items():
            self.foreign_arguments[name] = self.foreign_arguments.get(name, 0) + count


@dataclass(slots=True)
class CampaignResult:
    """The outcome of one run; `summary()` is what `summary.json` holds.

    Attributes:
        calls_to_finding: Calls made when the first believed finding was first suspected.
        not_applicable: Oracle to the reason why it has nothing to look at in this target.
        coverage: Operation to each parameter that can name somebody or something, and how many
            calls carried something of another user in it.
        provenance: What was run: version, commit and digest of the configuration.
        left: What the system still held or did some time after the last call; None where that
            cannot be seen.
        times: Operation to how long a foreign id took against a missing one.
    """

    verdict: Verdict
    calls: int
    seconds: float
    seed: int
    findings: list[Finding]
    controls: Mapping[str, Control]
    inconclusive: list[str]
    calls_to_finding: int | None = None
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    coverage: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    left: list[str] | None = None
    times: Mapping[str, TimeDifference] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """The keys that programs read and that stay."""
        return {
            "verdict": self.verdict,
            "calls": self.calls,
            "seconds": round(self.seconds, 1),
            "seed": self.seed,
            **self.provenance,
            "findings": [
                {
                    "oracle": each.oracle,
                    "tool": each.operation,
                    "actors": list(each.actors),
                    "summary": each.summary,
                    "script": each.script.lines(),
                    "replay": each.replay,
                }
                for each in self.findings
            ],
            "controls": {
                name: {
                    "calls": control.calls,
                    "own_reads": control.own_reads,
                    "foreign_attempts": control.foreign_attempts,
                    "oracles": dict(control.oracles),
                }
                for name, control in sorted(self.controls.items())
            },
            "inconclusive": self.inconclusive,
            "not_applicable": dict(self.not_applicable),
            "times": {name: asdict(each) for name, each in sorted(self.times.items())},
            "coverage": {name: dict(each) for name, each in sorted(self.coverage.items())},
            "left": self.left,
        }
