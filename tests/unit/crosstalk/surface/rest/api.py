"""An API of one document on loopback, which keeps what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from crosstalk.core.history import Answer
from crosstalk.surface import Operation, RestSurface
from crosstalk.surface.credentials import Presented
from tests.unit.crosstalk.surface.loopback import Asked, Said, answering, as_json

TEXT = {"type": "string"}
NOTE = {"type": "object", "properties": {"text": TEXT}, "required": ["text"]}
TOKEN = Presented.bearer("t-alice")


@dataclass(slots=True)
class Api:
    """A surface of the API, and what arrived there."""

    surface: RestSurface
    url: str
    asked: list[Asked] = field(default_factory=list)

    def operations(self) -> dict[str, Operation]:
        """Its operations by name, without the surface's."""
        return {each.name.removeprefix("rest:"): each for each in self.surface.discover()}

    def call(self, name: str, presented: Presented = TOKEN, /, **arguments: Any) -> Answer:
        """Call an operation."""
        return self.surface.call(self.operations()[name], arguments, presented)

    @property
    def last(self) -> Asked:
        """The last request that was not for a document."""
        return self.asked[-1]


@contextmanager
def api(
    paths: Mapping[str, Any],
    answer: Callable[[Asked], Said] = lambda _: as_json({}),
    *,
    beside: Mapping[str, Any] | None = None,
    base: str = "",
    **document: Any,
) -> Iterator[Api]:
    """An API with these paths; `beside` are more documents, by path."""
    whole = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths, **document}
    documents = {"/openapi.json": whole, **(beside or {})}
    asked: list[Asked] = []

    def serve(request: Asked) -> Said:
        if request.path in documents:
            return as_json(documents[request.path])
        asked.append(request)
        return answer(request)

    with answering(serve) as url:
        surface = RestSurface(url, base=base.replace("URL", url))
        try:
            yield Api(surface, url, asked)
        finally:
            surface.close()


def body(schema: Any, kind: str = "application/json", **more: Any) -> dict[str, Any]:
    """A required body."""
    return {"required": True, "content": {kind: {"schema": schema, **more}}}


def posts(schema: Any, kind: str = "application/json", **more: Any) -> dict[str, Any]:
    """Paths with one operation that takes a body."""
    return {"/notes": {"post": {"requestBody": body(schema, kind, **more), "responses": {}}}}


def gets(*parameters: Mapping[str, Any], path: str = "/notes") -> dict[str, Any]:
    """Paths with one operation that reads."""
    return {path: {"get": {"parameters": list(parameters), "responses": {}}}}


def parameter(name: str, place: str, schema: Any = None, **more: Any) -> dict[str, Any]:
    """A parameter that must be there."""
    return {"name": name, "in": place, "required": True, "schema": schema or TEXT, **more}
