"""The decision: may what is one user's reach another by this call, and by which rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crosstalk.core.policy.conditions import holds
from crosstalk.core.policy.grants import Grant, Sharing
from crosstalk.core.policy.model import EVERYBODY, Allow, Person, Policy, Reserve, matches
from crosstalk.core.policy.objects import objects_of
from crosstalk.core.policy.parts import parts_of
from crosstalk.core.policy.sharing import sharing_of
from crosstalk.core.policy.suspension import may_suspend

if TYPE_CHECKING:
    from crosstalk.core.history import Call, History


@dataclass(frozen=True, slots=True)
class Decision:
    """Answer to whether something may reach a user.

    Attributes:
        permitted: Whether it may.
        rule: The rule that permits it, or the nearest that does not, in the policy's own words.
        lost: Sharing by which it could before, and cannot any more.
    """

    permitted: bool
    rule: str
    lost: Grant | None = None


def permits(
    policy: Policy,
    history: History,
    source: str,
    target: str | None,
    operation: str,
    objects: Collection[str] | None = None,
    moment: Call | None = None,
    *,
    change: bool = False,
) -> bool:
    """Return whether what is `source`'s may reach `target`; see `decide`."""
    asked = (source, target, operation, objects, moment)
    return decide(policy, history, *asked, change=change).permitted


def decide(
    policy: Policy,
    history: History,
    source: str,
    target: str | None,
    operation: str,
    objects: Collection[str] | None = None,
    moment: Call | None = None,
    *,
    change: bool = False,
) -> Decision:
    """Decide whether what is one user's may reach another by an operation.

    Args:
        policy: The rules.
        history: What was shared and taken back, by whom.
        source: The user whose it is.
        target: The user whom it may reach; None for a caller without a credential.
        operation: By which operation.
        objects: Ids, or values that were seen with them; None asks whether anything at all of the
            source's may reach the target.
        moment: The call at which it would; None for the time after the last one.
        change: Whether it would be changed, and not only seen.
    """
    boundary = f"boundary = {policy.boundary!r}"
    if target is None or target not in policy.people or source not in policy.people:
        return Decision(False, boundary)
    if source == target:
        return Decision(True, "own data")
    sharing = sharing_of(policy, history)
    one, other = policy.people[source], policy.people[target]
    same = bool(one.tenant) and one.tenant == other.tenant
    if policy.boundary == "tenant" and same:
        return Decision(True, boundary)
    suspend = policy.suspending(operation)
    if suspend is not None and may_suspend(policy, suspend, target):
        # An account is named by its user's id, and no other data of the user is shown with it.
        people = set(history.subjects.values())
        account = history.subjects.get(source)
        if not objects or (account in objects and (change or set(objects) <= people)):
            return Decision(True, str(suspend))
    for rule in policy.allows:
        if _allows(policy, rule, one, other, operation, sharing, moment, change=change):
            return Decision(True, str(rule))
    if objects and not change and _offered(sharing, source, target, objects, moment):
        return Decision(True, "an offer shows its person what it names")
    wanted = _keys(policy, history, objects)
    lost: Grant | None = None
    for grant in sharing.to(target):
        if grant.owner != source:
            continue
        if wanted is not None and not wanted & {grant.object, *grant.codes}:
            continue
        way = [grant, *sharing.chain(grant, target)]
        if _way_holds(way, grant, target, moment) and (grant.rule.change or not change):
            return Decision(True, str(grant.rule))
        ended = [each for each in way if each.lost(moment)]
        if ended and not change:
            lost = ended[-1]
    return Decision(False, str(lost.rule) if lost is not None else boundary, lost)


def _way_holds(way: list[Grant], grant: Grant, target: str, moment: Call | None) -> bool:
    if not grant.holds(moment):
        return False
    return grant.person == target or any(each.holds(moment) for each in way[1:])


def _offered(
    sharing: Sharing, source: str, target: str, objects: Collection[str], moment: Call | None
) -> bool:
    return any(
        each.owner == source
        and each.person == target
        and each.offers(moment)
        and {each.object, *each.handles} & set(objects)
        for each in sharing.grants
        if each.object and each.rule.accept
    )


def _keys(policy: Policy, history: History, objects: Collection[str] | None) -> set[str] | None:
    if objects is None:
        return None
    known, parts = objects_of(history), parts_of(policy, history)
    return {key for each in objects for key in (*known.of(each), *parts.holders.get(each, ()))}


def roles_at(policy: Policy, history: History, user: str, moment: Call | None = None) -> set[str]:
    """Return the roles of a user at a call: those they began with, given and not withdrawn."""
    return _roles(policy.people[user], sharing_of(policy, history), moment)


def may_call(
    policy: Policy, history: History, user: str | None, operation: str, moment: Call | None = None
) -> tuple[bool, Reserve | None]:
    """Return whether a user may call an operation, and the rule that reserves it, if one does."""
    reserve = policy.reserved(operation)
    if reserve is None:
        return True, None
    if user is None or user not in policy.people:
        return False, reserve
    mine = {EVERYBODY, user, *roles_at(policy, history, user, moment)}
    return bool(mine & set(reserve.to)), reserve


def _roles(person: Person, sharing: Sharing, moment: Call | None) -> set[str]:
    found = set()
    for role in person.roles:
        taken = sharing.withdrawn.get((role, person.name))
        if taken is None or (
            moment is not None and (moment.index <= taken.index or moment.started < taken.ended)
        ):
            found.add(role)
    given = (each for each in sharing.grants if each.person == person.name and each.rule.role)
    return found | {each.rule.role for each in given if each.holds(moment)}


def _allows(
    policy: Policy,
    rule: Allow,
    owner: Person,
    subject: Person,
    operation: str,
    sharing: Sharing,
    moment: Call | None,
    *,
    change: bool,
) -> bool:
    if change and not rule.change:
        return False
    if not matches(rule.operations, operation):
        return False
    roles = _roles(subject, sharing, moment)
    if not {EVERYBODY, subject.name, *roles} & set(rule.to):
        return False
    if rule.scope == "own" or (
        rule.scope == "tenant" and not (owner.tenant and owner.tenant == subject.tenant)
    ):
        return False
    names: Mapping[str, Mapping[str, Any]] = {
        "subject": _attributes(subject, roles),
        "owner": _attributes(owner, _roles(owner, sharing, moment)),
        "operation": {"name": operation},
    }
    return not rule.when or holds(rule.when, names)


def _attributes(person: Person, roles: set[str]) -> dict[str, Any]:
    return {
        **person.claims,
        "name": person.called or person.name,
        "tenant": person.tenant,
        "roles": sorted(roles),
    }
