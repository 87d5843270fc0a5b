"""Concurrency: among many users at once, an answer belongs to somebody else, or is not one's own.

Many users make calls at the same time; some of them made the same calls alone before. An answer
is another's when it holds what only another planted or received. It is swapped or lost when the
same call, made alone, showed something else: ids, markers and times apart, what a user gets must
not depend on who else is there. A call that was broken off, and whatever its user does after it,
is compared with nothing; but nothing of theirs may reach others, and none of it may exist twice.

An answer that says that the system is busy (429, 5xx) says nothing about anybody's data.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from crosstalk.core.history import Call, History, Outcome
from crosstalk.core.identifiers import identifiers_of, is_marker
from crosstalk.oracles.base import Suspicion, conclusive
from crosstalk.oracles.observation import (
    Normalizer,
    Observed,
    described,
    differences,
    identifiers_shown,
)
from crosstalk.phases.concurrency.stored_objects import attribute, copies_of, ids_in

# The key of the call that planted a marker, and which of its markers it is.
_Place: TypeAlias = tuple[int, int]
_BUSY = frozenset({"unavailable", "rate_limited", "server_error", "timeout"})


class Concurrency:
    """Fires when, under interleaved load, an answer is somebody else's or not the caller's own."""

    name = "concurrency"

    def judge(self, history: History) -> list[Suspicion]:
        """Every answer of the crowd that is wrong; those that hold another's data first."""
        return [*self._crossed(history), *self._swapped(history), *self._twice(history)]

    def opportunities(self, history: History) -> Counter[str]:
        """Answers that were given while a call of somebody else was being served."""
        found: Counter[str] = Counter()
        crowd = [call for call in history if _part(call) == "concurrent"]
        others: list[Call] = []
        for call in sorted(crowd, key=lambda each: each.started):
            others = [each for each in others if each.ended > call.started]
            met = any(each.actor.user != call.actor.user for each in others)
            others.append(call)
            if met and was_told(call):
                found[call.operation] += 1
        return found

    def _crossed(self, history: History) -> Iterator[Suspicion]:
        """Answers that hold what another user planted or was given."""
        owners = _owners(history)
        supplied: defaultdict[str | None, set[str]] = defaultdict(set)
        for call in history:
            supplied[call.actor.user] |= identifiers_of(call.arguments)
        for call in history:
            if _part(call) != "concurrent" or not conclusive(call.answer):
                continue
            user = call.actor.user
            for value in sorted(
                identifiers_shown(call.answer), key=lambda each: not is_marker(each)
            ):
                holders = owners.get(value, set())
                if not holders or user in holders or value in supplied[user]:
                    continue
                if value in history.public_values:
                    continue
                owner = min(holders)
                if history.permits(owner, user, call.operation):
                    continue
                yield Suspicion(
                    self.name,
                    call.operation,
                    (call.index,),
                    f"among others, {call.actor.name} received {value!r}, which is {owner}'s",
                )
                break

    def _swapped(self, history: History) -> Iterator[Suspicion]:
        """Answers that differ from what the same call shows to somebody alone."""
        alone = _alone(history)
        clients = _clients(history)
        for client in clients:
            for key, call, seen in client.undisturbed():
                expected = alone.get(key)
                if expected is None:
                    continue
                if client.shares:
                    # What the same user's other clients did meanwhile may have taken its place.
                    there = client.own(call) >= expected.own
                    meddled = any(each.meddled(client, call) for each in clients)
                    if call.answer.outcome is Outcome.OK and (there or meddled):
                        continue
                    how = "does not show all of what this client stored"
                else:
                    found = differences(seen, expected.seen)
                    if not found:
                        continue
                    how = f"is not what it is alone: {described(found)}"
                yield Suspicion(
                    self.name,
                    call.operation,
                    (call.index,),
                    f"among others, the answer to {call.actor.name} {how}",
                )
                break

    def _twice(self, history: History) -> Iterator[Suspicion]:
        """What was stored once is there twice, or what was acknowledged is gone."""
        alone = _alone(history)
        for client in _clients(history):
            for call in client.calls:
                expected = alone.get(_key(call))
                if expected is None or not was_told(call) or call.answer.outcome is not Outcome.OK:
                    continue
                for planted, place in client.planted.items():
                    copies = copies_of(call.answer.body, planted)
                    if copies > max(1, expected.copies.get(place, 0)):
                        yield Suspicion(
                            self.name,
                            call.operation,
                            (call.index,),
                            f"among others, {call.actor.name} stored {planted!r} once "
                            f"and sees it {copies} times",
                        )
                        break
                kept = client.made(call) if call.index > client.last_write else expected.made
                for key in sorted((expected.made & client.ids.keys()) - kept):
                    yield Suspicion(
                        self.name,
                        call.operation,
                        (call.index,),
                        f"among others, the write of {client.ids[key]} was acknowledged to "
                        f"{call.actor.name} and it is not there",
                    )
                    break


@dataclass(slots=True)
class _Client:
    """The calls of one client, in order, and what it planted where."""

    normalizer: Normalizer
    calls: list[Call] = field(default_factory=list)
    planted: dict[str, _Place] = field(default_factory=dict)
    ids: dict[int, str] = field(default_factory=dict)
    shares: bool = False
    last_write: int = 0

    def take(self, call: Call) -> None:
        self.calls.append(call)
        for number, value in enumerate(_markers(call.arguments)):
            self.planted.setdefault(value, (_key(call), number))
        if _markers(call.arguments) or (call.sending is not None and call.sending.aborted_at):
            self.last_write = call.index
        body = call.answer.body
        if call.answer.outcome is Outcome.OK and _markers(call.arguments):
            identifier = body.get("id") if isinstance(body, Mapping) else None
            if isinstance(identifier, str | int):
                self.ids.setdefault(_key(call), str(identifier))

    def meddled(self, other: _Client, call: Call) -> bool:
        """Whether this client of the same user did anything between the other's first and that."""
        if self is other or self.calls[0].actor.user != call.actor.user:
            return False
        since = other.calls[0].started
        return any(each.ended > since and each.started < call.ended for each in self.calls)

    def made(self, call: Call) -> set[int]:
        """Keys of the writes whose objects an answer shows as objects of their own."""
        shown = ids_in(call.answer.body)
        return {key for key, identifier in self.ids.items() if identifier in shown}

    def own(self, call: Call) -> set[_Place]:
        """Which of the client's markers an answer shows, by where they were planted."""
        text = str(call.answer.body)
        return {place for planted, place in self.planted.items() if planted in text}

    def undisturbed(self) -> Iterator[tuple[int, Call, Observed]]:
        """Key, call and observation of each call before the first that says nothing."""
        for call in self.calls:
            if not was_told(call):
                return
            yield _key(call), call, self.normalizer.observation(call)


@dataclass(frozen=True, slots=True)
class _Expected:
    """What a call shows to somebody who is alone."""

    seen: Observed
    own: frozenset[_Place]
    copies: Mapping[_Place, int]
    made: frozenset[int]


def _alone(history: History) -> dict[int, _Expected]:
    """Key to what it shows alone, where all who were alone saw the same."""
    found: dict[int, _Expected] = {}
    unsteady: set[int] = set()
    for client in _clients(history, "alone"):
        for key, call, seen in client.undisturbed():
            copies = {
                place: copies_of(call.answer.body, planted)
                for planted, place in client.planted.items()
            }
            own, made = frozenset(client.own(call)), frozenset(client.made(call))
            new = _Expected(seen, own, copies, made)
            if key in found:
                same = client.shares or found[key].seen == new.seen
                if not same or found[key].own != new.own:
                    unsteady.add(key)
            found.setdefault(key, new)
    return {key: each for key, each in found.items() if key not in unsteady}


def _clients(history: History, part: str = "concurrent") -> list[_Client]:
    clients: dict[str, _Client] = {}
    users: defaultdict[str | None, set[str]] = defaultdict(set)
    for call in history:
        if call.probe is not None and call.probe.kind == "concurrency":
            users[call.actor.user].add(call.actor.name)
        if _part(call) != part:
            continue
        if call.actor.name not in clients:
            subject = history.subjects.get(call.actor.user or "", "")
            clients[call.actor.name] = _Client(Normalizer({"me": subject}, concurrent=True))
        clients[call.actor.name].take(call)
    for client in clients.values():
        client.shares = len(users[client.calls[0].actor.user]) > 1
    return list(clients.values())


def _owners(history: History) -> dict[str, set[str]]:
    """Value to the users whose it is: who planted it, or whose planted values stand beside it."""
    owners: dict[str, set[str]] = {}
    for call in history:
        if call.actor.user is not None:
            for value in _markers(call.arguments):
                owners.setdefault(value, set()).add(call.actor.user)
    for call in history:
        if conclusive(call.answer):
            attribute(call.answer.body, owners)
    return owners


def _markers(arguments: Mapping[str, Any]) -> list[str]:
    return sorted(value for value in identifiers_of(arguments) if is_marker(value))


def _part(call: Call) -> str:
    return call.probe.part if call.probe is not None and call.probe.kind == "concurrency" else ""


def _key(call: Call) -> int:
    return call.probe.key if call.probe is not None else 0


def was_told(call: Call) -> bool:
    """Whether the answer says anything about data, rather than that the system was busy."""
    answer = call.answer
    return (
        conclusive(answer)
        and (answer.status or 200) < 500
        and answer.code not in _BUSY
        and not (call.sending is not None and call.sending.aborted_at)
    )
