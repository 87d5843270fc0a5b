"""Two calls of one user that differ in what they name: another user's, and what no user has."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from crosstalk.core.history import Call, History, Outcome
from crosstalk.core.identifiers import (
    identifiers_of,
    is_drawn,
    is_marker,
    is_short_id,
    markers_in,
    strings_in,
)
from crosstalk.core.object_kinds import kind_of_argument
from crosstalk.core.policy.objects import named_values
from crosstalk.oracles.attribution import observations
from crosstalk.oracles.base import conclusive
from crosstalk.oracles.numbers.given import GivenNumbers, codes_in_answer
from crosstalk.oracles.pair import Pair, named_in_call, without_log, words_of

# Characters of a code that names no object of another kind by chance.
_CODE = 8
# Digits of a number that is drawn, and neither counted nor a day.
_LONG_NUMBER = 9


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
        # Where who has an account is not to be told, a person's name is theirs as their words are.
        hidden = history.policy is not None and history.policy.hides_accounts
        self._people = {each: name for name, each in history.subjects.items()} if hidden else {}
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
        for word in words_of(call):
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
            known = ChainMap(owners, self._people)
            taken = _takes_names(foreign, missing, known, self._senders) and not self._said_before(
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
            first, second = without_log(earlier, call)
            if foreign is call:
                first, second = second, first
            return Pair.of(self._without_own_words(first), self._without_own_words(second))
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
        differing = words_of(taken) ^ words_of(free)
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
