"""Values harvested from earlier answers, by the user who received them.

They are what makes a campaign go deep: an id that exists reaches code that a random one never
does. A reference parameter prefers values of its own kind: `task_id` takes ids that came from an
operation or field whose name speaks of tasks.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from harness.history import Call, Outcome
from harness.isolation.script import paths_in
from harness.surface.nesting import last_name
from harness.surface.operation import Operation, Parameter, Role
from harness.values import is_short_id, tokens_in, tokens_of

_ID_FIELD = re.compile(r"(^|_)(id|uuid|key|uri)$|Id$")
_VERBS = frozenset(
    {"get", "post", "patch", "put", "delete", "add", "create", "make", "list", "read", "show"}
    | {"search", "find", "update", "change", "edit", "complete", "finish", "remove", "all", "bulk"}
)
_CURSOR_FIELD = re.compile(r"cursor|page_token", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Harvested:
    value: str
    field: str
    operation: str


class Pool:
    """Ids and cursors seen in this example, own and foreign."""

    def __init__(self) -> None:
        self._ids: defaultdict[str, dict[str, _Harvested]] = defaultdict(dict)
        self._cursors: defaultdict[str, dict[str, _Harvested]] = defaultdict(dict)
        self._keys: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._subjects: set[str] = set()
        self._first: dict[str, str] = {}
        self._names: defaultdict[str, dict[tuple[str, str], None]] = defaultdict(dict)

    def know_subjects(self, subjects: set[str]) -> None:
        """Subjects are identities, not references to objects."""
        self._subjects = subjects

    def keep_names(self, call: Call, operation: Operation) -> None:
        """Remember by what names a user called things that they stored."""
        if call.actor.user is None or call.answer.outcome is not Outcome.OK:
            return
        for parameter in operation.parameters:
            given = call.arguments.get(parameter.name)
            if parameter.role is Role.NAME and operation.stores and isinstance(given, str):
                self._names[call.actor.user][last_name(parameter.name), given] = None

    def harvest(self, call: Call) -> None:
        """Take the ids and cursors out of an answer."""
        if call.actor.user is None or call.answer.outcome is not Outcome.OK:
            return
        sent = tokens_of(call.arguments)
        named = {str(each) for each in call.arguments.values()}
        for path, text in paths_in(call.answer.body):
            name = next((part for part in reversed(path.split(".")) if not part.isdigit()), "")
            item = _Harvested(text, name, call.operation)
            if is_short_id(text) and _ID_FIELD.search(name):
                # Several users may have it, each for an object of their own.
                if text not in named and text not in self._subjects:
                    self._ids[call.actor.user].setdefault(text, item)
                continue
            # What the caller sent comes back to them, and makes nothing theirs: an assistant
            # repeats the arguments of its calls, other users' ids among them.
            if tokens_in(text) & sent or self._first.setdefault(text, call.actor.user) != (
                call.actor.user
            ):
                continue
            if _CURSOR_FIELD.search(name):
                self._cursors[call.actor.user].setdefault(text, item)
            elif _ID_FIELD.search(name) and text not in self._subjects and tokens_in(text):
                self._ids[call.actor.user].setdefault(text, item)

    def references(self, user: str, parameter: Parameter, operation: str) -> list[str]:
        """Ids that `user` has received and that fit the parameter, oldest first."""
        name = last_name(parameter.name)
        if parameter.role is Role.NAME:
            known = self._names[user]
            same = [chosen for argument, chosen in known if argument == name]
            return same or [chosen for _, chosen in known]
        stem = re.sub(r"(_?id|Id)$", "", name) or _noun(operation)
        items = self._ids[user].values()
        fitting = [each.value for each in items if _fits(each, name, stem)]
        # A URI is no id of anything else.
        return fitting or [each.value for each in items if "://" not in each.value]

    def keep_key(self, user: str, key: str) -> None:
        """Note a key under which this user made a call."""
        self._keys[user].setdefault(key)

    def keys(self, user: str) -> list[str]:
        """Keys under which `user` has made calls, oldest first."""
        return list(self._keys[user])

    def cursors(self, user: str) -> list[str]:
        """Cursors that `user` has received."""
        return list(self._cursors[user])


def _fits(item: _Harvested, parameter: str, stem: str) -> bool:
    if item.field == parameter:
        return True
    if item.field != "id":
        return False
    return stem.lower() in _noun(item.operation)


def _noun(operation: str) -> str:
    """What an operation is about: the last word of its name that is no verb."""
    words = re.findall(r"[a-z]+", re.sub(r"\{[^}]*\}", "", operation.split(":", 1)[-1]).lower())
    return next((word for word in reversed(words) if word not in _VERBS), "")
