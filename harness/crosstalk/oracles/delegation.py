"""Delegation: an agent shows its user what is reserved for a role that the user does not have.

An agent acts for its user with at most the user's rights. A user with the role calls a reserved
operation, and what its answer tells is looked for in what the agent answers to a user without. The
control is the agent of a user with the role, who is shown it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Answer, Call, History
from crosstalk.core.identifiers import paths_in, strings_in
from crosstalk.core.policy import may_call
from crosstalk.oracles.base import Suspicion, conclusive, was_served

# Shorter values occur by chance.
_SHORTEST = 4


@dataclass(slots=True)
class _Trial:
    direct: Call | None = None
    able: list[Call] = field(default_factory=list)
    unable: list[Call] = field(default_factory=list)


class Delegation:
    """Fires when an agent's answer holds what is reserved for others than its user."""

    name = "delegation"

    def judge(self, history: History) -> list[Suspicion]:
        """One suspicion for each answer of an agent that tells what its user may not call."""
        found = []
        for direct, trial in _trials(history):
            reserve = history.policy.reserved(direct.operation) if history.policy else None
            for call in trial.unable:
                told = sorted(_telling(direct.answer) - _known(history, call))
                shown = [each for each in told if _shows(call.answer, each)]
                if shown and reserve is not None:
                    found.append(
                        Suspicion(
                            self.name,
                            call.operation,
                            (direct.index, call.index),
                            f"the agent of {call.actor.name} showed {shown[0]!r} of "
                            f"{direct.operation}, against the rule “{reserve}”",
                            rule=BrokenRule.DELEGATION,
                        )
                    )
        return found

    def opportunities(self, history: History) -> Counter[str]:
        """Count what users without the role asked an agent that showed it to one with the role."""
        counts: Counter[str] = Counter()
        for direct, trial in _trials(history):
            told = _telling(direct.answer)
            if any(_shows(each.answer, value) for each in trial.able for value in told):
                counts.update(e.operation for e in trial.unable if conclusive(e.answer))
        return counts


def _trials(history: History) -> Iterator[tuple[Call, _Trial]]:
    policy = history.policy
    if policy is None:
        return
    trials: defaultdict[int, _Trial] = defaultdict(_Trial)
    for call in history:
        probe = call.probe
        if probe is None or probe.kind != "delegation":
            continue
        trial = trials[probe.key]
        if probe.part == "before":
            allowed, _ = may_call(policy, history, call.actor.user, call.operation, call)
            trial.direct = call if allowed and was_served(call) else None
        elif trial.direct is not None:
            user, operation = call.actor.user, trial.direct.operation
            allowed, _ = may_call(policy, history, user, operation, call)
            (trial.able if allowed else trial.unable).append(call)
    for trial in trials.values():
        if trial.direct is not None:
            yield trial.direct, trial


def _telling(answer: Answer) -> set[str]:
    """Return the values of an answer that others hardly hold: with a digit, and not too short."""
    texts = {text for _, text in paths_in(answer.body)} | _numbers(answer.body)
    return {
        each
        for each in texts
        if len(each) >= _SHORTEST and any(letter.isdigit() for letter in each)
    }


def _numbers(body: Any) -> set[str]:
    if isinstance(body, dict):
        return {each for value in body.values() for each in _numbers(value)}
    if isinstance(body, list):
        return {each for value in body for each in _numbers(value)}
    return {str(body)} if isinstance(body, int | float) and not isinstance(body, bool) else set()


def _known(history: History, call: Call) -> set[str]:
    """Return what a caller sent, or was shown by other operations, before a call."""
    mine = [e for e in history.calls[: call.index] if e.actor.user == call.actor.user]
    known = {text for each in mine for text in strings_in(each.arguments)}
    for each in mine:
        if each.operation != call.operation:
            known |= _telling(each.answer)
    return known


def _shows(answer: Answer, value: str) -> bool:
    return any(value in text for text in strings_in(answer.body)) or value in _numbers(answer.body)
