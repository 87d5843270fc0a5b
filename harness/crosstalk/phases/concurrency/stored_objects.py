"""Objects in answers: what stands in them as one, how often, and whose ids stand beside whose."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Call
from crosstalk.core.identifiers import (
    identifiers_of,
    is_id_path,
    is_marker,
    last_name,
    markers_in,
)
from crosstalk.core.object_kinds import has_own_id, kind_of_field
from crosstalk.oracles.observation import without_times

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def copies_in(value: Any) -> dict[str, int]:
    """Return each marker in the entries of lists, with how many entries of one list hold it and
    differ in ids and times alone.
    """
    found: dict[str, int] = {}
    if isinstance(value, Mapping):
        _take_most(found, *map(copies_in, value.values()))
    elif isinstance(value, list | tuple):
        markers: dict[str, set[str]] = {}
        alike: Counter[str] = Counter()
        for each in value:
            if isinstance(each, Mapping):
                text = _alike(each)
                alike[text] += 1
                markers.setdefault(text, set()).update(_markers_of(each))
        direct = [dict.fromkeys(markers[text], count) for text, count in alike.items()]
        _take_most(found, *direct, *map(copies_in, value))
    return found


def _take_most(found: dict[str, int], *more: Mapping[str, int]) -> None:
    for counts in more:
        for marker, count in counts.items():
            found[marker] = max(count, found.get(marker, 0))


def _markers_of(entry: Mapping[str, Any]) -> set[str]:
    """The markers in the plain fields of an entry."""
    return {
        marker for each in entry.values() if isinstance(each, str) for marker in markers_in(each)
    }


def ids_in(value: Any) -> set[str]:
    """Return what stands under the name `id`, however deep."""
    if isinstance(value, Mapping):
        found = {str(value["id"])} if isinstance(value.get("id"), str | int) else set[str]()
        return found.union(*(ids_in(each) for each in value.values()))
    if isinstance(value, list | tuple):
        return set[str]().union(*(ids_in(each) for each in value))
    return set()


def kinds_of_ids(call: Call) -> dict[str, set[str]]:
    """Return what stands under the name `id` in an answer, with the kinds of objects it names."""
    found = call.paths
    has_id = has_own_id(found)
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for path, text in found:
        if last_name(path) == "id":
            kinds[text].add(kind_of_field(path, call.operation, has_id=has_id))
    return kinds


def attribute(value: Any, owners: dict[str, set[str]]) -> None:
    """Add the ids of every object to its owner: the one user whose markers stand in it."""
    if isinstance(value, list | tuple):
        for each in value:
            attribute(each, owners)
        return
    if not isinstance(value, Mapping):
        return
    direct = {key: each for key, each in value.items() if isinstance(each, str)}
    identifiers = identifiers_of(direct)
    users = {user for each in identifiers if is_marker(each) for user in owners.get(each, ())}
    if len(users) == 1:
        for each in identifiers:
            if _UUID.fullmatch(each):
                owners.setdefault(each, set()).update(users)
    for each in value.values():
        attribute(each, owners)


def _alike(entry: Mapping[str, Any]) -> str:
    """The plain fields of an entry, without ids and times."""
    plain = {
        key: each
        for key, each in entry.items()
        if not isinstance(each, Mapping | list | tuple) and not is_id_path(key)
    }
    return without_times(json.dumps(plain, sort_keys=True, default=str))
