"""Concurrency: beside concurrent clients, an answer holds another user's data, or lacks its own.

Many clients make calls at the same time; some of them made the same calls alone before. An answer
is another user's when it holds what only that user planted or received. It is swapped or lost when
the same call, made alone, showed something else: ids, markers and times apart, what a user gets
must not depend on which other clients there are. A call that was aborted, and whatever its client
does after it, is compared with nothing; but nothing of it may reach other users, and none of it may
exist twice.

A call that fails under load for reasons of its own is unstable, which is no finding: `unstable`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosstalk.core.history import Answer, Call, History, Outcome
from crosstalk.core.identifiers import is_marker
from crosstalk.oracles.base import Suspicion, conclusive
from crosstalk.oracles.observation import described, differences, identifiers_shown
from crosstalk.phases.concurrency.baselines import (
    BUSY,
    compared,
    failed,
    informative,
    key_of,
    markers_in,
    part_of,
)
from crosstalk.phases.concurrency.pages import goes_on, page_sizes
from crosstalk.phases.concurrency.stored_objects import attribute, copies_in, ids_in

# What systems say of themselves when they have too much to do.
_OVERLOADED = re.compile(
    r"locked|deadlock|busy|overload|time[sd]? ?out|try again|unavailable|too many|exhausted",
    re.IGNORECASE,
)


class Concurrency:
    """Fires when, beside concurrent clients, an answer holds another's data or lacks its own."""

    name = "concurrency"

    def judge(self, history: History) -> list[Suspicion]:
        """Return every wrong answer; those that hold another user's data first."""
        return [*self._crossed(history), *self._swapped(history), *self._twice(history)]

    def opportunities(self, history: History) -> Counter[str]:
        """Count answers that were given while a call of another user was being served."""
        found: Counter[str] = Counter()
        concurrent = [call for call in history if part_of(call) == "concurrent"]
        others: list[Call] = []
        for call in sorted(concurrent, key=lambda each: each.started):
            others = [each for each in others if each.ended > call.started]
            met = any(each.actor.user != call.actor.user for each in others)
            others.append(call)
            if met and informative(call):
                found[call.operation] += 1
        return found

    def _crossed(self, history: History) -> Iterator[Suspicion]:
        """Answers that hold what another user planted or was given."""
        owners = _owners(history)
        supplied: defaultdict[str | None, set[str]] = defaultdict(set)
        for call in history:
            supplied[call.actor.user] |= call.sent
        for call in history:
            if part_of(call) != "concurrent" or not conclusive(call.answer):
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
                if history.permits(owner, user, call.operation, {value}, call):
                    continue
                yield Suspicion(
                    self.name,
                    call.operation,
                    (call.index,),
                    f"beside concurrent clients, {call.actor.name} received {value!r}, "
                    f"which is {owner}'s",
                )
                break

    def _swapped(self, history: History) -> Iterator[Suspicion]:
        """Answers that differ from what the same call shows to a client that is alone."""
        both = compared(history)
        for client in both.clients:
            for key, call, seen in client.observed():
                expected = both.baselines.of(client, key)
                if expected is None:
                    continue
                if client.shares:
                    # What the same user's other clients did meanwhile may have taken its place.
                    served = call.answer.outcome is Outcome.OK
                    if served == expected.served and (
                        not served
                        or client.own(call) >= expected.own
                        or any(each.meddled(client, call) for each in both.clients)
                    ):
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
                    f"beside concurrent clients, the answer to {call.actor.name} {how}",
                    differs=not client.shares,
                )
                break

    def _twice(self, history: History) -> Iterator[Suspicion]:
        """What was stored once is there twice, or what was acknowledged is gone."""
        both, sizes = compared(history), page_sizes(history)
        for client in both.clients:
            for call in client.calls:
                expected = both.baselines.of(client, key_of(call))
                if (
                    expected is None
                    or not informative(call)
                    or call.answer.outcome is not Outcome.OK
                ):
                    continue
                shown = copies_in(call.answer.body)
                for planted, place in client.planted.items():
                    copies = shown.get(planted, 0)
                    if copies > max(1, expected.copies.get(place, 0)):
                        yield Suspicion(
                            self.name,
                            call.operation,
                            (call.index,),
                            f"beside concurrent clients, {call.actor.name} stored {planted!r} once "
                            f"and sees it {copies} times",
                        )
                        break
                if goes_on(call, sizes[client.user]):
                    # What was stored last may be on the next page.
                    continue
                kept = client.made(call) if call.index > client.last_write else expected.made
                unsure = _named_in_doubt(client.calls, call)
                for key in sorted((expected.made & client.ids.keys()) - kept):
                    if str(client.ids[key]) in unsure:
                        continue
                    if client.shares and _is_kept(history, call, client.ids[key]):
                        continue
                    yield Suspicion(
                        self.name,
                        call.operation,
                        (call.index,),
                        f"beside concurrent clients, the write of {client.ids[key]} was "
                        f"acknowledged to {call.actor.name} and it is not there",
                    )
                    break


def _is_kept(history: History, reading: Call, identifier: str) -> bool:
    """Return whether an answer is one that the user was given before, kept for the same question:
    what it lacks is shown by another reading then.
    """
    own = [each for each in history if each.actor.user == reading.actor.user and each != reading]
    asked = reading.operation, reading.arguments
    return any(
        (each.operation, each.arguments) == asked
        and each.index < reading.index
        and each.answer.body == reading.answer.body
        for each in own
    ) and any(
        each.started > reading.started
        and each.answer.outcome is Outcome.OK
        and not markers_in(each.arguments)
        and identifier in ids_in(each.answer.body)
        for each in own
    )


def _named_in_doubt(calls: Sequence[Call], reading: Call) -> set[str]:
    """Return what calls before a reading named that may have been served or not.

    What an aborted call was to delete may be among what is there, or among what is thrown away.
    """
    return {
        str(value)
        for each in calls
        if each.index < reading.index and each.sending is not None and each.sending.aborted_at
        for value in each.arguments.values()
    }


@dataclass(frozen=True, slots=True)
class Unstable:
    """An operation that is served alone and fails under load for reasons of its own.

    Attributes:
        operation: The operation.
        failed: How many of its calls failed.
        calls: How many were made under load.
        step: Number of the plan's first step that failed.
        text: What one of the failures said.
    """

    operation: str
    failed: int
    calls: int
    step: int
    text: str

    def __str__(self) -> str:
        return (
            f"unstable: {self.failed} of {self.calls} calls failed under load, and none alone: "
            f"step {self.step} answered {self.text}"
        )


def unstable(history: History) -> list[Unstable]:
    """Return the operations that were served alone, and failed beside concurrent clients."""
    both = compared(history)
    calls: Counter[str] = Counter()
    failures: defaultdict[str, list[Call]] = defaultdict(list)
    for client in both.clients:
        aborted = False
        for call in client.calls:
            if call.sending is not None and call.sending.aborted_at:
                aborted = True
                continue
            calls[call.operation] += 1
            expected = both.baselines.of(client, key_of(call))
            served_alone = expected is not None and expected.served
            if not (served_alone and conclusive(call.answer) and failed(call.answer)):
                continue
            # "Open a campaign first": it was aborted, or the user's other client has closed it.
            meddled = client.shares and any(each.meddled(client, call) for each in both.clients)
            if not (aborted or meddled) or _is_overloaded(call.answer):
                failures[call.operation].append(call)
    return [
        Unstable(name, len(found), calls[name], key_of(found[0]), _error_text(found[0]))
        for name, found in failures.items()
    ]


def _is_overloaded(answer: Answer) -> bool:
    """Return whether a failure is one of a system with too much to do, whoever acts beside."""
    return (
        answer.outcome is not Outcome.ERROR
        or (answer.status or 200) >= 500
        or answer.code in BUSY
        or _OVERLOADED.search(answer.message or "") is not None
    )


def _error_text(call: Call) -> str:
    answer = call.answer
    said = answer.message or answer.code or (answer.body if isinstance(answer.body, str) else "")
    text = " ".join(str(said).split())[:120]
    return f"{answer.status} {text!r}" if text else str(answer.status)


def _owners(history: History) -> dict[str, set[str]]:
    """Value to its owners: the user who planted it, or whose planted values stand beside it."""
    owners: dict[str, set[str]] = {}
    for call in history:
        if call.actor.user is not None:
            for value in markers_in(call.arguments):
                owners.setdefault(value, set()).add(call.actor.user)
    for user, values in history.supplied.items():
        # Lists show what was stored before, and a user may have stored another's words.
        for value in owners.keys() & values:
            owners[value].add(user)
    for call in history:
        if conclusive(call.answer):
            attribute(call.answer.body, owners)
    return owners
