"""Acts that were answered otherwise than the same act of another user.

What a creation or a change answers may tell of others as a reading does: how often a dish was
cooked, a place in a queue, whether a lift is a record. A reading is made again after others acted,
and an act is not, as it is another one then. Two users who do the same for the first time are
answered alike; where they are not, worlds without the others tell whether that is of their own. So
they do where a user is refused to take back what that user has removed.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crosstalk.core.history import Call, History, Outcome
from crosstalk.core.identifiers import last_name, map_markers
from crosstalk.generator.values.removed_objects import takes_back
from crosstalk.oracles.observation import GAP, REUSE, Normalizer, differences, general
from crosstalk.phases.two_worlds.comparison import Place
from crosstalk.surface.capabilities import removes, required_references
from crosstalk.surface.operation import Operation, Role

# A number with what it counts, of which one has another ending than two.
_NUMBER = re.compile(r"\d+(?: (\w+?)s?\b)?")
# As they stand in an observation.
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?|true|false|null")
# Roles of arguments that are another user's own in each call.
_OWN = (Role.REFERENCE, Role.NAME, Role.IDENTITY, Role.KEY, Role.CURSOR)


@dataclass(frozen=True, slots=True)
class Act:
    """An act that was answered otherwise than another user's.

    Attributes:
        call: The act.
        places: Where its answer differs, the numbers of rows left out.
        after: Indexes of calls without which it is another act.
    """

    call: Call
    places: frozenset[Place]
    after: frozenset[int] = frozenset()


def answered_otherwise(history: History, operations: Mapping[str, Operation]) -> Iterator[Act]:
    """Yield the acts whose answers differ from that to the same act of another user before.

    Args:
        history: Of an example.
        operations: Operation name to operation.
    """
    # How often a user did this about the same objects so far, and what that was answered first.
    done: Counter[tuple[str, ...]] = Counter()
    first: dict[tuple[str, ...], tuple[Call, Mapping[str, str]]] = {}
    sent: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for call in history:
        operation = operations.get(call.operation)
        for name, value in call.arguments.items():
            sent[str(call.actor.user)] |= {(last_name(name), each) for each in _values(value)}
        if operation is None or not _is_act(call, operation):
            continue
        user, said, named = str(call.actor.user), *_said(call, operation)
        done[user, call.operation, said, named] += 1
        key = call.operation, said, str(done[user, call.operation, said, named])
        shown = _shown(call, history)
        earlier, before = first.setdefault(key, (call, shown))
        if earlier is call or (earlier.actor == call.actor and not named):
            continue
        places = {
            (call.operation, general(each))
            for each, stands in differences(shown, before).items()
            if not each.endswith((GAP, REUSE)) and _counts(each, stands, sent[user])
        }
        if places:
            yield Act(call, frozenset(places))


def refused_to_take_back(history: History, operations: Mapping[str, Operation]) -> Iterator[Act]:
    """Yield the acts that were refused to users who took back what they had removed.

    It may be gone for good by what another user did, or its name be another's by now.

    Args:
        history: Of an example.
        operations: Operation name to operation.
    """
    removed: dict[tuple[str | None, str], int] = {}
    for call in history:
        operation = operations.get(call.operation)
        if operation is None or not _is_own(call, operation):
            continue
        named = {
            (call.actor.user, str(call.arguments.get(each.name)))
            for each in required_references(operation)
        }
        served = call.answer.outcome is Outcome.OK
        if removes(operation):
            removed |= dict.fromkeys(named, call.index) if served else {}
        elif takes_back(operation) and (gone := named & removed.keys()):
            after = frozenset(removed.pop(each) for each in gone)
            if call.answer.outcome is Outcome.ERROR:
                yield Act(call, frozenset({(call.operation, "refused")}), after)


def _counts(
    place: str, stands: tuple[str | None, str | None], sent: Collection[tuple[str, str]]
) -> bool:
    """Return whether two values may count, or set in order, what users have: numbers, yes and no,
    or sentences with other numbers.

    Args:
        place: Where they stand.
        stands: The caller's, and the other user's.
        sent: What the caller has sent so far, each with its name: it is shown again.
    """
    if None in stands:
        return False
    one, other = (str(each) for each in stands)
    if " " in one.strip() and " " in other.strip():
        return _NUMBER.sub(r"# \1", one) == _NUMBER.sub(r"# \1", other)
    named = place.rpartition(".")[2]
    return (named, _number(one)) not in sent and all(
        _PLAIN.fullmatch(each) for each in (one, other)
    )


def _number(text: str) -> str:
    """Return a number without the part that says nothing, e.g. `2.0` as `2`."""
    return text.removesuffix(".0")


def _values(value: Any) -> Iterator[str]:
    """Yield the numbers and texts in a value."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _values(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _values(each)
    else:
        yield _number(str(value))


def _is_act(call: Call, operation: Operation) -> bool:
    """Return whether a user did something with what is theirs."""
    return _is_own(call, operation) and call.answer.outcome is Outcome.OK


def _is_own(call: Call, operation: Operation) -> bool:
    """Return whether a user called as themselves to do something."""
    return (
        not (operation.reads_only or operation.public or operation.conversational)
        and call.actor.user is not None
        and call.actor.user == call.actor.claims
    )


def _said(call: Call, operation: Operation) -> tuple[str, str]:
    """Return what a call says beside its words, and the objects that it names."""
    roles = {each.name: each.role for each in operation.parameters}
    parts: defaultdict[bool, dict[str, str]] = defaultdict(dict)
    for name, value in call.arguments.items():
        own = roles.get(name) in _OWN
        text = json.dumps(value, sort_keys=True, default=str)
        if roles.get(name) not in (Role.IDENTITY, Role.KEY):
            parts[own][name] = text if own else map_markers(text, lambda _: "*")
    named = json.dumps(parts[True], sort_keys=True) if parts[True] else ""
    return json.dumps([parts[False], sorted(parts[True])], sort_keys=True), named


def _shown(call: Call, history: History) -> dict[str, str]:
    """Return what an act was answered, in a form that is the same for every user."""
    seen = Normalizer(history.subjects).observation(call)
    users = [f"<{name}>" for name in history.subjects]
    found = {}
    for place, stands in seen.items():
        if not place.startswith("headers."):
            text = map_markers(stands, lambda _: "*")
            for each in users:
                text = text.replace(each, "<user>")
            found[place] = text
    return found
