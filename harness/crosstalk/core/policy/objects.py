"""Objects of a history: who owns them, and which values belong to which of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crosstalk.core.identifiers import identifiers_of, is_id_path, is_marker, is_short_id, last_name
from crosstalk.core.object_kinds import kind_of_argument, kind_of_field

if TYPE_CHECKING:
    from crosstalk.core.history import Call, History


@dataclass(slots=True)
class Objects:
    """Knowledge of objects, by a key: an id, or its kind and id where the id is short.

    Attributes:
        owners: Object to the user with whom it was first seen.
        holders: Value to the objects that it was shown or stored as a part of.
    """

    owners: dict[str, str] = field(default_factory=dict)
    holders: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def of(self, value: str) -> set[str]:
        """Return the objects that a value belongs to, itself among them."""
        return {value, *self.holders.get(value, ())}


def object_key(kind: str, value: object) -> str:
    """Return by what an object is known: numbers of several kinds are different objects."""
    text = str(value)
    found = identifiers_of(text)
    if len(found) == 1:
        return next(iter(found))
    return f"{kind} {text}" if is_short_id(text) else text


def named_objects(call: Call) -> dict[str, list[str]]:
    """Return argument name to the objects that a call names in it."""
    return call.once("named objects", _named_objects)


def _named_objects(call: Call) -> dict[str, list[str]]:
    return {
        name: [object_key(kind_of_argument(name, call.operation), each) for each in _many(value)]
        for name, value in call.arguments.items()
        if is_id_path(last_name(name)) or any(identifiers_of(each) for each in _many(value))
    }


def named_values(call: Call) -> frozenset[str]:
    """Return the objects that a call names, in whichever argument."""
    return call.once(
        "named values",
        lambda it: frozenset(key for keys in named_objects(it).values() for key in keys),
    )


def values_about(call: Call, people: Collection[str]) -> set[str]:
    """Return the values that say what a call is about.

    A user's id stands in all that is shared with that user, so where a call names an object it is
    about that, and not about the people whom it names beside it, its caller among them. An
    idempotency key says nothing of it: who sends another user's does not write to what it made.

    Args:
        call: The call.
        people: Ids of users.
    """
    keys = _keys_of_calls(call)
    named = named_values(call) - keys
    objects = {each for each in without_people(named, people) if not is_marker(each)}
    values = {*named, *call.sent} - keys
    return without_people(values, people) if objects else values


def _keys_of_calls(call: Call) -> set[str]:
    """Return what names the call itself, and nothing that it is about."""
    return {
        each
        for name, value in call.arguments.items()
        if names_call(name)
        for each in (str(value), *identifiers_of(value))
    }


def names_call(argument: str) -> bool:
    """Return whether an argument names the call itself, so that a repeat of it is known as one."""
    return "idempotency" in argument.lower()


def without_people(keys: Collection[str], people: Collection[str]) -> set[str]:
    """Return the keys of objects that are no users.

    A number is a user's where its kind says so: the user 3 is not the booking 3.
    """
    found = set()
    for each in keys:
        kind, _, text = each.rpartition(" ")
        user = (
            each in people
            if not kind
            else text in people and (kind == "user" or not text.isdigit())
        )
        if not user:
            found.add(each)
    return found


def objects_of(history: History) -> Objects:
    """Return the objects of a history so far; each call is taken once."""
    return history.walked("policy objects", _Walk).found


class _Walk:
    """Takes the calls of a history in order, and takes down their objects."""

    def __init__(self, history: History) -> None:
        self.found = Objects()
        for each in history.owned:
            self.found.owners.setdefault(object_key(each.kind, each.id), each.owner)
        self._subjects = set(history.subjects.values())

    def take(self, call: Call) -> None:
        """Take the next call."""
        user, found = call.actor.user, self.found
        if user is None:
            return
        planted = {each for each in call.sent if is_marker(each)}
        named = named_values(call) - planted
        served = call.answer.outcome == "ok"
        answered = _records(call.answer.body, "", call) if served else iter(())
        top: set[str] = set()
        made: set[str] = set()
        for path, keys, values in answered:
            if not path:
                made |= {each for each in keys - self._subjects if each not in found.owners}
            for key in keys - self._subjects:
                found.owners.setdefault(key, user)
                if found.owners[key] == user:
                    for value in values:
                        found.holders[value].add(key)
            if not path:
                top |= keys
        for key in made - named:
            # A term that is made in a glossary is a part of it, whatever its answer says of that.
            found.holders[key] |= {each for each in named if found.owners.get(each) == user}
        for value in planted:
            found.owners.setdefault(value, user)
            found.holders[value] |= {
                key for key in named | top if found.owners.get(key, user) == user
            }


def _records(
    body: Any, path: str, call: Call, above: frozenset[str] = frozenset()
) -> Iterator[tuple[str, frozenset[str], set[str]]]:
    """Return every JSON object with ids of its own: where, its ids, and the values in it."""
    if isinstance(body, Mapping):
        keys = record_keys(body, path, call) | above
        if keys:
            yield path, frozenset(keys), identifiers_of(body) | keys
        for name, value in body.items():
            yield from _records(value, f"{path}.{name}".strip("."), call, frozenset(keys))
    elif isinstance(body, list):
        for place, value in enumerate(body):
            yield from _records(value, f"{path}.{place}".strip("."), call, above)


def record_keys(body: Mapping[str, Any], path: str, call: Call) -> set[str]:
    """Return the ids of its own that a JSON object of an answer has.

    Args:
        body: The object.
        path: Where it stands in the answer.
        call: That was answered.
    """
    has_id = "id" in body and not path
    return {
        object_key(kind_of_field(f"{path}.{name}".strip("."), call.operation, has_id=has_id), value)
        for name, value in body.items()
        if is_id_path(str(name)) and isinstance(value, str | int) and not isinstance(value, bool)
    }


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
