"""Operations that a recording shows and a document leaves out, as the document would have them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from crosstalk.core.object_kinds import singular
from crosstalk.surface.recordings import SECRET_NAME, RecordedRequest

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_ASSET = re.compile(r"\.(?:js|mjs|css|map|png|jpe?g|gif|svg|ico|webp|woff2?|ttf|html?)$", re.I)
_ID = re.compile(
    r"\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{10,}|(?=.*\d)[A-Za-z]{1,8}[-_]\d+|"
    r"(?=.*\d)(?=.*[A-Za-z])[\w-]{8,}",
    re.IGNORECASE,
)


def recorded_paths(
    requests: Iterable[RecordedRequest], known: Iterable[str], prefix: str = ""
) -> dict[str, dict[str, Any]]:
    """Return path items (OpenAPI 3.1, section 4.8.9) of the requests that no known path covers.

    Args:
        requests: Of a recording.
        known: Paths that the document has.
        prefix: What stands before the document's paths.
    """
    templates = [re.compile(re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(each))) for each in known]
    found: dict[str, dict[str, Any]] = {}
    for each in requests:
        path = each.path.removeprefix(prefix.rstrip("/"))
        if each.method not in _METHODS or is_asset(path):
            continue
        if each.method == "GET" and not each.json_answer:
            continue
        if any(template.fullmatch(path) for template in templates):
            continue
        template, parameters = templated(path)
        item = found.setdefault(template, {})
        described = item.setdefault(each.method.lower(), {"parameters": parameters})
        described["parameters"] = _with_query(described["parameters"], each)
        if isinstance(each.body, Mapping) and each.body:
            kind = "application/x-www-form-urlencoded" if each.form else "application/json"
            described["requestBody"] = {
                "required": True,
                "content": {kind: {"schema": _schema(each.body)}},
            }
    return found


def is_asset(path: str) -> bool:
    """Return whether a path names a file that every user is given alike."""
    return _ASSET.search(path) is not None


def is_id(text: str) -> bool:
    """Return whether a part of an address looks like an id, and not like a word."""
    return _ID.fullmatch(text) is not None


def templated(
    path: str, varies: Callable[[str], bool] = is_id, person: str = ""
) -> tuple[str, list[dict[str, Any]]]:
    """Return a path with `{name}` for each part that differs from object to object, and those.

    Args:
        path: As it was called.
        varies: Says which parts do.
        person: Whose name may be a part of it, too.
    """
    parts: list[str] = []
    parameters: list[dict[str, Any]] = []
    before = "object"
    for part in path.strip("/").split("/"):
        if varies(part) or (person and part == person):
            name = "username" if part == person else f"{singular(before)}_id"
            while any(each["name"] == name for each in parameters):
                name = f"other_{name}"
            kind = "integer" if part.isdigit() else "string"
            parameters.append(
                {"name": name, "in": "path", "required": True, "schema": {"type": kind}}
            )
            parts.append(f"{{{name}}}")
        else:
            parts.append(part)
            before = re.sub(r"\W+", "_", part) or before
    # Some frameworks answer an address without its last slash by a redirect alone.
    end = "/" if path.endswith("/") and path.strip("/") else ""
    return "/" + "/".join(parts) + end, parameters


def _with_query(parameters: list[dict[str, Any]], request: RecordedRequest) -> list[dict[str, Any]]:
    known = {each["name"] for each in parameters}
    return parameters + [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
        for name, _ in dict(request.query).items()
        if name not in known and not SECRET_NAME.search(name)
    ]


def _schema(value: Any) -> dict[str, Any]:
    """Return a schema that a recorded value fits; its text is no part of it."""
    if isinstance(value, Mapping):
        properties = {str(name): _schema(each) for name, each in value.items() if each is not None}
        return {"type": "object", "properties": properties, "required": sorted(properties)}
    if isinstance(value, list):
        return {"type": "array", "items": _schema(value[0]) if value else {}}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | float):
        return {"type": "integer" if isinstance(value, int) else "number"}
    return {"type": "string"}
