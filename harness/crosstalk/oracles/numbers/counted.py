"""Numbers that answers give to what users store, counted over all users.

An invoice's number that is two more than the owner's last one, as another user has issued one in
between, tells how much others do. Numbers of one user's own go up by one, whatever others store.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crosstalk.core.history import Call, Outcome
from crosstalk.core.identifiers import is_id_path

# `7`, `INV-00007`, `2026-0007`: what stands before the number is the same for all.
_NUMBERED = re.compile(r"((?:\d{4}-)?|\D*|\D+\d{4}-)(\d{1,7})")
# Others' calls between two of one user that are no coincidence.
OTHERS_BETWEEN = 2


@dataclass(frozen=True, slots=True)
class Counted:
    """Calls of one user whose numbers count those of others as well.

    Attributes:
        calls: They and the others' between them, in order.
        user: Whose numbers they are.
        field: Path of the number in the answers.
    """

    calls: tuple[Call, ...]
    user: str
    field: str


def numbers_of(call: Call) -> Mapping[str, tuple[str, int]]:
    """Return path to what stands before a number, and the number, in the answer to a call.

    Ids are left out, which systems may count, whatever they are called: what stands in an address,
    leads to another page, or is an id elsewhere in the answer. So is what the caller has sent.
    """
    return call.once("numbers", _numbers_of)


def _numbers_of(call: Call) -> Mapping[str, tuple[str, int]]:
    if call.answer.outcome is not Outcome.OK:
        return {}
    sent = {str(each) for each in call.arguments.values()}
    found = {
        path: match
        for path, text in call.paths
        if text not in sent and (match := _NUMBERED.fullmatch(text)) is not None
    }
    ids = {int(match.group(2)) for path, match in found.items() if _is_id(path, match)}
    return {
        path: (match.group(1), int(match.group(2)))
        for path, match in found.items()
        if int(match.group(2)) not in ids and not any(part.isdecimal() for part in path.split("."))
    }


def _is_id(path: str, match: re.Match[str]) -> bool:
    return is_id_path(path) or path.startswith("linked.") or "/" in match.group(1)


def counted_over_all(calls: Sequence[Call]) -> Iterator[Counted]:
    """Yield what shows that numbers are counted over all users.

    Args:
        calls: Of a history, of what stores something, in order.
    """
    served: defaultdict[str, list[Call]] = defaultdict(list)
    shown: set[tuple[str, str, int]] = set()
    for call in calls:
        honest = call.actor.user is not None and call.actor.user == call.actor.claims
        if not honest or call.answer.outcome is not Outcome.OK:
            continue
        # A change shows again what its object was given when it was stored.
        numbered = set(_of_objects(call))
        if not numbered or numbered - shown:
            served[call.operation].append(call)
        shown |= numbered
    for made in served.values():
        for user in dict.fromkeys(str(each.actor.user) for each in made):
            own = [place for place, each in enumerate(made) if each.actor.user == user]
            for path in numbers_of(made[own[0]]):
                if _counts_others(made, own, path):
                    yield Counted(tuple(made[own[0] : own[-1] + 1]), user, path)


def _of_objects(call: Call) -> Iterator[tuple[str, str, int]]:
    """Yield the id of the object at which a number stands, the path of the number, and it."""
    found = dict(call.paths)
    for path, (_, number) in numbers_of(call).items():
        identifier = found.get(path[: path.rfind(".") + 1] + "id")
        if identifier is not None:
            yield identifier, path, number


def _counts_others(made: Sequence[Call], own: Sequence[int], path: str) -> bool:
    """Return whether each number is one more than the last but for the others' calls between."""
    between: set[int] = set()
    for first, second in itertools.pairwise(own):
        one, other = (numbers_of(made[each]).get(path) for each in (first, second))
        others = second - first - 1
        if one is None or other is None or one[0] != other[0] or other[1] - one[1] != 1 + others:
            return False
        between.add(others)
    return 0 in between and max(between) >= OTHERS_BETWEEN
