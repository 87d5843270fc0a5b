"""Property: an answer that is allowed holds a field that the policy keeps out of it.

A field is known by its name. One that is empty or masked holds nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Call, History
from crosstalk.core.identifiers import identifiers_of
from crosstalk.core.object_kinds import kind_of_field
from crosstalk.core.policy import Policy
from crosstalk.core.policy.objects import Objects, objects_of, record_keys
from crosstalk.oracles.base import Suspicion, is_empty, was_served
from crosstalk.surface.schemas import names_user

_MASKED = re.compile(r"[*•xX.\-]{3,}|[\[<(]?(redacted|hidden|masked|removed)[\])>]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Shown:
    field: str
    rule: str
    owner: str | None


class Property:
    """Fires when an answer holds a forbidden field, or a field that is another user's own."""

    name = "property"

    def judge(self, history: History) -> list[Suspicion]:
        """One suspicion for each answer with such a field."""
        found = []
        for call in history if _has_fields(history.policy) else ():
            fields = {each.field: each for each in _fields(history, call)}
            if not fields:
                continue
            first, *others = fields.values()
            more = f", and {', '.join(map(repr, (each.field for each in others)))}" * bool(others)
            whose = f" of {first.owner}" if first.owner is not None else ""
            found.append(
                Suspicion(
                    self.name,
                    call.operation,
                    (call.index,),
                    f"{call.actor.name} received the field {first.field!r}{whose}{more}, against "
                    f"the rule “{first.rule}”",
                    rule=BrokenRule.FIELD,
                )
            )
        return found

    def opportunities(self, history: History) -> Counter[str]:
        """Count answers with data, where fields are forbidden; and those with others' records."""
        policy = history.policy
        if policy is None or not _has_fields(policy):
            return Counter()
        objects = objects_of(history)
        return Counter(
            call.operation
            for call in history
            if was_served(call)
            and not is_empty(call.answer.body)
            and (
                policy.fields.forbidden
                or any(
                    owner not in (None, call.actor.user)
                    for _, owner in _records(call.answer.body, "", call, objects, history)
                )
            )
        )


def _has_fields(policy: Policy | None) -> bool:
    return policy is not None and bool(policy.fields.forbidden or policy.fields.own)


def _fields(history: History, call: Call) -> Iterator[_Shown]:
    policy = history.policy
    if policy is None or not was_served(call):
        return
    forbidden, own = policy.fields.forbidden, policy.fields.own
    for record, owner in _records(call.answer.body, "", call, objects_of(history), history):
        for name, value in record.items():
            if _is_hidden(value):
                continue
            if pattern := _match(str(name), forbidden):
                yield _Shown(str(name), f"fields forbidden: {pattern}", None)
            pattern = _match(str(name), own)
            if pattern and owner is not None and owner != call.actor.user:
                yield _Shown(str(name), f"fields own: {pattern}", owner)


def _records(
    body: Any,
    path: str,
    call: Call,
    objects: Objects,
    history: History,
    above: str | None = None,
) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """Return every JSON object in an answer, with the user whose it is."""
    if isinstance(body, Mapping):
        owner = _owner(body, path, call, objects, history) or above
        yield body, owner
        for name, value in body.items():
            inner = f"{path}.{name}".strip(".")
            yield from _records(value, inner, call, objects, history, owner)
    elif isinstance(body, list):
        for place, value in enumerate(body):
            inner = f"{path}.{place}".strip(".")
            yield from _records(value, inner, call, objects, history, above)


def _owner(
    body: Mapping[str, Any], path: str, call: Call, objects: Objects, history: History
) -> str | None:
    users = {subject: name for name, subject in history.subjects.items()}
    named = {
        users[str(each)]
        for name, each in body.items()
        if isinstance(each, str | int)
        and str(each) in users
        and _may_name_user(str(name), str(each), f"{path}.{name}".strip("."), call)
    }
    if len(named) == 1:
        return next(iter(named))
    known = {objects.owners[key] for key in record_keys(body, path, call) if key in objects.owners}
    if not known:
        known = {
            objects.owners[each]
            for each in identifiers_of([v for v in body.values() if isinstance(v, str)])
            if each in objects.owners
        }
    return next(iter(known)) if len(known) == 1 else None


def _may_name_user(name: str, subject: str, path: str, call: Call) -> bool:
    """Return whether a field may name a user: each kind of object has a number 3."""
    if not subject.isdigit():
        return True
    kind = kind_of_field(path, call.operation, has_id=True) if name == "id" else name
    return names_user(kind, perhaps=True)


def _match(name: str, patterns: Sequence[str]) -> str:
    return next((each for each in patterns if fnmatchcase(name.lower(), each.lower())), "")


def _is_hidden(value: Any) -> bool:
    if value is None or value in ("", [], {}):
        return True
    return isinstance(value, str) and _MASKED.fullmatch(value.strip()) is not None
