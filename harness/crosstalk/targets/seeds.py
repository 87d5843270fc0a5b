"""Arguments that a recording shows to be accepted, for the operations that a system has.

Of each request the arguments are taken that say something of themselves: no ids, names of users,
cursors or keys, which belong to the recorded users, and no credentials.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from crosstalk.core.identifiers import ELEMENT, last_name
from crosstalk.surface.operation import Operation, Role
from crosstalk.surface.recordings import RecordedRequest, Recording
from crosstalk.surface.rest.request import RequestForm

_SEEDING = frozenset({Role.VALUE, Role.TEXT, Role.QUERY})
_MOST = 12
_LONGEST = 1_000


def seeds_of(
    recording: Recording, operations: Mapping[str, Operation]
) -> dict[tuple[str, str], list[Any]]:
    """Return (operation, argument) to the values that were accepted, the latest last."""
    found: dict[tuple[str, str], list[Any]] = {}
    for operation in operations.values():
        roles = {each.name: each.role for each in operation.parameters}
        for name, value in _arguments(recording, operation):
            usable = roles.get(name) in _SEEDING and len(str(value)) <= _LONGEST
            if not usable or recording.is_secret(last_name(name), value):
                continue
            values = found.setdefault((operation.name, name), [])
            if value not in values and len(values) < _MOST:
                values.append(value)
    return found


def _arguments(recording: Recording, operation: Operation) -> Iterator[tuple[str, Any]]:
    form = operation.extra.get("form")
    if isinstance(form, RequestForm):
        for request in recording.requests:
            parts = _path_parts(form, request)
            if parts is None:
                continue
            placed = {"path": parts, "query": dict(request.query), "body": request.body}
            for name, places in form.paths.items():
                value = _at(placed, tuple(places[0]))
                if value is not None:
                    yield name, value
        return
    paths: Mapping[str, tuple[str, ...]] = operation.extra.get("paths") or {}
    for tool, arguments in recording.tool_calls:
        if f"mcp:{tool}" == operation.name:
            for name, path in paths.items():
                value = _at(arguments, tuple(path))
                if value is not None:
                    yield name, value


def _path_parts(form: RequestForm, request: RecordedRequest) -> dict[str, str] | None:
    """Return what path parameters said, where a request is one of this form."""
    if form.method != request.method:
        return None
    template = urlsplit(form.url).path
    names = re.findall(r"\{([^}]+)\}", template)
    pattern = re.sub(r"\\\{[^}]+\\\}", "([^/]+)", re.escape(template))
    # A recording may have been made where a prefix stood before the paths.
    match = re.search(f"{pattern}/?$", request.path)
    return dict(zip(names, map(unquote, match.groups()), strict=True)) if match else None


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        if part == ELEMENT:
            value = value[0] if isinstance(value, list) and value else None
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
    return value
