"""Observations of a caller, in a form that is the same in two runs unless another user matters.

Ids and cursors become symbols in the order in which the caller first meets them: which is which
stays visible, what they are does not. A number that is an id becomes such a symbol too, kept apart
by the kind of object that it names; the step from the last one to a new one, and that a number is
given again after its object was deleted, are observations of their own. A time, and a validator
such as an `ETag`, becomes the number of its change: that it changed stays visible, to what does
not. Everything else stays as it is.

Two phases compare observations: `two_worlds` the same caller in worlds that differ in what other
users do, `concurrency` callers that repeat the same calls, each with markers of its own, at once.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from crosstalk.core.history import Answer, Call, Outcome
from crosstalk.core.identifiers import (
    ID_NAME,
    identifiers_of,
    is_marker,
    is_short_id,
    is_worded_id,
    last_name,
    substituted,
)
from crosstalk.core.object_kinds import CURSOR_FIELD, deletes, kind_of_argument, kind_of_field
from crosstalk.surface.http.headers import VALIDATORS, VOLATILE
from crosstalk.surface.mcp.replies import PROSE_CODE, PROSE_ID
from crosstalk.surface.schemas import names_user

# Place to what stands there, e.g. `status`, `headers.etag`, `body.items.0.title`.
Observed: TypeAlias = Mapping[str, str]
# Place to what stands there here, and there.
Differences: TypeAlias = Mapping[str, tuple[str | None, str | None]]

# Ends the name of the place at which a number's distance from the last one stands.
GAP = " (gap)"
# Ends the name of the place at which a number comes again after its object was deleted.
REUSE = " (number of a deleted object)"
_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?P<fraction>\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?|"
    # Of HTTP (RFC 9110, section 5.6.7).
    r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT"
)
_SHORT = 3
_SHOWN_LENGTH = 60
_NUMBER = re.compile(r"\d+")
# Signed or packed, whatever it holds: too long and too mixed to be a word of a user's.
_OPAQUE = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9_.~+/=%-]{24,}")
# Seconds, or milliseconds, since 1970 that lie between 2001 and 2096.
_EPOCH_SECONDS = (10**9, 4 * 10**9)
_EPOCH_MILLISECONDS = (10**12, 4 * 10**12)


class Normalizer:
    """Takes one caller's calls of one run, in order.

    Args:
        subjects: User name to subject in this run.
        concurrent: Whether other clients make the same calls meanwhile, each with markers of its
            own: markers are symbols then, and gaps in numbers, times and headers, which depend on
            who came first, are left out.
        echoes: Operations and places of their answers that have the number that was asked for.
    """

    def __init__(
        self,
        subjects: Mapping[str, str],
        *,
        concurrent: bool = False,
        echoes: Collection[tuple[str, str]] = (),
    ) -> None:
        self._concurrent = concurrent
        self._echoes = frozenset(echoes)
        self._users = {subject: f"<{name}>" for name, subject in subjects.items()}
        # Longest first: one subject may begin as another does. Short ones occur by chance.
        self._subjects = [
            (re.compile(rf"(?<![A-Za-z0-9]){re.escape(subject)}(?![A-Za-z0-9])"), f"<{name}>")
            for name, subject in sorted(subjects.items(), key=lambda item: -len(item[1]))
            if len(subject) > _SHORT
        ]
        self._symbols: dict[str, str] = {}
        self._numbers: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._highest: dict[str, int] = {}
        self._deleted: defaultdict[str, set[str]] = defaultdict(set)
        self._given: Counter[str] = Counter()
        self._changes: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self._echoed: dict[str, str] = {}
        # What numbers tell beside their places, of the call that is observed.
        self._told: dict[str, str] = {}

    def observation(self, call: Call) -> dict[str, str]:
        """Return what this call showed, place by place."""
        self._told = {}
        self._echoed = {}
        asked = self._arguments(call)
        answer = call.answer
        found = {
            "outcome": answer.outcome.value,
            "status": str(answer.status),
            "code": self._text(str(answer.code)),
            "message": self._text(str(answer.message)),
        }
        for name, value in answer.headers.items():
            if name in VOLATILE or self._concurrent:
                continue
            found[f"headers.{name}"] = (
                self._change(f"{call.operation} {asked}", name, value)
                if name in VALIDATORS
                else self._text(value)
            )
        found.update(self._flat(answer.body, "body", call.operation, call.operation))
        if deletes(call.operation) and answer.outcome is Outcome.OK:
            for name, value in call.arguments.items():
                if ID_NAME.search(last_name(name)):
                    self._deleted[kind_of_argument(name, call.operation)].add(str(value))
        return found if self._concurrent else found | self._told

    def _arguments(self, call: Call) -> str:
        """The arguments in the run's own symbols; numbers among them may come back in prose."""
        said = {}
        for name, value in call.arguments.items():
            text = str(value)
            if ID_NAME.search(last_name(name)) and _may_be_id(text):
                symbol = self._number(kind_of_argument(name, call.operation), str(value), "")
                self._echoed[str(value)] = said[name] = symbol
            else:
                text = value if isinstance(value, str) else json.dumps(value, default=str)
                said[name] = self._text(text)
        return json.dumps(said, sort_keys=True)

    def _flat(
        self, value: Any, path: str, operation: str, holder: str
    ) -> Iterator[tuple[str, str]]:
        if isinstance(value, Mapping):
            holder = self._holder(value, path, operation)
            yield f"{path}{{}}", "object"
            for key, item in value.items():
                yield from self._flat(item, f"{path}.{self._text(str(key))}", operation, holder)
        elif isinstance(value, list | tuple):
            length, last = 0, None
            for item in value:
                below = f"{path}.{length}"
                row = list(self._flat(item, below, operation, holder))
                seen = [(place.removeprefix(below), stands) for place, stands in row]
                # Pieces of a stream come in one part or in many, as the network likes.
                if self._concurrent and seen == last:
                    continue
                length, last = length + 1, seen
                yield from row
            yield f"{path}#", str(length)
        else:
            yield path, self._scalar(value, path, operation, holder)

    def _holder(self, value: Mapping[str, Any], path: str, operation: str) -> str:
        """Name an object, by its id where it has one, so that its changes are its own.

        A number that is given again names another object.
        """
        for key, mine in value.items():
            if key in ("id", "uuid", "_id"):
                field, text = f"{path}.{key}", str(mine)
                if _may_be_id(text):
                    return self._number(
                        kind_of_field(field.partition(".")[2], operation), text, field
                    )
                return self._text(text)
        return f"{operation} {general(path)}"

    def _scalar(self, value: Any, path: str, operation: str, holder: str) -> str:
        field = next((part for part in reversed(path.split(".")[1:]) if not part.isdigit()), "")
        text = str(value)
        if isinstance(value, str) and value and CURSOR_FIELD.search(field):
            return self._symbol(value)
        if isinstance(value, str | int) and not isinstance(value, bool):
            if ID_NAME.search(field) and text in self._users:
                kind = kind_of_field(path.partition(".")[2], operation)
                # The bed 7 is not the user 7.
                if not text.isdigit() or kind == "user" or names_user(field, perhaps=True):
                    return self._users[text]
            if ID_NAME.search(field) and _may_be_id(text):
                return self._number(kind_of_field(path.partition(".")[2], operation), text, path)
            if text in self._echoed and (operation, general(path)) in self._echoes:
                return self._echoed[text]
            if _precise_time(value):
                return self._change(holder, field, text)
        if isinstance(value, float) and _between(value, _EPOCH_SECONDS):
            return self._change(holder, field, text)
        if isinstance(value, int) and _between(value, _EPOCH_SECONDS):
            return "<time>"
        return self._text(value) if isinstance(value, str) else json.dumps(value, default=str)

    def _text(self, text: str) -> str:
        if _OPAQUE.fullmatch(text) and not is_marker(text):
            return self._symbol(text)
        for subject, name in self._subjects:
            text = subject.sub(name, text)
        text = PROSE_ID.sub(_number_masked, without_times(text))
        text = PROSE_CODE.sub(_code_masked, text)
        text = substituted(text, self._symbol, markers=self._concurrent)
        for number, symbol in self._echoed.items():
            text = re.sub(rf"(?<![\w<:.-]){re.escape(number)}(?![\w>])", symbol, text)
        return text

    def _symbol(self, value: str) -> str:
        return self._symbols.setdefault(value, f"<id:{len(self._symbols) + 1}>")

    def _number(self, kind: str, text: str, path: str) -> str:
        known = self._numbers[kind]
        reused = bool(path) and text in self._deleted[kind]
        if reused:
            # Another object: to its owner it is as new as any other.
            self._deleted[kind].discard(text)
            self._told[f"{path}{REUSE}"] = "yes"
        if reused or text not in known:
            self._given[kind] += 1
            known[text] = self._given[kind]
            digits = _NUMBER.findall(text)
            number = int(digits[-1]) if digits else None
            highest = self._highest.get(kind)
            if number is not None and path:
                if highest is not None and number > highest:
                    self._told[f"{path}{GAP}"] = str(number - highest)
                self._highest[kind] = max(number, highest or number)
        return f"<{kind}:{known[text]}>"

    def _change(self, holder: str, field: str, text: str) -> str:
        """How often this has changed as far as the caller has seen."""
        if self._concurrent:
            return "<time>"
        seen = self._changes[holder, field]
        return f"<change:{seen.setdefault(text, len(seen) + 1)}>"


def differences(here: Observed, there: Observed) -> Differences:
    """Return the places at which two observations differ, with what stands in each."""
    return {
        place: (here.get(place), there.get(place))
        for place in dict.fromkeys([*here, *there])
        if here.get(place) != there.get(place)
    }


def described(found: Differences) -> str:
    """Return the most telling of the differences in words: `body.total is 3, not 2`."""
    place, (here, there) = min(found.items(), key=lambda item: _telling(item[0]))
    if place.endswith("#") and here is not None and there is not None:
        return f"{place.removesuffix('#')} has {here} entries, not {there}"
    return f"{place} is {_shown(here)}, not {_shown(there)}"


def general(place: str) -> str:
    """Return a place without the numbers of rows."""
    return re.sub(r"\.\d+", ".*", place)


def echoing_places(calls: Iterable[Call]) -> frozenset[tuple[str, str]]:
    """Find the places at which every answer has the number that was asked for (`deleted: 7`).

    A count may be equal to an id by chance: two different numbers must have come back there, and
    none that was not asked for.

    Returns:
        Operations, each with a place of its answers.
    """
    echoed: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    others: set[tuple[str, str]] = set()
    for call in calls:
        asked = {
            str(value)
            for name, value in call.arguments.items()
            if ID_NAME.search(last_name(name)) and str(value).isdigit()
        }
        if not asked or call.answer.outcome is not Outcome.OK:
            continue
        for place, number in _numbers_in(call.answer.body, "body"):
            where = call.operation, general(place)
            if number in asked:
                echoed[where].add(number)
            else:
                others.add(where)
    return frozenset(where for where, seen in echoed.items() if len(seen) > 1) - others


def _numbers_in(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers_in(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _numbers_in(item, f"{path}.{place}")
    elif isinstance(value, int) and not isinstance(value, bool):
        yield path, str(value)


def without_times(text: str) -> str:
    """Return the text with `<time>` in place of every point in time."""
    return _TIME.sub("<time>", text)


def identifiers_shown(answer: Answer) -> set[str]:
    """Return the identifying values anywhere in an answer, and in what else came with it."""
    return (
        identifiers_of(answer.body)
        | identifiers_of(dict(answer.headers))
        | identifiers_of(answer.message)
        | identifiers_of(answer.unsolicited)
    )


def _number_masked(match: re.Match[str]) -> str:
    """A sentence says the number of something new: it stands in a field of the answer as well."""
    found = match.group("id")
    return match.group(0).replace(found, "<number>") if is_short_id(found) else match.group(0)


def _may_be_id(text: str) -> bool:
    """Return whether a value may be an id, where its name says that it is one."""
    return is_short_id(text) or is_worded_id(text)


def _code_masked(match: re.Match[str]) -> str:
    """A sentence names something new by a code that is too short to be known by itself."""
    return "<code>" if is_short_id(match.group(0)) else match.group(0)


def _precise_time(value: str | int) -> bool:
    """Return whether it is a point in time, so fine that two events do not share it by chance."""
    if isinstance(value, int):
        return _between(value, _EPOCH_MILLISECONDS)
    match = _TIME.fullmatch(value)
    if match is None or match.group("fraction") is None:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _between(value: float, bounds: tuple[int, int]) -> bool:
    return bounds[0] <= value < bounds[1]


def _telling(place: str) -> tuple[int, int]:
    """Counts and lengths say more than what stands in a row that has moved."""
    return (0 if place in ("outcome", "status") else 1 if place.endswith("#") else 2, len(place))


def _shown(value: str | None) -> str:
    if value is None:
        return "not there"
    return value if len(value) <= _SHOWN_LENGTH else f"{value[: _SHOWN_LENGTH - 3]}..."
