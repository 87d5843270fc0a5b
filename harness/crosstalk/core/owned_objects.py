"""Objects that existed before an example, whose owners are known: from listings, or declared.

A listing shows a user what is theirs, so an object that one user's listing alone shows is that
user's. Such objects hold no marker. What another user is shown is recognized by the object's id
together with a field that no other user's object has.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from crosstalk.core.identifiers import ID_NAME, identifiers_in, last_name
from crosstalk.core.object_kinds import kind_of_argument, kind_of_field, noun_of, singular, stem_of

if TYPE_CHECKING:
    from crosstalk.core.history import Call

# A field's name and its value as text.
Detail: TypeAlias = tuple[str, str]

_OWN_ID = ("id", "_id", "uuid", "uid", "key", "slug", "number", "code")
# Values that say what state an object is in, or when; they tell objects of two users apart by
# chance alone.
_STATE = re.compile(
    r"status|state|type|kind|role|count|total|version|priority|category|currency|_at$|At$|date|time"
    r"|owner|user|author|creator|account|member",
    re.IGNORECASE,
)
_SHORTEST_TEXT, _SHORTEST_NUMBER = 4, 3


@dataclass(frozen=True, slots=True)
class OwnedObject:
    """An object that a user owns since before the example.

    Attributes:
        owner: The user's name.
        kind: Kind of the object, e.g. `document`.
        id: What the system calls it.
        place: Its number among the owner's objects of that kind.
        details: Fields of it that no other user's object has.
        field: Name of the field that holds its id.
    """

    owner: str
    kind: str
    id: str
    place: int = 1
    details: frozenset[Detail] = frozenset()
    field: str = "id"

    @property
    def name(self) -> str:
        """Return what stands for its id in a script, where another run may have another id."""
        kind = re.sub(r"[^a-z0-9_]", "", self.kind) or "object"
        return f"{self.owner}-{kind}-{self.place}"

    def is_of(self, kind: str) -> bool:
        """Return whether a kind is this object's; `doc` may be short for `document`."""
        return bool(kind) and (kind == self.kind or kind in self.kind or self.kind in kind)


def shown_objects(owned: Sequence[OwnedObject], call: Call) -> list[tuple[str, str]]:
    """Return a value of each object that the answer to a call shows, with the object's owner.

    An object is shown where a field of it is, together with its id in the answer or the call.
    """
    leaves = _leaves(call.answer.body) if owned else set()
    candidates = [(each, sorted(each.details & leaves)) for each in owned]
    candidates = [(each, found) for each, found in candidates if found]
    if not candidates:
        return []
    named = {
        (kind_of_argument(name, call.operation), str(each))
        for name, value in call.arguments.items()
        for each in (value if isinstance(value, list) else [value])
    }
    named |= {(kind, each) for kind, each, _, _ in records_in(call)}
    return [
        (found[0][1], one.owner)
        for one, found in candidates
        if any(each == one.id and one.is_of(kind) for kind, each in named)
    ]


@dataclass(slots=True)
class OwnershipSurvey:
    """Takes what users are shown of their own, and says who owns what.

    Attributes:
        declared: Objects whose owners the description names; their details are learnt.
        reference_fields: Names of arguments that refer to objects.
        shared: Ids of objects that stand in a text of another user's, once the owners were asked
            for: an earlier run may have stored them there.
    """

    declared: Sequence[OwnedObject] = ()
    reference_fields: Collection[str] = ()
    shared: set[str] = field(default_factory=set)
    _records: dict[tuple[str, str], dict[str, set[Detail]]] = field(default_factory=dict)
    _fields: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, call: Call) -> None:
        """Take in an answer to a user's own reading."""
        user = call.actor.user
        if user is None:
            return
        for kind, identifier, name, details in records_in(call, self.reference_fields):
            holders = self._records.setdefault((kind, identifier), defaultdict(set))
            holders[user] |= details
            self._fields[kind, identifier] = name

    def owned(self) -> tuple[OwnedObject, ...]:
        """Return the declared objects, and those that one user alone was shown."""
        found: list[OwnedObject] = []
        declared = {(each.kind, each.id) for each in self.declared}
        for each in self.declared:
            known = [
                details
                for (kind, identifier), holders in self._records.items()
                if identifier == each.id and each.is_of(kind)
                for user, details in holders.items()
                if user == each.owner
            ]
            found.append(replace(each, details=frozenset[Detail]().union(*known)))
        places: defaultdict[tuple[str, str], int] = defaultdict(int)
        for each in found:
            places[each.owner, each.kind] = max(places[each.owner, each.kind], each.place)
        mentions = self._mentions()
        for (kind, identifier), holders in self._records.items():
            if len(holders) != 1 or (kind, identifier) in declared:
                continue
            ((owner, details),) = holders.items()
            if mentions.get(identifier, {owner}) != {owner}:
                # Another user knew of it before the run: to be shown it lets nothing cross.
                self.shared.add(identifier)
                continue
            places[owner, kind] += 1
            found.append(
                OwnedObject(
                    owner,
                    kind,
                    identifier,
                    places[owner, kind],
                    frozenset(details),
                    self._fields[kind, identifier],
                )
            )
        return tuple(_distinctive(each, found) for each in found)

    def _mentions(self) -> dict[str, set[str]]:
        """Return each id that stands in a text of an object, with the users who were shown it.

        An earlier run may have had a user store another's id.
        """
        found: defaultdict[str, set[str]] = defaultdict(set)
        for holders in self._records.values():
            for user, details in holders.items():
                for name, text in details:
                    if not ID_NAME.search(name):
                        for value in identifiers_in(text):
                            found[value].add(user)
        return found


def records_in(
    call: Call, reference_fields: Collection[str] = ()
) -> Iterator[tuple[str, str, str, frozenset[Detail]]]:
    """Return the objects in an answer: kind, id, the field of the id, and their other fields."""
    yield from _records(call.answer.body, "", call, frozenset(reference_fields))


def _records(
    body: Any, path: str, call: Call, fields: frozenset[str]
) -> Iterator[tuple[str, str, str, frozenset[Detail]]]:
    if isinstance(body, Mapping):
        noun = singular(noun_of(call.operation))
        own = [name for name in _OWN_ID if name in body]
        own += [str(name) for name in body if _names_itself(str(name), noun) or name in fields]
        for name in own:
            value = body[name]
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
                where = f"{path}.{name}" if path else name
                kind = kind_of_field(where, call.operation, has_id="id" in body and not path)
                # A slug is one of what the operation is about.
                kind = kind if kind != singular(name) else noun
                details = frozenset(
                    each for each in _leaves(body) if each[1] != str(value) and _tells(*each)
                )
                yield kind, str(value), name, details
                break
        items = [(str(key), each) for key, each in body.items()]
    elif isinstance(body, list):
        items = [(str(place), each) for place, each in enumerate(body)]
    else:
        return
    for key, each in items:
        if isinstance(each, Mapping | list):
            yield from _records(each, f"{path}.{key}" if path else key, call, fields)


def _names_itself(name: str, noun: str) -> bool:
    """Return whether a field is the id of the object that it stands in: `note_id` of a note."""
    stem = stem_of(name)
    return stem != name and bool(stem) and singular(stem) == noun


def _leaves(body: Any, name: str = "") -> set[Detail]:
    if isinstance(body, Mapping):
        return {each for key, value in body.items() for each in _leaves(value, str(key))}
    if isinstance(body, list):
        return {each for value in body for each in _leaves(value, name)}
    if isinstance(body, bool) or body is None:
        return set()
    return {(last_name(name), str(body))}


def _tells(name: str, text: str) -> bool:
    """Return whether a field says something that other objects hardly say too."""
    number = re.fullmatch(r"-?\d+(\.\d+)?", text) is not None
    shortest = _SHORTEST_NUMBER if number else _SHORTEST_TEXT
    return len(text) >= shortest and not _STATE.search(name)


def _distinctive(one: OwnedObject, all_objects: Sequence[OwnedObject]) -> OwnedObject:
    """Return the object with those details that no other user's object has."""
    others = {detail for each in all_objects if each.owner != one.owner for detail in each.details}
    return replace(one, details=one.details - others)
