"""Arrays and objects in addresses, headers and cookies (OpenAPI 3.1, section 4.8.12.6).

A value that the document does not expect, such as an object where a number should stand, travels as
JSON: a hostile client sends it too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from crosstalk.surface.http.json_text import encode

Place = Literal["path", "query", "header", "cookie"]
_DEFAULT_STYLES: Mapping[str, str] = {
    "path": "simple",
    "query": "form",
    "header": "simple",
    "cookie": "form",
}
_JOINS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}


@dataclass(frozen=True, slots=True)
class Style:
    """Serialization of one parameter.

    Attributes:
        place: Where it travels.
        style: `simple`, `label`, `matrix`, `form`, `spaceDelimited`, `pipeDelimited`, `deepObject`,
            or `json` for a parameter that is described by its content.
        explode: Each element or member is written by itself.
    """

    place: Place
    style: str
    explode: bool

    @classmethod
    def of(cls, specification: Mapping[str, Any]) -> Style:
        """Return the style of a parameter, or of a property of a form."""
        place: Place = specification.get("in", "query")
        if isinstance(specification.get("content"), Mapping):
            return cls(place, "json", False)
        style = str(specification.get("style") or _DEFAULT_STYLES[place])
        explode = specification.get("explode")
        return cls(place, style, style == "form" if explode is None else bool(explode))

    def pairs(self, name: str, value: Any) -> list[tuple[str, str]]:
        """Return the names and values that a query, a form or a cookie holds.

        Raises:
            ValueError, RecursionError: The value has no form in JSON or UTF-8.
        """
        if isinstance(value, Mapping) and value and self.style != "json":
            if self.style == "deepObject":
                return [
                    pair
                    for key, each in value.items()
                    for pair in self.pairs(f"{name}[{key}]", each)
                ]
            if self.explode:
                return [(str(key), written(each)) for key, each in value.items()]
            return [(name, ",".join(part for item in value.items() for part in map(written, item)))]
        if isinstance(value, list) and value and self.style != "json" and _all_plain(value):
            if self.explode or self.style not in _JOINS:
                return [(name, written(each)) for each in value]
            return [(name, _JOINS[self.style].join(map(written, value)))]
        return [(name, written(value))]

    def text(self, name: str, value: Any) -> str:
        """Return what a path or a header holds; in a path, what separates parts stays as it is.

        Raises:
            ValueError, RecursionError: The value has no form in JSON or UTF-8.
        """
        put = _quoted if self.place == "path" else written
        if isinstance(value, list) and value and self.style != "json" and _all_plain(value):
            parts = [put(each) for each in value]
        elif isinstance(value, Mapping) and value and self.style != "json":
            return self._object(name, value, put)
        else:
            parts = [put(value)]
        if self.style == "label":
            return "." + (".".join(parts) if self.explode else ",".join(parts))
        if self.style == "matrix":
            if self.explode:
                return "".join(f";{name}={part}" for part in parts)
            return f";{name}={','.join(parts)}"
        return ",".join(parts)

    def _object(self, name: str, value: Mapping[str, Any], put: Any) -> str:
        items = [(put(str(key)), put(each)) for key, each in value.items()]
        if self.explode:
            joined = [f"{key}={each}" for key, each in items]
            if self.style == "label":
                return "." + ".".join(joined)
            if self.style == "matrix":
                return "".join(f";{each}" for each in joined)
            return ",".join(joined)
        flat = ",".join(part for item in items for part in item)
        return {"label": f".{flat}", "matrix": f";{name}={flat}"}.get(self.style, flat)


def written(value: Any) -> str:
    """Return a value as a text: itself where it is one, JSON otherwise.

    Raises:
        ValueError, RecursionError: It has no form in JSON or UTF-8.
    """
    text = value if isinstance(value, str) else encode(value).decode("ascii")
    text.encode("utf-8")
    return text


def _quoted(value: Any) -> str:
    return quote(written(value), safe="")


def _all_plain(values: Sequence[Any]) -> bool:
    return all(isinstance(each, str | int | float | bool) for each in values)
