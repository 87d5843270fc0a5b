"""What describes a server is read as a user, where a stranger may not read it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from crosstalk.surface import RestSurface, SurfaceError
from crosstalk.surface.credentials import Presented
from tests.unit.crosstalk.surface.loopback import Asked, Said, answering, as_json

_DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {"/notes": {"get": {"responses": {"200": {"description": "notes"}}}}},
}
_TEXT = {"kind": "SCALAR", "name": "String"}
_SCHEMA = {
    "queryType": {"name": "Query"},
    "types": [
        {
            "kind": "OBJECT",
            "name": "Query",
            "fields": [{"name": "notes", "args": [], "type": _TEXT}],
        }
    ],
}


def _members_only(refusal: Said) -> Callable[[Asked], Said]:
    def answer(asked: Asked) -> Said:
        if asked.headers.get("authorization") != "Bearer ann":
            return refusal
        if asked.path == "/graphql":
            return as_json({"data": {"__schema": _SCHEMA}})
        return as_json(_DOCUMENT)

    return answer


_REFUSALS = [
    as_json({"detail": "Sign in first."}, 401),
    as_json({"errors": [{"message": "Sign in first."}]}),
]


@pytest.mark.parametrize("refusal", _REFUSALS, ids=["by status", "in words"])
@pytest.mark.parametrize("graphql", [False, True], ids=["openapi", "graphql"])
def test_a_user_reads_what_a_stranger_is_refused(refusal: Said, graphql: bool) -> None:
    with answering(_members_only(refusal)) as url:
        surface = partial(RestSurface, "", document="", graphql=f"{url}/graphql")
        if not graphql:
            surface = partial(RestSurface, url)
        refused = surface()
        with pytest.raises(SurfaceError):
            refused.discover()
        refused.close()
        allowed = surface(reader=lambda: Presented.bearer("ann"))
        names = [each.name for each in allowed.discover()]
        allowed.close()
    assert names == ["rest:POST /graphql notes" if graphql else "rest:GET /notes"]


def test_a_stranger_reads_what_is_open_to_all() -> None:
    asked: list[Asked] = []

    def answer(request: Asked) -> Said:
        asked.append(request)
        return as_json(_DOCUMENT)

    with answering(answer) as url:
        surface = RestSurface(url, reader=lambda: Presented.bearer("ann"))
        surface.discover()
        surface.close()
    assert ["authorization" in each.headers for each in asked] == [False]
