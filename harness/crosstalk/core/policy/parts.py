"""Parts of shared objects: what a member adds to another user's object is that user's from then on.

A member who may change an object stores a text in it: the text is the object's owner's, as the
whole object is, and reaches whoever has a share in it. What a member is shown of an object for the
first time, e.g. the id of a task that its owner's agent made, is the owner's as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crosstalk.core.identifiers import identifiers_of, is_marker
from crosstalk.core.policy.grants import Grant, Sharing
from crosstalk.core.policy.model import Policy
from crosstalk.core.policy.objects import (
    Objects,
    objects_of,
    record_keys,
    values_about,
    without_people,
)
from crosstalk.core.policy.sharing import sharing_of

if TYPE_CHECKING:
    from crosstalk.core.history import Call, History


@dataclass(slots=True)
class Parts:
    """Knowledge of what is a part of a shared object.

    Attributes:
        owners: Value that a member added, or saw first, to the user whose object it is in.
        holders: Value to the objects that it is a part of.
    """

    owners: dict[str, str] = field(default_factory=dict)
    holders: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def parts_of(policy: Policy, history: History) -> Parts:
    """Return the parts of shared objects in a history; found once a history."""
    if not any(each.object for each in policy.shares):
        return Parts()
    return history.derived("policy parts", lambda it: _Walk(policy, it).found())


class _Walk:
    """Goes through a history in order, and takes down what members add and see."""

    def __init__(self, policy: Policy, history: History) -> None:
        self._history = history
        self._sharing: Sharing = sharing_of(policy, history)
        self._objects: Objects = objects_of(history)
        self._subjects = set(history.subjects.values())
        self._parts = Parts()
        # Value to the users who sent it, or were answered with it.
        self._known: defaultdict[str, set[str | None]] = defaultdict(set)

    def found(self) -> Parts:
        """Return the parts, once all calls were taken."""
        for call in self._history:
            said = call.sent
            answered = call.received
            user = call.actor.user
            grants = self._sharing.held(user, call) if user is not None else []
            if grants and call.answer.outcome == "ok":
                self._added(call, grants, said)
                for keys, values in _records(call.answer.body, "", call):
                    self._shown(call, grants, keys, values - self._subjects, said)
            for value in said | answered:
                self._known[value].add(user)
        return self._parts

    def _added(self, call: Call, grants: list[Grant], said: Set[str]) -> None:
        """Take what the caller stores in an object that they may change.

        They may have sent it before: it was refused then, or is in their own conversation too.
        """
        inside = self._inside(values_about(call, self._subjects))
        for grant in grants:
            if grant.rule.change and grant.object in inside:
                for value in filter(is_marker, said):
                    if self._known.get(value, set()) <= {call.actor.user}:
                        self._take(value, grant, call)

    def _shown(
        self, call: Call, grants: list[Grant], keys: set[str], values: set[str], said: Set[str]
    ) -> None:
        """Take what one JSON object of an answer shows together with the id of a shared object.

        What the caller sent is not theirs to make a part of it by reading alone.
        """
        inside, with_people = self._inside(without_people(keys, self._subjects)), self._inside(keys)
        for grant in grants:
            if grant.object not in with_people:
                continue
            for value in values - said - {grant.object}:
                if value not in self._known:
                    self._take(value, grant, call)
                elif grant.object not in inside:
                    # The owner stands in all that is theirs, whether it is shared or not.
                    continue
                elif not self._objects.holders.get(value, set()) - values:
                    # Known from elsewhere, and of no object but those that stand here with it.
                    self._parts.holders[value].add(grant.object)

    def _take(self, value: str, grant: Grant, call: Call) -> None:
        owner = self._sharing.owner(grant.object, grant.owner, call)
        if owner != call.actor.user:
            self._parts.owners.setdefault(value, owner)
        self._parts.holders[value].add(grant.object)

    def _inside(self, values: Set[str]) -> set[str]:
        """Return these values with the objects that they are known to be parts of."""
        return {
            key
            for each in values
            for key in (*self._objects.of(each), *self._parts.holders.get(each, ()))
        }


def _records(body: Any, path: str, call: Call) -> Iterator[tuple[set[str], set[str]]]:
    """Return every JSON object that has ids of its own: its ids, and all values in it."""
    if isinstance(body, Mapping):
        keys = record_keys(body, path, call)
        if keys:
            yield keys, keys | identifiers_of(body)
        for name, value in body.items():
            yield from _records(value, f"{path}.{name}".strip("."), call)
    elif isinstance(body, list):
        for place, value in enumerate(body):
            yield from _records(value, f"{path}.{place}".strip("."), call)
