"""Revocation: after sharing ended, what was shared is served again to those who lost it.

What was seen while it was shared is no leak; to be served again is, by whatever operation. A role
that was withdrawn and still opens what is reserved for it is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Call, History
from crosstalk.core.policy import Reserve, may_call
from crosstalk.core.policy.grants import Grant
from crosstalk.core.policy.model import matches
from crosstalk.core.policy.objects import named_values
from crosstalk.core.policy.sharing import had_role, role_calls, sharing_of
from crosstalk.core.policy.suspension import suspended
from crosstalk.oracles.attribution import Observation, observations
from crosstalk.oracles.base import Suspicion, conclusive, is_empty, was_served


def _lost_role(history: History, call: Call) -> Reserve | None:
    """Return the rule that reserves what was called, where its caller had the role before."""
    policy, user = history.policy, call.actor.user
    if policy is None or user is None or call.actor.forgery is not None:
        return None
    allowed, reserve = may_call(policy, history, user, call.operation, call)
    if allowed or reserve is None or not had_role(policy, history, user, reserve.to, call):
        return None
    return reserve


def _lost_object(history: History, call: Call) -> Grant | None:
    """Return the share that ended in an object that a served call names, if no other holds."""
    policy, user = history.policy, call.actor.user
    if policy is None or user is None or call.actor.forgery is not None:
        return None
    about = any(each.concerns(call.operation) for each in policy.shares)
    # An empty list is what an object that does not exist gives as well.
    if about or not was_served(call) or is_empty(call.answer.body):
        return None
    if matches(policy.transcripts, call.operation):
        return None
    named = named_values(call)
    for grant in sharing_of(policy, history).to(user):
        if grant.object in named and grant.lost(call):
            asked = (grant.owner, user, call.operation, {grant.object}, call)
            return None if history.permits(*asked) else grant
    return None


def _concerned(
    seen: Observation, known: Collection[tuple[str | None, str]] = ()
) -> set[tuple[str | None, str]]:
    """Return user and operation of a call that showed its caller's data, or that did so before.

    An answer that every user gets alike, e.g. the list of tools, concerns no user.
    """
    call = seen.call
    key = (call.actor.user, call.operation)
    if not was_served(call) or is_empty(call.answer.body):
        return set()
    return {key} if seen.own or key in known else set()


class Revocation:
    """Fires when a user is served what they have lost the right to."""

    name = "revocation"

    def judge(self, history: History) -> list[Suspicion]:
        """One suspicion for each answer with something that was taken back."""
        policy = history.policy
        if policy is None or not (policy.shares or policy.suspends):
            return []
        found = []
        known: set[tuple[str | None, str]] = set()
        for seen in observations(history):
            call = seen.call
            suspension = suspended(policy, history, call)
            if suspension is None:
                known |= _concerned(seen)
            elif was_served(call) and _concerned(seen, known):
                found.append(
                    self._suspicion(
                        call,
                        (suspension.began.index,),
                        f"{call.actor.name} was served by {call.operation} after "
                        f"{suspension.began.operation} had disabled the account, against the rule "
                        f"“{suspension.rule}”",
                    )
                )
            reserve = _lost_role(history, call) if was_served(call) else None
            if reserve is not None:
                given = role_calls(policy, history, call, reserve.to)
                found.append(
                    self._suspicion(
                        call,
                        given,
                        f"{call.actor.name} was served by {call.operation} after the role was "
                        f"withdrawn, against the rule “{reserve}”",
                    )
                )
            if not seen.revoked:
                named = _lost_object(history, call)
                if named is not None:
                    found.append(
                        self._suspicion(
                            call,
                            named.calls(),
                            f"{call.actor.name} was served by {call.operation} about what they had "
                            f"lost, against the rule “{named.rule}”",
                        )
                    )
                continue
            value, owner = seen.revoked[0]
            lost = history.decide(owner, call.actor.user, call.operation, {value}, call).lost
            if lost is None or lost.ended is None:
                continue
            found.append(
                self._suspicion(
                    call,
                    lost.calls(),
                    f"{call.actor.name} received {value!r} of {owner} after "
                    f"{lost.ended.operation} had ended the sharing, against the rule "
                    f"“{lost.rule}”",
                )
            )
        return found

    def _suspicion(self, call: Call, before: tuple[int, ...], summary: str) -> Suspicion:
        calls = (*before, call.index)
        return Suspicion(self.name, call.operation, calls, summary, rule=BrokenRule.REVOKED)

    def opportunities(self, history: History) -> Counter[str]:
        """Count calls after sharing ended, by operations that had shown what was shared."""
        policy = history.policy
        if policy is None or not (policy.shares or policy.suspends):
            return Counter()
        counts: Counter[str] = Counter()
        shown: set[tuple[str | None, str]] = set()
        ended = [each for each in sharing_of(policy, history).grants if each.ended is not None]
        for seen in observations(history):
            call = seen.call
            key = (call.actor.user, call.operation)
            reserve = policy.reserved(call.operation)
            lost = any(each.lost(call) and each.person == call.actor.user for each in ended)
            lost = lost or any(
                each.lost(call) and each.person not in policy.people for each in ended
            )
            off = suspended(policy, history, call) is not None
            lost_it = (lost or off) and key in shown
            if (lost_it or _lost_role(history, call)) and conclusive(call.answer):
                counts[call.operation] += 1
            if policy.suspends and not off:
                shown |= _concerned(seen)
            if seen.permitted or (reserve is not None and was_served(call)):
                shown.add(key)
        return counts
