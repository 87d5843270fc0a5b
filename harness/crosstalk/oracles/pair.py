"""A pair of calls of one user, and the parts by which the answers to them can be told apart."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from crosstalk.core.history import Answer, Call, Outcome
from crosstalk.core.identifiers import (
    identifiers_of,
    is_marker,
    map_markers,
    markers_in,
    strings_in,
    substituted,
)
from crosstalk.oracles.observation import without_times
from crosstalk.surface.http.headers import shows

# Begins the name of a part that is a header.
_HEADER = "headers."
# A word that has a number in it, so that no two users say it by chance.
_ONE_WORD = re.compile(r"(?=\S*\d)\S{6,40}")
# A number that stands by itself in a sentence.
_COUNTED = re.compile(r"(?<![\w-])\d+(?![\w-])")
# Parts by which a refusal is told from a call that is served.
_REFUSAL = ("status", "code", "message")


@dataclass(frozen=True, slots=True)
class Pair:
    """A call with another user's id, and the same with an id that no user has.

    Attributes:
        foreign: The call with the id of another user.
        missing: The other call.
        plain: Parts of the answers that differ once all ids are masked; headers that one has alone.
        headers: Headers that both answers have, with other values.
    """

    foreign: Call
    missing: Call
    plain: tuple[str, ...]
    headers: tuple[str, ...]

    @classmethod
    def of(cls, foreign: Call, missing: Call) -> Pair:
        """Compare the answers to two calls."""
        if foreign.probe is not None and foreign.probe.kind == "names":
            return cls._of_names(foreign, missing)
        asked = named_in_call(foreign) ^ named_in_call(missing)
        one, other = _observable(foreign, asked), _observable(missing, asked)
        differing = [name for name in {**one, **other} if one.get(name) != other.get(name)]
        both = [
            each for each in differing if each.startswith(_HEADER) and each in one.keys() & other
        ]
        plain = tuple(each for each in differing if each not in both)
        return cls(foreign, missing, plain, tuple(each.removeprefix(_HEADER) for each in both))

    @classmethod
    def _of_names(cls, taken: Call, free: Call) -> Pair:
        """Compare a call that holds what is another user's with the same that holds what is new.

        What is stored is answered with numbers of its own: a refusal tells of the other's, and so
        does what is made of the words alone, as a slug that is no longer free, and what is said of
        them: a duplicate or none, something added or nothing.
        """
        if (taken.answer.outcome is Outcome.OK) is (free.answer.outcome is Outcome.OK):
            made_alike = _made_of_words(taken) == _made_of_words(free)
            said = [
                _said_of(each, named_in_call(taken) ^ named_in_call(free)) for each in (taken, free)
            ]
            parts = [] if made_alike else ["body"]
            parts += [
                f"body.{path}"
                for path in {**said[0], **said[1]}
                if said[0].get(path) != said[1].get(path)
            ]
            return cls(taken, free, tuple(parts), ())
        one, other = (
            _observable(each, named_in_call(taken) ^ named_in_call(free)) for each in (taken, free)
        )
        plain = tuple(name for name in _REFUSAL if one.get(name) != other.get(name))
        return cls(taken, free, plain, ())

    def told_apart_by(self, steady: frozenset[str]) -> list[str]:
        """Return the parts by which the answers can be told apart.

        Args:
            steady: Headers whose values come again.
        """
        return [*self.plain, *(f"{_HEADER}{each}" for each in self.headers if each in steady)]


def words_of(call: Call) -> set[str]:
    """Return the markers of a call, and texts of one word that may be the end of one."""
    texts = {each for each in call.arguments.values() if isinstance(each, str)}
    short = {each for each in texts if _ONE_WORD.fullmatch(each) and not identifiers_of(each)}
    return {each for each in call.sent if is_marker(each)} | short


def _made_of_words(call: Call) -> set[str]:
    """Return the texts in an answer that hold words of the call, with these left out."""
    sent = {each for each in call.sent if is_marker(each)}
    # Words that had no room for a whole marker, beside one that has.
    short = [each for each in words_of(call) if each not in sent]

    def masked(text: str) -> str:
        for each in short:
            text = re.sub(re.escape(each), "*", text, flags=re.IGNORECASE)
        text = _lines_once(map_markers(text, lambda _: "*"))
        # "Waypoint 2: note" is the next of the caller's own, a slug that ends in `-2` is none.
        return _COUNTED.sub("#", text) if " " in text else text

    return {masked(text) for text in strings_in(call.answer.body) if sent & set(markers_in(text))}


def _lines_once(text: str) -> str:
    """Return a masked text with each line once: a page that lists the words of every call in a line
    of their own grows by one with each half of a comparison.
    """
    return "\n".join(dict.fromkeys(text.splitlines()))


def _said_of(call: Call, asked: Collection[str]) -> dict[str, str]:
    """Return what an answer says, without the values in it: by path whether there is anything, and
    sentences without the words of the call, ids and numbers.
    """
    masked = call.sent | call.received | set(asked)
    longest_first = sorted((each for each in masked if len(each) > 3), key=len, reverse=True)

    def sentence(text: str) -> str:
        text = map_markers(without_times(text), lambda _: "*")
        for each in longest_first:
            text = re.sub(re.escape(each), "*", text, flags=re.IGNORECASE)
        return _lines_once(re.sub(r"\d+", "#", text))

    found: dict[str, str] = {}
    pending: list[tuple[str, object]] = [("", _told(call.answer.body))]
    while pending:
        path, value = pending.pop()
        if isinstance(value, Mapping):
            # A name may be a word of the call, too.
            below = [(sentence(str(name)), each) for name, each in value.items()]
            pending += [(f"{path}.{name}" if path else name, each) for name, each in below]
        elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
            pending.append((path, value[0]))
        elif isinstance(value, str) and " " in value.strip():
            found[path] = sentence(value)
        else:
            found[path] = "something" if value else "nothing"
    return found


def named_in_call(call: Call) -> set[str]:
    """The values of a call's arguments; of a list each."""
    return {
        str(each)
        for value in call.arguments.values()
        for each in (value if isinstance(value, list) else [value])
    }


@lru_cache(maxsize=4_096)
def masked_header(value: str) -> str:
    """Return the value of a header with ids and times alike, by which two are compared."""
    return substituted(without_times(value), lambda _: "*")


def without_log(first: Call, second: Call) -> tuple[Call, Call]:
    """Return two calls of one user without what their answers list of what was asked for lately.

    Such a list begins, or ends, with what the first call asked for when the second one is answered,
    and lacks what had to make room for it.
    """
    asked = [set(strings_in(each.arguments)) for each in (first, second)]
    one, other = _without_log(first.answer.body, second.answer.body, asked[0], asked[1])
    if one is first.answer.body and other is second.answer.body:
        return first, second
    return (
        replace(first, answer=replace(first.answer, body=one)),
        replace(second, answer=replace(second.answer, body=other)),
    )


def _without_log(
    one: Any, other: Any, asked: Collection[str], then: Collection[str]
) -> tuple[Any, Any]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        both = {
            name: _without_log(one[name], other[name], asked, then) for name in one if name in other
        }
        if all(each == (one[name], other[name]) for name, each in both.items()):
            return one, other
        return (
            {name: both[name][0] if name in both else each for name, each in one.items()},
            {name: both[name][1] if name in both else each for name, each in other.items()},
        )
    if not (isinstance(one, list) and isinstance(other, list)):
        return one, other
    if not all(isinstance(each, str) for each in (*one, *other)) or one == other:
        return one, other
    # A search that finds the word asked for lists it in its own answer alone.
    at_once = asked != then and bool(set(then) & set(other)) is bool(set(asked) & set(one))
    if not set(asked) & set(other) or not (at_once or asked == then):
        return one, other
    left, kept = ([each for each in texts if each not in {*asked, *then}] for texts in (one, other))
    lost = len(left) - len(kept)
    room = 0 <= lost <= len(other) - len(kept)
    if room and kept in (left[: len(kept)], left[lost:]):
        return kept, kept
    return one, other


def _told(body: object) -> object:
    """Return what a body says; of prose the text alone, as it is read anew for ids in it."""
    if not isinstance(body, Mapping):
        return body
    if set(body) == {"text", "ids"}:
        return body["text"]
    return {name: _told(each) for name, each in body.items()}


def _observable(call: Call, asked: set[str]) -> dict[str, str]:
    """Return what can be observed of an answer, whatever was asked for; found once.

    Where a policy decides what counts, all pairs of a history are gone through at each judgement.
    """
    name = "observable " + json.dumps(sorted(asked))
    return call.once(name, lambda it: _masked_parts(it, asked))


def _masked_parts(call: Call, asked: set[str]) -> dict[str, str]:
    masked = call.sent | call.received

    def mask(value: object) -> str:
        # Times at first: one whose day was sent is none any more once the day is masked.
        text = without_times(json.dumps(value, sort_keys=True, default=str))
        # As a whole at first: a part of it may look like an id of its own.
        for each in sorted(asked, key=len, reverse=True):
            if len(each) > 3:
                text = text.replace(json.dumps(each)[1:-1], "*")
        for token in sorted(masked, key=len, reverse=True):
            text = re.sub(re.escape(token), "*", text, flags=re.IGNORECASE)
        for each in asked:
            text = re.sub(rf"(?<![\w]){re.escape(each)}(?![\w])", "*", text)
        for supplied in strings_in(call.arguments):
            if len(supplied) > 3:
                text = text.replace(json.dumps(supplied)[1:-1], "*")
        return text

    answer = call.answer
    return {
        "status": str(answer.status),
        "code": mask(answer.code),
        "message": mask(None if _is_cut_off(answer) else answer.message),
        "body": mask(_told(answer.body)),
        **{
            f"{_HEADER}{name}": mask(masked_header(value))
            for name, value in answer.headers.items()
            if shows(name)
        },
    }


def _is_cut_off(answer: Answer) -> bool:
    """Return whether the message is the beginning of a text in the body, which says all of it.

    Where it ends depends on how long the ids are that were asked for.
    """
    said = answer.message
    return said is not None and any(
        len(each) > len(said) and each.startswith(said) for each in strings_in(answer.body)
    )
