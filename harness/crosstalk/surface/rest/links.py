"""Targets of `Location` and `Link`, taken apart by the addresses of a document's operations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

_LINK = re.compile(r"<([^>]*)>")
_PLACE = re.compile(r"\\\{([^}]+)\\\}")


class Addresses:
    """Knows the addresses of a document's operations.

    Args:
        templates: Addresses with `{name}` for what a path parameter says.
    """

    def __init__(self, templates: Iterable[str]) -> None:
        paths = {urlsplit(each).path for each in templates if "{" in each}
        self._known = [
            (re.compile(_PLACE.sub(r"([^/]+)", re.escape(path))), re.findall(r"\{([^}]+)\}", path))
            for path in sorted(paths, key=lambda path: (path.count("{"), path))
        ]

    def linked(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return name to value of every path and query parameter that a response's headers name."""
        found: dict[str, str] = {}
        for url in [headers.get("location", ""), *_LINK.findall(headers.get("link", ""))]:
            for name, value in self._parts(url) if url else ():
                found.setdefault(name, value)
        return found

    def _parts(self, url: str) -> list[tuple[str, str]]:
        split = urlsplit(url)
        path = split.path.rstrip("/")
        for pattern, names in self._known:
            match = pattern.fullmatch(path)
            if match is not None:
                values = map(unquote, match.groups())
                return [*zip(names, values, strict=True), *parse_qsl(split.query)]
        last = unquote(path.rsplit("/", 1)[-1])
        return [*([("id", last)] if re.search(r"\d", last) else []), *parse_qsl(split.query)]
