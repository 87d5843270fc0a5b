"""Outcome of a confirmation: a suspicion that is believed, with its script, or one that is not."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.evidence import Exchange
from crosstalk.core.script import Script
from crosstalk.execution.cause import cause_of, rule_of
from crosstalk.execution.likely import evidence_of
from crosstalk.execution.shortening import Shown
from crosstalk.oracles.base import Suspicion

# Replays that a shorter script gets, at most, and how seldom it may be missed in them.
_MOST_ATTEMPTS, _MISSED = 8, 0.05


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A suspicion that showed again, and not without the act that causes it.

    Attributes:
        script: The shortest found that shows it.
        suspicion: As the script shows it, with the script's own markers.
        operation: The operation that causes it.
        rule: What is broken.
        detail: What tells one break of that rule from another.
        replayed: In how many of how many last replays it showed.
        evidence: The calls that show it, with their answers.
        minimal: Whether nothing can be left out of the script.
    """

    script: Script
    suspicion: Suspicion
    operation: str
    rule: BrokenRule
    detail: str
    replayed: tuple[int, int]
    evidence: tuple[Exchange, ...]
    minimal: bool = True

    @property
    def actors(self) -> tuple[str, ...]:
        """Return who takes part, in order of appearance."""
        return tuple(dict.fromkeys(step.actor.name for step in self.script.steps))


@dataclass(frozen=True, slots=True)
class Rejected:
    """A suspicion that is not believed.

    Attributes:
        reason: Why, in words.
        explained: Whether it has another cause, so that nothing is left open.
        in_haste: Whether more time might have shown it.
        kept: Whether replays showed the values of an earlier run in the place of their own.
    """

    reason: str
    explained: bool
    in_haste: bool = False
    kept: bool = False


def is_open(found: Confirmed | Rejected) -> bool:
    """Return whether a suspicion is neither believed nor explained."""
    return isinstance(found, Rejected) and not found.explained


def attempts_for(shown: int, replays: int) -> int:
    """Return the replays after which a script that still shows something is seldom missed.

    Args:
        shown: In how many replays the whole script has shown it, at least 1.
        replays: How many there were.
    """
    if shown >= replays:
        return 1
    needed = math.log(_MISSED) / math.log(1 - shown / replays)
    return min(_MOST_ATTEMPTS, math.ceil(needed))


def confirmed_by(shown: Shown, replayed: tuple[int, int], *, minimal: bool) -> Confirmed:
    """Return what a replay shows as a confirmed suspicion.

    Args:
        shown: The replay.
        replayed: In how many of how many last replays it showed.
        minimal: Whether nothing can be left out of its script.
    """
    cause = cause_of(shown.script, shown.suspicion, shown.history)
    rule, detail = rule_of(shown.script, shown.suspicion, shown.history)
    evidence = evidence_of(shown.script, shown.history, shown.suspicion)
    # A person compares the sentence with the lines of the script.
    summary = shown.script.with_own_markers(shown.suspicion.summary, shown.history.salt)
    by = shown.script.steps[shown.suspicion.calls[-1] - 1].operation
    if shown.suspicion.oracle == "canary" and by != cause:
        # What gives it away is another operation than the one to blame.
        summary += f", shown by {by}"
    seen = replace(shown.suspicion, summary=summary)
    return Confirmed(shown.script, seen, cause, rule, detail, replayed, evidence, minimal)
