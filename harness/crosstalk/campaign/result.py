"""Result of a campaign: findings, and how much each check could have seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from crosstalk.core.acceptance.judgement import Acceptance, FindingState
from crosstalk.core.defects.grouping import Defect, defects_of
from crosstalk.core.defects.weaknesses import weakness_of
from crosstalk.core.exit_codes import ExitCode, exit_code
from crosstalk.core.policy.coverage import PolicyMatrix
from crosstalk.core.sign_test import TimeDifference
from crosstalk.core.verdict import UNTRIED, Control, Finding, Inconclusive, Verdict

# Of `summary.json`; raised when a key changes its meaning or goes away.
SCHEMA_VERSION = 1


@dataclass(slots=True)
class CampaignResult:
    """The outcome of one run; `summary()` is what `summary.json` holds.

    Attributes:
        calls: Calls that searched for something.
        replay_calls: Calls that replayed what was found, and shrank it.
        calls_to_finding: Calls made when the first believed finding was first suspected.
        not_applicable: Oracle to the reason why it has nothing to look at in this target.
        coverage: Operation to each parameter that can name a user or an object, and how many
            calls carried something of another user in it.
        provenance: What was run: version, commit and digest of the configuration.
        left: What the system still held or did some time after the last call; None where that
            cannot be seen.
        times: Operation to how long a foreign id took against a missing one.
        skipped: Operation to why it is not to be called.
        target_file: The file that describes the target, as seen from where the run was started;
            None for a target of the harness's own.
        not_chosen: Oracles that were not asked to judge.
        public: Operations that answered all users alike, and showed no user anything of their own.
        suggestions: Operation to argument to the values by which a refusal was overcome.
        limited: Operation to how many of its calls were refused for being too many (429).
        short: Phase that had no whole turn to the calls it was given, and those it wants at least.
        needed: About how many calls serve every operation, where fewer were given; otherwise 0.
        situations: Situation made on purpose to how often, or how large, it was made.
        situations_not_made: Situation that did not come about to the reason.
        policy: What of the declared policy was tried; None where none is declared.
        acceptance: What of the findings is accepted; None where neither baseline nor waiver is.
    """

    verdict: Verdict
    calls: int
    seconds: float
    seed: int
    findings: list[Finding]
    controls: Mapping[str, Control]
    inconclusive: list[Inconclusive]
    calls_to_finding: int | None = None
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    coverage: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    left: list[str] | None = None
    times: Mapping[str, TimeDifference] = field(default_factory=dict)
    replay_calls: int = 0
    skipped: Mapping[str, str] = field(default_factory=dict)
    situations: Mapping[str, int] = field(default_factory=dict)
    situations_not_made: Mapping[str, str] = field(default_factory=dict)
    public: tuple[str, ...] = ()
    limited: Mapping[str, int] = field(default_factory=dict)
    short: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    needed: int = 0
    target_file: str | None = None
    not_chosen: tuple[str, ...] = ()
    suggestions: Mapping[str, Mapping[str, Sequence[Any]]] = field(default_factory=dict)
    policy: PolicyMatrix | None = None
    acceptance: Acceptance | None = None

    def state_of(self, finding: Finding) -> FindingState:
        """Return whether a finding is new, known, accepted, or was accepted until a day past."""
        return self.acceptance.of(finding) if self.acceptance is not None else FindingState.NEW

    def why_accepted(self, finding: Finding) -> str:
        """Return why a finding does not fail the command, or that its waiver has expired."""
        return self.acceptance.why(finding) if self.acceptance is not None else ""

    def defects(self) -> list[Defect]:
        """Return the findings grouped by their cause: one defect for each thing to fix."""
        called = [name for name, control in self.controls.items() if control.calls]
        return defects_of(self.findings, called)

    def exit_code(self) -> ExitCode:
        """Return the exit code of a command whose whole result this is."""
        if self.acceptance is not None:
            return self.acceptance.exit_code(self.findings, self.inconclusive)
        return exit_code(self.verdict, *(each.kind for each in self.inconclusive))

    def summary(self) -> dict[str, Any]:
        """The keys that programs read and that stay."""
        return {
            "schema_version": SCHEMA_VERSION,
            "verdict": self.verdict,
            "calls": self.calls,
            "replay_calls": self.replay_calls,
            "calls_to_finding": self.calls_to_finding,
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
                    "fingerprint": each.fingerprint,
                    "state": self.state_of(each).value,
                    "rule": each.rule,
                    "detail": each.detail,
                    "minimal": each.minimal,
                    "severity": weakness_of(each.oracle).severity,
                    "confidence": dict(zip(("shown", "replays"), each.replayed, strict=True)),
                    "cwe": list(weakness_of(each.oracle).cwe),
                    "owasp": list(weakness_of(each.oracle).owasp),
                    "look_for": each.advice,
                    "evidence": [asdict(shown) for shown in each.evidence],
                    "commands": list(each.commands),
                }
                for each in self.findings
            ],
            "defects": [
                {
                    "fingerprint": each.fingerprint,
                    "rule": each.rule,
                    "remedy": each.remedy,
                    "severity": each.severity,
                    "cwe": list(each.cwe),
                    "operations": list(each.operations),
                    "users": list(each.users),
                    "oracles": list(each.oracles),
                    "findings": [shown.fingerprint for shown in each.findings],
                }
                for each in self.defects()
            ],
            "controls": {
                name: {
                    "calls": control.calls,
                    "answered": control.answered,
                    "own_reads": control.own_reads,
                    "foreign_attempts": control.foreign_attempts,
                    "oracles": dict(control.oracles),
                }
                for name, control in sorted(self.controls.items())
            },
            "untried": [asdict(each) for each in self.inconclusive if each.kind in UNTRIED],
            "inconclusive": [asdict(each) for each in self.inconclusive],
            "not_applicable": dict(self.not_applicable),
            "not_chosen": list(self.not_chosen),
            "skipped": dict(self.skipped),
            "short": {
                name: {"given": given, "least": least}
                for name, (given, least) in sorted(self.short.items())
            },
            "times": {name: asdict(each) for name, each in sorted(self.times.items())},
            "coverage": {name: dict(each) for name, each in sorted(self.coverage.items())},
            "left": self.left,
            "situations": dict(sorted(self.situations.items())),
            "situations_not_made": dict(sorted(self.situations_not_made.items())),
            "public": list(self.public),
            "limited": dict(self.limited),
            "suggestions": {
                name: {argument: list(values) for argument, values in each.items()}
                for name, each in sorted(self.suggestions.items())
            },
            **({"policy": self.policy.to_json()} if self.policy is not None else {}),
            **(
                {"acceptance": self.acceptance.to_json(self.exit_code())}
                if self.acceptance is not None
                else {}
            ),
        }
