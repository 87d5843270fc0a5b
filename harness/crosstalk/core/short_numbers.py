"""Sources of the short numbers in the arguments of calls."""

from __future__ import annotations

from typing import Any, TypeAlias

from crosstalk.core.history import Call, Probe
from crosstalk.core.identifiers import is_short_id, last_name
from crosstalk.core.object_kinds import (
    is_of_kind,
    kind_named,
    kind_of_argument,
    kind_of_field,
    noun_of,
    singular,
)

# Digits of a number that is no amount or count by chance.
LONG_NUMBER = 5
# Fields under which objects have a number and no id.
_NUMBERS = frozenset({"number", "no", "nr", "num"})

# A user, alone or with the part of a comparison in which they were shown something.
_Shown: TypeAlias = tuple[str | None, Probe | None]


class ShortNumbers:
    """Short ids by kind of object: one number may name an object of each kind."""

    def __init__(self) -> None:
        self._given: dict[str, dict[str, str]] = {}
        # A long number names one object, whatever kind an answer shows it as.
        self._first: dict[str, str] = {}
        # User, field and number to where that user was first shown it.
        self._of_fields: dict[tuple[_Shown, str, str], str] = {}
        # User and number to the kinds of objects that have it, each with where it was shown.
        self._of_kinds: dict[tuple[_Shown, str], list[tuple[str, str]]] = {}

    def take(self, kind: str, number: str, symbol: str) -> None:
        """Keep where a number was first given as an id of that kind."""
        self._given.setdefault(kind, {}).setdefault(number, symbol)
        self._first.setdefault(number, symbol)

    def take_of_field(self, call: Call, path: str, number: str, symbol: str) -> None:
        """Keep where a user was first shown a number under the name of a field."""
        holder, _, field = path.rpartition(".")
        user = call.actor.user
        for shown in dict.fromkeys(((user, None), (user, call.probe))):
            self._of_fields.setdefault((shown, field, number), symbol)
            if field in _NUMBERS:
                said = kind_of_field(f"{holder}.id" if holder else "id", call.operation)
                for kind in dict.fromkeys((said, singular(noun_of(call.operation)))):
                    self._of_kinds.setdefault((shown, number), []).append((kind, symbol))

    def of_field(self, name: str, value: Any, call: Call) -> Any:
        """Return where a number came from that names an object by the field of that name.

        A number that names something travels as text, and one that counts does not. Of a
        comparison it is the victim's, whose invoices may be numbered as the caller's are, but for
        what the caller has made in that comparison. Where words are compared it is the caller's.
        """
        if not isinstance(value, str) or not value.isdigit() or len(value) >= LONG_NUMBER:
            return value
        victim, user = call.probe.victim if call.probe is not None else None, call.actor.user
        made = [(user, call.probe)] if call.probe is not None else []
        if call.probe is not None and call.probe.kind == "names":
            victim = user
        for shown in (*made, (victim, None), (user, None)):
            found = self._of_fields.get((shown, last_name(name), value))
            if found is not None:
                return found
            wanted = kind_named(name, call.operation)
            for kind, symbol in self._of_kinds.get((shown, value), ()):
                # An interview's `application` takes the number of one.
                if is_of_kind(kind, wanted):
                    return symbol
        return value

    def symbol(self, name: str, value: Any, operation: str) -> Any:
        """Return where the id in an argument came from; the value where it came from nowhere."""
        if isinstance(value, list):
            return [self.symbol(name, each, operation) for each in value]
        if len(str(value)) >= LONG_NUMBER and str(value) in self._first:
            return self._first[str(value)]
        wanted = kind_of_argument(name, operation)
        known = [each for each in (wanted, "") if each in self._given]
        # Where none of that kind was ever given, kinds are called differently there.
        for kind in known or list(self._given):
            if str(value) in self._given[kind]:
                return self._given[kind][str(value)]
        return value

    def named_plainly(self, name: str, value: Any, operation: str) -> Any:
        """Return where a number came from that an argument such as `job` or `revision` has.

        One of another kind counts where it is too long to be the same by chance.
        """
        if isinstance(value, bool) or not isinstance(value, str | int):
            return value
        text, kind = str(value), kind_named(name, operation)
        if not is_short_id(text):
            return value
        if len(text) >= LONG_NUMBER:
            return self._first.get(text, value)
        kinds = (given for of, given in self._given.items() if is_of_kind(of, kind))
        return next((given[text] for given in kinds if text in given), value)
