"""Escalation: fields that were not asked for change what their sender may do, or whose a thing is.

A call of the attacker's with such fields stands between calls made before and after it: reserved
operations that refused the attacker, readings of the attacker's own, and readings of the victim's.
Whose a thing is shows only against the same call without the fields, whose effect the victim does
not see: where a list shows every user's things anyway, the fields are not what crosses.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Call, History, Outcome
from crosstalk.core.identifiers import is_marker, last_name, paths_in
from crosstalk.core.policy import may_call
from crosstalk.oracles.base import Suspicion, conclusive, served

# What says what its holder may do, without regard to case and underscores.
PRIVILEGES = frozenset(
    {"role", "roles", "isadmin", "admin", "issuperuser", "isstaff", "scope", "scopes"}
    | {"permissions", "tenantid", "tenant", "orgid", "organizationid", "accountid", "plan"}
)


@dataclass(slots=True)
class _Trial:
    alone: Call | None = None
    before: dict[tuple[str, str, str], Call] = field(default_factory=dict)
    attack: Call | None = None
    after: list[tuple[Call, Call]] = field(default_factory=list)

    def was_possible(self, attack: Call) -> bool:
        """Return whether the attack was served and looked after, or refused where the same without
        its fields was served: what a system refuses can have no effect.
        """
        if served(attack.answer):
            return any(conclusive(after.answer) for _, after in self.after)
        alone = self.alone is not None and served(self.alone.answer)
        return alone and attack.answer.outcome is Outcome.ERROR


class Escalation:
    """Fires when what a call sent beside its arguments gave its sender more."""

    name = "escalation"

    def judge(self, history: History) -> list[Suspicion]:
        """One suspicion for each call whose undeclared fields had an effect."""
        if history.policy is None:
            return []
        found = []
        for trial in _trials(history).values():
            attack = trial.attack
            if attack is None:
                continue
            for before, after in trial.after:
                effect = _effect(history, trial.alone, attack, before, after)
                if effect:
                    found.append(
                        Suspicion(
                            self.name,
                            attack.operation,
                            _evidence(trial.alone, attack, before, after),
                            f"undeclared fields that {attack.actor.name} sent to "
                            f"{attack.operation} had an effect: {effect}",
                            rule=BrokenRule.ESCALATION,
                        )
                    )
                    break
        return found

    def opportunities(self, history: History) -> Counter[str]:
        """Count calls with such fields that were served and looked after, and those that were
        refused where the same without them was served.
        """
        if history.policy is None:
            return Counter()
        return Counter(
            trial.attack.operation
            for trial in _trials(history).values()
            if trial.attack is not None and trial.was_possible(trial.attack)
        )


def normal(name: str) -> str:
    """Return a field's name without regard to how words are joined in it."""
    return last_name(name).replace("_", "").replace("-", "").lower()


def shows_rights(body: Any) -> bool:
    """Return whether an answer has a field that says what a user may do."""
    return not PRIVILEGES.isdisjoint(_values(body))


def _trials(history: History) -> Mapping[int, _Trial]:
    return history.derived("escalation trials", _walk)


def _walk(history: History) -> Mapping[int, _Trial]:
    trials: defaultdict[int, _Trial] = defaultdict(_Trial)
    for call in history:
        probe = call.probe
        if probe is None or probe.kind != "escalation":
            continue
        trial = trials[probe.key]
        asked = json.dumps(call.arguments, sort_keys=True, default=str)
        key = (call.actor.name, call.operation, asked)
        if probe.part == "alone":
            trial.alone = call
        elif probe.part == "attack":
            trial.attack = call
        elif probe.part == "before":
            trial.before[key] = call
        elif probe.part == "after" and key in trial.before and trial.attack is not None:
            trial.after.append((trial.before[key], call))
    return trials


def _evidence(alone: Call | None, attack: Call, before: Call, after: Call) -> tuple[int, ...]:
    """Return the calls that show it; the one without the fields where its effect was looked for."""
    compared = alone is not None and after.actor.user != attack.actor.user
    return (
        *((alone.index,) if alone is not None and compared else ()),
        before.index,
        attack.index,
        after.index,
    )


def _effect(history: History, alone: Call | None, attack: Call, before: Call, after: Call) -> str:
    """Return what the attack changed between two equal calls, in words; empty for nothing."""
    policy, user = history.policy, attack.actor.user
    if policy is None or not (conclusive(before.answer) and served(after.answer)):
        return ""
    if after.actor.user == user:
        allowed, reserve = may_call(policy, history, user, after.operation, after)
        if not allowed and not served(before.answer):
            return f"{after.operation} is served now, against the rule “{reserve}”"
        if not served(before.answer):
            return ""
        return _shown_privilege(attack, before, after)
    if alone is None or not served(alone.answer):
        return ""
    seen = before.received
    if seen & _markers(alone):
        return ""
    sent = _markers(attack)
    own = sent - seen
    crossed = sorted(own & after.received)
    if crossed and served(before.answer):
        asked = (user or "", after.actor.user, after.operation, set(crossed), after)
        if not history.permits(*asked):
            return f"{crossed[0]!r} stands among what is {after.actor.name}'s"
    return ""


def _markers(call: Call) -> set[str]:
    return {each for each in call.sent if is_marker(each)}


def _shown_privilege(attack: Call, before: Call, after: Call) -> str:
    sent = {normal(name): value for name, value in _leaves(attack.arguments)}
    one, other = (_values(each.answer.body) for each in (before, after))
    for name, given in sent.items():
        if name not in PRIVILEGES or not one.get(name):
            continue
        if given not in one[name] and given in other.get(name, set()):
            return f"{name} is {given!r} in {after.operation} now"
    return ""


def _leaves(value: Any) -> Iterator[tuple[str, str]]:
    for path, text in paths_in(value):
        yield next((p for p in reversed(path.split(".")) if not p.isdigit()), ""), text
    yield from _flags(value)


def _flags(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Return the switches of a value, which are no texts."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _flags(each, str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _flags(each, name)
    elif isinstance(value, bool):
        yield name, str(value)


def _values(body: Any) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, text in _leaves(body):
        found[normal(name)].add(text)
    return found
