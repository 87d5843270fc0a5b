"""Ids in the headers of answers: targets of `Location` and `Link`, taken apart by the addresses of
a document's operations, and headers that are named like a parameter of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from crosstalk.core.identifiers import is_id_path

_LINK = re.compile(r"<([^>]*)>")
_PLACE = re.compile(r"\\\{([^}]+)\\\}")


class Addresses:
    """Knows the addresses of a document's operations.

    Args:
        templates: Addresses with `{name}` for what a path parameter says.
    """

    def __init__(self, templates: Iterable[str]) -> None:
        every = {urlsplit(each).path for each in templates}
        self._literal = {each for each in every if "{" not in each}
        paths = {each for each in every if "{" in each}
        self._known = [
            (re.compile(_PLACE.sub(r"([^/]+)", re.escape(path))), re.findall(r"\{([^}]+)\}", path))
            for path in sorted(paths, key=lambda path: (path.count("{"), path))
        ]
        self._names = {each for _, names in self._known for each in names if is_id_path(each)}

    def linked(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return name to value of every path and query parameter that a response's headers name:
        in an address, or by a name of their own (`X-Note-Id: 7`).
        """
        found: dict[str, str] = {}
        for url in [headers.get("location", ""), *_LINK.findall(headers.get("link", ""))]:
            for name, value in self._parts(url) if url else ():
                found.setdefault(name, value)
        for header, value in headers.items():
            name = header.lower().removeprefix("x-").replace("-", "_")
            if name in self._names and value:
                found.setdefault(name, value)
        return found

    def named_by(self, links: Iterable[str]) -> dict[str, Sequence[str]]:
        """Return name to values of every path parameter in the addresses that a page names."""
        found: dict[str, dict[str, None]] = {}
        for each in links:
            path = urlsplit(each).path
            for pattern, names in self._known:
                match = pattern.fullmatch(path) or pattern.fullmatch(path.rstrip("/"))
                # `/notes/new` is an address of its own, and no note.
                if match is not None and path not in self._literal:
                    for name, value in zip(names, map(unquote, match.groups()), strict=True):
                        found.setdefault(name, {})[value] = None
                    break
        return {name: list(values) for name, values in found.items()}

    def _parts(self, url: str) -> list[tuple[str, str]]:
        split = urlsplit(url)
        path = split.path.rstrip("/")
        for pattern, names in self._known:
            match = pattern.fullmatch(split.path) or pattern.fullmatch(path)
            if match is not None:
                values = map(unquote, match.groups())
                return [*zip(names, values, strict=True), *parse_qsl(split.query)]
        last = unquote(path.rsplit("/", 1)[-1])
        return [*([("id", last)] if re.search(r"\d", last) else []), *parse_qsl(split.query)]
