"""Owners of values: an identifying value belongs to the user with whom it was first seen.

A value belongs to whoever planted it in an argument or first received it in an answer. What a
caller supplied at any time, in arguments or chat, may come back to them. Where users are made up, a
marker that no user planted in a history comes from an earlier example, and belongs to the user that
it names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from crosstalk.core.history import Call, History
from crosstalk.core.identifiers import identifiers_of, is_marker, mark_of, markers_in, strings_in
from crosstalk.core.owned_objects import shown_objects
from crosstalk.core.policy.model import matches
from crosstalk.core.policy.parts import Parts, parts_of
from crosstalk.core.policy.sharing import sharing_of
from crosstalk.oracles.base import conclusive
from crosstalk.surface.http.headers import VALIDATORS

# Characters of the shortest argument of which a part may come back.
_LONG_TEXT = 16


@dataclass(frozen=True, slots=True)
class Observation:
    """One answer, with the identifying values in it sorted by owner.

    Attributes:
        call: The call that was answered.
        own: Values of the caller's own in the answer itself.
        foreign: Values of other users that the caller never supplied, each with its owner.
        revoked: Values that were shared with the caller and are no longer, each with its owner.
        permitted: Whether it shows what the policy permits the caller to see of other users.
        others_have_secrets: Whether any other user had a value by then.
    """

    call: Call
    own: frozenset[str]
    foreign: tuple[tuple[str, str], ...]
    others_have_secrets: bool
    revoked: tuple[tuple[str, str], ...] = ()
    permitted: bool = False


def observations(history: History) -> Sequence[Observation]:
    """Attribute every identifying value of a history to the user it was first seen with."""
    # Every oracle asks for it, and so do the controls.
    if history.policy is not None:
        # What a policy permits at one call, a later one may tell.
        return history.derived("observations", lambda it: list(map(_Attribution(it).take, it)))
    return history.followed("observations", lambda it: _Attribution(it).take)


class _Attribution:
    """Takes the calls of a history in order, and attributes the values in each answer."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._owners = {
            value: each.owner for each in history.owned for value in identifiers_of(each.id)
        }
        # Who has any value by now.
        self._holders = {*self._owners.values(), *(each.owner for each in history.owned)}
        self._supplied: defaultdict[str | None, set[str]] = defaultdict(set)
        for user, values in history.supplied.items():
            self._supplied[user] |= values
        self._sent: set[str] = set()
        self._said: defaultdict[str | None, list[str]] = defaultdict(list)
        # User and value to how many of the user's texts were searched for it, without success.
        self._searched: dict[tuple[str | None, str], int] = {}
        self._public = set(history.public_values) - self._owners.keys()
        policy = history.policy
        self._parts = parts_of(policy, history) if policy is not None else Parts()
        # What each user saw in operations that show it again, with the ids of their own that stood
        # there with it: of the conversation that holds it.
        self._kept: defaultdict[tuple[str | None, str], set[str]] = defaultdict(set)

    def take(self, call: Call) -> Observation:
        """Return what the answer to the next call shows."""
        history, user = self._history, call.actor.user
        self._take_arguments(call)
        others = bool(self._holders - {user})
        seen: set[str] = set()
        answered: set[str] = set()
        foreign: list[tuple[str, str]] = []
        revoked: list[tuple[str, str]] = []
        permitted = False
        if conclusive(call.answer):
            answered = {*call.received, *_in_headers(call.answer.headers)}
            for value in sorted(answered | call.heard):
                if value in self._public:
                    continue
                owner = (
                    self._owners.get(value)
                    or self._parts.owners.get(value)
                    or _earlier_owner(value, user, history)
                    or self._stored_earlier(value)
                )
                if owner is None and user is None:
                    self._public.add(value)  # shown to a stranger before any user had it
                elif owner is None and self._is_left_over(value):
                    self._public.add(value)  # whoever sends it from now on has it from there
                elif owner is None and user is not None:
                    if not self._gave(user, value):
                        self._own(value, user)
                        seen.add(value)
                elif owner == user:
                    seen.add(value)
                elif owner is not None and not (
                    self._gave(user, value) or _made_of(value, self._supplied[user])
                ):
                    if _is_known_person(history, owner, call, value):
                        continue
                    if history.permits(owner, user, call.operation, {value}, call):
                        permitted = permitted or history.policy is not None
                        if _is_transcript(history, call):
                            self._kept[user, value] |= self._own_ids(call, answered)
                        if history.policy is None or not history.policy.shares:
                            self._supplied[user].add(value)  # given on purpose, and theirs to use
                    elif _by_another(history, call, value, self._supplied):
                        permitted = True
                    elif _is_transcript(history, call) and (
                        self._kept[user, value] & self._own_ids(call, answered)
                    ):
                        pass
                    elif _lost(history, owner, call, {value}):
                        revoked.append((value, owner))
                    else:
                        foreign.append((value, owner))
            for value, owner in shown_objects(history.owned, call):
                if owner == user:
                    seen.add(value)
                    answered.add(value)
                elif not history.permits(owner, user, call.operation, {value}, call):
                    foreign.append((value, owner))
        # A notification that repeats what its reader sent does not show that the call worked.
        return Observation(
            call,
            frozenset(seen & answered),
            tuple(foreign),
            others,
            revoked=tuple(revoked),
            permitted=permitted,
        )

    def _own_ids(self, call: Call, answered: Collection[str]) -> set[str]:
        """Return the ids in a call and its answer that are its caller's own."""
        user, people = call.actor.user, set(self._history.subjects.values())
        found = {*answered, *call.sent} - people
        own = (self._owners.get(each) or self._parts.owners.get(each, user) for each in found)
        return {each for each, owner in zip(found, own, strict=True) if owner == user}

    def _take_arguments(self, call: Call) -> None:
        user = call.actor.user
        sent = call.sent
        self._supplied[user] |= sent
        self._sent |= sent
        self._said[user] += [
            each.lower() for each in strings_in(call.arguments) if len(each) >= _LONG_TEXT
        ]
        for value in filter(is_marker, sent) if user is not None else ():
            if value not in self._owners and user is not None:
                self._own(value, self._parts.owners.get(value, user))

    def _own(self, value: str, user: str) -> None:
        self._owners[value] = user
        self._holders.add(user)

    def _stored_earlier(self, value: str) -> str | None:
        """Return the one user who said a marker in earlier examples and stored it, where it names
        that user.

        Words that two users have said, if in a search alone, are neither's; what another than it
        names has stored may be of an earlier run; and users may have shared things by hand.
        """
        history, policy = self._history, self._history.policy
        by_hand = policy is not None and bool(policy.shares or policy.transcripts)
        if history.new_users or by_hand or not is_marker(value):
            return None
        saying = [user for user, values in history.said.items() if value in values]
        if len(saying) != 1 or value not in history.supplied.get(saying[0], ()):
            return None
        return saying[0] if value.startswith(mark_of(saying[0])) else None

    def _is_left_over(self, value: str) -> bool:
        """Return whether a marker was stored before by users who exist still.

        Its text names one user, and any of them may have stored it: in an earlier run, or in a
        phase of this one.
        """
        return not self._history.new_users and is_marker(value) and value not in self._sent

    def _gave(self, user: str | None, value: str) -> bool:
        """Return whether that user sent it, as a part too: a title may be cut off in an id."""
        if value in self._supplied[user]:
            return True
        texts, key = self._said[user], (user, value)
        lower, before = value.lower(), self._searched.get(key, 0)
        if any(lower in each for each in texts[before:]):
            return True
        self._searched[key] = len(texts)
        return False


def _made_of(value: str, sent: Collection[str]) -> bool:
    """Return whether a user sent all words in a value, as a slug is made of a title's."""
    words = markers_in(value)
    return bool(words) and set(words) <= set(sent)


def _by_another(
    history: History, call: Call, value: str, supplied: Mapping[str | None, set[str]]
) -> bool:
    """Return whether a user who may reach the caller sent the value, whosever it was at first."""
    if history.policy is None:
        return False
    user, operation = call.actor.user, call.operation
    return any(
        sender is not None
        and (value in sent or _made_of(value, sent))
        and history.permits(sender, user, operation, {value}, call)
        for sender, sent in supplied.items()
        if sender != user
    )


def _is_transcript(history: History, call: Call) -> bool:
    """Return whether an operation shows again what it showed its reader before."""
    policy = history.policy
    return policy is not None and matches(policy.transcripts, call.operation)


def _is_known_person(history: History, owner: str, call: Call, value: str) -> bool:
    """Return whether a value is the id of a user whom the caller shares, or shared, with.

    Who is offered something is told by whom, and an owner names the people.
    """
    policy, user = history.policy, call.actor.user
    if policy is None or user is None or history.subjects.get(owner) != value:
        return False
    return sharing_of(policy, history).acquainted(owner, user, call)


def _lost(history: History, owner: str, call: Call, values: Collection[str]) -> bool:
    """Return whether the caller could see these values before, and lost the right to."""
    user, operation = call.actor.user, call.operation
    return history.decide(owner, user, operation, values, call).lost is not None


def _earlier_owner(value: str, user: str | None, history: History) -> str | None:
    """Return another user whom a marker of an earlier example names; None for any other value.

    Users are new in each example: none of them has stored another's marker before. Whose name it
    has is of the same tenant and role as then; what was shared by hand in the earlier example, with
    people whom a policy names, is not known.
    """
    policy = history.policy
    arranged = policy is not None and policy.shares and not policy.impersonal
    unknown = not history.new_users or arranged
    if unknown or user is None or not is_marker(value):
        return None
    named = [each for each in history.subjects if each != user and value.startswith(mark_of(each))]
    return named[0] if named else None


def _in_headers(headers: Mapping[str, str]) -> set[str]:
    """Return the identifying values in headers.

    A validator is made of the answer, so that equal answers to two users have the same.
    """
    plain = {name: value for name, value in headers.items() if name not in VALIDATORS}
    validators = [value for name, value in headers.items() if name in VALIDATORS]
    return identifiers_of(plain) | set(filter(is_marker, identifiers_of(validators)))
