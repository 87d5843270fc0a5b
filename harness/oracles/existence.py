"""Existence: another user's id and an id nobody has must be answered alike.

Status, code, message, body and the names of the headers are compared, after the ids that were
asked for and all identifying values and times are masked. Time taken is no evidence by itself.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from harness.history import Call, History, Outcome
from harness.isolation.script import is_id_path, paths_in
from harness.oracles.base import Suspicion, conclusive
from harness.oracles.canary import sightings
from harness.values import is_marker, is_short_id, strings_in, tokens_of

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?")


def _pairs(history: History) -> Iterator[tuple[Call, Call]]:
    foreign: dict[int, Call] = {}
    owners: dict[str, str] = {}
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for sighting in sightings(history):
        call = sighting.call
        for value in sighting.own:
            owners.setdefault(value, str(call.actor.user))
        if call.actor.user is not None and call.answer.outcome is Outcome.OK:
            sent = {str(value) for value in call.arguments.values()}
            for path, value in paths_in(call.answer.body):
                if is_short_id(value) and value not in sent and is_id_path(path):
                    holders[value].add(call.actor.user)
        probe = call.probe
        if probe is None or probe.kind != "existence":
            _note_planted(call, owners)
            continue
        if probe.part == "foreign":
            foreign[probe.key] = call
        elif probe.part == "missing" and probe.key in foreign:
            first = foreign[probe.key]
            if (
                _comparable(first, call, owners, holders)
                and not history.permits(
                    first.probe.victim if first.probe else "", call.actor.user, call.operation
                )
                and conclusive(first.answer)
                and conclusive(call.answer)
            ):
                yield first, call


def _note_planted(call: Call, owners: dict[str, str]) -> None:
    """What somebody made up and sent is theirs: a key that names a call, for one."""
    for value in tokens_of(call.arguments):
        if is_marker(value) and call.actor.user is not None:
            owners.setdefault(value, call.actor.user)


def _comparable(
    first: Call, second: Call, owners: Mapping[str, str], holders: Mapping[str, set[str]]
) -> bool:
    """Whether the calls differ in one argument alone: an id of the victim's, one of nobody's.

    A number that several users were given, each for an object of their own, shows nothing.
    """
    one, other = first.arguments, second.arguments
    if first.operation != second.operation or set(one) != set(other):
        return False
    differing = [name for name in one if one[name] != other[name]]
    if len(differing) != 1 or first.probe is None:
        return False
    short, other_short = str(one[differing[0]]), str(other[differing[0]])
    if is_short_id(short) and is_short_id(other_short):
        return holders.get(short) == {first.probe.victim} and not holders.get(other_short)
    theirs = {owners.get(value) for value in tokens_of(one[differing[0]])}
    nobodys = {owners.get(value) for value in tokens_of(other[differing[0]])}
    return theirs == {first.probe.victim} and nobodys == {None}


class Existence:
    """Fires when a foreign id and a missing id can be told apart."""

    name = "existence"

    def judge(self, history: History) -> list[Suspicion]:
        """One suspicion for each pair of answers that differ."""
        found = []
        for first, second in _pairs(history):
            asked = {
                str(call.arguments[name])
                for call in (first, second)
                for name in call.arguments
                if first.arguments[name] != second.arguments[name]
            }
            one, other = _observable(first, asked), _observable(second, asked)
            differing = [name for name in one if one[name] != other[name]]
            if not differing:
                continue
            victim = first.probe.victim if first.probe else "another user"
            found.append(
                Suspicion(
                    self.name,
                    first.operation,
                    (first.index, second.index),
                    f"{first.actor.name} can tell an id of {victim} from a missing one by "
                    f"{', '.join(differing)}",
                )
            )
        return found

    def opportunities(self, history: History) -> Counter[str]:
        """Pairs that were compared."""
        return Counter(first.operation for first, _ in _pairs(history))


def _observable(call: Call, asked: set[str]) -> dict[str, str]:
    masked = tokens_of(call.arguments) | tokens_of(call.answer.body)

    def mask(value: object) -> str:
        text = json.dumps(value, sort_keys=True, default=str)
        for token in sorted(masked, key=len, reverse=True):
            text = re.sub(re.escape(token), "*", text, flags=re.IGNORECASE)
        for each in asked:
            text = re.sub(rf"(?<![\w]){re.escape(each)}(?![\w])", "*", text)
        for supplied in strings_in(call.arguments):
            if len(supplied) > 3:
                text = text.replace(json.dumps(supplied)[1:-1], "*")
        return _TIME.sub("*", text)

    answer = call.answer
    return {
        "status": str(answer.status),
        "code": mask(answer.code),
        "message": mask(answer.message),
        "body": mask(answer.body),
        "headers": str(sorted(answer.headers)),
    }
