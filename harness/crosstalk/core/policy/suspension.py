"""Accounts over time: which call disabled whose, and which one enabled it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosstalk.core.identifiers import last_name
from crosstalk.core.policy.model import Policy, Suspend, matches
from crosstalk.core.policy.sharing import is_repeat

if TYPE_CHECKING:
    from crosstalk.core.history import Call, History


@dataclass(slots=True)
class Suspension:
    """A user's time without an account.

    Attributes:
        rule: By which it was disabled.
        user: Whose account.
        began: The call that disabled it.
        ended: The call that enabled it again; None where none did.
    """

    rule: Suspend
    user: str
    began: Call
    ended: Call | None = None

    def holds(self, moment: Call) -> bool:
        """Return whether a call was made in it; what was under way as it began was not."""
        if moment.index <= self.began.index or moment.started < self.began.ended:
            return False
        ended = self.ended
        return ended is None or (moment.index < ended.index and moment.ended <= ended.started)


def suspensions_of(policy: Policy, history: History) -> list[Suspension]:
    """Return every time in which an account was disabled; found once a history."""
    return history.derived("policy suspensions", lambda it: _walk(policy, it))


def suspended(policy: Policy, history: History, call: Call) -> Suspension | None:
    """Return the suspension in which a user made a call, if their account was disabled."""
    if not policy.suspends or call.actor.user is None:
        return None
    found = suspensions_of(policy, history)
    return next((e for e in found if e.user == call.actor.user and e.holds(call)), None)


def may_suspend(policy: Policy, rule: Suspend, user: str | None) -> bool:
    """Return whether a user may disable accounts by a rule, and enable and list them."""
    person = policy.people.get(user or "")
    return person is not None and bool({"*", person.name, *person.roles} & set(rule.to))


def person_named(rule: Suspend, history: History, call: Call) -> str | None:
    """Return the user whom a call of such a rule names; None where it names none."""
    said = next(
        (value for name, value in call.arguments.items() if rule.person in (name, last_name(name))),
        None,
    )
    return next((name for name, subject in history.subjects.items() if subject == said), None)


def _walk(policy: Policy, history: History) -> list[Suspension]:
    found: list[Suspension] = []
    made: set[str] = set()
    for call in history if policy.suspends else ():
        # A repeat with the key of an earlier call disables and enables nobody.
        if call.answer.outcome != "ok" or is_repeat(call, made):
            continue
        for rule in policy.suspends:
            if not may_suspend(policy, rule, call.actor.user):
                continue
            user = person_named(rule, history, call)
            if user is None:
                continue
            if matches(rule.disables, call.operation):
                found.append(Suspension(rule, user, call))
            elif matches(rule.enables, call.operation):
                for each in found:
                    if each.user == user and each.ended is None:
                        each.ended = call
    return found
