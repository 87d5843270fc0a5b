"""Ownership: after somebody else acted, what a user reads about their own data has changed.

A write's own reply proves nothing, in either direction, so the victim reads before and after and
the two readings are compared whole. Between them the victim does nothing else.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from crosstalk.core.history import Call, History
from crosstalk.oracles.base import Suspicion, conclusive


def _pairs(history: History) -> Iterator[tuple[Call, Call, list[Call]]]:
    """Readings of one victim before and after an attack, with the calls of the attack."""
    before: dict[tuple[int, str, str], Call] = {}
    unsteady: set[tuple[int, str, str]] = set()
    for call in history:
        probe = call.probe
        if probe is None or probe.kind != "ownership":
            continue
        arguments = json.dumps(call.arguments, sort_keys=True, default=str)
        key = (probe.key, call.operation, arguments)
        if probe.part == "before":
            # Two readings in a row that differ say nothing about anybody's acts.
            if key in before and _reading(before[key]) != _reading(call):
                unsteady.add(key)
            before[key] = call
        elif probe.part == "after" and key in before and key not in unsteady:
            first = before[key]
            between = history.calls[first.index : call.index - 1]
            meddled = any(
                each.actor.user == probe.victim
                and each.probe != first.probe
                and each.probe != probe
                for each in between
            )
            attack = [each for each in between if each.actor.user != probe.victim]
            if any(history.permits(probe.victim, a.actor.user, a.operation) for a in attack):
                continue
            if attack and not meddled and conclusive(first.answer) and conclusive(call.answer):
                yield first, call, attack


class Ownership:
    """Fires when a user's own reading changes through somebody else's calls."""

    name = "ownership"

    def judge(self, history: History) -> list[Suspicion]:
        """One suspicion for each reading that changed."""
        found = []
        for first, second, attack in _pairs(history):
            if _reading(first) == _reading(second):
                continue
            who = ", ".join(sorted({call.actor.name for call in attack}))
            victim = first.probe.victim if first.probe else first.actor.name
            found.append(
                Suspicion(
                    self.name,
                    attack[-1].operation,
                    (first.index, *(call.index for call in attack), second.index),
                    f"what {victim} reads with {second.operation} changed after {who} acted",
                )
            )
        return found

    def opportunities(self, history: History) -> Counter[str]:
        """Calls made between two readings of a user who had something to lose."""
        return Counter(
            name
            for key in {
                (call.index, call.operation)
                for first, _, attack in _pairs(history)
                if first.answer.body
                for call in attack
            }
            for name in [key[1]]
        )


def _reading(call: Call) -> str:
    answer = call.answer
    return json.dumps([answer.status, answer.code, answer.body], sort_keys=True, default=str)
