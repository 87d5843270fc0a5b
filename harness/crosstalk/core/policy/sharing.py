"""Sharing over time: which call gave whom what, and which call took it back.

Only the owner of an object can share it, and only a call that was served opens or ends anything. A
person who is no user is a group: who was given the group has what the group was given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crosstalk.core.identifiers import identifiers_of, is_id_path, last_name
from crosstalk.core.object_kinds import has_own_id, kind_of_argument, kind_of_field
from crosstalk.core.policy.codes import codes_in, ids_answered
from crosstalk.core.policy.grants import Grant, Sharing
from crosstalk.core.policy.model import Policy, Share, matches
from crosstalk.core.policy.objects import (
    Objects,
    named_values,
    names_call,
    object_key,
    objects_of,
)

if TYPE_CHECKING:
    from crosstalk.core.history import Call, History

# What ends a share of the caller's own alone, as its name says.
_LEAVES = re.compile(r"(?<![a-z])(?:leave|quit|exit|unjoin)(?![a-z])", re.IGNORECASE)
# Outcomes of calls that changed nothing.
_WITHOUT_EFFECT = ("error", "refused", "limited")


def sharing_of(policy: Policy, history: History) -> Sharing:
    """Return what was shared in a history; found once a history."""
    return history.derived("policy sharing", lambda it: _walk(policy, it))


def had_role(
    policy: Policy, history: History, user: str, roles: Sequence[str], moment: Call | None = None
) -> bool:
    """Return whether a user had one of these roles before a call, or at any time."""
    sharing, wanted = sharing_of(policy, history), set(roles)

    def earlier(call: Call | None) -> bool:
        return call is not None and (moment is None or call.index < moment.index)

    return any(
        who == user and role in wanted and earlier(call)
        for (role, who), call in sharing.withdrawn.items()
    ) or any(
        each.person == user and each.rule.role in wanted and earlier(each.ended)
        for each in sharing.grants
    )


def role_calls(
    policy: Policy, history: History, call: Call, roles: Sequence[str]
) -> tuple[int, ...]:
    """Return the calls before this one that gave its caller one of these roles, and took it."""
    sharing, user = sharing_of(policy, history), call.actor.user
    found = {
        taken.index
        for (role, who), taken in sharing.withdrawn.items()
        if who == user and role in roles
    }
    for each in sharing.grants:
        if each.person == user and each.rule.role in roles:
            found |= set(each.calls())
    return tuple(sorted(index for index in found if index < call.index))


def shares(history: History, reader: str, call: Call, gone: Collection[str] = ()) -> bool:
    """Return whether a call takes part in sharing between its caller and another user.

    An invitation that is accepted, and a share that is left, may change what the owner reads; one
    that is given or taken back, what its person reads. What was refused changes nothing, and who
    only has a share gives none.

    Args:
        history: The calls.
        reader: The other user.
        call: The call.
        gone: Objects that the other user reads no more: who leaves one does not remove it.
    """
    policy, caller = history.policy, call.actor.user
    if policy is None or call.answer.outcome in _WITHOUT_EFFECT:
        return False
    for each in sharing_of(policy, history).grants:
        if each.offered.index > call.index:
            continue
        if (each.owner, each.person) == (caller, reader) and each.rule.concerns(call.operation):
            return True
        if (each.owner, each.person) == (reader, caller) and (
            call is each.opened or (call is each.ended and each.object not in gone)
        ):
            return True
    return False


def works_together(history: History, reader: str, act: Call, reading: Call) -> bool:
    """Return whether an act may show in another user's reading: both have a share in one object.

    Args:
        history: The calls.
        reader: The user who reads.
        act: A call of who may change the object.
        reading: The call that shows it.
    """
    policy, actor = history.policy, act.actor.user
    if policy is None or actor is None:
        return False
    sharing = sharing_of(policy, history)
    changed = {each.object for each in sharing.held(actor, act) if each.rule.change}
    seen = {each.object for each in (*sharing.held(reader, act), *sharing.held(reader, reading))}
    return bool(changed & seen)


def _walk(policy: Policy, history: History) -> Sharing:
    found, objects = Sharing(), objects_of(history)
    if not policy.shares:
        return found
    for call in history.walked("calls that share", lambda _: _SharingCalls(policy)).found:
        for rule in policy.shares:
            if matches(rule.opens, call.operation) and _is_meant(rule, call):
                _open(found, policy, history, objects, rule, call)
            if matches(rule.accept, call.operation):
                _accept(found, rule, call)
            if matches(rule.ends, call.operation):
                _end(found, policy, history, rule, call)
    return found


class _SharingCalls:
    """Takes the calls of a history in order, and keeps those that open or end sharing."""

    def __init__(self, policy: Policy) -> None:
        rules = policy.shares
        self._names = [each for rule in rules for each in (rule.opens, rule.accept, rule.ends)]
        self._made: set[str] = set()
        self.found: list[Call] = []

    def take(self, call: Call) -> None:
        """Take the next call."""
        if call.actor.user is None or call.answer.outcome != "ok" or is_repeat(call, self._made):
            return
        if any(matches(each, call.operation) for each in self._names):
            self.found.append(call)


def leaves(operation: str) -> bool:
    """Return whether an operation ends its caller's own share alone, as its name says."""
    return _LEAVES.search(operation) is not None


def is_repeat(call: Call, made: set[str]) -> bool:
    """Return whether a call is one that was made before with its key, and does nothing again."""
    if not any(names_call(str(name)) for name in call.arguments):
        return False
    said = json.dumps(call.arguments, sort_keys=True, default=str)
    key = f"{call.actor.user} {call.operation} {said}"
    known = key in made
    made.add(key)
    return known


def _is_meant(rule: Share, call: Call) -> bool:
    return all(value in map(str, _given(name, call)) for name, value in rule.where.items())


def _open(
    found: Sharing, policy: Policy, history: History, objects: Objects, rule: Share, call: Call
) -> None:
    user = call.actor.user or ""
    opened = None if rule.accept else call
    # A person is no handle: who leaves one object keeps what else the owner shares with them.
    handles = frozenset(_answered(call, set(history.subjects.values())))
    if rule.code:
        codes = codes_in(call) - set(history.subjects.values())
        for key in _coded(rule, call):
            if found.owner(key, objects.owners.get(key, "")) == user:
                offer = Grant(rule, user, key, "", call, handles - {key}, codes=codes)
                found.grants.append(offer)
        return
    for person in _people(policy, history, rule, call):
        if rule.role:
            if _may_give_roles(policy, call):
                found.withdrawn.pop((rule.role, person), None)
                found.grants.append(Grant(rule, "", "", person, call, handles, opened))
            continue
        for value in _given(rule.object, call):
            key = object_key(kind_of_argument(rule.object, call.operation), value)
            owner = found.owner(key, objects.owners.get(key, ""))
            if owner == user and person != user:
                grant = Grant(rule, user, key, person, call, handles - {key, person}, opened)
                found.grants.append(grant)


def _may_give_roles(policy: Policy, call: Call) -> bool:
    """Return whether a caller may give and take roles: only an operation that is reserved says."""
    reserve = policy.reserved(call.operation)
    person = policy.people.get(call.actor.user or "")
    if reserve is None or person is None:
        return reserve is None
    return bool({"*", person.name, *person.roles} & set(reserve.to))


def _coded(rule: Share, call: Call) -> set[str]:
    """Return the objects that a call makes a code for: those it names, or has just made."""
    kind = kind_of_argument(rule.object, call.operation)
    named = _given(rule.object, call) or ids_answered(call, kind)
    return {object_key(kind, each) for each in named}


def _redeem(found: Sharing, rule: Share, call: Call) -> None:
    """Give a share to who says the code of one that is offered."""
    said = {str(each) for each in _given(rule.code, call)}
    for offer in list(found.grants):
        open_to_all = offer.rule is rule and not offer.person and offer.ended is None
        if open_to_all and offer.owner != call.actor.user and said & offer.codes:
            grant = replace(offer, person=call.actor.user or "", opened=call)
            found.grants.append(grant)
            if rule.transfers:
                _hand_over(found, grant, call)
            return


def _accept(found: Sharing, rule: Share, call: Call) -> None:
    if rule.code:
        _redeem(found, rule, call)
        return
    named = named_values(call) | _plain(call)
    for grant in found.grants:
        offered = grant.rule is rule and grant.opened is None and grant.ended is None
        mine = offered and grant.person == call.actor.user
        if mine and named & {grant.object, *grant.handles}:
            grant.opened = call
            if rule.transfers:
                _hand_over(found, grant, call)


def _hand_over(found: Sharing, grant: Grant, call: Call) -> None:
    """Make an object its person's own: what others were given of it is theirs to give from now."""
    found.handed_over[grant.object].append((call, grant.person))
    kept = [
        replace(each, owner=grant.person, opened=each.opened and call)
        for each in found.grants
        if each.object == grant.object and each.person != grant.person and each.ended is None
    ]
    found.grants += kept


def _end(found: Sharing, policy: Policy, history: History, rule: Share, call: Call) -> None:
    user = call.actor.user or ""
    named = named_values(call) | _plain(call)
    leaving = leaves(call.operation)
    said = set(_people(policy, history, rule, call))
    people = said or _named_users(history, call) - {user}
    if rule.role:
        if _may_give_roles(policy, call):
            for person in people:
                found.withdrawn[rule.role, person] = call
                _close([g for g in found.grants if g.rule is rule and g.person == person], call)
        return
    grants = [
        each
        for each in found.grants
        if each.rule is rule
        and call not in (each.offered, each.opened)
        and (user == each.person or user in _owners(found, each))
        and named & {each.object, *each.handles, *each.codes}
        # A new code takes the place of the old one, and nothing from who has said that.
        and not (rule.code and each.person and matches(rule.opens, call.operation))
        # Who leaves takes nothing from others, whoever it is.
        and (
            each.person == user and (not said or user in said)
            if leaving or user not in _owners(found, each)
            else not people or each.person in people
        )
    ]
    _close(grants, call)
    _close(_resting_on(found, grants), call)


def _resting_on(found: Sharing, ended: Sequence[Grant]) -> list[Grant]:
    """Return what was offered to members alone, and not accepted by who is none any more."""
    places = {(each.object, each.person) for each in ended if each.opened is not None}
    held = {
        (each.object, each.person)
        for each in found.grants
        if each.opened is not None and each.ended is None
    }
    return [
        each
        for each in found.grants
        if each.rule.members and each.opened is None and (each.object, each.person) in places - held
    ]


def _owners(found: Sharing, grant: Grant) -> set[str]:
    """Return who may end a grant: who gave it, and whose the object is now."""
    return {grant.owner, found.owner(grant.object, grant.owner)}


def _named_users(history: History, call: Call) -> set[str]:
    said = {each for each in call.arguments.values() if isinstance(each, str)}
    return {name for name, subject in history.subjects.items() if subject in said}


def _close(grants: Sequence[Grant], call: Call) -> None:
    for each in grants:
        if each.ended is None:
            each.ended = call


def _people(policy: Policy, history: History, rule: Share, call: Call) -> list[str]:
    """Return the users, or the group, that a call names as the person."""
    found = []
    for value in _given(rule.person, call):
        text = str(value)
        user = next((name for name, subject in history.subjects.items() if subject == text), None)
        if user is None:
            user = next(
                (p.name for p in policy.people.values() if text in map(str, p.claims.values())),
                None,
            )
        group = object_key(kind_of_argument(rule.person, call.operation), text)
        found.append(user or group)
    return found


def _given(name: str, call: Call) -> list[object]:
    value = next(
        (each for given, each in call.arguments.items() if name in (given, last_name(given))), None
    )
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _plain(call: Call) -> set[str]:
    """Return what a call names without saying that it is an id."""
    return {str(each) for each in call.arguments.values() if isinstance(each, str | int)}


def _answered(call: Call, people: set[str]) -> set[str]:
    """Return the objects that an answer names, and no people."""
    found = call.paths
    has_id = has_own_id(found)
    return {
        object_key(kind_of_field(path, call.operation, has_id=has_id), text)
        for path, text in found
        if text not in people and (is_id_path(path) or identifiers_of(text))
    }
