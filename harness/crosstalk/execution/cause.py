"""Cause of a suspicion: the call to blame, and what a replay recognizes the suspicion by.

A replay shows a finding again only where the same oracle fires at the same operation in the same
way; a shrinker that takes any suspicion drifts from one leak to another. The operation that a
finding names is the one that causes it, which need not be the one whose answer shows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crosstalk.core.identifiers import strings_in
from crosstalk.core.script import Script, Step
from crosstalk.oracles.base import Suspicion

_SUBJECT = re.compile(r"\$\{([a-z][a-z0-9_-]*)\}")


@dataclass(frozen=True, slots=True)
class Signature:
    """By what a suspicion is known again in a replay of its script, or of a part of it.

    Attributes:
        oracle: The oracle that fired.
        shown_by: The operation whose answer shows it.
        caller: The user who made that call; None for one without a valid credential.
        reaches: Whether that call names what belongs to another user, its identity apart.
    """

    oracle: str
    shown_by: str
    caller: str | None
    reaches: bool

    @classmethod
    def of(cls, script: Script, suspicion: Suspicion) -> Signature:
        """Return the signature of a suspicion.

        Args:
            script: Whole: its steps are the calls of the history that was judged, in order.
            suspicion: Of that history.
        """
        step = script.steps[suspicion.calls[-1] - 1]
        # One half of a comparison names another user's object, whichever came last.
        reaches = suspicion.oracle == "existence" or names_others(step, script, claims=False)
        return cls(suspicion.oracle, step.operation, step.actor.user, reaches)


def cause_of(script: Script, suspicion: Suspicion) -> str:
    """Return the operation that causes what a suspicion shows.

    Where the answer to a call of a user's own shows it, and an earlier call named what belongs to
    another user, it is the earlier one's doing: e.g. a note that was overwritten shows it when its
    owner reads it.

    Args:
        script: Whole and as short as it can be: its steps are the calls of the history.
        suspicion: Of that history.
    """
    if suspicion.oracle != "canary":
        return suspicion.operation
    shown = script.steps[suspicion.calls[-1] - 1]
    if names_others(shown, script):
        return suspicion.operation
    earlier = [each for each in script.steps if names_others(each, script) and each != shown]
    return earlier[-1].operation if earlier else suspicion.operation


def names_others(step: Step, script: Script, *, claims: bool = True) -> bool:
    """Return whether a step names a user other than its caller, or what that user was given.

    Args:
        step: Of the script.
        script: Says who was given what.
        claims: Whether an argument that is another user's subject, and nothing else, counts.
    """
    callers = {each.number: each.actor.user for each in script.steps}
    named = {
        name
        for text in strings_in(step.arguments)
        for name in _SUBJECT.findall(text)
        if name in callers.values() and (claims or not _SUBJECT.fullmatch(text))
    }
    return bool(named - {step.actor.user}) or any(
        callers.get(number, step.actor.user) != step.actor.user for number in step.references()
    )


def calls_by_others(script: Script, user: str | None, between: tuple[int, int]) -> list[int]:
    """Return the numbers of the steps of other users between two places of a script."""
    first, last = between
    return [step.number for step in script.steps[first - 1 : last] if step.actor.user != user]
