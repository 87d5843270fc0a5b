"""What somebody observes, in a form that is the same in two worlds unless somebody else matters.

Ids and cursors become symbols in the order in which the observer first meets them: which is which
stays visible, what they are does not. A number that is an id becomes such a symbol too, and the
step from the last one to a new one is an observation of its own. A time, and a validator such as
an `ETag`, becomes the number of its change: that it changed stays visible, to what does not.
Everything else stays as it is.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from crosstalk.core.history import Call
from crosstalk.core.identifiers import ID_NAME, is_marker, is_short_id, last_name, substituted
from crosstalk.generator.value_pool import CONTAINERS, CURSOR_FIELD, noun
from crosstalk.surface.http.headers import VALIDATORS, VOLATILE
from crosstalk.surface.mcp.replies import PROSE_ID

_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?P<fraction>\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?"
)
# Ends the name of the place at which a number's distance from the last one stands.
GAP = " (gap)"
_SHORT = 3
_NUMBER = re.compile(r"\d+")
# Signed or packed, whatever it holds: too long and too mixed to be anybody's word.
_OPAQUE = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9_.~+/=%-]{24,}")
# Seconds, or milliseconds, since 1970 that lie between 2001 and 2096.
_EPOCH_SECONDS = (10**9, 4 * 10**9)
_EPOCH_MILLISECONDS = (10**12, 4 * 10**12)


class Normalizer:
    """Takes one observer's calls of one world, in order.

    Args:
        subjects: User name to subject in this world.
    """

    def __init__(self, subjects: Mapping[str, str]) -> None:
        # Longest first: one subject may begin as another does. Short ones occur by chance.
        self._subjects = [
            (re.compile(rf"(?<![A-Za-z0-9]){re.escape(subject)}(?![A-Za-z0-9])"), f"<{name}>")
            for name, subject in sorted(subjects.items(), key=lambda item: -len(item[1]))
            if len(subject) > _SHORT
        ]
        self._symbols: dict[str, str] = {}
        self._numbers: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._highest: dict[str, int] = {}
        self._changes: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self._echoed: dict[str, str] = {}
        self._gaps: dict[str, str] = {}

    def observation(self, call: Call) -> dict[str, str]:
        """Place to what stands there, e.g. `status`, `headers.etag`, `body.items.0.title`."""
        self._gaps = {}
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
            if name in VOLATILE:
                continue
            found[f"headers.{name}"] = (
                self._change(f"{call.operation} {asked}", name, value)
                if name in VALIDATORS
                else self._text(value)
            )
        found.update(self._flat(answer.body, "body", call.operation, call.operation))
        return found | self._gaps

    def _arguments(self, call: Call) -> str:
        """The arguments in the world's own symbols; numbers among them may come back in prose."""
        said = {}
        for name, value in call.arguments.items():
            if ID_NAME.search(last_name(name)) and is_short_id(str(value)):
                symbol = self._number(_kind(last_name(name), [], call.operation), str(value), "")
                self._echoed[str(value)] = said[name] = symbol
            else:
                text = value if isinstance(value, str) else json.dumps(value, default=str)
                said[name] = self._text(text)
        return json.dumps(said, sort_keys=True)

    def _flat(
        self, value: Any, path: str, operation: str, holder: str
    ) -> Iterator[tuple[str, str]]:
        if isinstance(value, Mapping):
            mine = next((str(value[key]) for key in value if key in ("id", "uuid", "_id")), None)
            holder = self._text(mine) if mine is not None else f"{operation} {_general(path)}"
            yield f"{path}{{}}", "object"
            for key, item in value.items():
                yield from self._flat(item, f"{path}.{self._text(str(key))}", operation, holder)
        elif isinstance(value, list | tuple):
            yield f"{path}#", str(len(value))
            for place, item in enumerate(value):
                yield from self._flat(item, f"{path}.{place}", operation, holder)
        else:
            yield path, self._scalar(value, path, operation, holder)

    def _scalar(self, value: Any, path: str, operation: str, holder: str) -> str:
        parts = [part for part in path.split(".")[1:] if not part.isdigit()]
        field = parts[-1] if parts else ""
        text = str(value)
        if isinstance(value, str) and value and CURSOR_FIELD.search(field):
            return self._symbol(value)
        if isinstance(value, str | int) and not isinstance(value, bool):
            if ID_NAME.search(field) and is_short_id(text):
                return self._number(_kind(field, parts[:-1], operation), text, path)
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
        text = PROSE_ID.sub(_number_masked, _TIME.sub("<time>", text))
        text = substituted(text, self._symbol)
        for number, symbol in self._echoed.items():
            text = re.sub(rf"(?<![\w<:.-]){re.escape(number)}(?![\w>])", symbol, text)
        return text

    def _symbol(self, value: str) -> str:
        return self._symbols.setdefault(value, f"<id:{len(self._symbols) + 1}>")

    def _number(self, kind: str, text: str, path: str) -> str:
        known = self._numbers[kind]
        if text not in known:
            known[text] = len(known) + 1
            digits = _NUMBER.findall(text)
            number = int(digits[-1]) if digits else None
            highest = self._highest.get(kind)
            if number is not None and path:
                if highest is not None and number > highest:
                    self._gaps[f"{path}{GAP}"] = str(number - highest)
                self._highest[kind] = max(number, highest or number)
        return f"<{kind}:{known[text]}>"

    def _change(self, holder: str, field: str, text: str) -> str:
        """How often this has changed as far as the observer has seen."""
        seen = self._changes[holder, field]
        return f"<change:{seen.setdefault(text, len(seen) + 1)}>"


def _number_masked(match: re.Match[str]) -> str:
    """A sentence says the number of something new: it stands in a field of the answer as well."""
    found = match.group("id")
    return match.group(0).replace(found, "<number>") if is_short_id(found) else match.group(0)


def _precise_time(value: str | int) -> bool:
    """Whether it is a point in time, so fine that two events do not share it by chance."""
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


def _kind(field: str, holders: list[str], operation: str) -> str:
    """What an id is of: by its own name, else by the field that holds it, else by the call's."""
    stem = re.sub(r"(_?u?u?id|_?key|Id)s?$", "", field).lower()
    if stem:
        return stem
    named = [each for each in holders if each.lower() not in CONTAINERS]
    return (named[-1] if named else noun(operation)).lower().rstrip("s")


def _general(path: str) -> str:
    return ".".join("*" if part.isdigit() else part for part in path.split("."))
