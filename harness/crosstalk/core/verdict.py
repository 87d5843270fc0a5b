"""Verdicts, findings, what stays inconclusive, and the positive controls behind a clean verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.defects.weaknesses import advice
from crosstalk.core.evidence import Exchange
from crosstalk.core.script import Script

Verdict = Literal["clean", "leak", "inconclusive"]
# Where something is said of the whole run and not of one operation, oracle or layer.
RUN = "run"


class InconclusiveKind(StrEnum):
    """Reasons why a run cannot acquit; programs switch on these, never on a text."""

    UNCONFIRMED = "unconfirmed"  # a suspicion that did not show again when replayed
    NO_OPPORTUNITY = "no_opportunity"  # an oracle that could never have fired
    NOT_SERVED = "not_served"  # an operation that never answered any user with a result
    NOT_UNDERSTOOD = "not_understood"  # offered in a form that the harness cannot call or read
    NOT_TRIED = "not_tried"  # offered, and no call was made, or none could be
    THROTTLED = "throttled"  # too many calls were refused for being too many
    NOT_QUIESCENT = "not_quiescent"  # the system held or did something after the last call
    UNSTEADY = "unsteady"  # answers that differ without any user acting
    CUT_SHORT = "cut_short"  # the run ended before its budget was used
    TARGET_FAILED = "target_failed"  # the target, or its environment, went away in mid-run
    INTERRUPTED = "interrupted"  # the run was asked to end before its budget was used
    INTERNAL_ERROR = "internal_error"  # a part of the harness failed

    @property
    def outweighs(self) -> bool:
        """Return whether one campaign's doubt stands although another campaign had none.

        What one campaign could not see another may have seen; what one campaign saw and could not
        explain stays whatever the others saw.
        """
        return self in _OUTWEIGHS

    @property
    def decisive(self) -> bool:
        """Return whether it makes the verdict of a run without findings inconclusive.

        All do but an unsteady reading, which takes that one reading from one oracle: the operation
        is judged by the others, and an oracle that is left with nothing has no opportunity.
        """
        return self is not InconclusiveKind.UNSTEADY


_OUTWEIGHS = frozenset(
    {
        InconclusiveKind.UNCONFIRMED,
        InconclusiveKind.THROTTLED,
        InconclusiveKind.NOT_QUIESCENT,
        InconclusiveKind.CUT_SHORT,
        InconclusiveKind.TARGET_FAILED,
        InconclusiveKind.INTERRUPTED,
        InconclusiveKind.INTERNAL_ERROR,
    }
)
# What was offered and never answered, so that it could not have leaked anything.
UNTRIED = frozenset(
    {
        InconclusiveKind.NOT_SERVED,
        InconclusiveKind.NOT_UNDERSTOOD,
        InconclusiveKind.NOT_TRIED,
    }
)


@dataclass(frozen=True, slots=True)
class Inconclusive:
    """One thing that a run cannot say.

    Attributes:
        kind: The reason, for programs.
        where: The operation, oracle or layer that it concerns; `RUN` for the whole run.
        text: The reason in words, without `where`.
    """

    kind: InconclusiveKind
    where: str
    text: str

    def __str__(self) -> str:
        return self.text if self.where == RUN else f"{self.where}: {self.text}"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something crossed.

    Attributes:
        oracle: The oracle that fired.
        operation: The operation that causes it, which need not be the one whose answer shows it.
        actors: Who took part, in order of appearance.
        summary: One sentence: what reached whom.
        script: The calls that show it; shrunk once it has replayed.
        replay: Path of the saved replay file, if saved.
        confirmed: True once a replay on fresh subjects showed it again.
        replayed: In how many of how many last replays it showed again.
        evidence: The calls that show it with their answers.
        commands: The script as lines of shell; credentials are variables, named in a first line.
        rule: What it breaks, where that is known.
        detail: What tells one break of that rule from another at one operation, e.g. the kind of
            forged credential, or the layer that lets it through.
        minimal: Whether nothing can be left out of its script; False where time or calls ran out.
        naming: What the users' names had in common where it showed (`core.neighbours`).
        operations: All operations that show the same, where one replay of one of them stands for
            all; empty otherwise.
    """

    oracle: str
    operation: str
    actors: tuple[str, ...]
    summary: str
    script: Script
    replay: str | None = None
    confirmed: bool = False
    replayed: tuple[int, int] = (0, 0)
    evidence: tuple[Exchange, ...] = ()
    commands: tuple[str, ...] = ()
    rule: BrokenRule | None = None
    detail: str = ""
    minimal: bool = True
    operations: tuple[str, ...] = ()
    naming: str = ""

    @property
    def surface(self) -> str:
        """Return the protocol that its operation is called by, e.g. `mcp`; empty for none."""
        return surface_of(self.operation)

    @property
    def advice(self) -> str:
        """Return what to look for in the code, in a sentence."""
        return advice(self.oracle, self.rule)

    @property
    def fingerprint(self) -> str:
        """Return what names the finding: equal across seeds, ids and machines.

        It is made of the oracle, the surface, the operation that causes it and the broken rule.
        """
        return fingerprint_of(
            self.oracle, self.surface, self.operation, str(self.rule or ""), self.detail
        )


def surface_of(operation: str) -> str:
    """Return the protocol that an operation is called by, which stands before its name."""
    return operation.partition(":")[0] if ":" in operation else ""


def fingerprint_of(*parts: str) -> str:
    """Return a digest of some names, to know a thing again by."""
    named = "\n".join(parts)
    return hashlib.sha256(named.encode("utf-8", "backslashreplace")).hexdigest()[:32]


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

    def judged_by(self, oracles: Collection[str]) -> Control:
        """Return the same with what these oracles could have seen alone."""
        kept = {name: count for name, count in self.oracles.items() if name in oracles}
        return replace(self, oracles=kept)

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


def verdict_of(findings: Sequence[Finding], inconclusive: Sequence[Inconclusive]) -> Verdict:
    """Return the verdict of a run: a finding is a leak, whatever else stayed open."""
    if findings:
        return "leak"
    return "inconclusive" if any(each.kind.decisive for each in inconclusive) else "clean"
