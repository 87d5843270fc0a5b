"""Numbers and codes that answers gave to users as ids of objects."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from crosstalk.core.history import Call, Outcome
from crosstalk.core.identifiers import (
    is_code,
    is_code_path,
    is_drawn,
    is_id_path,
    is_short_id,
    is_worded_id,
)
from crosstalk.core.object_kinds import has_own_id, kind_of_field

# Digits among letters on both sides, or after a separator: no week, version or day.
_LETTERS_AND_DIGITS = re.compile(
    r"^(?=(?:.*[a-zA-Z]){3})(?=(?:.*\d){1})(?=.*(?:[a-z]\d+[a-z]|[A-Z]\d+[A-Z]|\d[a-z]+\d|[-_][a-z0-9]{6,}))"
)


def numbers_given(calls: Iterable[Call]) -> set[str]:
    """Return the numbers that a user was given as an id, each after the kind of its object."""
    return {f"{kind} {value}" for call in calls for kind, value in numbers_in_answer(call)}


def numbers_in_answer(call: Call) -> frozenset[tuple[str, str]]:
    """Return the short ids in an answer that were not asked for, each after its kind of object."""
    return call.once("numbers in answer", _numbers_in_answer)


def _numbers_in_answer(call: Call) -> frozenset[tuple[str, str]]:
    if call.answer.outcome is not Outcome.OK:
        return frozenset()
    sent = {str(value) for value in call.arguments.values()}
    found = call.paths
    has_id = has_own_id(found)
    return frozenset(
        (kind_of_field(path, call.operation, has_id=has_id), value)
        for path, value in found
        if is_short_id(value)
        and value not in sent
        and (is_id_path(path) or (is_code_path(path) and not value.isdigit()) or _is_code(value))
    )


def _is_code(value: str) -> bool:
    """Return whether a value is a code wherever it stands: `{"event": "e-bhf38cqjh"}`."""
    return is_drawn(value) and _LETTERS_AND_DIGITS.search(value) is not None


def codes_in_answer(call: Call) -> frozenset[str]:
    """Return the codes that an answer gave to a user, e.g. `U-WBQV8V6`: not what they had sent."""
    return call.once("codes in answer", _codes_in_answer)


def _codes_in_answer(call: Call) -> frozenset[str]:
    if call.answer.outcome is not Outcome.OK or call.actor.user is None:
        return frozenset()
    sent = {str(value) for value in call.arguments.values()}
    return frozenset(
        value
        for path, value in call.paths
        if ((is_code_path(path) and is_code(value)) or (is_id_path(path) and is_worded_id(value)))
        and value not in sent
    )


@dataclass(slots=True)
class GivenNumbers:
    """Users with the numbers that they were given as ids, by kind of object."""

    given: defaultdict[str, defaultdict[str, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )

    def take(self, call: Call) -> None:
        if call.actor.user is not None:
            for kind, value in numbers_in_answer(call):
                self.given[kind][value].add(call.actor.user)

    def compare(self, foreign: str, missing: str, kind: str, known: frozenset[str]) -> KnownNumber:
        """Return the holders of the one number, if the other one has none.

        A number that several users were given, each for an object of their own, shows nothing; nor
        does one that a user was given before this history began.
        """
        kinds = [each for each in self.given if kind in ("", each) or not each]
        guessed = not kinds
        kinds = kinds or list(self.given)
        if any(
            f"{each} {value}" in known
            for each in {*kinds, kind, ""}
            for value in (foreign, missing)
        ):
            return KnownNumber(frozenset(), guessed)
        if any(self.given[each].get(missing) for each in kinds):
            return KnownNumber(frozenset(), guessed)
        holders = {user for each in kinds for user in self.given[each].get(foreign, ())}
        return KnownNumber(frozenset(holders), guessed)


@dataclass(frozen=True, slots=True)
class KnownNumber:
    """Users who hold a number; guessed where none was ever given as an id of that kind."""

    holders: frozenset[str]
    guessed: bool
