"""Canary: values first seen with one user that reach another who never supplied them.

A value belongs to whoever planted it in an argument or first received it in an answer. It may
travel in the body, an error text, a header, a stream; the oracle reads them all. What a caller
supplied at any time, in arguments or chat, may come back to them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosstalk.core.history import Call, History, Outcome
from crosstalk.core.identifiers import identifiers_of, is_marker, strings_in
from crosstalk.oracles.base import Suspicion, conclusive


@dataclass(frozen=True, slots=True)
class Sighting:
    """One answer, with the identifying values in it sorted by owner."""

    call: Call
    own: frozenset[str]
    foreign: tuple[tuple[str, str], ...]  # (value, owner), not supplied by the caller
    others_have_secrets: bool


def sightings(history: History) -> Sequence[Sighting]:
    """Walk a history, attributing every identifying value to the user it was first seen with."""
    # Every oracle asks for it, and so do the controls.
    return history.derived("sightings", lambda it: list(_walk(it)))


def _walk(history: History) -> Iterator[Sighting]:
    owners: dict[str, str] = {}
    supplied: defaultdict[str | None, set[str]] = defaultdict(set)
    said: defaultdict[str | None, list[str]] = defaultdict(list)

    def gave(user: str | None, value: str) -> bool:
        """Whether that user sent it, be it as a part: a title may be cut off within an id."""
        return value in supplied[user] or any(value.lower() in each for each in said[user])

    public = set(history.public_values)
    for call in history:
        user = call.actor.user
        sent = identifiers_of(call.arguments)
        supplied[user] |= sent
        said[user] += [each.lower() for each in strings_in(call.arguments) if len(each) >= 16]
        if user is not None:
            for value in sent:
                if is_marker(value):
                    owners.setdefault(value, user)
        others = any(owner != user for owner in owners.values())
        own: set[str] = set()
        foreign: list[tuple[str, str]] = []
        if conclusive(call.answer):
            for value in sorted(
                identifiers_of(call.answer.body) | identifiers_of(dict(call.answer.headers))
            ):
                if value in public:
                    continue
                owner = owners.get(value)
                if owner is None and user is None:
                    public.add(value)  # shown to a stranger before anybody had it
                elif owner is None and user is not None:
                    if not gave(user, value):
                        owners[value] = user
                        own.add(value)
                elif owner == user:
                    own.add(value)
                elif owner is not None and not gave(user, value):
                    if history.permits(owner, user, call.operation):
                        supplied[user].add(value)  # given on purpose, and theirs to use
                    else:
                        foreign.append((value, owner))
        yield Sighting(call, frozenset(own), tuple(foreign), others)


def _kept_for_anybody(call: Call) -> bool:
    """Whether a shared cache may answer others with this, though the request was authorized."""
    said = {
        each.strip().lower() for each in call.answer.headers.get("cache-control", "").split(",")
    }
    allowed = "public" in said or any(each.startswith("s-maxage=") for each in said)
    reads = call.operation.partition(":")[2].startswith("GET ")
    return reads and call.actor.user is not None and allowed and not said & {"no-store", "private"}


class Canary:
    """Fires when a user's value reaches somebody who never supplied it."""

    name = "canary"

    def judge(self, history: History) -> list[Suspicion]:
        """One suspicion for each answer that holds another user's values."""
        found = []
        for sighting in sightings(history):
            call = sighting.call
            if sighting.own and _kept_for_anybody(call):
                found.append(
                    Suspicion(
                        self.name,
                        call.operation,
                        (call.index,),
                        f"what {call.actor.name} received may be kept by a shared cache and given "
                        "to anybody (RFC 9111, section 3.5)",
                    )
                )
            if not sighting.foreign:
                continue
            value, owner = sighting.foreign[0]
            more = len(sighting.foreign) - 1
            found.append(
                Suspicion(
                    self.name,
                    call.operation,
                    (call.index,),
                    f"{call.actor.name} received {value!r}, first seen with {owner}"
                    + (f", and {more} more" if more else ""),
                )
            )
        return found

    def opportunities(self, history: History) -> Counter[str]:
        """Answers that were served while somebody else had secrets."""
        return Counter(
            sighting.call.operation
            for sighting in sightings(history)
            if sighting.others_have_secrets and sighting.call.answer.outcome is Outcome.OK
        )
