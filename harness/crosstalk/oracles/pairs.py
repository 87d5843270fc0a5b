"""Two calls of one user that differ in what they name: another user's, and what no user has."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from crosstalk.core.history import Answer, Call, History, Outcome
from crosstalk.core.identifiers import (
    identifiers_of,
    is_drawn,
    is_marker,
    is_short_id,
    map_markers,
    markers_in,
    strings_in,
    substituted,
)
from crosstalk.core.object_kinds import kind_of_argument
from crosstalk.core.policy.objects import named_values
from crosstalk.oracles.attribution import observations
from crosstalk.oracles.base import conclusive
from crosstalk.oracles.numbers.given import GivenNumbers, codes_in_answer
from crosstalk.oracles.observation import without_times
from crosstalk.surface.http.headers import shows

# Begins the name of a part that is a header.
_HEADER = "headers."
# A word that has a number in it, so that no two users say it by chance.
_ONE_WORD = re.compile(r"(?=\S*\d)\S{6,40}")
# Characters of a code that names no object of another kind by chance.
_CODE = 8
# Digits of a number that is drawn, and neither counted nor a day.
_LONG_NUMBER = 9
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


def pairs_of(history: History) -> list[Pair]:
    """Return the pairs that can be compared."""
    if history.policy is not None:
        # What a policy permits at one call, a later one may tell.
        found: Sequence[Pair | None] = history.derived(
            "pairs", lambda it: list(map(_Pairing(it).take, it))
        )
    else:
        found = history.followed("pairs", lambda it: _Pairing(it).take)
    return [each for each in found if each is not None]


class _Pairing:
    """Takes the calls of a history in order, and finds the two halves of each comparison."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._taken = 0
        self._half: dict[int, Call] = {}
        self._owners = {each.id: each.owner for each in history.owned}
        self._owners |= {
            value: each.owner for each in history.owned for value in identifiers_of(each.id)
        }
        self._numbers = GivenNumbers()
        # Users with the words that they have sent in served calls, and the first call that did.
        self._said: dict[tuple[str | None, str], int] = {}
        # Words with the user who was the first to send them.
        self._senders: dict[str, str] = {}
        # Users with the ids under which they put something, and the first call that did.
        self._put: dict[tuple[str | None, str], int] = {}
        # Each user with the users whom their served calls named.
        self._done_with: set[tuple[str | None, str]] = set()
        # Users with the names that the system made of what they said, whoever has said it before.
        self._made: set[tuple[str | None, str]] = set()
        # Users with the codes that they were given: a slug may be that of an object of each.
        self._codes: set[tuple[str | None, str]] = set()
        # Users with what they were refused by where they named nothing: their credential was.
        self._not_admitted: set[tuple[str | None, str]] = set()
        self._subjects = set(history.subjects.values())
        for each in history.owned:
            self._numbers.given[each.kind][each.id].add(each.owner)

    def take(self, call: Call) -> Pair | None:
        """Return the pair that the next call completes, with the foreign id first."""
        history, owners = self._history, self._owners
        seen = observations(history)[self._taken]
        self._taken += 1
        # An answer that repeats what was asked for gives it to nobody.
        compared = call.probe is not None and call.probe.kind == "existence"
        for value in seen.own - call.sent if compared else seen.own:
            owners.setdefault(value, str(call.actor.user))
        # What was given before this history began may be any user's.
        for value in codes_in_answer(call) - history.public_values:
            owners.setdefault(value, str(call.actor.user))
            self._codes.add((call.actor.user, value))
        self._numbers.take(call)
        for word in _words_of(call):
            if call.answer.outcome is Outcome.OK:
                # Of what was refused nothing is kept.
                self._said.setdefault((call.actor.user, word), call.index)
            if call.actor.user is not None:
                self._senders.setdefault(word, call.actor.user)
        found = self._pair(call)
        self._note_made(call)
        said = call.answer.message
        if call.answer.outcome is Outcome.REFUSED and said and self._names_nothing(call):
            self._not_admitted.add((call.actor.user, said))
        if ":PUT " in call.operation and call.answer.outcome is Outcome.OK:
            # It creates what is not there (RFC 9110, section 9.3.4): from now on the caller may
            # have something under that id as well.
            for each in named_in_call(call):
                self._put.setdefault((call.actor.user, each), call.index)
        if call.answer.outcome is Outcome.OK:
            people = named_in_call(call) & self._subjects
            self._done_with |= {(call.actor.user, each) for each in people}
        return found

    def _pair(self, call: Call) -> Pair | None:
        history, owners = self._history, self._owners
        probe = call.probe
        if probe is None or probe.kind not in ("existence", "names"):
            _note_planted(call, owners)
            return None
        # The generator draws which of the two comes first.
        earlier = self._half.setdefault(probe.key, call)
        if earlier is call or earlier.probe is None or earlier.probe.part == probe.part:
            return None
        foreign, missing = (earlier, call) if probe.part == "missing" else (call, earlier)
        if probe.kind == "names":
            taken = _takes_names(foreign, missing, owners, self._senders) and not self._said_before(
                foreign, missing
            )
            permitted = _permitted(history, probe.victim, foreign)
            return Pair.of(foreign, missing) if taken and not permitted else None
        if (
            _comparable(foreign, missing, owners, self._numbers, history.public_values)
            and not _permitted(history, probe.victim, foreign)
            and not self._put_before(foreign, named_in_call(foreign) - named_in_call(missing))
            and not self._done_before(foreign, missing)
            and not self._has_too(foreign)
            and not self._finds_own(foreign, missing)
            and (foreign.actor.user, foreign.answer.message) not in self._not_admitted
            and conclusive(foreign.answer)
            and conclusive(missing.answer)
        ):
            return Pair.of(self._without_own_words(foreign), self._without_own_words(missing))
        return None

    def _without_own_words(self, call: Call) -> Call:
        """Return a call whose answer lists none of the words that its caller had sent before, nor
        such as no call of this history has sent.

        What was searched for lately grows by each half of a comparison, and what was searched for
        in an earlier replay is lost from its end.
        """
        own = {
            word
            for word in strings_in(call.answer.body)
            if self._said.get((call.actor.user, word), call.index) < call.index
            or (is_marker(word) and word not in self._senders)
        }
        if not own:
            return call
        return replace(call, answer=replace(call.answer, body=_unlisted(call.answer.body, own)))

    def _has_too(self, call: Call) -> bool:
        """Return whether a caller has something under a name of the call, whoever else has."""
        held = ((call.actor.user, each) for each in named_in_call(call))
        return any(each in self._made or each in self._codes for each in held)

    def _finds_own(self, foreign: Call, missing: Call) -> bool:
        """Return whether a caller was shown objects, and none but their own or what was there
        before: a search by likeness finds what is like a word, whoever has said that.
        """
        if foreign.answer.outcome is not Outcome.OK:
            return False
        found = identifiers_of(foreign.answer.body) - identifiers_of(missing.answer.body)
        found = {each for each in found - named_in_call(foreign) if not is_marker(each)}
        known = self._history.public_values
        return bool(found) and all(
            each in known or self._owners.get(each) == foreign.actor.user for each in found
        )

    def _note_made(self, call: Call) -> None:
        """Note what a user was given for their own words: a slug that another user's object has."""
        words = {each for each in call.sent if is_marker(each)}
        if call.answer.outcome is not Outcome.OK or call.actor.user is None or not words:
            return
        asked = named_in_call(call)
        for text in strings_in(call.answer.body):
            if text not in asked and words.issuperset(markers_in(text) or [text]):
                self._made.add((call.actor.user, text))

    def _names_nothing(self, call: Call) -> bool:
        """Return whether a user called as themselves, and gave nothing that may name an object."""
        if call.probe is not None or call.actor.user != call.actor.claims or call.actor.forgery:
            return False
        named = named_in_call(call) - self._subjects
        texts = [each for each in named if not markers_in(each)]
        return not any(is_short_id(each) or identifiers_of(each) for each in texts) and all(
            self._owners.get(word, call.actor.user) == call.actor.user
            for each in named
            for word in markers_in(each)
        )

    def _said_before(self, taken: Call, free: Call) -> bool:
        """Return whether a caller had sent words of a pair before: they are the caller's, too."""
        first = min(taken.index, free.index)
        differing = _words_of(taken) ^ _words_of(free)
        return any(self._said.get((taken.actor.user, each), first) < first for each in differing)

    def _done_before(self, foreign: Call, missing: Call) -> bool:
        """Return whether a caller is refused what was done with that user before: invited already.

        To be invited a user is named by what they are called, which is the id of no object.
        """
        if foreign.answer.outcome is Outcome.OK or missing.answer.outcome is not Outcome.OK:
            return False
        named = (named_in_call(foreign) - named_in_call(missing)) & self._subjects
        return any((foreign.actor.user, each) in self._done_with for each in named)

    def _put_before(self, call: Call, values: Collection[str]) -> bool:
        """Return whether a caller had put something under one of these ids."""
        first = (self._put.get((call.actor.user, each), call.index) for each in values)
        return any(each < call.index for each in first)


def _unlisted(body: Any, words: Collection[str]) -> Any:
    """Return a body whose lists of texts lack these."""
    if isinstance(body, Mapping):
        return {name: _unlisted(each, words) for name, each in body.items()}
    if isinstance(body, list):
        return [
            _unlisted(each, words) for each in body if not (isinstance(each, str) and each in words)
        ]
    return body


def _permitted(history: History, victim: str, call: Call) -> bool:
    """Return whether a caller may know of an object: it is, or was, shared with them, or they may
    be shown it by what has shown it to its owner.
    """
    if not history.shares_anything:
        return False
    asked, named = (victim, call.actor.user), named_values(call)
    if history.permits(*asked, call.operation, named, call):
        return True
    if history.decide(*asked, call.operation, named, call).lost is not None:
        return True
    # Of a short id the kind stands before it.
    plain = {each.rpartition(" ")[2] for each in named}
    showing = {
        each.operation
        for each in history
        if each.actor.user == victim
        and each.answer.outcome is Outcome.OK
        and not plain.isdisjoint(each.texts)
    } - {call.operation}
    return any(history.permits(*asked, each, named, call) for each in showing)


def _note_planted(call: Call, owners: dict[str, str]) -> None:
    """A marker belongs to the user who sent it, e.g. as an idempotency key."""
    for value in call.sent:
        if is_marker(value) and call.actor.user is not None:
            owners.setdefault(value, call.actor.user)


def _comparable(
    foreign: Call,
    missing: Call,
    owners: Mapping[str, str],
    numbers: GivenNumbers,
    known: frozenset[str],
) -> bool:
    """Return whether the calls differ in one id alone: the victim's, and one of no object."""
    one, other = foreign.arguments, missing.arguments
    if foreign.operation != missing.operation or set(one) != set(other):
        return False
    differing = [name for name in one if one[name] != other[name]]
    if len(differing) != 1 or foreign.probe is None:
        return False
    (name,), victim = differing, foreign.probe.victim
    if any(each != name and one[each] in (one[name], other[name]) for each in one):
        # "These are the same contact" tells that one thing was named twice.
        return False
    first, second = _apart(one[name], other[name], owners, foreign.actor.user)
    short, other_short = _single(first), _single(second)
    if is_short_id(short) and is_short_id(other_short):
        kind = kind_of_argument(name, foreign.operation)
        held = numbers.compare(short, other_short, kind, known)
        # Whatever is shown at a number that is perhaps of another kind is perhaps for every user.
        drawn = is_drawn(short) and len(short) >= _CODE
        code = len(short) >= _LONG_NUMBER if short.isdigit() else drawn
        shown = held.guessed and foreign.answer.outcome is Outcome.OK and not code
        return held.holders == {victim} and not shown
    theirs = {owners.get(value) for value in identifiers_of(first) or {short}}
    nobodys = {owners.get(value) for value in identifiers_of(second) or {other_short}}
    return theirs == {victim} and nobodys == {None}


def _words_of(call: Call) -> set[str]:
    """Return the markers of a call, and texts of one word that may be the end of one."""
    texts = {each for each in call.arguments.values() if isinstance(each, str)}
    short = {each for each in texts if _ONE_WORD.fullmatch(each) and not identifiers_of(each)}
    return {each for each in call.sent if is_marker(each)} | short


def _made_of_words(call: Call) -> set[str]:
    """Return the texts in an answer that hold words of the call, with these left out."""
    sent = {each for each in call.sent if is_marker(each)}
    # Words that had no room for a whole marker, beside one that has.
    short = [each for each in _words_of(call) if each not in sent]

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


def _takes_names(
    taken: Call, free: Call, owners: Mapping[str, str], senders: Mapping[str, str]
) -> bool:
    """Return whether the calls differ in words alone: of the victim's, and new ones."""
    one, other = taken.arguments, free.arguments
    if taken.operation != free.operation or set(one) != set(other) or taken.probe is None:
        return False
    differing = [name for name in one if one[name] != other[name]]

    def owners_of(value: object) -> set[str | None]:
        known = identifiers_of(value)
        if not known and str(value) in owners:
            # A code that was given to a user is that user's, whoever sends it.
            return {owners[str(value)]}
        return {owners.get(each) for each in known} if known else {senders.get(str(value))}

    theirs = {owner for name in differing for owner in owners_of(one[name])}
    new = {owner for name in differing for owner in owners_of(other[name])}
    return (
        theirs == {taken.probe.victim}
        and new <= {None, free.actor.user}
        and conclusive(taken.answer)
        and conclusive(free.answer)
    )


def named_in_call(call: Call) -> set[str]:
    """The values of a call's arguments; of a list each."""
    return {
        str(each)
        for value in call.arguments.values()
        for each in (value if isinstance(value, list) else [value])
    }


def _apart(
    one: object, other: object, owners: Mapping[str, str], caller: str | None
) -> tuple[object, object]:
    """Return what two arguments differ in: of lists the elements that one of them has alone, but
    for as many of the caller's own in both, as what removes takes another one each time.
    """
    if not (isinstance(one, list) and isinstance(other, list)):
        return one, other

    def is_own(element: object) -> bool:
        values = identifiers_of(element) or {str(element)}
        return caller is not None and {owners.get(each) for each in values} == {caller}

    alone = [
        [each for each in one if each not in other],
        [each for each in other if each not in one],
    ]
    left = [[each for each in elements if not is_own(each)] for elements in alone]
    same = len(alone[0]) - len(left[0]) == len(alone[1]) - len(left[1])
    first, second = left if same else alone
    return first, second


def _single(value: object) -> str:
    """An argument as text; the one element of a list as the element."""
    return str(value[0]) if isinstance(value, list) and len(value) == 1 else str(value)


@lru_cache(maxsize=4_096)
def masked_header(value: str) -> str:
    return substituted(without_times(value), lambda _: "*")


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
