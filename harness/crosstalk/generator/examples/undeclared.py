"""Fields that a body is not declared to take: those that answers show of the same kind of object.

A handler that stores whatever it is sent (mass assignment, OWASP API3:2023, CWE-915) stores the
owner too. Which field that is, and how it is spelled, the system's own answers say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crosstalk.core.history import History, Outcome
from crosstalk.core.identifiers import last_name
from crosstalk.surface.operation import Operation, Parameter, Role

_WHO = r"owner|user|account|tenant|author|creator|customer|member|org|organi[sz]ation|workspace"
_OWNER = re.compile(
    rf"^(?:{_WHO})(?:_?(?:id|uuid|name|email))?$|^(?:created|owned|added|posted)_?by(?:_?id)?$"
    r"|^(?:uid|sub|username)$",
    re.IGNORECASE,
)
_RIGHT = re.compile(
    r"^(?:roles?|is_?(?:admin|staff|superuser|owner)|admin|permissions?|scopes?)$", re.IGNORECASE
)
# Where no answer shows an owner: how systems usually call one.
_USUAL = ("user_id", "owner_id", "owner", "userId")
_USUAL_RIGHTS: Mapping[str, Any] = {"role": "admin", "is_admin": True}
_MOST_OBJECTS = 60
# Names of an owner that are asked for in one argument.
_MOST_FILTERS = 4


@dataclass(frozen=True, slots=True)
class UndeclaredField:
    """A field beside those that an operation declares.

    Attributes:
        name: Flat name, in the object that holds what is declared.
        value: The victim's identity, or a right that the caller does not have.
        shown: Whether answers show it of the same kind of object, as an owner.
    """

    name: str
    value: Any
    shown: bool = False


def undeclared_fields(
    operation: Operation, history: History, victim: str, attacker: str
) -> list[UndeclaredField]:
    """Return the fields that may say to whom something belongs, or what a user may do.

    Args:
        operation: What takes an object.
        history: Its answers show the fields.
        victim: Name of the user whose identity is sent.
        attacker: Name of the user who sends it.
    """
    declared = {last_name(each.name) for each in operation.parameters}
    holder = _holder(operation)
    found: dict[str, Any] = {}
    for user in (victim, attacker):
        for path, value in _fields(operation, history, user):
            if declared & {path[0], path[-1] if path[-1] != "id" else path[0]}:
                continue
            name = ".".join((*holder, *path))
            if _RIGHT.search(path[-1]):
                found.setdefault(name, _more(value))
            elif user == victim and value is not None:
                # As text, so that a replay puts the victim of that time in its place.
                found.setdefault(name, str(value))
            else:
                found.setdefault(name, history.subjects[victim])
    owners = [name for name in found if not _RIGHT.search(last_name(name))]
    for usual in _USUAL if not owners else ():
        if usual not in declared:
            found[".".join((*holder, usual))] = history.subjects[victim]
    for usual, value in _USUAL_RIGHTS.items():
        if usual not in declared:
            found.setdefault(".".join((*holder, usual)), value)
    return [UndeclaredField(name, value, name in owners) for name, value in found.items()]


def owner_filters(
    operation: Operation, history: History, victim: str, attacker: str
) -> list[UndeclaredField]:
    """Return filters that name another owner, for the arguments that take any object.

    Where a store merges such a filter over its own condition on the owner, the caller's wins
    (CWE-943); an operator in it, as document stores have them, does too.

    Args:
        operation: A reading.
        history: Its answers show how an owner is called.
        victim: Name of the user whose identity is asked for.
        attacker: Name of the user who asks.
    """
    shown = [
        path[0]
        for user in (victim, attacker)
        for path, _ in _fields(operation, history, user, alike=False)
        if len(path) == 1 and not _RIGHT.search(path[0])
    ]
    names = list(dict.fromkeys([*shown, *_USUAL]))[:_MOST_FILTERS]
    theirs, own = history.subjects[victim], history.subjects[attacker]
    return [
        UndeclaredField(each.name, {name: value}, shown=name in shown)
        for each in _any_objects(operation)
        for value in (theirs, {"$ne": own})
        for name in names
    ]


def takes_any_object(operation: Operation) -> bool:
    """Return whether an argument of an operation is an object without a form of its own."""
    return bool(_any_objects(operation))


def _any_objects(operation: Operation) -> list[Parameter]:
    return [
        each
        for each in operation.parameters
        if each.schema.get("type") == "object"
        and not each.schema.get("properties")
        and each.schema.get("additionalProperties") is not False
    ]


def _holder(operation: Operation) -> tuple[str, ...]:
    """Return the path of the object that the declared texts stand in; empty for the body itself."""
    texts = [each for each in operation.parameters if each.role in (Role.TEXT, Role.NAME)]
    names = [each.name for each in texts if "[]" not in each.name]
    return tuple(names[0].split(".")[:-1]) if names else ()


def _fields(
    operation: Operation, history: History, user: str, *, alike: bool = True
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Return the telling fields of objects that a user was shown, newest first.

    Those of the operation's own kind alone, unless `alike` is false.
    """
    declared = {
        last_name(each.name) for each in operation.parameters if each.role is not Role.IDENTITY
    }
    seen = 0
    for call in reversed(history.calls):
        if call.actor.user != user or call.actor.claims != user:
            continue
        if call.answer.outcome is not Outcome.OK:
            continue
        for each in _objects(call.answer.body):
            if alike and not declared & set(each):
                continue
            seen += 1
            yield from _telling(each, frozenset(history.subjects.values()))
        if seen > _MOST_OBJECTS:
            return


def _telling(
    found: Mapping[str, Any], subjects: Collection[str] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Return the fields of one object that say whose it is or what a user may do.

    One that holds a user's subject says whose it is, whatever it is called.
    """
    for name, value in found.items():
        names_user = isinstance(value, str) and value in subjects
        if not (_OWNER.search(name) or _RIGHT.search(name) or names_user):
            continue
        if isinstance(value, Mapping):
            inner = next((key for key in ("id", "user_id", "name") if key in value), None)
            if inner is not None:
                yield (name, inner), value[inner]
        elif value is None or isinstance(value, str | int) or _RIGHT.search(name):
            yield (name,), value


def _objects(body: Any) -> Iterator[Mapping[str, Any]]:
    pending: list[Any] = [body]
    while pending:
        here = pending.pop()
        if isinstance(here, Mapping):
            yield here
            pending += here.values()
        elif isinstance(here, Sequence) and not isinstance(here, str | bytes):
            pending += here


def _more(value: Any) -> Any:
    """Return a right of the same type that goes beyond what an ordinary user has."""
    if isinstance(value, bool):
        return True
    return ["admin"] if isinstance(value, list) else "admin"
