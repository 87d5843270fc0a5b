"""Clients of a concurrent run, and what the same calls showed to clients that were alone.

Users who exist already may differ in role, team or tenant, so that one of them is served where
another is refused: a user who made the calls alone is compared with that alone, and only a user who
did not with what all others saw alike.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from crosstalk.core.history import Answer, Call, History, Outcome
from crosstalk.core.identifiers import identifiers_of, is_marker
from crosstalk.core.object_kinds import kind_of_field
from crosstalk.oracles.base import conclusive, denies
from crosstalk.oracles.observation import Normalizer, Observed, echoing_places
from crosstalk.phases.concurrency.stored_objects import copies_in, ids_in, kinds_of_ids

# The key of the call that planted a marker, and which of its markers it is.
Planted: TypeAlias = tuple[int, int]
# Codes of failures that say that the system has too much to do.
BUSY = frozenset({"unavailable", "rate_limited", "server_error", "timeout"})


@dataclass(slots=True)
class Client:
    """The calls of one client, in order, and what it planted where."""

    normalizer: Normalizer
    calls: list[Call] = field(default_factory=list)
    planted: dict[str, Planted] = field(default_factory=dict)
    ids: dict[int, str] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    shares: bool = False
    last_write: int = 0
    _observed: list[tuple[int, Call, Observed]] | None = None

    @property
    def user(self) -> str | None:
        """The user whose credential the client has."""
        return self.calls[0].actor.user

    def take(self, call: Call) -> None:
        """Add the client's next call."""
        self.calls.append(call)
        for number, value in enumerate(markers_in(call.arguments)):
            self.planted.setdefault(value, (key_of(call), number))
        if markers_in(call.arguments) or (call.sending is not None and call.sending.aborted_at):
            self.last_write = call.index
        body = call.answer.body
        if call.answer.outcome is Outcome.OK and markers_in(call.arguments):
            identifier = body.get("id") if isinstance(body, Mapping) else None
            if isinstance(identifier, str | int):
                self._note_made(call, str(identifier))

    def _note_made(self, call: Call, identifier: str) -> None:
        """Note the id of what a write made; one that is given again names the newer object."""
        key = key_of(call)
        if key in self.ids:
            return
        for older in [each for each, known in self.ids.items() if known == identifier]:
            del self.ids[older]
        self.ids[key] = identifier
        self.kinds[key] = kind_of_field("id", call.operation, has_id=True)

    def meddled(self, other: Client, call: Call) -> bool:
        """Return whether this client acted for the same user since the other's first call."""
        if self is other or self.user != call.actor.user:
            return False
        since = other.calls[0].started
        return any(each.ended > since and each.started < call.ended for each in self.calls)

    def made(self, call: Call) -> set[int]:
        """Return the keys of the writes whose objects an answer shows as objects of their own."""
        shown = ids_in(call.answer.body)
        found = {key for key, identifier in self.ids.items() if identifier in shown}
        if not any(self.ids[key].isdigit() for key in found):
            return found
        kinds = kinds_of_ids(call)
        return {key for key in found if self._may_be(key, kinds)}

    def _may_be(self, key: int, kinds: Mapping[str, set[str]]) -> bool:
        """Return whether an id that is shown is that of what a write made.

        Each kind of object has a number 3: a user's profile is no team.
        """
        made, shown = self.kinds[key], kinds.get(self.ids[key], set())
        return not self.ids[key].isdigit() or made in shown or "" in {made, *shown}

    def own(self, call: Call) -> set[Planted]:
        """Return which of the client's markers an answer shows, by where they were planted."""
        text = str(call.answer.body)
        return {place for planted, place in self.planted.items() if planted in text}

    def observed(self) -> list[tuple[int, Call, Observed]]:
        """Return key, call and observation of each call before the first uninformative one."""
        if self._observed is None:
            self._observed = [
                (key_of(call), call, self.normalizer.observation(call))
                for call in itertools.takewhile(informative, self.calls)
            ]
        return self._observed


@dataclass(frozen=True, slots=True)
class Baseline:
    """An answer to a client that is alone."""

    seen: Observed
    own: frozenset[Planted]
    copies: Mapping[Planted, int]
    made: frozenset[int]

    @property
    def served(self) -> bool:
        """Return whether the call was served."""
        return self.seen["outcome"] == Outcome.OK.value


class Baselines:
    """Answers that every call got alone, for each user who was alone and for all other users.

    Args:
        history: Holds calls of clients that were alone.
    """

    def __init__(self, history: History) -> None:
        self._common: dict[int, Baseline] = {}
        self._of_user: defaultdict[str | None, dict[int, Baseline]] = defaultdict(dict)
        differing: set[int] = set()
        unsteady: set[tuple[str | None, int]] = set()
        repeated: set[int] = set()
        for client in clients_of(history, "alone"):
            known = self._of_user[client.user]
            for key, call, seen in client.observed():
                new = _baseline(client, call, seen)
                first = self._common.setdefault(key, new)
                if first is not new:
                    differing |= set() if _alike(first, new, client.shares) else {key}
                mine = known.setdefault(key, new)
                if mine is not new:
                    same = _alike(mine, new, client.shares)
                    unsteady |= set() if same else {(client.user, key)}
                    repeated |= {key} if same else set()
        self._common = {k: each for k, each in self._common.items() if k not in differing}
        self._of_user = defaultdict(
            dict,
            {
                user: {
                    key: each
                    for key, each in known.items()
                    # What is steady for one user is steady for another of another role.
                    if (user, key) not in unsteady and (key in repeated or key in self._common)
                }
                for user, known in self._of_user.items()
            },
        )

    def of(self, client: Client, key: int) -> Baseline | None:
        """Return what that client is expected to see; None where nothing is known for certain."""
        if client.user in self._of_user:
            return self._of_user[client.user].get(key)
        return self._common.get(key)


@dataclass(frozen=True, slots=True)
class Compared:
    """Concurrent clients, and what the same calls showed to clients that were alone."""

    clients: Sequence[Client]
    baselines: Baselines


def compared(history: History) -> Compared:
    """Return what a history holds of both; found once a history."""
    return history.derived("clients", lambda it: Compared(clients_of(it), Baselines(it)))


def _baseline(client: Client, call: Call, seen: Observed) -> Baseline:
    shown = copies_in(call.answer.body)
    copies = {place: shown.get(planted, 0) for planted, place in client.planted.items()}
    return Baseline(seen, frozenset(client.own(call)), copies, frozenset(client.made(call)))


def _alike(one: Baseline, other: Baseline, shares: bool) -> bool:
    """Return whether two clients that were alone saw the same."""
    same = one.served == other.served if shares else one.seen == other.seen
    return same and one.own == other.own


def clients_of(history: History, part: str = "concurrent") -> list[Client]:
    """Return the clients that were concurrent, or `alone`."""
    clients: dict[str, Client] = {}
    names: defaultdict[str | None, set[str]] = defaultdict(set)
    echoes = history.derived("echoes of clients", _echoes)
    for call in history:
        if call.probe is not None and call.probe.kind == "concurrency":
            names[call.actor.user].add(call.actor.name)
        if part_of(call) != part:
            continue
        if call.actor.name not in clients:
            subject = history.subjects.get(call.actor.user or "", "")
            clients[call.actor.name] = Client(
                Normalizer({"me": subject}, concurrent=True, echoes=echoes)
            )
        clients[call.actor.name].take(call)
    for client in clients.values():
        client.shares = len(names[client.user]) > 1
    return list(clients.values())


def _echoes(history: History) -> frozenset[tuple[str, str]]:
    return echoing_places(
        each for each in history if each.probe is not None and each.probe.kind == "concurrency"
    )


def markers_in(arguments: Mapping[str, Any]) -> list[str]:
    """Return the markers that a call plants, in a fixed order."""
    return sorted(value for value in identifiers_of(arguments) if is_marker(value))


def part_of(call: Call) -> str:
    """Return whether a call of the phase was made `alone` or `concurrent`; empty for others."""
    return call.probe.part if call.probe is not None and call.probe.kind == "concurrency" else ""


def key_of(call: Call) -> int:
    """Return the number of the plan's step; equal for the same step of all clients."""
    return call.probe.key if call.probe is not None else 0


def informative(call: Call) -> bool:
    """Return whether the answer says anything about data: no abort, no mere failure."""
    return not (call.sending is not None and call.sending.aborted_at) and not failed(call.answer)


def failed(answer: Answer) -> bool:
    """Return whether a call failed for reasons that have nothing to do with who called.

    A system that is busy, a database that is locked, a time-out: every error but those that say
    that there is no such object, or that it is not for this caller.
    """
    if not conclusive(answer) or (answer.status or 200) >= 500 or answer.code in BUSY:
        return True
    return answer.outcome is Outcome.ERROR and not denies(answer)
